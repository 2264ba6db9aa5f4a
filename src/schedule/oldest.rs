//! One job alone: what a run that keeps an order still lets go while everything else is held.

use std::time::Duration;

use super::lane::{Lane, LaneId};
use super::{Held, Schedule, Step, Unpaid};
use crate::job::Job;

impl Schedule {
    /// As [`step`](Self::step), but for the job of the input `seq` alone, which is the oldest of all, and for heralds,
    /// for which it may be waiting: all others stay. It pays as any other, and never exceeds a limit. When it is to be
    /// asked again, [`Schedule::next_timer`] tells.
    pub fn step_for(&mut self, seq: u64, now: Duration) -> Step {
        self.fire_timers(now);
        if let Some(job) = self.refuse(now) {
            return Step::Refuse(job);
        }
        if self.in_flight >= self.limits.concurrency.get() {
            return Step::Hold(Held::Slots);
        }
        let herald = self.lanes.iter().find(|(_, lane)| self.has_herald(lane, now)).map(|(id, _)| (id, now));
        let Some((id, at)) = herald.or_else(|| self.waiting_place(seq)) else { return Step::Hold(Held::Slots) };
        let lane = &self.lanes[id];
        let pool = &self.pools[lane.pool];
        if !lane.admits_more() || pool.is_full() || lane.shut && herald.is_none() {
            return Step::Hold(Held::Slots);
        }
        let due = at.max(lane.health.not_before()).max(pool.wait).max(self.global_wait);
        if due > now {
            return self.hold_until(id, due);
        }
        match self.pay(id, now) {
            Ok(fetcher) => {
                let lane = &mut self.lanes[id];
                let job = if herald.is_some() { lane.take_due(now) } else { lane.take(seq) };
                Step::Go(self.lease(id, job.expect("it was found"), fetcher, now))
            }
            Err(Unpaid::Rate(at)) => self.hold_until(id, at),
            Err(Unpaid::Global) => self.hold_until(id, self.global_wait),
            Err(Unpaid::Connection) => Step::Hold(Held::Slots),
        }
    }

    /// Whether a lane has a herald that may leave.
    fn has_herald(&self, lane: &Lane, now: Duration) -> bool {
        let due = lane.heralds.first_key_value().is_some_and(|((at, _), _)| *at <= now);
        due && lane.admits_more() && lane.health.not_before() <= now && self.pools[lane.pool].is_open(now)
    }

    /// Where the job of the input `seq` waits, and from when on it may go.
    fn waiting_place(&self, seq: u64) -> Option<(LaneId, Duration)> {
        self.lanes.iter().find_map(|(id, lane)| Some((id, lane.waits(seq)?)))
    }

    fn hold_until(&mut self, id: LaneId, at: Duration) -> Step {
        self.wake_lane_at(id, at);
        Step::Hold(Held::Rate)
    }
}

impl Lane {
    /// When the job of the input `seq` may go, if it waits here: being the oldest, it is the first that is fresh, or
    /// one that comes back.
    fn waits(&self, seq: u64) -> Option<Duration> {
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
