//! A run in progress: a summary of the report that is cheap to make and to share.

use std::time::Duration;

use super::errors::{Failures, Sample};
use super::lately::Lately;
use super::named::Named;
use super::quantiles::Quantiles;
use super::{Report, Totals};
use crate::model::{ErrorKind, RecordSummary};

/// How many groups and how many hosts a snapshot names.
const MAX_NAMED: usize = 20;

/// What a run has come to so far.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Snapshot {
    /// The time since the run began.
    pub elapsed: Duration,
    /// Whether the run has ended: then this is the last snapshot.
    pub ended: bool,
    /// The inputs that this run has completed.
    pub inputs: InputCounts,
    /// Sums over all records; those of a run that this one resumes are included here and below.
    pub totals: Totals,
    /// How often each status came, the lowest first.
    pub statuses: Vec<(u16, u64)>,
    /// How many requests failed for each reason.
    pub errors: Vec<(ErrorKind, u64)>,
    /// One failure for each of those reasons: its URL and its message.
    pub samples: Vec<(ErrorKind, String, String)>,
    /// How long responses took; none before the first.
    pub latency: Option<Quantiles>,
    /// The groups with the most requests, at most 20.
    pub groups: Vec<NamedFigures>,
    /// How many groups there are besides these.
    pub more_groups: usize,
    /// The hosts with the most requests, at most 20.
    pub hosts: Vec<NamedFigures>,
    /// How many hosts there are besides these.
    pub more_hosts: usize,
    /// What came in the last seconds.
    pub lately: Lately,
}

/// The requests of a group, or to a host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NamedFigures {
    /// Its name.
    pub name: String,
    /// All requests.
    pub requests: u64,
    /// Those that failed.
    pub failed: u64,
    /// How long responses took; none without any, and for hosts.
    pub latency: Option<Quantiles>,
}

/// Inputs by what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct InputCounts {
    /// Inputs whose last record is ok.
    pub ok: u64,
    /// Inputs whose last record is not.
    pub failed: u64,
    /// Inputs that were not sent, since another had requested the same.
    pub duplicates: u64,
}

impl InputCounts {
    /// Counts an input by its last record.
    pub fn add(&mut self, last: &RecordSummary<'_>) {
        let count = match last.duplicate {
            true => &mut self.duplicates,
            false if last.ok => &mut self.ok,
            false => &mut self.failed,
        };
        *count += 1;
    }

    /// All inputs.
    pub fn total(&self) -> u64 {
        self.ok + self.failed + self.duplicates
    }
}

impl Snapshot {
    /// A snapshot of a run that has taken `elapsed`, completed `inputs`, and come to `report`.
    pub fn new(report: &Report, inputs: InputCounts, elapsed: Duration) -> Self {
        let groups = report.groups.ranked().into_iter();
        let hosts = report.hosts.ranked().into_iter();
        let named = |name: &str, [requests, failed]: [u64; 2], latency| NamedFigures {
            name: name.to_owned(),
            requests,
            failed,
            latency,
        };
        let first = |failures: &Failures| {
            let Sample { url, message, .. } = failures.samples.first()?;
            Some((url.to_string(), message.to_string()))
        };
        let samples = report.errors.iter().filter_map(|(kind, failures)| Some((kind, first(failures)?)));
        Snapshot {
            elapsed,
            ended: false,
            inputs,
            totals: report.totals,
            statuses: report.statuses().collect(),
            errors: report.errors().collect(),
            samples: samples.map(|(kind, (url, message))| (kind, url, message)).collect(),
            latency: Quantiles::of(&report.times.latency),
            more_groups: groups.len().saturating_sub(MAX_NAMED),
            groups: groups
                .take(MAX_NAMED)
                .map(|(name, Named { sum, .. })| {
                    named(name, [sum.requests, sum.failed], Quantiles::of(&sum.times.latency))
                })
                .collect(),
            more_hosts: hosts.len().saturating_sub(MAX_NAMED),
            hosts: hosts
                .take(MAX_NAMED)
                .map(|(name, Named { sum, .. })| named(name, [sum.requests, sum.failed], None))
                .collect(),
            lately: Lately::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_names_what_there_is_most_of() {
        let mut report = Report::default();
        for n in 0..30u64 {
            let (group, host) = (format!("g{n:02}"), format!("http://h{n:02}"));
            let error = (n == 29).then_some((ErrorKind::Timeout, "too slow"));
            (0..=n).for_each(|_| {
                report.add(&RecordSummary {
                    group: Some(&group),
                    host: Some((&*host).into()),
                    url: "http://h/?token=secret",
                    latency_us: Some(n),
                    ok: error.is_none(),
                    error,
                    ..RecordSummary::default()
                });
            });
        }
        let snapshot = Snapshot::new(&report, InputCounts::default(), Duration::ZERO);
        let first = |named: &[NamedFigures]| (named.len(), named[0].name.clone(), named[0].requests, named[0].failed);
        assert_eq!(first(&snapshot.groups), (20, "g29".to_owned(), 30, 30));
        assert_eq!(first(&snapshot.hosts), (20, "http://h29".to_owned(), 30, 30));
        assert_eq!((snapshot.more_groups, snapshot.more_hosts), (10, 10));
        assert_eq!(snapshot.groups[1].latency.map(|latency| latency.p50.as_micros()), Some(28));
        let sample = (ErrorKind::Timeout, "http://h/?token=REDACTED".to_owned(), "too slow".to_owned());
        assert_eq!(snapshot.samples, [sample]);
    }
}
