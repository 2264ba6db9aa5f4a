//! Counters of requests by host.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

/// The most hosts that are counted.
const MAX_HOSTS: usize = 10_000;

/// The most arrival times that are kept per host.
const MAX_ARRIVALS: usize = 1_000;

/// The counters of one host, as named by the `Host` header or `:authority`.
#[derive(Debug, Clone, Default)]
pub struct HostStats {
    /// Requests received.
    pub requests: u64,
    /// Requests whose response is not complete yet.
    pub in_flight: u64,
    /// The maximum of `in_flight` so far.
    pub peak_in_flight: u64,
    /// The arrival times of the first thousand requests.
    pub arrivals: Vec<Instant>,
}

/// The counters of all hosts. They take a lock per request, so they are off until watched.
#[derive(Debug, Default)]
pub(super) struct Hosts {
    watched: AtomicBool,
    stats: Mutex<HashMap<String, HostStats>>,
}

impl Hosts {
    pub(super) fn watch(&self) {
        self.watched.store(true, Relaxed);
    }

    pub(super) fn stats(&self) -> MutexGuard<'_, HashMap<String, HostStats>> {
        self.stats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a request. Returns the host to pass to [`Self::response`], if it is counted.
    pub(super) fn request(&self, host: Option<&str>) -> Option<String> {
        let host = host.filter(|_| self.watched.load(Relaxed))?;
        let mut hosts = self.stats();
        if hosts.len() >= MAX_HOSTS && !hosts.contains_key(host) {
            return None;
        }
        let stats = hosts.entry(host.to_owned()).or_default();
        stats.requests += 1;
        stats.in_flight += 1;
        stats.peak_in_flight = stats.peak_in_flight.max(stats.in_flight);
        if stats.arrivals.len() < MAX_ARRIVALS {
            stats.arrivals.push(Instant::now());
        }
        Some(host.to_owned())
    }

    /// Counts a complete response.
    pub(super) fn response(&self, host: &str) {
        if let Some(stats) = self.stats().get_mut(host) {
            stats.in_flight -= 1;
        }
    }
}
