//! Records in batches: stretches of a run, each with figures of its own, which show how much figures vary.

use std::collections::HashMap;

use super::Report;
use super::groups::GroupTotals;
use super::interval::{IntervalTotals, SECOND_US};
use super::latency::LONGEST_US;
use super::merge::{Merge, add};
use super::series::Series;
use super::times::Times;
use crate::model::RecordSummary;

/// How many batches a run has at most.
pub(super) const MAX_BATCHES: usize = 64;

/// For how many groups there are batches: the first that come.
const MAX_GROUPS: usize = 100;

/// Records by the time at which their requests started, in up to 64 stretches of equal length.
///
/// It takes up some megabytes at most, however many records there are.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Batches {
    pub(super) whole: Series<Batch>,
    groups: HashMap<Box<str>, Series<Batch>>,
    /// Only latencies, failures and answers of all requests together are known.
    is_reduced: bool,
}

/// The records of one stretch.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Batch {
    pub(super) totals: GroupTotals,
    /// Responses that ended in it.
    pub(super) answered: u64,
}

impl Default for Batch {
    fn default() -> Self {
        Batch { totals: GroupTotals { times: Times::coarse(), ..GroupTotals::default() }, answered: 0 }
    }
}

impl Merge for Batch {
    fn merge(&mut self, other: &Self) {
        self.totals.merge(&other.totals);
        add([(&mut self.answered, other.answered)]);
    }
}

impl Batches {
    /// Adds a record, if it says when its request was to start, or started.
    pub fn add(&mut self, record: &RecordSummary<'_>) {
        let Some(start_us) = record.intended_us.or(record.started_us).filter(|_| !record.warm_up) else { return };
        add_at(&mut self.whole, start_us, record);
        let Some(group) = record.group else { return };
        if !self.groups.contains_key(group) && self.groups.len() < MAX_GROUPS {
            self.groups.insert(group.into(), Series::default());
        }
        if let Some(series) = self.groups.get_mut(group) {
            add_at(series, start_us, record);
        }
    }

    /// What the report of a probe has of them.
    pub fn of_probe(report: &Report) -> Self {
        Batches { whole: reduced(&report.series), groups: HashMap::new(), is_reduced: true }
    }

    /// Those of a group, or of all requests.
    pub(super) fn of(&self, group: Option<&str>) -> Option<&Series<Batch>> {
        match group {
            Some(name) => self.groups.get(name),
            None => Some(&self.whole),
        }
    }

    /// Whether only latencies, failures and answers are known.
    pub(super) fn is_reduced(&self) -> bool {
        self.is_reduced
    }
}

fn add_at(series: &mut Series<Batch>, start_us: u64, record: &RecordSummary<'_>) {
    series.at_within(start_us / SECOND_US, MAX_BATCHES).totals.add(record);
    if let Some(us) = record.latency_us.filter(|_| record.status_code.is_some()) {
        let end_us = start_us.saturating_add(us.min(LONGEST_US));
        series.at_within(end_us / SECOND_US, MAX_BATCHES).answered += 1;
    }
}

fn reduced(intervals: &Series<IntervalTotals>) -> Series<Batch> {
    let mut series = Series::default();
    series.widen(intervals.width_s());
    for (start, of) in intervals.iter() {
        let batch: &mut Batch = series.at_within(start, MAX_BATCHES);
        add([
            (&mut batch.totals.requests, of.requests),
            (&mut batch.totals.failed, of.failed),
            (&mut batch.answered, of.answered),
        ]);
        batch.totals.times.latency.merge(&of.latency);
    }
    series
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    fn record(at_s: u64, latency_us: u64) -> RecordSummary<'static> {
        RecordSummary {
            ok: true,
            status_code: Some(StatusCode::OK),
            group: Some("a"),
            intended_us: Some(at_s * SECOND_US),
            latency_us: Some(latency_us),
            ..RecordSummary::default()
        }
    }

    /// Width, start, requests and answers.
    fn shape(series: &Series<Batch>) -> (u64, Vec<(u64, u64, u64)>) {
        (series.width_s(), series.iter().map(|(at, of)| (at, of.totals.requests, of.answered)).collect())
    }

    #[test]
    fn a_run_of_any_length_has_at_most_64_batches() {
        for (seconds, width_s) in [(1, 1), (64, 1), (65, 2), (128, 2), (3_600, 64)] {
            let mut batches = Batches::default();
            (0..seconds).for_each(|at| batches.add(&record(at, 5)));
            let (width, found) = shape(batches.of(None).unwrap());
            assert_eq!((width, found.len() as u64), (width_s, seconds.div_ceil(width_s)));
            assert_eq!(found, shape(batches.of(Some("a")).unwrap()).1);
            assert!(batches.of(Some("b")).is_none());
        }
    }

    #[test]
    fn the_report_of_a_probe_has_the_same_batches() {
        let (mut batches, mut report) = (Batches::default(), Report::default());
        for at in 0..200 {
            let record = record(1_000 + at, 2_500_000);
            batches.add(&record);
            report.add(&record);
        }
        let reduced = Batches::of_probe(&report);
        let (whole, again) = (batches.of(None).unwrap(), reduced.of(None).unwrap());
        assert_eq!(shape(whole), shape(again));
        let latencies = |series: &Series<Batch>| -> Vec<_> {
            series.iter().map(|(_, of)| of.totals.times.latency.clone()).collect()
        };
        assert_eq!(latencies(whole), latencies(again));
        assert!(reduced.of(Some("a")).is_none() && reduced.is_reduced());
    }

    #[test]
    fn what_was_not_sent_and_the_warm_up_have_no_batch() {
        let mut batches = Batches::default();
        batches.add(&RecordSummary { intended_us: None, ..record(0, 5) });
        batches.add(&RecordSummary { warm_up: true, ..record(0, 5) });
        assert!(batches.of(None).unwrap().is_empty());
        batches.add(&RecordSummary { intended_us: None, started_us: Some(5), ..record(0, 5) });
        assert_eq!(shape(batches.of(None).unwrap()).1, [(0, 1, 1)]);
    }

    #[test]
    fn groups_beyond_the_first_have_no_batches() {
        let mut batches = Batches::default();
        let names: Vec<String> = (0..=MAX_GROUPS).map(|n| n.to_string()).collect();
        for name in &names {
            batches.add(&RecordSummary { group: Some(name), ..record(0, 5) });
        }
        assert!(batches.of(Some("99")).is_some() && batches.of(Some("100")).is_none());
    }
}
