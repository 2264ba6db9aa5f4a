//! Where lanes stand: in the ring, in their pool's queue, behind a timer, or among the doomed.

use std::cmp::Reverse;
use std::time::Duration;

use url::Url;

use super::health::Health;
use super::lane::{Lane, LaneId, LaneState};
use super::pool::{Pool, PoolId};
use super::rate::RateId;
use super::{Schedule, Timer};
use crate::model::{Job, host_key};

impl Schedule {
    /// A job of a host that has been unreachable for too long.
    pub(super) fn refuse(&mut self, now: Duration) -> Option<Box<Job>> {
        while let Some(&id) = self.doomed.front() {
            if self.is_hopeless(id, now)
                && let Some(job) = self.lanes[id].take_any()
            {
                self.waiting -= 1;
                return Some(job);
            }
            self.doomed.pop_front();
            self.lanes[id].stand = LaneState::Away;
            self.refresh(id, now);
        }
        None
    }

    /// Whether a host has been unreachable for too long, and is not to be asked now whether it is back.
    pub(super) fn is_hopeless(&self, id: LaneId, now: Duration) -> bool {
        let hopeless = self.lanes[id].health.hopeless(self.patience);
        hopeless.is_some_and(|(from, until)| from <= now && now < until)
    }

    /// The host's lane, made if there is none.
    pub(super) fn lane_of(&mut self, url: &Url) -> LaneId {
        let host = host_key(url);
        if let Some(id) = self.lanes.of(&host) {
            return id;
        }
        let pool = self.pool_of(url);
        self.pools[pool].lanes += 1;
        self.lanes.insert(Lane::new(&host, pool, Health::new(self.limits.adaptive)))
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

    /// Puts a lane that stands nowhere where it now belongs.
    pub(super) fn refresh(&mut self, id: LaneId, now: Duration) {
        let lane = &mut self.lanes[id];
        if lane.stand != LaneState::Away {
            return;
        }
        let has_jobs = lane.waiting() > 0;
        if let Some((from, until)) = lane.health.hopeless(self.patience).filter(|_| has_jobs) {
            if from <= now && now < until {
                lane.stand = LaneState::Doomed;
                return self.doomed.push_back(id);
            }
            if from > now {
                self.wake_lane_at(id, from);
            }
        }
        let lane = &self.lanes[id];
        if !lane.admits_more() {
            return; // its own requests bring it back
        }
        match lane.due_at() {
            Some(at) if at <= now => self.stand_in(id, now),
            Some(at) => self.wake_lane_at(id, at),
            None if has_jobs || lane.in_flight > 0 => {}
            None => match lane.forgotten_at() {
                at if at <= now => self.forget(id, now),
                at => self.wake_lane_at(id, at),
            },
        }
    }

    /// Puts a lane with a due job into the ring, or behind others that wait for the same pool. One of several goes into
    /// the ring even if the pool is full: it is parked there after those that came before it.
    fn stand_in(&mut self, id: LaneId, now: Duration) {
        let pool = self.lanes[id].pool;
        let Pool { lanes, .. } = self.pools[pool];
        if !self.pools[pool].has_queue() && (lanes > 1 || self.pools[pool].is_open(now)) {
            self.lanes[id].stand = LaneState::Ready;
            self.ready.push_back(id);
        } else {
            self.park(id, false);
            self.offer(pool, now);
        }
    }

    /// Has a lane wait for its pool: behind others, or `first`, if it was its turn already.
    pub(super) fn park(&mut self, id: LaneId, first: bool) {
        let lane = &mut self.lanes[id];
        lane.stand = LaneState::Parked;
        let parked = &mut self.pools[lane.pool].parked;
        if first { parked.push_front(id) } else { parked.push_back(id) }
    }

    /// Lets the first of those that wait for a pool try its luck, if there is any for it and no other is about to: of
    /// several that find nothing, which was first would be forgotten.
    pub(super) fn offer(&mut self, id: PoolId, now: Duration) {
        while let Some(pool) = self.pools.get_mut(id).filter(|pool| pool.is_open(now) && pool.offered.is_none())
            && let Some(first) = pool.parked.pop_front()
        {
            let lane = &mut self.lanes[first];
            lane.stand = LaneState::Away;
            if lane.admits_more() && lane.due_at().is_some_and(|at| at <= now) {
                lane.stand = LaneState::Ready;
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
        match pool.account.refilled_at() {
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
        self.told = now;
        while let Some(&Reverse((at, timer))) = self.timers.peek() {
            if at > now {
                return;
            }
            self.timers.pop();
            // An earlier timer, or another in the same place, makes an entry stale.
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
