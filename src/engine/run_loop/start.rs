//! What starts, and what keeps the next request from it.

use std::time::{Duration, SystemTime};

use super::RunLoop;
use crate::engine::endings::unreachable;
use crate::engine::intake::NextEntry;
use crate::fetch::memory::MemoryPermit;
use crate::model::{Blocked, Job};
use crate::schedule::{Lease, Step};

/// How many entries in a row may need no request (invalid lines, duplicates, refused URLs) before the loop turns to its
/// other work. Each has its record as soon as it is read: a list of them must neither fill memory nor hold up the rest.
const MAX_IDLE_ENTRIES: usize = 64;

impl RunLoop<'_> {
    /// Starts every request that may start, and says what blocks the next one. `None` means that nothing does, but that
    /// the other work of the loop comes first.
    pub(super) fn start_requests(&mut self) -> Option<Blocked> {
        let now = self.now();
        let blocked = match self.generator {
            Some(_) => self.start_load(now),
            None => self.start_until_blocked(now),
        };
        self.memory.give_turn(self.turn(now));
        self.counters.peak_in_flight = self.counters.peak_in_flight.max(self.schedule.in_flight());
        self.note_blocked(blocked.unwrap_or(Blocked::Input), now);
        self.observe_load(blocked.unwrap_or(Blocked::Input), now);
        blocked
    }

    /// With ordered records: the input whose answer may exceed the memory. That is the oldest, since all others keep their
    /// memory until it is written. If requests in flight hold the slot that the oldest needs, it is the first of those.
    fn turn(&self, now: Duration) -> Option<u64> {
        match self.outbox.oldest_to_start() {
            Some(seq) if self.schedule.needs_slot(seq, now) => self.outbox.oldest_in_flight().or(Some(seq)),
            _ => self.outbox.oldest(),
        }
    }

    fn start_until_blocked(&mut self, now: Duration) -> Option<Blocked> {
        let (mut reserved, mut idle_entries) = (None, 0);
        self.oldest_waits = false;
        loop {
            if self.is_stopping() {
                return Some(Blocked::Answers);
            }
            if !self.outbox.keeps_up() {
                return Some(Blocked::Output);
            }
            if self.outbox.is_full() {
                if self.start_oldest(now) {
                    continue;
                }
                return Some(Blocked::Order);
            }
            let Some(memory) = reserved.take().or_else(|| self.memory.reserve()) else {
                if self.start_oldest(now) {
                    continue;
                }
                return Some(Blocked::Memory);
            };
            match self.schedule.step(now) {
                Step::Go(lease) => self.start(lease, memory),
                Step::Refuse(job) => {
                    reserved = Some(memory);
                    self.give_up(job, now);
                }
                Step::Wait(reason) => return Some(reason),
                Step::Read => {
                    reserved = Some(memory);
                    match self.admit_next(now) {
                        Ok(needs_request) => idle_entries += usize::from(!needs_request),
                        Err(reason) => return Some(reason),
                    }
                }
            }
            if self.outbox.is_batch_full() || idle_entries >= MAX_IDLE_ENTRIES {
                return None;
            }
        }
    }

    /// Starts the job whose record all others wait for, if it may start. It does so even without free memory, or the
    /// records that fill the memory might wait for it for ever.
    fn start_oldest(&mut self, now: Duration) -> bool {
        let Some(seq) = self.outbox.oldest_to_start() else { return false };
        match self.schedule.step_for(seq, now) {
            Step::Go(lease) => {
                let memory = self.memory.overdraw();
                self.start(lease, memory);
                true
            }
            Step::Refuse(job) => {
                self.give_up(job, now);
                true
            }
            Step::Read | Step::Wait(_) => {
                self.oldest_waits = true;
                false
            }
        }
    }

    /// Reads the next entry, if one is at hand. False if it needs no request.
    fn admit_next(&mut self, now: Duration) -> Result<bool, Blocked> {
        if self.is_logging_in() {
            return Err(Blocked::Login);
        }
        let waiting = self.schedule.waiting();
        match self.intake.next() {
            NextEntry::Ready(entry) => {
                self.admit(entry, now);
                return Ok(self.schedule.waiting() != waiting);
            }
            NextEntry::Batch(batch) => self.take_in(batch),
            NextEntry::Pending => return Err(Blocked::Input),
            NextEntry::Ended if waiting > 0 => return Err(Blocked::Hosts),
            NextEntry::Ended => return Err(Blocked::Answers),
        }
        Ok(true)
    }

    pub(super) fn start(&mut self, mut lease: Lease, memory: MemoryPermit) {
        if let Some(session) = self.session.as_mut().filter(|_| !lease.job.is_robots_txt()) {
            session.prepare(&mut lease.job, SystemTime::now());
        }
        self.counters.requests += 1;
        lease.job.input_seq().into_iter().for_each(|seq| memory.take_place(seq));
        self.outbox.set_in_flight(&lease.job, true);
        self.fetchers.send(lease, memory);
    }

    /// Ends a job whose host stays unreachable.
    pub(super) fn give_up(&mut self, job: Box<Job>, now: Duration) {
        let end = unreachable(&job, now);
        self.end_unsent(job, end);
    }

    pub(super) fn note_blocked(&mut self, reason: Blocked, now: Duration) {
        self.outbox.note_blocked(reason, now);
        let schedule = &self.schedule;
        self.bottlenecks.note(reason, now, schedule.hosts(), || schedule.bottleneck(now));
    }
}
