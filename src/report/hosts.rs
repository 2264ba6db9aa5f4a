//! What came of each host, for as many hosts as there is room for.

use std::cmp::Reverse;

use foldhash::HashMap;

use super::Facts;
use super::latency::Spread;

/// How many hosts a report names; the rest are counted together.
pub const MAX_HOSTS: usize = 1000;

/// What came of the requests to one host, or to several.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) requests: u64,
    pub(super) ok: u64,
    pub(super) failed: u64,
    pub(super) bytes: u64,
    pub(super) latency: Spread,
}

impl From<&Facts<'_>> for Tally {
    fn from(facts: &Facts<'_>) -> Self {
        Tally {
            requests: 1,
            ok: facts.ok.into(),
            failed: (!facts.ok).into(),
            bytes: facts.encoded_size,
            latency: facts.latency_us.map(Spread::of).unwrap_or_default(),
        }
    }
}

impl Tally {
    fn merge(&mut self, other: &Tally) {
        self.requests += other.requests;
        self.ok += other.ok;
        self.failed += other.failed;
        self.bytes += other.bytes;
        self.latency.merge(&other.latency);
    }
}

/// The first [`MAX_HOSTS`] hosts by name, and the rest as one.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Hosts {
    named: HashMap<Box<str>, Named>,
    pub(super) other: Tally,
}

#[derive(Debug, Clone, PartialEq)]
struct Named {
    /// How many hosts were named before.
    rank: usize,
    tally: Tally,
}

impl Hosts {
    pub(super) fn add(&mut self, host: &str, tally: &Tally) {
        let rank = self.named.len();
        if let Some(named) = self.named.get_mut(host) {
            named.tally.merge(tally);
        } else if rank < MAX_HOSTS {
            self.named.insert(host.into(), Named { rank, tally: *tally });
        } else {
            self.other.merge(tally);
        }
    }

    pub(super) fn merge(&mut self, other: &Hosts) {
        // In the order in which they came, so that the same hosts get a name as in one fold over all records.
        let mut named: Vec<_> = other.named.iter().collect();
        named.sort_unstable_by_key(|(_, named)| named.rank);
        for (host, named) in named {
            self.add(host, &named.tally);
        }
        self.other.merge(&other.other);
    }

    /// The hosts that have a name, the most requested first.
    pub(super) fn ranked(&self) -> Vec<(&str, &Tally)> {
        let mut hosts: Vec<_> = self.named.iter().map(|(host, named)| (&**host, &named.tally)).collect();
        hosts.sort_unstable_by_key(|&(host, tally)| (Reverse(tally.requests), host));
        hosts
    }
}
