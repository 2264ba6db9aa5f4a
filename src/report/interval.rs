//! Requests over time.

use serde::{Deserialize, Serialize};

use super::latency::{LONGEST_US, Latency};
use super::merge::{Merge, add};
use super::series::Series;
use crate::model::RecordSummary;

pub(super) const SECOND_US: u64 = 1_000_000;

/// The requests of one interval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct IntervalTotals {
    /// Requests that were to start in it.
    pub(super) requests: u64,
    /// Those of them that failed.
    pub(super) failed: u64,
    /// Responses that ended in it.
    pub(super) answered: u64,
    /// The latency of the requests that were to start in it.
    #[serde(deserialize_with = "Latency::deserialize_coarse")]
    pub(super) latency: Latency,
}

impl Default for IntervalTotals {
    fn default() -> Self {
        IntervalTotals { requests: 0, failed: 0, answered: 0, latency: Latency::coarse() }
    }
}

impl Merge for IntervalTotals {
    fn merge(&mut self, other: &Self) {
        let IntervalTotals { requests, failed, answered, latency } = other;
        add([(&mut self.requests, *requests), (&mut self.failed, *failed), (&mut self.answered, *answered)]);
        self.latency.merge(latency);
    }
}

impl Series<IntervalTotals> {
    /// Adds a record, if it says when its request was to start.
    pub(super) fn add(&mut self, record: &RecordSummary<'_>) {
        if let Some(intended_us) = record.intended_us {
            self.add_at(intended_us, record);
        }
    }

    /// Adds a record whose request started at `start_us`, in microseconds since 1970.
    pub(super) fn add_at(&mut self, start_us: u64, record: &RecordSummary<'_>) {
        let interval = self.at(start_us / SECOND_US);
        interval.requests += 1;
        interval.failed += u64::from(!record.ok);
        if let Some(us) = record.latency_us {
            interval.latency.add(us);
            if record.status_code.is_some() {
                self.at(start_us.saturating_add(us.min(LONGEST_US)) / SECOND_US).answered += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_count_when_they_end() {
        let mut series = Series::default();
        let [answered, timed_out] = [Some(http::StatusCode::OK), None].map(|status_code| RecordSummary {
            status_code,
            ok: status_code.is_some(),
            intended_us: Some(10 * SECOND_US + 900_000),
            latency_us: Some(2 * SECOND_US),
            ..RecordSummary::default()
        });
        [answered, timed_out].iter().for_each(|record| series.add(record));
        let counts: Vec<_> = series
            .iter()
            .map(|(start, at)| (start, at.requests, at.failed, at.answered, at.latency.stats.count))
            .collect();
        assert_eq!(counts, [(10, 2, 1, 0, 2), (12, 0, 0, 1, 0)]);
    }
}
