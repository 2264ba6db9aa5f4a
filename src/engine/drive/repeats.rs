//! Requests that were asked for before: they are not sent again.

use super::Drive;
use crate::engine::{RunErrorKind, Stop};
use crate::model::{Job, Record};

impl Drive<'_> {
    /// `job`, unless it asks for what an input before it has asked for: then it has its record with that. Where no more
    /// can be remembered, the run ends, and the job is left out.
    pub(super) fn unless_repeated(&mut self, job: Box<Job>) -> Option<Box<Job>> {
        match self.first(&job) {
            Ok(None) => return Some(job),
            Ok(Some(of)) => {
                let room = self.budget.book(size_of::<Job>() + job.given_url().len());
                self.record(Record::Duplicate { job, of }, room);
            }
            Err(why) => {
                self.skipped += 1;
                self.end(why);
            }
        }
        None
    }

    /// Remembers what has its record from an earlier run.
    pub(super) fn recall(&mut self, job: &Job) {
        if let Err(why) = self.first(job) {
            self.end(why);
        }
    }

    /// Remembers what an earlier run began and must not be sent again, neither for this input nor for another.
    pub(super) fn note_interrupted(&mut self, job: &Job) {
        // Should there be no room for it, the next request that is new ends the run before anything is sent.
        let _ = self.first(job);
    }

    /// Which input was the first to ask for the same: its first page, if it has several.
    fn first(&mut self, job: &Job) -> Result<Option<u64>, RunErrorKind> {
        let Some(seen) = &mut self.seen else { return Ok(None) };
        if self.plan.paginate.is_none() {
            return seen.first(job).map_err(RunErrorKind::Dedup);
        }
        let mut first = job.clone();
        self.policy.begin(&mut first, None);
        seen.first(&first).map_err(RunErrorKind::Dedup)
    }

    fn end(&mut self, why: RunErrorKind) {
        self.error.get_or_insert(why);
        self.stop_now(Stop::Drain);
    }
}
