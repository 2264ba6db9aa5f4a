//! What a job takes when it starts: tokens, a slot and a fetcher.

use std::time::Duration;

use super::ids::LaneId;
use super::lane::LaneState;
use super::{Lease, NotStarted, Schedule, Ticket};
use crate::model::Job;

/// Why the next job of a lane cannot start.
pub(super) enum NotPaid {
    /// Its pool has no token before this time.
    HostRate(Duration),
    /// The first connection to its host is being made; the end of that request brings the lane back.
    Connection,
    /// The run has no token.
    GlobalRate,
}

impl Schedule {
    /// Leases a job that waits for nothing, or gives it back.
    ///
    /// # Errors
    /// The job cannot start now.
    pub fn start_now(&mut self, job: Box<Job>, now: Duration) -> Result<Lease, NotStarted> {
        let not_yet = |job, at| Err(NotStarted { job, at });
        if self.in_flight >= self.limits.concurrency.get() {
            return not_yet(job, None);
        }
        let id = self.lane_of(&job.url);
        if self.pools[self.lanes[id].pool].is_full() {
            return not_yet(job, None);
        }
        match self.pay(id, now) {
            Ok(fetcher) => Ok(self.lease(id, job, fetcher, now)),
            Err(NotPaid::HostRate(at)) => not_yet(job, Some(at)),
            Err(NotPaid::GlobalRate) => not_yet(job, Some(self.global_wait)),
            Err(NotPaid::Connection) => not_yet(job, None),
        }
    }

    /// Leases the next job of a lane that was among the ready ones, if it may start. After an error the caller puts the
    /// lane back there.
    pub(super) fn lease_from(&mut self, id: LaneId, now: Duration) -> Result<Option<Lease>, NotPaid> {
        let lane = &mut self.lanes[id];
        lane.state = LaneState::Idle;
        let pool = lane.pool;
        let offered = self.pools[pool].offered.take_if(|lane| *lane == id);
        if !lane.admits_more() || lane.due_at().is_none_or(|at| at > now) {
            self.refresh(id, now); // something has changed while it was ready
            self.offer(pool, now);
            return Ok(None);
        }
        let others_first = offered.is_none() && self.pools[pool].has_queue();
        if others_first || !self.pools[pool].is_open(now) {
            self.park(id, offered.is_some());
            self.offer(pool, now);
            return Ok(None);
        }
        match self.pay(id, now) {
            Ok(fetcher) => {
                let job = self.lanes[id].take_due(now).expect("a ready lane has a due job");
                self.note_taken(id, &job);
                Ok(Some(self.lease(id, job, fetcher, now)))
            }
            Err(NotPaid::HostRate(at)) => {
                self.pools[pool].wait = at;
                self.park(id, offered.is_some());
                self.wake_pool_at(pool, at);
                Ok(None)
            }
            Err(NotPaid::Connection) => {
                self.offer(pool, now);
                Ok(None)
            }
            Err(NotPaid::GlobalRate) => {
                self.lanes[id].state = LaneState::Ready;
                self.pools[pool].offered = offered.or(self.pools[pool].offered);
                Err(NotPaid::GlobalRate)
            }
        }
    }

    /// Takes the tokens for one job of a lane and finds its fetcher, or takes nothing.
    pub(super) fn pay(&mut self, id: LaneId, now: Duration) -> Result<u8, NotPaid> {
        let lane = &mut self.lanes[id];
        let pool = &mut self.pools[lane.pool];
        let bucket = pool.bucket;
        self.rates.take_host(pool.rate, &mut pool.bucket, now).map_err(NotPaid::HostRate)?;
        let Some(fetcher) = self.placement.place(&mut lane.affinity) else {
            pool.bucket = bucket;
            return Err(NotPaid::Connection);
        };
        if let Err(at) = self.rates.take_global(&mut self.global, now) {
            self.placement.unplace(&mut lane.affinity, fetcher);
            pool.bucket = bucket;
            self.global_wait = at;
            return Err(NotPaid::GlobalRate);
        }
        Ok(fetcher)
    }

    pub(super) fn lease(&mut self, id: LaneId, job: Box<Job>, fetcher: u8, now: Duration) -> Lease {
        let lane = &mut self.lanes[id];
        let pool = lane.pool;
        lane.in_flight += 1;
        let start = lane.health.start(lane.in_flight, now);
        if job.retries().is_empty() {
            lane.retries.deposit(now);
        }
        self.pools[pool].in_flight += 1;
        self.in_flight += 1;
        self.refresh(id, now);
        self.offer(pool, now);
        Lease { ticket: Ticket { lane: id, fetcher, start }, job }
    }
}
