//! Latencies for readers: rounded, and in milliseconds.

use serde::Serialize;

use super::latency::Latency;

/// The distribution of some latencies; what was not measured is null.
#[derive(Serialize)]
pub(super) struct LatencyMs {
    count: u64,
    min: Option<f64>,
    mean: Option<f64>,
    p50: Option<f64>,
    p90: Option<f64>,
    p95: Option<f64>,
    p99: Option<f64>,
    #[serde(rename = "p99.9")]
    p99_9: Option<f64>,
    max: Option<f64>,
    /// All but `min` are at least so long: requests that were not sent would have taken longer.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    censored: bool,
}

impl LatencyMs {
    pub(super) fn censored(self, censored: bool) -> Self {
        LatencyMs { censored, ..self }
    }
}

impl From<&Latency> for LatencyMs {
    fn from(latency: &Latency) -> Self {
        let at = |quantile| latency.at(quantile).map(millis);
        LatencyMs {
            count: latency.stats.count,
            min: latency.stats.min().map(millis),
            mean: latency.stats.mean().map(millis),
            p50: at(0.5),
            p90: at(0.9),
            p95: at(0.95),
            p99: at(0.99),
            p99_9: at(0.999),
            max: latency.stats.max().map(millis),
            censored: false,
        }
    }
}

/// Microseconds as milliseconds.
pub(super) fn millis(us: u64) -> f64 {
    us as f64 / 1e3
}
