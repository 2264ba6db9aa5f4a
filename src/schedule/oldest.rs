//! The oldest job alone: it goes on although ordered records wait for it and everything else has to.

use std::time::Duration;

use super::ids::LaneId;
use super::job_index::JobPlace;
use super::lane::Lane;
use super::lease::NotPaid;
use super::{Schedule, Step};
use crate::model::{Blocked, Job};

/// The one job that may start.
#[derive(Debug, Clone, Copy)]
enum OldestTarget {
    /// That of the input `seq`.
    Input { seq: u64, place: JobPlace },
    /// The next request for robots.txt of a lane.
    RobotsTxt(LaneId),
}

impl OldestTarget {
    fn lane(self) -> LaneId {
        match self {
            OldestTarget::Input { place, .. } => place.lane,
            OldestTarget::RobotsTxt(lane) => lane,
        }
    }
}

impl Schedule {
    /// Like [`step`](Self::step), but only for the job of the input `seq`, which is the oldest of all, or for requests
    /// for robots.txt that it may wait for: all other jobs stay. It takes the same limits. When to ask again,
    /// [`Schedule::next_timer`] says.
    ///
    /// The schedule must have been told to [`track_inputs`](Self::track_inputs).
    pub fn step_for(&mut self, seq: u64, now: Duration) -> Step {
        self.fire_timers(now);
        if let Some(job) = self.refuse(now) {
            return Step::Refuse(job);
        }
        match self.target(seq, now) {
            Some(target) if self.is_given_up(target.lane(), now) => Step::Refuse(self.take_target(target)),
            Some(target) if self.has_slot(target.lane()) => self.start_target(target, now),
            _ => Step::Wait(Blocked::Concurrency), // a request in flight brings it back
        }
    }

    /// Whether requests in flight keep the job of the input `seq`, which is the oldest of all, from starting.
    pub fn needs_slot(&self, seq: u64, now: Duration) -> bool {
        let can_start =
            |lane: LaneId| self.has_slot(lane) && self.placement.choose(&self.lanes[lane].affinity).is_some();
        !self.target(seq, now).is_some_and(|target| can_start(target.lane()))
    }

    /// What has to start next for the job of the input `seq`.
    fn target(&self, seq: u64, now: Duration) -> Option<OldestTarget> {
        let index = self.index.as_ref()?;
        let place = index.place(seq)?;
        if !self.lanes[place.lane].closed {
            return Some(OldestTarget::Input { seq, place });
        }
        if self.in_flight >= self.limits.concurrency.get() {
            return None;
        }
        // One that may start now, or else the first that may.
        let mut first: Option<(Duration, LaneId)> = None;
        for lane in index.robots_txt().filter(|lane| self.has_slot(*lane)) {
            let due = self.target_due(OldestTarget::RobotsTxt(lane));
            if first.is_none_or(|(at, _)| due < at) {
                first = Some((due, lane));
            }
            if due <= now {
                break;
            }
        }
        first.map(|(_, lane)| OldestTarget::RobotsTxt(lane))
    }

    /// Leases a job, or says when to ask again. Its lane may be among the ready ones: those set no timer.
    fn start_target(&mut self, target: OldestTarget, now: Duration) -> Step {
        let id = target.lane();
        let due = self.target_due(target).max(self.global_wait);
        if due > now {
            let given_up = self.lanes[id].health.given_up(self.max_outage).map(|(from, _)| from);
            return self.wait_until(id, given_up.filter(|from| *from > now).map_or(due, |from| from.min(due)));
        }
        match self.pay(id, now) {
            Ok(fetcher) => {
                let job = self.take_target(target);
                Step::Go(self.lease(id, job, fetcher, now))
            }
            Err(NotPaid::HostRate(at)) => self.wait_until(id, at),
            Err(NotPaid::GlobalRate) => self.wait_until(id, self.global_wait),
            Err(NotPaid::Connection) => Step::Wait(Blocked::Concurrency),
        }
    }

    /// From when on it may start, the rate of the run aside.
    fn target_due(&self, target: OldestTarget) -> Duration {
        let lane = &self.lanes[target.lane()];
        let due = match target {
            OldestTarget::Input { place, .. } => place.returns.map(|(at, _)| at),
            OldestTarget::RobotsTxt(_) => lane.robots_txt.first_key_value().map(|(&(at, _), _)| at),
        };
        due.unwrap_or_default().max(lane.health.not_before()).max(self.pools[lane.pool].wait)
    }

    fn take_target(&mut self, target: OldestTarget) -> Box<Job> {
        let id = target.lane();
        let job = self.lanes[id].take_target(target).expect("the index says that it waits here");
        self.note_taken(id, &job);
        job
    }

    fn has_slot(&self, id: LaneId) -> bool {
        let lane = &self.lanes[id];
        self.in_flight < self.limits.concurrency.get() && lane.admits_more() && !self.pools[lane.pool].is_full()
    }

    fn wait_until(&mut self, id: LaneId, at: Duration) -> Step {
        self.wake_lane_at(id, at);
        Step::Wait(Blocked::Rate)
    }
}

impl Lane {
    fn take_target(&mut self, target: OldestTarget) -> Option<Box<Job>> {
        match target {
            OldestTarget::RobotsTxt(_) => self.robots_txt.pop_first().map(|(_, job)| job),
            OldestTarget::Input { place: JobPlace { returns: Some(key), .. }, .. } => self.returning.remove(&key),
            OldestTarget::Input { seq, .. } => {
                // The oldest input is the first of its lane.
                let at = self.fresh.iter().position(|job| job.input_seq() == Some(seq))?;
                self.fresh.remove(at)
            }
        }
    }
}
