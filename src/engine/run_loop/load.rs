//! The load of a probe: what is due starts at once, or counts as missed.

use std::time::Duration;

use super::RunLoop;
use crate::engine::endings::refused;
use crate::engine::generator::{Due, Generator};
use crate::engine::{RunErrorKind, Stop};
use crate::fetch::memory::MemoryPermit;
use crate::model::{Blocked, Job, MissedBy};
use crate::schedule::{NotStarted, Step};
use crate::source::Entry;

/// How many starts are made before the loop turns to its other work.
const MAX_STARTS: usize = 64;

/// How much longer than the timeout the last answers have: a request has its own deadline, which begins a little later.
const GRACE: Duration = Duration::from_millis(200);

impl RunLoop<'_> {
    /// Starts every request that is due, and says what blocks the next one, as for a list.
    pub(super) fn start_load(&mut self, now: Duration) -> Option<Blocked> {
        self.hop_needs_memory = false;
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
            if let Err(blocked) = self.start_next(now) {
                return Some(blocked);
            }
        }
        None
    }

    /// Starts a job that goes on: the next hop of a redirect, or a request whose connection was closed. Neither counts
    /// as a start of the pace.
    fn start_returning(&mut self, now: Duration) -> bool {
        if self.schedule.waiting() == 0 {
            return false;
        }
        let Some(memory) = self.memory.reserve() else {
            self.hop_needs_memory = true;
            return false;
        };
        match self.schedule.step(now) {
            Step::Go(lease) => self.start(lease, memory),
            Step::Refuse(job) => self.give_up(job, now),
            Step::Read | Step::Wait(_) => return false,
        }
        true
    }

    fn start_next(&mut self, now: Duration) -> Result<(), Blocked> {
        if !self.is_open() {
            self.await_room(now)?; // a pace does not
        }
        let due = match &mut self.generator {
            Some(generator) => generator.next(now),
            None => return Err(Blocked::Answers),
        };
        self.counters.show_draining(matches!(due, Ok(Due::Drained)));
        let intended = match due {
            Ok(Due::At(intended)) => intended,
            Ok(Due::Later) => return Err(Blocked::Rate),
            Ok(Due::AfterAnswer) => return Err(Blocked::Concurrency),
            Ok(Due::AfterRead) => return Err(Blocked::Input),
            Ok(Due::Drained | Due::Never) => return Err(Blocked::Answers),
            Err(error) => {
                self.end_early(Some(RunErrorKind::Input(error)), Stop::Drain);
                return Err(Blocked::Answers);
            }
        };
        let started = self.room().and_then(|memory| self.start_due(intended, memory, now));
        if let Some(generator) = &mut self.generator {
            match started {
                Ok(true) => generator.start(intended),
                Ok(false) => return Err(Blocked::HostConcurrency),
                Err(missed) => generator.miss(intended, missed),
            }
        }
        Ok(())
    }

    /// Whether a loop may go on. One that waits for its host goes first.
    fn await_room(&mut self, now: Duration) -> Result<(), Blocked> {
        let Some(generator) = &mut self.generator else { return Ok(()) };
        if generator.is_over(now) {
            return Ok(());
        }
        generator.wait_until_end();
        let memory = self.room().map_err(waits_for)?;
        let Some(job) = self.generator.as_mut().and_then(|generator| generator.take_held_back(now)) else {
            return Ok(());
        };
        if self.start_job(job, memory, now) {
            self.generator.iter_mut().for_each(|generator| generator.start(now));
            return Ok(());
        }
        Err(Blocked::HostConcurrency)
    }

    fn is_open(&self) -> bool {
        self.generator.as_ref().is_some_and(Generator::is_open)
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

    /// Starts the request that is due. False if it is held back.
    fn start_due(&mut self, intended: Duration, memory: MemoryPermit, now: Duration) -> Result<bool, MissedBy> {
        let Some(generator) = &mut self.generator else { return Ok(false) };
        let job = match generator.take(intended) {
            Entry::Job(job) => job,
            other => {
                self.admit(other, now);
                return Ok(true);
            }
        };
        if let Err(why) = self.policy.admit(&job) {
            self.counters.admitted += 1;
            self.end_unsent(job, refused(why));
            return Ok(true);
        }
        let is_open = self.is_open();
        match (self.start_job(job, memory, now), is_open) {
            (true, _) => Ok(true),
            (false, true) => Err(MissedBy::HostLimit),
            (false, false) => Ok(false),
        }
    }

    /// Starts a job now, unless a limit of its host keeps it from that. A loop then waits for its host.
    fn start_job(&mut self, job: Box<Job>, memory: MemoryPermit, now: Duration) -> bool {
        match self.schedule.start_now(job, now) {
            Ok(lease) => {
                self.counters.admitted += 1;
                self.start(lease, memory);
                true
            }
            Err(NotStarted { job, at }) => {
                if let Some(generator) = self.generator.as_mut().filter(|generator| !generator.is_open()) {
                    generator.hold_back(job, at);
                }
                false
            }
        }
    }

    /// Cuts off what has not ended when the time for the last answers is over: with redirects, a request may take longer
    /// than one attempt may.
    pub(super) fn cut_off(&mut self, now: Duration) {
        if self.cut_off_at().is_some_and(|at| at <= now) && !self.is_stopping() {
            self.shutdown.is_cut_off = true;
            self.stop(Stop::Now);
        }
    }

    /// When the time for the last answers is over.
    pub(super) fn cut_off_at(&self) -> Option<Duration> {
        let ended = self.generator.as_ref()?.ended()?;
        ended.checked_add(self.plan.fetch.timeout)?.checked_add(GRACE)
    }

    /// When the generator wants to go on.
    pub(super) fn load_wakes_at(&self) -> Option<Duration> {
        let generator = self.generator.as_ref().filter(|_| !self.is_stopping())?;
        generator.wake_at().into_iter().chain(self.cut_off_at()).min()
    }

    /// What the generator records of the present: the output and the memory hold it up even if a start is missed
    /// because of them, and nothing waits.
    pub(super) fn observe_load(&mut self, blocked: Blocked, now: Duration) {
        if self.generator.is_none() {
            return;
        }
        let blocked = match blocked {
            Blocked::Answers => Blocked::Answers,
            _ if !self.outbox.keeps_up() => Blocked::Output,
            _ if self.memory.reserve().is_none() => Blocked::Memory,
            blocked => blocked,
        };
        if let Some(generator) = &mut self.generator {
            generator.observe(self.schedule.in_flight(), blocked, now);
        }
    }
}

/// What a loop waits for, where a pace would miss a start.
fn waits_for(missed: MissedBy) -> Blocked {
    match missed {
        MissedBy::Memory => Blocked::Memory,
        MissedBy::Output => Blocked::Output,
        MissedBy::InFlight | MissedBy::HostLimit | MissedBy::Late => Blocked::Concurrency,
    }
}
