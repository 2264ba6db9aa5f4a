//! The end of a run.

use super::RunLoop;
use crate::engine::writer::WriterOutcome;
use crate::engine::{Adjustment, Finish, RunError, RunErrorKind};
use crate::model::Blocked;
use crate::report::{self, RunFacts, SelectionFacts};

impl RunLoop<'_> {
    /// Waits until everything is written, and sums up.
    pub(super) fn finish(mut self) -> Result<Finish, RunError> {
        let unread = self.intake.skip_rest();
        self.counters.admitted += unread;
        self.counters.skipped += unread;
        assert_eq!(self.counters.admitted, self.counters.settled + self.counters.skipped, "an input was lost");
        let wall = self.now();
        self.bottlenecks.add_up(wall);
        let interrupted = self.is_stopping();
        let (counters, bottlenecks) = (self.counters, self.bottlenecks);
        let threads = self.fetchers.threads();
        drop(self.fetchers);
        let (WriterOutcome { report, selection, refused, result }, late) = self.outbox.finish();
        let (settled, skipped) = (counters.settled - refused, counters.skipped + refused);
        let records = settled + counters.earlier_pages;
        let run = RunFacts {
            version: env!("CARGO_PKG_VERSION"),
            started_at: jiff::Timestamp::try_from(self.clock.started_at).unwrap_or_default().to_string(),
            wall_s: wall.as_secs_f64(),
            rate: records as f64 / wall.as_secs_f64().max(f64::EPSILON),
            resumed: self.control.input.resumed(),
            admitted: counters.admitted,
            settled,
            skipped,
            records,
            robots: self.robots.map(|robots| robots.requests),
            peak_in_flight: counters.peak_in_flight,
            threads,
            window: self.plan.limits.window.get(),
            window_stall_s: bottlenecks.seconds(Blocked::Window),
            stalled_on: bottlenecks.first_stall().map(str::to_owned),
            memory_stall_s: bottlenecks.seconds(Blocked::Memory),
            sink_stall_s: bottlenecks.seconds(Blocked::Output),
            order_stall_s: bottlenecks.seconds(Blocked::Order),
            late: late.map(|(seq, host)| report::LateRecord { seq, host }),
            bounded_by: bottlenecks.shares(),
            pauses: counters.pauses,
            retries_withheld: counters.retries_withheld,
            unused_rules: self.schedule.unused_rules().map(ToString::to_string).collect(),
            selection: self.plan.output.record_filter.as_ref().map(|filter| SelectionFacts {
                filter: filter.code().to_owned(),
                written: report.totals().records.saturating_sub(selection.left_out),
                left_out: selection.left_out,
                failed: selection.failed,
                failure: selection.failure,
            }),
            interrupted,
        };
        let cookies = self.session.and_then(|session| session.kept);
        let adjustments = Adjustment::of_order(self.plan).into_iter().collect();
        let finish = Finish { report, run, cookies, adjustments };
        match result.err().map(RunErrorKind::Output).or(self.shutdown.error) {
            Some(kind) => Err(RunError::new(kind, finish)),
            None => Ok(finish),
        }
    }
}
