//! Times for merging: exact, and in microseconds.

use serde::{Deserialize, Deserializer, Serialize};

use super::latency::{Latency, LatencyStats};

/// Count, sum and extremes of some times in a document.
#[derive(Serialize, Deserialize)]
pub(in crate::report) struct LatencyUs {
    count: u64,
    sum: u64,
    min: u64,
    max: u64,
}

impl LatencyUs {
    /// `None` without latencies.
    pub(in crate::report) fn of(stats: LatencyStats) -> Option<Self> {
        let numbers: Option<[u64; 4]> = stats.into();
        numbers.map(|[count, sum, min, max]| LatencyUs { count, sum, min, max })
    }

    pub(in crate::report) fn stats(saved: Option<Self>) -> Result<LatencyStats, &'static str> {
        saved.map(|LatencyUs { count, sum, min, max }| [count, sum, min, max]).try_into()
    }
}

/// Fills an empty distribution.
pub(in crate::report) fn filled(
    empty: Latency,
    us: Option<LatencyUs>,
    hdr: Option<String>,
) -> Result<Latency, &'static str> {
    match (LatencyUs::stats(us)?, hdr) {
        (stats, Some(hdr)) => empty.with_hdr(stats, &hdr),
        (stats, None) if stats.count == 0 => Ok(empty),
        (_, None) => Err("latencies without a histogram"),
    }
}

/// Null, but not missing: a document without the key lacks what merging needs.
pub(in crate::report) fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    Option::deserialize(deserializer)
}
