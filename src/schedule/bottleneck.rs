//! What blocks the jobs of a host.

use std::time::Duration;

use super::Schedule;
use super::lane::{Lane, LaneState};
use crate::model::Blocked;

/// The host with most waiting jobs, and what they wait for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bottleneck {
    /// Scheme, name and port, or the domain that the limits belong to.
    pub host: String,
    /// What blocks it.
    pub by: Blocked,
    /// How many requests it may have in flight.
    pub concurrency: usize,
}

impl Schedule {
    /// The host with most waiting jobs, of those whose jobs may not start now. Looks at every lane.
    pub fn bottleneck(&self, now: Duration) -> Option<Bottleneck> {
        let blocked = self.lanes.iter().map(|(_, lane)| lane).filter(|lane| lane.state != LaneState::Ready);
        let fullest = blocked.max_by_key(|lane| lane.waiting()).filter(|lane| lane.waiting() > 0)?;
        let by = self.blocked(fullest, now);
        let pool = &self.pools[fullest.pool];
        let shared = matches!(by, Blocked::HostConcurrency | Blocked::HostRate);
        let host = if shared { &pool.name } else { &fullest.host };
        Some(Bottleneck { host: host.to_string(), by, concurrency: pool.concurrency })
    }

    /// What the jobs of a lane wait for.
    fn blocked(&self, lane: &Lane, now: Duration) -> Blocked {
        let pool = &self.pools[lane.pool];
        match lane.health.blocked(lane.in_flight, now) {
            Some(reason @ (Blocked::Circuit | Blocked::Pause)) => reason,
            _ if lane.closed => Blocked::Robots,
            Some(Blocked::HostRate) => Blocked::HostRate,
            _ if lane.due_at().is_some_and(|at| at > now) => Blocked::Backoff,
            _ if pool.is_full() => Blocked::HostConcurrency,
            _ if pool.wait > now => Blocked::HostRate,
            reason => reason.unwrap_or(Blocked::Connection),
        }
    }
}
