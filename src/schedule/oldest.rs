//! One job alone: what a run that keeps an order still lets go while everything else is held.

use std::time::Duration;

use super::lane::{Lane, LaneId};
use super::lease::Unpaid;
use super::{Schedule, Step};
use crate::model::{Blocked, Job};

/// The one job that may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sought {
    /// That of the input `seq`.
    Input(u64),
    /// The next herald of a lane.
    Herald,
}

impl Schedule {
    /// As [`step`](Self::step), but for the job of the input `seq` alone, which is the oldest of all, or for the heralds
    /// that it may be waiting for: all others stay. It pays as any other, and never exceeds a limit. When it is to be
    /// asked again, [`Schedule::next_timer`] tells.
    pub fn step_for(&mut self, seq: u64, now: Duration) -> Step {
        self.fire_timers(now);
        if let Some(job) = self.refuse(now) {
            return Step::Refuse(job);
        }
        let input = Sought::Input(seq);
        let (id, sought) = match self.lanes.iter().find(|(_, lane)| lane.when(input).is_some()) {
            Some((_, lane)) if lane.shut => (self.herald_to_go(), Sought::Herald),
            found => (found.map(|(id, _)| id), input),
        };
        match id {
            Some(id) if self.is_hopeless(id, now) => {
                self.waiting -= 1;
                Step::Refuse(self.lanes[id].take(sought))
            }
            Some(id) if self.has_slot(id) => self.go_alone(id, sought, now),
            _ => Step::Wait(Blocked::Concurrency), // what is in flight brings it back
        }
    }

    /// Leases a job, or says when to ask again. Its lane may stand in the ring, from where nobody would.
    fn go_alone(&mut self, id: LaneId, sought: Sought, now: Duration) -> Step {
        let lane = &self.lanes[id];
        let due = self.due_alone(lane, sought).max(self.global_wait);
        if due > now {
            let hopeless = lane.health.hopeless(self.patience).map(|(from, _)| from);
            return self.hold_until(id, hopeless.filter(|from| *from > now).map_or(due, |from| from.min(due)));
        }
        match self.pay(id, now) {
            Ok(fetcher) => {
                let job = self.lanes[id].take(sought);
                Step::Go(self.lease(id, job, fetcher, now))
            }
            Err(Unpaid::Rate(at)) => self.hold_until(id, at),
            Err(Unpaid::Global) => self.hold_until(id, self.global_wait),
            Err(Unpaid::Connection) => Step::Wait(Blocked::Concurrency),
        }
    }

    /// Whose herald may go first, of those that wait for nothing in flight.
    fn herald_to_go(&self) -> Option<LaneId> {
        let heralds = self.lanes.iter().filter(|(id, lane)| !lane.heralds.is_empty() && self.has_slot(*id));
        heralds.min_by_key(|(_, lane)| self.due_alone(lane, Sought::Herald)).map(|(id, _)| id)
    }

    /// From when on it may go, the run's rate aside.
    fn due_alone(&self, lane: &Lane, sought: Sought) -> Duration {
        let due = lane.when(sought).unwrap_or_default();
        due.max(lane.health.not_before()).max(self.pools[lane.pool].wait)
    }

    fn has_slot(&self, id: LaneId) -> bool {
        let lane = &self.lanes[id];
        self.in_flight < self.limits.concurrency.get() && lane.admits_more() && !self.pools[lane.pool].is_full()
    }

    fn hold_until(&mut self, id: LaneId, at: Duration) -> Step {
        self.wake_lane_at(id, at);
        Step::Wait(Blocked::Rate)
    }
}

impl Lane {
    /// When the job may go, if it waits here: that of the oldest input is the first that is fresh, or one that comes
    /// back.
    fn when(&self, sought: Sought) -> Option<Duration> {
        let Sought::Input(seq) = sought else { return self.heralds.first_key_value().map(|(&(at, _), _)| at) };
        let fresh = self.fresh.front().filter(|job| job.input_seq() == Some(seq)).map(|_| Duration::ZERO);
        fresh.or_else(|| self.again.iter().find(|(_, job)| job.input_seq() == Some(seq)).map(|(&(at, _), _)| at))
    }

    fn take(&mut self, sought: Sought) -> Box<Job> {
        let job = match sought {
            Sought::Herald => self.heralds.pop_first().map(|(_, job)| job),
            Sought::Input(seq) if self.fresh.front().is_some_and(|job| job.input_seq() == Some(seq)) => {
                self.fresh.pop_front()
            }
            Sought::Input(seq) => {
                self.again.extract_if(.., |_, job| job.input_seq() == Some(seq)).map(|(_, job)| job).next()
            }
        };
        job.expect("it waits here")
    }
}
