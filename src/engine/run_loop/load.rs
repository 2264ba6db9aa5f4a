//! The load of a probe: what is due starts at once, or counts as missed.

use std::time::{Duration, SystemTime};

use super::RunLoop;
use crate::engine::Stop;
use crate::engine::endings::refused;
use crate::engine::generator::{Due, Generator};
use crate::engine::intake::NextEntry;
use crate::fetch::memory::MemoryPermit;
use crate::model::{Blocked, Job, MissedBy};
use crate::schedule::Step;
use crate::source::Entry;

/// How many starts are made before the loop turns to its other work.
const MAX_STARTS: usize = 64;

impl RunLoop<'_> {
    /// Starts every request that is due, and says what blocks the next one, as for a list.
    pub(super) fn start_load(&mut self, generator: &mut Generator, now: Duration) -> Option<Blocked> {
        for _ in 0..MAX_STARTS {
            if self.is_stopping() {
                return Some(Blocked::Answers);
            }
            if self.start_returning(now) {
                continue;
            }
            if self.is_logging_in() {
                return Some(Blocked::Login);
            }
            if let Err(blocked) = self.start_next(generator, now) {
                return Some(blocked);
            }
        }
        None
    }

    /// Starts a job that goes on: the next hop of a redirect, or a request whose connection was closed. Neither is a
    /// start of the pace. The login is among them, too.
    fn start_returning(&mut self, now: Duration) -> bool {
        if self.schedule.waiting() == 0 {
            return false;
        }
        let Some(memory) = self.memory.reserve() else { return false };
        match self.schedule.step(now) {
            Step::Go(lease) => self.start(lease, memory),
            Step::Refuse(job) => self.give_up(job, now),
            Step::Read | Step::Wait(_) => return false,
        }
        true
    }

    fn start_next(&mut self, generator: &mut Generator, now: Duration) -> Result<(), Blocked> {
        let intended = match generator.next(now) {
            Due::At(intended) => intended,
            Due::Later => return Err(Blocked::Rate),
            Due::AfterAnswer => return Err(Blocked::Concurrency),
            Due::Never => return Err(Blocked::Answers),
            Due::Entry => return self.read_for(generator),
        };
        let missed = match self.room() {
            Ok(memory) => match self.start_due(generator, intended, memory, now) {
                Ok(()) => return Ok(()),
                Err(missed) => missed,
            },
            // A loop waits; a pace does not.
            Err(MissedBy::Memory) if !generator.is_open() => return Err(Blocked::Memory),
            Err(MissedBy::Output) if !generator.is_open() => return Err(Blocked::Output),
            Err(missed) => missed,
        };
        generator.miss(intended, missed);
        Ok(())
    }

    /// Memory for one more request, if there is room for it.
    fn room(&mut self) -> Result<MemoryPermit, MissedBy> {
        if !self.outbox.keeps_up() {
            return Err(MissedBy::Output);
        }
        if self.schedule.in_flight() >= self.plan.limits.concurrency.get() {
            return Err(MissedBy::InFlight);
        }
        self.memory.reserve().ok_or(MissedBy::Memory)
    }

    fn start_due(
        &mut self,
        generator: &mut Generator,
        intended: Duration,
        memory: MemoryPermit,
        now: Duration,
    ) -> Result<(), MissedBy> {
        let at = self.clock.started_at + now;
        let entry = generator.take(intended, at);
        let job = match entry {
            Entry::Job(job) => job,
            other => {
                generator.start(intended);
                self.admit(other, now);
                return Ok(());
            }
        };
        match self.policy.admit(&job) {
            Ok(()) => {}
            Err(why) => {
                generator.start(intended);
                self.counters.admitted += 1;
                self.end_unsent(job, refused(why));
                return Ok(());
            }
        }
        match self.schedule.start_now(job, now) {
            Ok(lease) => {
                generator.start(intended);
                self.counters.admitted += 1;
                self.start(lease, memory);
                Ok(())
            }
            Err((_, Blocked::Concurrency)) => Err(MissedBy::InFlight),
            Err(_) => Err(MissedBy::HostLimit),
        }
    }
}
