//! The requests to each host, for a bounded number of hosts.

use serde::{Deserialize, Serialize};

use super::RecordSummary;
use super::latency::LatencyStats;
use super::merge::{Merge, add};
use super::named::{Counted, MAX_NAMES, Names};

/// How many hosts a report names; the rest are counted together.
pub const MAX_HOSTS: usize = MAX_NAMES;

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

impl Counted for HostTotals {
    fn requests(&self) -> u64 {
        self.requests
    }
}

impl Merge for HostTotals {
    fn merge(&mut self, other: &HostTotals) {
        add([
            (&mut self.requests, other.requests),
            (&mut self.ok, other.ok),
            (&mut self.failed, other.failed),
            (&mut self.bytes, other.bytes),
        ]);
        self.latency.merge(&other.latency);
    }
}

/// The first [`MAX_HOSTS`] hosts by name, and the rest as one.
pub(super) type Hosts = Names<HostTotals>;

impl Hosts {
    pub(super) fn add(&mut self, host: &str, totals: &HostTotals) {
        self.of(host).merge(totals);
    }

    /// How many there are; those without a name count as one.
    pub(super) fn count(&self) -> usize {
        self.len() + usize::from(self.other.requests > 0)
    }
}
