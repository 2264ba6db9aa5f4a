//! What an origin counts for each host that it is asked for.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

/// Hosts that are told apart.
const MAX_HOSTS: usize = 10_000;

/// Arrivals that are remembered of a host.
const MAX_ARRIVALS: usize = 1_000;

/// What has come for one host, as the `Host` header or `:authority` names it.
#[derive(Debug, Clone, Default)]
pub struct HostStats {
    /// Requests received.
    pub requests: u64,
    /// Requests whose answer is not complete yet.
    pub in_flight: u64,
    /// The most of these at any time.
    pub peak_in_flight: u64,
    /// When requests came, the first thousand of them.
    pub arrivals: Vec<Instant>,
}

/// The book of hosts, kept once somebody asks for it: it takes a lock for each request.
#[derive(Debug, Default)]
pub(super) struct Hosts {
    watched: AtomicBool,
    book: Mutex<HashMap<String, HostStats>>,
}

impl Hosts {
    pub(super) fn watch(&self) {
        self.watched.store(true, Relaxed);
    }

    pub(super) fn book(&self) -> MutexGuard<'_, HashMap<String, HostStats>> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a request; its host, if that is to be told when the answer is complete.
    pub(super) fn arrived(&self, host: Option<&str>) -> Option<String> {
        let host = host.filter(|_| self.watched.load(Relaxed))?;
        let mut book = self.book();
        if book.len() >= MAX_HOSTS && !book.contains_key(host) {
            return None;
        }
        let stats = book.entry(host.to_owned()).or_default();
        stats.requests += 1;
        stats.in_flight += 1;
        stats.peak_in_flight = stats.peak_in_flight.max(stats.in_flight);
        if stats.arrivals.len() < MAX_ARRIVALS {
            stats.arrivals.push(Instant::now());
        }
        Some(host.to_owned())
    }

    pub(super) fn answered(&self, host: &str) {
        if let Some(stats) = self.book().get_mut(host) {
            stats.in_flight -= 1;
        }
    }
}
