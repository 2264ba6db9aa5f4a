//! The requests to each host, for a bounded number of hosts.

use std::cmp::Reverse;

use foldhash::HashMap;
use serde::{Deserialize, Serialize, Serializer};

use super::RecordSummary;
use super::latency::LatencyStats;

/// How many hosts a report names; the rest are counted together.
pub const MAX_HOSTS: usize = 1000;

/// The longest name of a host in bytes: names that resolve are shorter, even with scheme and port.
const MAX_NAME: usize = 512;

/// The requests to one host, or to several.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct HostTotals {
    pub(super) requests: u64,
    pub(super) ok: u64,
    pub(super) failed: u64,
    pub(super) bytes: u64,
    pub(super) latency: LatencyStats,
}

impl From<&RecordSummary<'_>> for HostTotals {
    fn from(record: &RecordSummary<'_>) -> Self {
        HostTotals {
            requests: 1,
            ok: record.ok.into(),
            failed: (!record.ok).into(),
            bytes: record.encoded_size,
            latency: record.latency_us.map(LatencyStats::of).unwrap_or_default(),
        }
    }
}

impl HostTotals {
    fn merge(&mut self, other: &HostTotals) {
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
#[serde(try_from = "HostsRepr<Box<str>>")]
pub(super) struct Hosts {
    named: HashMap<Box<str>, NamedHost>,
    pub(super) other: HostTotals,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct NamedHost {
    /// How many hosts came before it.
    pub(super) ordinal: usize,
    pub(super) totals: HostTotals,
}

impl Hosts {
    pub(super) fn add(&mut self, host: &str, totals: &HostTotals) {
        let host = &host[..host.floor_char_boundary(MAX_NAME)];
        let ordinal = self.named.len();
        if let Some(named) = self.named.get_mut(host) {
            named.totals.merge(totals);
        } else if ordinal < MAX_HOSTS {
            self.named.insert(host.into(), NamedHost { ordinal, totals: *totals });
        } else {
            self.other.merge(totals);
        }
    }

    pub(super) fn merge(&mut self, other: &Hosts) {
        // In this order the same hosts get a name as in one fold over all records.
        for (host, totals) in other.as_they_came() {
            self.add(host, totals);
        }
        self.other.merge(&other.other);
    }

    fn as_they_came(&self) -> impl Iterator<Item = (&str, &HostTotals)> {
        let mut named: Vec<_> = self.named.iter().collect();
        named.sort_unstable_by_key(|(_, named)| named.ordinal);
        named.into_iter().map(|(host, named)| (&**host, &named.totals))
    }

    /// How many there are; those without a name count as one.
    pub(super) fn count(&self) -> usize {
        self.named.len() + usize::from(self.other.requests > 0)
    }

    /// The hosts that have a name, the most requested first.
    pub(super) fn ranked(&self) -> Vec<(&str, &NamedHost)> {
        let mut hosts: Vec<_> = self.named.iter().map(|(host, named)| (&**host, named)).collect();
        hosts.sort_unstable_by_key(|&(host, named)| (Reverse(named.totals.requests), host));
        hosts
    }
}

/// The form of hosts in a checkpoint: in the order in which they came.
#[derive(Serialize, Deserialize)]
struct HostsRepr<Name> {
    named: Vec<(Name, HostTotals)>,
    other: HostTotals,
}

impl Serialize for Hosts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let named = self.as_they_came().map(|(host, &totals)| (host, totals));
        HostsRepr { named: named.collect(), other: self.other }.serialize(serializer)
    }
}

impl TryFrom<HostsRepr<Box<str>>> for Hosts {
    type Error = &'static str;

    fn try_from(HostsRepr { named, other }: HostsRepr<Box<str>>) -> Result<Self, Self::Error> {
        Hosts::restore(named, other)
    }
}

impl Hosts {
    /// Hosts as they were read back, in the order in which they came.
    pub(super) fn restore(named: Vec<(Box<str>, HostTotals)>, other: HostTotals) -> Result<Self, &'static str> {
        if named.len() > MAX_HOSTS {
            return Err("too many hosts");
        }
        let mut hosts = Hosts { other, ..Hosts::default() };
        for (ordinal, (host, totals)) in named.into_iter().enumerate() {
            if host.len() > MAX_NAME {
                return Err("a host name is too long");
            }
            if hosts.named.insert(host, NamedHost { ordinal, totals }).is_some() {
                return Err("a duplicate host");
            }
        }
        Ok(hosts)
    }
}
