//! The end of a run, and what it would be now.

use std::time::Duration;

use super::RunLoop;
use crate::engine::writer::WriterOutcome;
use crate::engine::{Adjustment, Finish, RunError, RunErrorKind};
use crate::model::Blocked;
use crate::report::{self, RunFacts, SelectionFacts};

impl RunLoop<'_> {
    /// Waits until everything is written, and sums up.
    pub(super) async fn finish(mut self) -> Result<Finish, RunError> {
        let unread = self.intake.skip_rest();
        self.counters.admitted += unread;
        self.counters.skipped += unread;
        assert_eq!(self.counters.admitted, self.counters.settled + self.counters.skipped, "an input was lost");
        let wall = self.now();
        let mut run = self.facts(wall);
        self.fetchers.close();
        self.drain().await;
        let WriterOutcome { report, selection, refused, result } = self.outbox.finish();
        run.settled -= refused;
        run.skipped += refused;
        run.records -= refused;
        run.rate = rate(run.records, wall);
        run.selection = self.plan.output.record_filter.as_ref().map(|filter| SelectionFacts {
            filter: filter.code().to_owned(),
            written: report.totals().records.saturating_sub(selection.left_out),
            left_out: selection.left_out,
            failed: selection.failed,
            failure: selection.failure,
        });
        self.control.interims.answer_last(run.clone());
        let cookies = self.session.and_then(|session| session.kept);
        let adjustments = Adjustment::of_order(self.plan).into_iter().collect();
        let lists = self.control.input.notes();
        let finish = Finish { report, run, cookies, adjustments, lists };
        match result.err().map(RunErrorKind::Output).or(self.shutdown.error) {
            Some(kind) => Err(RunError::new(kind, finish)),
            None => Ok(finish),
        }
    }

    /// Waits for the output, and answers questions until then.
    async fn drain(&mut self) {
        self.note_blocked(Blocked::Output, self.now());
        loop {
            tokio::select! {
                biased;
                () = self.outbox.drain() => return,
                Ok(()) = self.questions.changed() => self.answer_question(),
            }
        }
    }

    /// Says how the run has gone so far.
    pub(super) fn answer_question(&mut self) {
        let now = self.now();
        let facts = self.facts(now);
        self.control.interims.answer(facts);
    }

    /// How the run has gone until `now`.
    fn facts(&mut self, now: Duration) -> RunFacts {
        self.bottlenecks.add_up(now);
        let (counters, bottlenecks) = (&self.counters, &self.bottlenecks);
        let records = counters.settled + counters.earlier_pages;
        let late = self.outbox.latest();
        RunFacts {
            version: env!("CARGO_PKG_VERSION").into(),
            started_at: jiff::Timestamp::try_from(self.clock.started_at).unwrap_or_default().to_string(),
            wall_s: now.as_secs_f64(),
            rate: rate(records, now),
            resumed: self.control.input.resumed(),
            admitted: counters.admitted,
            settled: counters.settled,
            skipped: counters.skipped,
            records,
            robots: self.robots.as_ref().map(|robots| robots.requests),
            requests: counters.requests,
            rate_limit: self.plan.limits.rate.map(|rate| rate.per_second()),
            peak_in_flight: counters.peak_in_flight,
            threads: self.fetchers.threads(),
            window: self.plan.limits.window.get(),
            window_stall_s: bottlenecks.seconds(Blocked::Window),
            stalled_on: bottlenecks.first_stall().map(str::to_owned),
            memory_stall_s: bottlenecks.seconds(Blocked::Memory),
            sink_stall_s: bottlenecks.seconds(Blocked::Output),
            order_stall_s: bottlenecks.seconds(Blocked::Order),
            late: late.map(|(seq, host)| report::LateRecord { seq, host: host.to_owned() }),
            bounded_by: bottlenecks.shares(),
            job_ms: counters.job_times.clone(),
            pauses: counters.pauses,
            retries_withheld: counters.retries_withheld,
            unused_rules: self.schedule.unused_rules().map(ToString::to_string).collect(),
            selection: None, // known once everything is written
            load: self.generator.as_ref().map(|generator| generator.facts(now)),
            interrupted: self.is_stopping() && !self.shutdown.is_cut_off,
        }
    }
}

fn rate(records: u64, time: Duration) -> f64 {
    records as f64 / time.as_secs_f64().max(f64::EPSILON)
}
