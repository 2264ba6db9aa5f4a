//! What came of each host, for as many hosts as there is room for.

use std::cmp::Reverse;

use foldhash::HashMap;
use serde::{Deserialize, Serialize, Serializer};

use super::RecordSummary;
use super::latency::Spread;

/// How many hosts a report names; the rest are counted together.
pub const MAX_HOSTS: usize = 1000;

/// How much of a host's name is kept, in bytes: no name that resolves is longer, with scheme and port.
const MAX_NAME: usize = 512;

/// What came of the requests to one host, or to several.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Tally {
    pub(super) requests: u64,
    pub(super) ok: u64,
    pub(super) failed: u64,
    pub(super) bytes: u64,
    pub(super) latency: Spread,
}

impl From<&RecordSummary<'_>> for Tally {
    fn from(facts: &RecordSummary<'_>) -> Self {
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
        for (sum, more) in [
            (&mut self.requests, other.requests),
            (&mut self.ok, other.ok),
            (&mut self.failed, other.failed),
            (&mut self.bytes, other.bytes),
        ] {
            *sum = sum.saturating_add(more);
        }
        self.latency.merge(&other.latency);
    }
}

/// The first [`MAX_HOSTS`] hosts by name, and the rest as one.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(try_from = "Stored<Box<str>>")]
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
        let host = &host[..host.floor_char_boundary(MAX_NAME)];
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
        // So that the same hosts get a name as in one fold over all records.
        for (host, tally) in other.as_they_came() {
            self.add(host, tally);
        }
        self.other.merge(&other.other);
    }

    fn as_they_came(&self) -> impl Iterator<Item = (&str, &Tally)> {
        let mut named: Vec<_> = self.named.iter().collect();
        named.sort_unstable_by_key(|(_, named)| named.rank);
        named.into_iter().map(|(host, named)| (&**host, &named.tally))
    }

    /// The hosts that have a name, the most requested first.
    pub(super) fn ranked(&self) -> Vec<(&str, &Tally)> {
        let mut hosts: Vec<_> = self.named.iter().map(|(host, named)| (&**host, &named.tally)).collect();
        hosts.sort_unstable_by_key(|&(host, tally)| (Reverse(tally.requests), host));
        hosts
    }
}

/// Hosts as they are stored: in the order in which they came.
#[derive(Serialize, Deserialize)]
struct Stored<Name> {
    named: Vec<(Name, Tally)>,
    other: Tally,
}

impl Serialize for Hosts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let named = self.as_they_came().map(|(host, &tally)| (host, tally));
        Stored { named: named.collect(), other: self.other }.serialize(serializer)
    }
}

impl TryFrom<Stored<Box<str>>> for Hosts {
    type Error = &'static str;

    fn try_from(Stored { named, other }: Stored<Box<str>>) -> Result<Self, Self::Error> {
        if named.len() > MAX_HOSTS {
            return Err("too many hosts");
        }
        let mut hosts = Hosts { other, ..Hosts::default() };
        for (rank, (host, tally)) in named.into_iter().enumerate() {
            if host.len() > MAX_NAME {
                return Err("a host name is too long");
            }
            if hosts.named.insert(host, Named { rank, tally }).is_some() {
                return Err("a duplicate host");
            }
        }
        Ok(hosts)
    }
}
