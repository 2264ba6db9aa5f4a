//! How a run went over time, be it a probe or a list.

use super::Report;
use super::groups::ErrorCounts;
use super::interval::{IntervalTotals, SECOND_US};
use super::series::Series;
use crate::model::RecordSummary;

/// Records by the time at which their requests started, in at most [`MAX_INTERVALS`](super::MAX_INTERVALS) intervals.
///
/// The report of a list has no such thing, since a checkpoint would have to store it each time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Timeline {
    pub(super) intervals: Series<IntervalTotals>,
    /// How often each kind of error occurred, of the requests that started in an interval.
    pub(super) errors: Series<ErrorCounts>,
}

impl Timeline {
    /// Adds a record: at the time at which a probe was to start it, or else at the start of its last attempt. Records that
    /// were not sent and those of a warm-up are left out.
    pub fn add(&mut self, record: &RecordSummary<'_>) {
        if let Some(start_us) = record.intended_us.or(record.started_us).filter(|_| !record.warm_up) {
            self.intervals.add_at(start_us, record);
            if let Some((kind, _)) = record.error {
                self.errors.at(start_us / SECOND_US).0[kind as usize] += 1;
            }
        }
    }

    /// What the report of a probe has of it: no kinds of errors.
    pub fn of_probe(report: &Report) -> Self {
        Timeline { intervals: report.series.clone(), errors: Series::default() }
    }

    /// Adds everything that another one has.
    pub fn merge(&mut self, other: &Timeline) {
        self.intervals.merge(&other.intervals);
        self.errors.merge(&other.errors);
    }

    /// Whether no record had a time.
    pub fn is_empty(&self) -> bool {
        self.intervals.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_counts_when_its_request_was_to_start_or_started() {
        let at = |second: u64| Some(second * 1_000_000);
        let mut timeline = Timeline::default();
        for (intended_us, started_us, warm_up) in
            [(at(10), at(12), false), (None, at(11), false), (None, None, false), (at(9), at(9), true)]
        {
            timeline.add(&RecordSummary { intended_us, started_us, warm_up, ..RecordSummary::default() });
        }
        let counts: Vec<_> = timeline.intervals.iter().map(|(start, interval)| (start, interval.requests)).collect();
        assert_eq!(counts, [(10, 1), (11, 1)]);
    }
}
