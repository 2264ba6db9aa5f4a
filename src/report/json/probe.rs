//! Groups, and how a probe went over time.

use std::io;

use serde::{Deserialize, Serialize};

use super::times::{Distribution, Distributions, SavedTimes};
use crate::report::groups::{ErrorCounts, GroupTotals, Groups};
use crate::report::interval::IntervalTotals;
use crate::report::latency::Latency;
use crate::report::latency_us::{LatencyUs, filled, present};
use crate::report::load::{Coverage, Second};
use crate::report::named::Named;
use crate::report::series::Series;
use crate::report::statuses::Statuses;
use crate::report::times::Times;
use crate::report::{Provenance, Report};

#[derive(Serialize)]
pub(super) struct Group<'a> {
    group: &'a str,
    #[serde(flatten)]
    totals: GroupRequests<'a>,
    ordinal: usize,
}

#[derive(Serialize)]
pub(super) struct GroupRequests<'a> {
    requests: u64,
    failed: u64,
    statuses: &'a Statuses,
    errors: &'a ErrorCounts,
    #[serde(flatten)]
    times: Distributions<'a>,
}

/// The groups that have a name, and the others as one.
pub(super) fn groups(groups: &Groups, censored: bool) -> (Vec<Group<'_>>, Option<GroupRequests<'_>>) {
    let named = groups.ranked().into_iter();
    let named = named.map(|(group, Named { ordinal, sum })| Group {
        group,
        totals: GroupRequests::of(sum, censored),
        ordinal: *ordinal,
    });
    (named.collect(), (groups.other.requests > 0).then(|| GroupRequests::of(&groups.other, censored)))
}

impl<'a> GroupRequests<'a> {
    fn of(totals: &'a GroupTotals, censored: bool) -> Self {
        GroupRequests {
            requests: totals.requests,
            failed: totals.failed,
            statuses: &totals.statuses,
            errors: &totals.errors,
            times: Distributions { times: &totals.times, censored },
        }
    }
}

#[derive(Serialize)]
pub(super) struct SeriesDocument {
    width_s: u64,
    seconds: Vec<SecondDocument>,
}

#[derive(Serialize)]
struct SecondDocument {
    at: u64,
    requests: u64,
    failed: u64,
    answered: u64,
    #[serde(flatten)]
    latency: Distribution,
}

/// What the records tell of a probe over time, and how it kept its pace, in the same intervals.
///
/// A second in which every start was missed has no record, and one without a start has no lag. The records of another
/// run keep their own intervals: the time between the two runs may be long.
pub(super) struct Timeline {
    records: Series<IntervalTotals>,
    pub(super) pace: Series<Second>,
}

impl Timeline {
    pub(super) fn new(report: &Report, from: Provenance<'_>) -> Self {
        let mut records = report.series.clone();
        let mut pace = from.load().map_or_else(Series::default, |load| load.series.clone());
        if !matches!(from, Provenance::Saved { coverage: Coverage::Foreign, .. }) {
            records.cover(&pace);
            pace.cover(&records);
        }
        Timeline { records, pace }
    }
}

/// None if no request says when it was to start, and none was missed.
///
/// Latencies of seconds in which starts were missed are censored, as are those over all.
pub(super) fn series(Timeline { records, pace }: &Timeline) -> io::Result<Option<SeriesDocument>> {
    if records.is_empty() {
        return Ok(None);
    }
    let intervals = records.iter().map(|(at, interval)| {
        let &IntervalTotals { requests, failed, answered, ref latency } = interval;
        let censored = pace.has_missed(at, at.saturating_add(records.width_s()));
        Ok(SecondDocument { at, requests, failed, answered, latency: Distribution::new(latency)?.censored(censored) })
    });
    Ok(Some(SeriesDocument { width_s: records.width_s(), seconds: intervals.collect::<io::Result<_>>()? }))
}

/// A group; or without a name, all those that are counted together. serde reads the keys of a map within a flattened
/// value as strings only, so that its statuses cannot be flattened.
#[derive(Deserialize)]
pub(super) struct SavedGroup {
    group: Option<Box<str>>,
    ordinal: Option<usize>,
    requests: u64,
    failed: u64,
    statuses: Statuses,
    errors: ErrorCounts,
    #[serde(flatten)]
    times: SavedTimes,
}

impl SavedGroup {
    fn totals(self) -> Result<GroupTotals, &'static str> {
        let SavedGroup { requests, failed, statuses, errors, times, .. } = self;
        Ok(GroupTotals { requests, failed, statuses, errors, times: times.into(Times::sparse())? })
    }
}

pub(super) fn read_groups(mut groups: Vec<SavedGroup>, other: Option<SavedGroup>) -> Result<Groups, &'static str> {
    groups.sort_by_key(|group| group.ordinal);
    let named = groups.into_iter().map(|mut group| match (group.group.take(), group.ordinal) {
        (Some(name), Some(_)) => Ok((name, group.totals()?)),
        _ => Err("a group without a name or an ordinal"),
    });
    let other = other.map_or(Ok(GroupTotals::default()), SavedGroup::totals)?;
    Groups::restore(named.collect::<Result<_, _>>()?, other)
}

#[derive(Deserialize)]
pub(super) struct SavedSeries {
    width_s: u64,
    seconds: Vec<SavedSecond>,
}

#[derive(Deserialize)]
struct SavedSecond {
    at: u64,
    requests: u64,
    failed: u64,
    answered: u64,
    #[serde(deserialize_with = "present")]
    latency_us: Option<LatencyUs>,
    #[serde(deserialize_with = "present")]
    latency_histogram: Option<String>,
}

pub(super) fn read_series(saved: SavedSeries) -> Result<Series<IntervalTotals>, &'static str> {
    // Those that a document has for the sake of its load alone are not of the records.
    let is_filled = |interval: &SavedSecond| interval.requests > 0 || interval.answered > 0;
    let intervals = saved.seconds.into_iter().filter(is_filled).map(|interval| {
        let SavedSecond { at, requests, failed, answered, latency_us, latency_histogram } = interval;
        let latency = filled(Latency::coarse(), latency_us, latency_histogram)?;
        Ok((at, IntervalTotals { requests, failed, answered, latency }))
    });
    Series::restore(saved.width_s, intervals.collect::<Result<Vec<_>, &'static str>>()?)
}
