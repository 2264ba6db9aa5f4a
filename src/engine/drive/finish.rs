//! What a run came to.

use super::Drive;
use crate::engine::order::Order;
use crate::engine::writer::WriterOutcome;
use crate::engine::{Adjustment, Finish, RunError, RunErrorKind, Stop};
use crate::model::Blocked;
use crate::report::{self, RunFacts};

impl Drive<'_> {
    /// Waits until all is written, and sums up.
    pub(super) fn finish(mut self) -> Result<Finish, RunError> {
        assert_eq!(self.admitted, self.settled + self.skipped, "an input was lost");
        debug_assert!(self.order.as_ref().is_none_or(Order::is_empty), "a record was kept back");
        let wall = self.now();
        self.bottlenecks.add_up(wall);
        let threads = self.fetchers.errands.len();
        drop(self.fetchers);
        let WriterOutcome { report, refused, result } = self.writer.finish();
        let (settled, skipped) = (self.settled - refused, self.skipped + refused);
        let records = settled + self.turned;
        let run = RunFacts {
            version: env!("CARGO_PKG_VERSION"),
            started_at: jiff::Timestamp::try_from(self.began).unwrap_or_default().to_string(),
            wall_s: wall.as_secs_f64(),
            rate: records as f64 / wall.as_secs_f64().max(f64::EPSILON),
            resumed: self.control.input.resumed(),
            admitted: self.admitted,
            settled,
            skipped,
            records,
            robots: self.robots.map(|robots| robots.heralds),
            peak_in_flight: self.peak_in_flight,
            threads,
            window: self.plan.limits.window.get(),
            window_stall_s: self.bottlenecks.seconds(Blocked::Window),
            stalled_on: self.bottlenecks.first_stall().map(str::to_owned),
            memory_stall_s: self.bottlenecks.seconds(Blocked::Memory),
            sink_stall_s: self.bottlenecks.seconds(Blocked::Output),
            order_stall_s: self.bottlenecks.seconds(Blocked::Order),
            late: self.late.longest().map(|(seq, host)| report::LateRecord { seq, host }),
            bounded_by: self.bottlenecks.shares(),
            pauses: self.pauses,
            retries_withheld: self.withheld,
            unused_rules: self.schedule.unused_rules().map(ToString::to_string).collect(),
            interrupted: self.stop > Stop::No,
        };
        let cookies = self.session.and_then(|session| session.kept);
        let adjustments = Adjustment::of(self.plan).into_iter().collect();
        let finish = Finish { report, run, cookies, adjustments };
        match result.err().map(RunErrorKind::Output).or(self.error) {
            Some(kind) => Err(RunError::new(kind, finish)),
            None => Ok(finish),
        }
    }
}
