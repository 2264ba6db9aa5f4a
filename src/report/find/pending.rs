//! The latencies of requests in the order in which they were due, although they end in another one.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// The requests since the oldest one whose latency has not been counted.
#[derive(Debug, Default)]
pub(super) struct Pending {
    requests: VecDeque<Request>,
    first: u64,
}

/// A request whose latency has not been counted yet.
#[derive(Debug)]
pub(super) struct Request {
    due: Duration,
    pub(super) group: Option<Arc<str>>,
    latency: Latency,
}

#[derive(Debug, Clone, Copy)]
enum Latency {
    Unknown,
    Us(u64),
    /// It has none.
    Absent,
}

impl Pending {
    /// The request numbered `seq` of a group was due. They come in the order of their numbers; those left out were missed.
    pub(super) fn start(&mut self, seq: u64, due: Duration, group: Option<&Arc<str>>) {
        if self.requests.is_empty() {
            self.first = seq;
        }
        let next = self.first + self.requests.len() as u64;
        let missed = || Request { due, group: None, latency: Latency::Absent };
        self.requests.extend((next..seq).map(|_| missed()));
        self.requests.push_back(Request { due, group: group.cloned(), latency: Latency::Unknown });
    }

    /// A request has ended, with this latency in microseconds or with none.
    pub(super) fn finish(&mut self, seq: u64, latency_us: Option<u64>) {
        let at = seq.checked_sub(self.first).and_then(|at| usize::try_from(at).ok());
        if let Some(request) = at.and_then(|at| self.requests.get_mut(at)) {
            request.latency = latency_us.map_or(Latency::Absent, Latency::Us);
        }
    }

    /// The next request, with its latency in microseconds, if it has one. One that lasts for longer than `limit` at `now`
    /// counts as endless; without `now`, nothing can end any more.
    pub(super) fn next(&mut self, now: Option<Duration>, limit: Duration) -> Option<(Request, Option<u64>)> {
        let next = self.requests.front()?;
        let is_late = now.is_none_or(|now| now > next.due.saturating_add(limit));
        if !is_late {
            return None; // fast ones would count sooner than slow ones
        }
        let us = match next.latency {
            Latency::Unknown => Some(u64::MAX),
            Latency::Us(us) => Some(us),
            Latency::Absent => None,
        };
        self.first += 1;
        Some((self.requests.pop_front()?, us))
    }
}
