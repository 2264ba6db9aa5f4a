//! What is read: jobs go to the schedule, all else has its record at once.

use std::io;
use std::time::{Duration, SystemTime};

use super::{Drive, Input};
use crate::engine::{RunErrorKind, Stop};
use crate::model::{Attempt, ErrorKind, Failure, Job, Record};
use crate::source::Entry;

impl Drive<'_> {
    pub(super) fn take_in(&mut self, read: io::Result<Vec<Entry>>) {
        match read {
            Ok(entries) => self.unread = entries.into_iter(),
            Err(why) => {
                self.error = Some(RunErrorKind::Input(why));
                self.stop_now(Stop::Drain);
            }
        }
    }

    pub(super) fn admit(&mut self, entry: Entry, now: Duration) {
        if !entry.is_completed() {
            self.admitted += 1;
            self.order.iter_mut().for_each(|order| order.admit(entry.seq()));
        }
        match entry {
            Entry::Job(job) => {
                if let Some(mut job) = self.unless_repeated(job) {
                    self.begin(&mut job);
                    match self.policy.admit(&job) {
                        Ok(()) => self.take_on(job, now),
                        Err(why) => self.end_unsent(job, Attempt::failed(SystemTime::now(), why)),
                    }
                }
            }
            Entry::Invalid(invalid) => {
                let room = self.budget.book(invalid.url.len() + invalid.message.len());
                self.record(Record::Invalid(invalid), room);
            }
            Entry::Interrupted(mut job) => {
                self.note_interrupted(&job);
                self.begin(&mut job);
                self.end_unsent(job, interrupted());
            }
            Entry::Completed(job) => self.recall(&job),
        }
    }

    fn begin(&mut self, job: &mut Job) {
        let continuation = self.continuations.remove(&job.seq);
        self.policy.begin(job, continuation);
    }

    /// Counts what has been read and will not be fetched.
    pub(super) fn skip_rest(&mut self, input: Option<Input>) {
        let left = |entries: &[Entry]| entries.iter().filter(|entry| !entry.is_completed()).count();
        let mut skipped = left(std::mem::take(&mut self.unread).as_slice());
        if let Some(mut input) = input {
            input.close();
            skipped += std::iter::from_fn(|| input.try_recv().ok()).flatten().map(|read| left(&read)).sum::<usize>();
        }
        self.admitted += skipped as u64;
        self.skipped += skipped as u64;
    }
}

/// The end of a job that an earlier run began.
fn interrupted() -> Attempt {
    let why = "an earlier run began this request and did not see its end; it is not safe to send again \
               (--retry-unsafe sends it)";
    Attempt::failed(SystemTime::now(), Failure::new(ErrorKind::Interrupted, why))
}
