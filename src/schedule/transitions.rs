//! Moves lanes between their states: ready, parked at their pool, waiting for a timer, or given up.

use std::cmp::Reverse;
use std::time::Duration;

use url::Url;

use super::health::Health;
use super::ids::{LaneId, PoolId};
use super::job_index::JobPlace;
use super::lane::{Lane, LaneState, ReturnKey};
use super::placement::Affinity;
use super::pool::Pool;
use super::rate::RateId;
use super::{Schedule, Timer};
use crate::model::{Job, host_key};

impl Schedule {
    /// Notes that a job waits in a lane now: among those that return with this key, or as a fresh one.
    pub(super) fn note_waiting(&mut self, lane: LaneId, input_seq: Option<u64>, returns: Option<ReturnKey>) {
        self.waiting += 1;
        match (&mut self.index, input_seq) {
            (Some(index), Some(seq)) => index.insert(seq, JobPlace { lane, returns }),
            (Some(index), None) => index.set_robots_txt(lane, !self.lanes[lane].robots_txt.is_empty()),
            (None, _) => {}
        }
    }

    /// Notes that a job does not wait in a lane any more.
    pub(super) fn note_taken(&mut self, lane: LaneId, job: &Job) {
        self.waiting -= 1;
        match (&mut self.index, job.input_seq()) {
            (Some(index), Some(seq)) => index.remove(seq),
            (Some(index), None) => index.set_robots_txt(lane, !self.lanes[lane].robots_txt.is_empty()),
            (None, _) => {}
        }
    }

    /// A job whose host has been unreachable for too long.
    pub(super) fn refuse(&mut self, now: Duration) -> Option<Box<Job>> {
        while let Some(&id) = self.given_up.front() {
            if self.is_given_up(id, now)
                && let Some(job) = self.lanes[id].take_any()
            {
                self.note_taken(id, &job);
                return Some(job);
            }
            self.given_up.pop_front();
            self.lanes[id].state = LaneState::Idle;
            self.refresh(id, now);
        }
        None
    }

    /// Whether a host has been unreachable for too long and is not due for a probe.
    pub(super) fn is_given_up(&self, id: LaneId, now: Duration) -> bool {
        let given_up = self.lanes[id].health.given_up(self.max_outage);
        given_up.is_some_and(|(from, until)| from <= now && now < until)
    }

    /// The lane of a host, created if needed.
    pub(super) fn lane_of(&mut self, url: &Url) -> LaneId {
        let host = host_key(url);
        if let Some(id) = self.lanes.of(&host) {
            return id;
        }
        let pool = self.pool_of(url);
        self.pools[pool].lanes += 1;
        let mut lane = Lane::new(&host, pool, Health::new(self.limits.adaptive));
        if self.connects_at_once {
            lane.affinity = Affinity::new(false);
        }
        self.lanes.insert(lane)
    }

    fn pool_of(&mut self, url: &Url) -> PoolId {
        let name = self.limits.limit_by.name(url);
        if let Some(id) = self.pools.of(&name) {
            return id;
        }
        let rules = self.limits.rules_of(url);
        self.unused_rules.retain(|place| !rules.contains(place));
        let (concurrency, rule) = self.limits.by(&rules);
        self.pools.insert(Pool::new(&name, concurrency.get(), RateId::of_rule(rule)))
    }

    /// Moves an idle lane to where it belongs now.
    pub(super) fn refresh(&mut self, id: LaneId, now: Duration) {
        let lane = &mut self.lanes[id];
        if lane.state != LaneState::Idle {
            return;
        }
        let has_jobs = lane.waiting() > 0;
        if let Some((from, until)) = lane.health.given_up(self.max_outage).filter(|_| has_jobs) {
            if from <= now && now < until {
                lane.state = LaneState::GivenUp;
                return self.given_up.push_back(id);
            }
            if from > now {
                self.wake_lane_at(id, from);
            }
        }
        let lane = &self.lanes[id];
        if !lane.admits_more() {
            return; // a request in flight brings it back
        }
        match lane.due_at() {
            Some(at) if at <= now => self.make_ready(id, now),
            Some(at) => self.wake_lane_at(id, at),
            None if has_jobs || lane.in_flight > 0 => {}
            None => match lane.outdated_at() {
                at if at <= now => self.forget(id, now),
                at => self.wake_lane_at(id, at),
            },
        }
    }

    /// Makes a lane with a due job ready, or parks it behind others that wait for the same pool. If the pool has
    /// several lanes, the lane becomes ready even if the pool is full: it is parked later, behind those that were ready
    /// before.
    fn make_ready(&mut self, id: LaneId, now: Duration) {
        let pool = self.lanes[id].pool;
        let Pool { lanes, .. } = self.pools[pool];
        if !self.pools[pool].has_queue() && (lanes > 1 || self.pools[pool].is_open(now)) {
            self.lanes[id].state = LaneState::Ready;
            self.ready.push_back(id);
        } else {
            self.park(id, false);
            self.offer(pool, now);
        }
    }

    /// Lets a lane wait for its pool: behind others, or `first` if it had its turn already.
    pub(super) fn park(&mut self, id: LaneId, first: bool) {
        let lane = &mut self.lanes[id];
        lane.state = LaneState::Parked;
        let parked = &mut self.pools[lane.pool].parked;
        if first { parked.push_front(id) } else { parked.push_back(id) }
    }

    /// Makes the first lane that waits for a pool ready, if the pool has a slot and a token. One at a time: if several
    /// failed, their order would be lost.
    pub(super) fn offer(&mut self, id: PoolId, now: Duration) {
        while let Some(pool) = self.pools.get_mut(id).filter(|pool| pool.is_open(now) && pool.offered.is_none())
            && let Some(first) = pool.parked.pop_front()
        {
            let lane = &mut self.lanes[first];
            lane.state = LaneState::Idle;
            if lane.admits_more() && lane.due_at().is_some_and(|at| at <= now) {
                lane.state = LaneState::Ready;
                pool.offered = Some(first);
                return self.ready.push_back(first);
            }
            self.refresh(first, now);
        }
    }

    fn forget(&mut self, id: LaneId, now: Duration) {
        let pool = self.lanes.remove(id).pool;
        self.pools[pool].lanes -= 1;
        self.forget_pool(pool, now);
    }

    fn forget_pool(&mut self, id: PoolId, now: Duration) {
        let pool = &self.pools[id];
        match pool.bucket.refilled_at() {
            _ if pool.lanes > 0 => {}
            at if at <= now => self.pools.remove(id),
            at => self.wake_pool_at(id, at),
        }
    }

    pub(super) fn wake_lane_at(&mut self, id: LaneId, at: Duration) {
        let lane = &mut self.lanes[id];
        if lane.timer.is_none_or(|timer| at < timer) {
            lane.timer = Some(at);
            self.timers.push(Reverse((at, Timer::Lane(id))));
        }
    }

    pub(super) fn wake_pool_at(&mut self, id: PoolId, at: Duration) {
        let pool = &mut self.pools[id];
        if pool.timer.is_none_or(|timer| at < timer) {
            pool.timer = Some(at);
            self.timers.push(Reverse((at, Timer::Pool(id))));
        }
    }

    pub(super) fn fire_timers(&mut self, now: Duration) {
        self.latest = now;
        while let Some(&Reverse((at, timer))) = self.timers.peek() {
            if at > now {
                return;
            }
            self.timers.pop();
            // An entry is stale if an earlier timer was set, or if the place belongs to another lane or pool.
            match timer {
                Timer::Lane(id) => {
                    if let Some(lane) = self.lanes.get_mut(id).filter(|lane| lane.timer == Some(at)) {
                        lane.timer = None;
                        self.refresh(id, now);
                    }
                }
                Timer::Pool(id) => {
                    if let Some(pool) = self.pools.get_mut(id).filter(|pool| pool.timer == Some(at)) {
                        pool.timer = None;
                        self.offer(id, now);
                        self.forget_pool(id, now);
                    }
                }
            }
        }
    }
}
