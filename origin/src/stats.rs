//! Counters of connections and requests.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::Shared;

/// The counters of a server, by which tests observe a client.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Connections accepted.
    pub connections: u64,
    /// Requests received.
    pub requests: u64,
    /// Requests whose response is not complete yet.
    pub in_flight: u64,
    /// The maximum of `in_flight` so far.
    pub peak_in_flight: u64,
}

#[derive(Debug, Default)]
pub(super) struct Counters {
    connections: AtomicU64,
    requests: AtomicU64,
    in_flight: AtomicU64,
    peak_in_flight: AtomicU64,
}

impl Counters {
    pub(super) fn connected(&self) {
        self.connections.fetch_add(1, Relaxed);
    }

    pub(super) fn stats(&self) -> Stats {
        Stats {
            connections: self.connections.load(Relaxed),
            requests: self.requests.load(Relaxed),
            in_flight: self.in_flight.load(Relaxed),
            peak_in_flight: self.peak_in_flight.load(Relaxed),
        }
    }
}

/// Counts a request as in flight until dropped.
#[derive(Debug)]
pub(super) struct InFlight {
    pub(super) shared: Arc<Shared>,
    host: Option<String>,
}

impl InFlight {
    pub(super) fn new(shared: Arc<Shared>, host: Option<&str>) -> Self {
        let counters = &shared.counters;
        counters.requests.fetch_add(1, Relaxed);
        let in_flight = counters.in_flight.fetch_add(1, Relaxed) + 1;
        counters.peak_in_flight.fetch_max(in_flight, Relaxed);
        let host = shared.hosts.request(host);
        InFlight { shared, host }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.shared.counters.in_flight.fetch_sub(1, Relaxed);
        if let Some(host) = &self.host {
            self.shared.hosts.response(host);
        }
    }
}
