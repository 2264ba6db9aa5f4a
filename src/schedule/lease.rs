//! What a job pays when it leaves.

use std::time::Duration;

use super::lane::{LaneId, LaneState};
use super::{Lease, Schedule, Ticket};
use crate::model::Job;

/// Why a lane's next job cannot be paid for.
pub(super) enum Unpaid {
    /// Its pool has no token before then.
    Rate(Duration),
    /// Its host's first connection is being made: settling that brings the lane back.
    Connection,
    /// The run has none.
    Global,
}

impl Schedule {
    /// Leases the next job of a lane that has left the ring, if it may go. An error puts it back there.
    pub(super) fn lease_from(&mut self, id: LaneId, now: Duration) -> Result<Option<Lease>, Unpaid> {
        let lane = &mut self.lanes[id];
        lane.stand = LaneState::Away;
        let pool = lane.pool;
        let offered = self.pools[pool].offered.take_if(|lane| *lane == id);
        if !lane.admits_more() || lane.due_at().is_none_or(|at| at > now) {
            self.refresh(id, now); // something came between while it stood in the ring
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
                Ok(Some(self.lease(id, job, fetcher, now)))
            }
            Err(Unpaid::Rate(at)) => {
                self.pools[pool].wait = at;
                self.park(id, offered.is_some());
                self.wake_pool_at(pool, at);
                Ok(None)
            }
            Err(Unpaid::Connection) => {
                self.offer(pool, now);
                Ok(None)
            }
            Err(Unpaid::Global) => {
                self.lanes[id].stand = LaneState::Ready;
                self.pools[pool].offered = offered.or(self.pools[pool].offered);
                Err(Unpaid::Global)
            }
        }
    }

    /// Pays for one job of a lane and finds its fetcher; or pays nothing.
    pub(super) fn pay(&mut self, id: LaneId, now: Duration) -> Result<u8, Unpaid> {
        let lane = &mut self.lanes[id];
        let pool = &mut self.pools[lane.pool];
        let account = pool.account;
        self.rates.pay_host(pool.rate, &mut pool.account, now).map_err(Unpaid::Rate)?;
        let Some(fetcher) = self.placement.place(&mut lane.affinity) else {
            pool.account = account;
            return Err(Unpaid::Connection);
        };
        if let Err(at) = self.rates.pay_global(&mut self.global, now) {
            self.placement.unplace(&mut lane.affinity, fetcher);
            pool.account = account;
            self.global_wait = at;
            return Err(Unpaid::Global);
        }
        Ok(fetcher)
    }

    pub(super) fn lease(&mut self, id: LaneId, job: Box<Job>, fetcher: u8, now: Duration) -> Lease {
        let lane = &mut self.lanes[id];
        let pool = lane.pool;
        lane.in_flight += 1;
        let departure = lane.health.leave(lane.in_flight, now);
        if job.retries().is_empty() {
            lane.retries.deposit(now);
        }
        self.pools[pool].in_flight += 1;
        self.in_flight += 1;
        self.waiting -= 1;
        self.refresh(id, now);
        self.offer(pool, now);
        Lease { ticket: Ticket { lane: id, fetcher, departure }, job }
    }
}
