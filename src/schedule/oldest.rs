//! One job alone: what a run that keeps an order still lets go while everything else is held.

use std::time::Duration;

use super::lane::{Lane, LaneId};
use super::{Held, Lease, Schedule, Step, Ticket};
use crate::job::Job;

impl Schedule {
    /// As [`step`](Self::step), but for the job of the input `seq` alone, which is the oldest of all: all others stay.
    /// It pays as any other, and never exceeds a limit. When it is to be asked again, [`Schedule::next_timer`] tells.
    pub fn step_for(&mut self, seq: u64, now: Duration) -> Step {
        self.fire_timers(now);
        if self.global_wait <= now {
            self.global_wait = Duration::ZERO; // others that are ready do not wait for a rate now
        }
        let Some((id, at)) = self.lanes.find(seq) else { return Step::Hold(Held::Slots) };
        let lane = &mut self.lanes[id];
        if self.in_flight >= self.concurrency || lane.in_flight >= self.host_concurrency {
            return Step::Hold(Held::Slots);
        }
        let due = at.max(lane.cool_until).max(self.global_wait);
        if due > now {
            return self.hold_until(id, due);
        }
        let account = lane.account;
        if let Err(at) = self.rates.pay_host(&mut lane.account, now) {
            return self.hold_until(id, at);
        }
        let Some(fetcher) = self.placement.place(&mut lane.affinity) else {
            lane.account = account;
            return Step::Hold(Held::Slots); // its first connection is being made
        };
        if let Err(at) = self.rates.pay_global(&mut self.global, now) {
            self.placement.unplace(&mut lane.affinity, fetcher);
            lane.account = account;
            self.global_wait = at;
            return self.hold_until(id, at);
        }
        let job = lane.take(seq).expect("it was found");
        lane.in_flight += 1;
        self.in_flight += 1;
        self.waiting -= 1;
        self.refresh(id, now);
        Step::Go(Lease { ticket: Ticket { lane: id, fetcher }, job })
    }

    fn hold_until(&mut self, id: LaneId, at: Duration) -> Step {
        self.wake_at(id, at);
        Step::Hold(Held::Rate)
    }
}

impl Lane {
    /// When the job of the input `seq` may go, if it waits here: being the oldest, it is the first that is fresh, or
    /// one that comes back.
    pub(super) fn waits(&self, seq: u64) -> Option<Duration> {
        let fresh = self.fresh.front().filter(|job| job.seq == seq).map(|_| Duration::ZERO);
        fresh.or_else(|| self.again.iter().find(|(_, job)| job.seq == seq).map(|(&(at, _), _)| at))
    }

    fn take(&mut self, seq: u64) -> Option<Box<Job>> {
        if self.fresh.front().is_some_and(|job| job.seq == seq) {
            return self.fresh.pop_front();
        }
        let key = *self.again.iter().find(|(_, job)| job.seq == seq)?.0;
        self.again.remove(&key)
    }
}
