//! Entries of the input: jobs go to the schedule, everything else has its record at once.

use std::io;
use std::time::Duration;

use super::RunLoop;
use crate::engine::endings::{interrupted, refused};
use crate::engine::{RunErrorKind, Stop};
use crate::model::{Job, Record};
use crate::site::dedup::DedupSetFull;
use crate::source::Entry;

impl RunLoop<'_> {
    pub(super) fn take_in(&mut self, batch: io::Result<Vec<Entry>>) {
        match batch {
            Ok(entries) => self.intake.fill(entries),
            Err(error) => self.end_early(Some(RunErrorKind::Input(error)), Stop::Drain),
        }
    }

    pub(super) fn admit(&mut self, entry: Entry, now: Duration) {
        if !entry.is_completed() {
            self.counters.admitted += 1;
            self.outbox.admit(entry.seq());
        }
        match entry {
            Entry::Job(job) => self.admit_job(job, now),
            Entry::Target(target) => {
                let job = target.job(target.seq(), self.clock.started_at + now);
                self.admit_job(Box::new(job), now);
            }
            Entry::Invalid(invalid) => {
                let memory = self.memory.book(invalid.url.len() + invalid.message.len());
                self.record(Record::Invalid(invalid), memory);
            }
            Entry::Interrupted(mut job) => {
                // If it cannot be remembered, the next new request ends the run before anything is sent.
                let _ = self.original_of(&job);
                self.begin(&mut job);
                self.end_unsent(job, interrupted());
            }
            Entry::Completed(job) => {
                if let Err(full) = self.original_of(&job) {
                    self.end_early(Some(RunErrorKind::Dedup(full)), Stop::Drain);
                }
            }
        }
    }

    fn admit_job(&mut self, mut job: Box<Job>, now: Duration) {
        match self.original_of(&job) {
            Ok(None) => {}
            Ok(Some(of)) => {
                let memory = self.memory.book(size_of::<Job>() + job.given_url().len());
                return self.record(Record::Duplicate { job, of }, memory);
            }
            Err(full) => {
                self.counters.skipped += 1;
                return self.end_early(Some(RunErrorKind::Dedup(full)), Stop::Drain);
            }
        }
        self.begin(&mut job);
        match self.policy.admit(&job).and_then(|()| self.check_robots(&job, now)) {
            Ok(()) => self.schedule.admit(job, now),
            Err(why) => self.end_unsent(job, refused(why)),
        }
    }

    /// The first input with the same request, if duplicates are not to be sent.
    fn original_of(&mut self, job: &Job) -> Result<Option<u64>, DedupSetFull> {
        self.duplicates.as_mut().map_or(Ok(None), |duplicates| duplicates.original_of(job, &self.policy))
    }

    fn begin(&mut self, job: &mut Job) {
        let continuation = self.intake.continuation_of(job.seq);
        self.policy.begin(job, continuation);
    }
}
