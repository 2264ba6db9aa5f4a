//! A run in progress: a summary of the report that is cheap to make and to share.

use std::time::Duration;

use super::latency::Latency;
use super::{Report, Totals};
use crate::model::{ErrorKind, RecordSummary};

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
    /// How long responses took; none before the first.
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
    fn of(latency: &Latency) -> Option<Self> {
        let at = |quantile| latency.at(quantile).map(Duration::from_micros);
        Some(Quantiles { p50: at(0.5)?, p90: at(0.9)?, p95: at(0.95)?, p99: at(0.99)?, max: at(1.0)? })
    }
}

impl Snapshot {
    /// A snapshot of a run that has taken `elapsed`, completed `inputs`, and come to `report`.
    pub fn new(report: &Report, inputs: InputCounts, elapsed: Duration) -> Self {
        Snapshot {
            elapsed,
            ended: false,
            inputs,
            totals: report.totals,
            statuses: report.statuses.iter().collect(),
            errors: report.errors.iter().map(|(kind, failures)| (kind, failures.count)).collect(),
            latency: Quantiles::of(&report.times.latency),
        }
    }
}
