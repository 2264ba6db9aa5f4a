//! What holds a host's jobs back.

use std::time::Duration;

use super::Schedule;
use super::health::Ailment;
use super::lane::{Lane, LaneState};

/// The host that has most jobs waiting, and what they wait for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bottleneck {
    /// Scheme, name and port, or the domain that the limits belong to.
    pub host: String,
    /// What holds it back.
    pub by: HostBound,
    /// How many requests it may have in flight.
    pub concurrency: usize,
}

/// What a host's jobs wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum HostBound {
    /// As many as allowed are in flight.
    Concurrency,
    /// As many as it takes well are in flight.
    Adaptive,
    /// Its rate, or what its robots.txt asks for.
    Rate,
    /// It asked to be left alone, and is then asked by few at once.
    Pause,
    /// It cannot be reached.
    Circuit,
    /// Its robots.txt.
    Robots,
    /// The pause before a retry.
    Backoff,
    /// Its first connection, which others are to share.
    Connection,
}

impl HostBound {
    /// The name in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            HostBound::Concurrency => "host_concurrency",
            HostBound::Adaptive => "adaptive",
            HostBound::Rate => "host_rate",
            HostBound::Pause => "pause",
            HostBound::Circuit => "circuit",
            HostBound::Robots => "robots",
            HostBound::Backoff => "backoff",
            HostBound::Connection => "connection",
        }
    }
}

impl Schedule {
    /// The host that has most jobs waiting, if any has one that may not leave now. Looks at every lane.
    pub fn bottleneck(&self, now: Duration) -> Option<Bottleneck> {
        let held = self.lanes.iter().map(|(_, lane)| lane).filter(|lane| lane.stand != LaneState::Ready);
        let fullest = held.max_by_key(|lane| lane.waiting()).filter(|lane| lane.waiting() > 0)?;
        let by = self.bound(fullest, now);
        let pool = &self.pools[fullest.pool];
        let shared = matches!(by, HostBound::Concurrency | HostBound::Rate);
        let host = if shared { &pool.name } else { &fullest.host };
        Some(Bottleneck { host: host.to_string(), by, concurrency: pool.concurrency })
    }

    fn bound(&self, lane: &Lane, now: Duration) -> HostBound {
        let pool = &self.pools[lane.pool];
        match lane.health.ailment(lane.in_flight, now) {
            Some(Ailment::Circuit) => HostBound::Circuit,
            Some(Ailment::Pause) => HostBound::Pause,
            _ if lane.shut => HostBound::Robots,
            Some(Ailment::Spacing) => HostBound::Rate,
            _ if lane.due_at().is_some_and(|at| at > now) => HostBound::Backoff,
            _ if pool.is_full() => HostBound::Concurrency,
            _ if pool.wait > now => HostBound::Rate,
            Some(Ailment::Adaptive) => HostBound::Adaptive,
            None => HostBound::Connection,
        }
    }
}
