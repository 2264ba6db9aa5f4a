//! Count, sum and extremes of some times.

use serde::{Deserialize, Serialize};

use super::LONGEST_US;

/// The most latencies that a saved report may claim: far above any run, and low enough that sums do not overflow.
const MAX_SAVED: u64 = 1 << 53;

/// Count, sum and extremes of some latencies in microseconds: exact, and small enough to keep for every host.
///
/// A checkpoint has these four numbers, or null without latencies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Option<[u64; 4]>", try_from = "Option<[u64; 4]>")]
pub(in crate::report) struct LatencyStats {
    pub(in crate::report) count: u64,
    pub(in crate::report) sum: u64,
    min: u64,
    max: u64,
}

impl Default for LatencyStats {
    fn default() -> Self {
        LatencyStats { count: 0, sum: 0, min: u64::MAX, max: 0 }
    }
}

impl LatencyStats {
    pub(in crate::report) fn of(us: u64) -> Self {
        let us = us.min(LONGEST_US);
        LatencyStats { count: 1, sum: us, min: us, max: us }
    }

    pub(in crate::report) fn merge(&mut self, other: &LatencyStats) {
        self.count += other.count;
        self.sum = self.sum.saturating_add(other.sum);
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }

    pub(in crate::report) fn mean(&self) -> Option<u64> {
        (self.count > 0).then(|| self.sum.saturating_add(self.count / 2) / self.count)
    }

    pub(in crate::report) fn min(&self) -> Option<u64> {
        (self.count > 0).then_some(self.min)
    }

    pub(in crate::report) fn max(&self) -> Option<u64> {
        (self.count > 0).then_some(self.max)
    }
}

impl From<LatencyStats> for Option<[u64; 4]> {
    fn from(stats: LatencyStats) -> Self {
        (stats.count > 0).then_some([stats.count, stats.sum, stats.min, stats.max])
    }
}

impl TryFrom<Option<[u64; 4]>> for LatencyStats {
    type Error = &'static str;

    fn try_from(saved: Option<[u64; 4]>) -> Result<Self, Self::Error> {
        match saved {
            None => Ok(LatencyStats::default()),
            Some([1..=MAX_SAVED, _, min, max]) if min > max || max > LONGEST_US => Err("invalid latency extremes"),
            Some([count @ 1..=MAX_SAVED, sum, min, max]) => Ok(LatencyStats { count, sum, min, max }),
            Some(_) => Err("an invalid latency count"),
        }
    }
}
