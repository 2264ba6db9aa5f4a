//! The percentiles that a run in progress is followed by.

use std::time::Duration;

use super::latency::Latency;

/// The latencies that a fraction of responses did not exceed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quantiles {
    /// Half of them.
    pub p50: Duration,
    /// 90 %.
    pub p90: Duration,
    /// 95 %.
    pub p95: Duration,
    /// 99 %.
    pub p99: Duration,
    /// All of them.
    pub max: Duration,
}

impl Quantiles {
    pub(super) fn of(latency: &Latency) -> Option<Self> {
        let at = |quantile| latency.at(quantile).map(Duration::from_micros);
        Some(Quantiles { p50: at(0.5)?, p90: at(0.9)?, p95: at(0.95)?, p99: at(0.99)?, max: at(1.0)? })
    }
}
