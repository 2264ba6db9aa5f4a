//! What the records of a run cannot tell of it, and where there is no run.

use serde::{Serialize, Serializer};

use crate::model::PauseOutcomes;

/// How a run went, as its pipeline saw it.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct RunFacts {
    /// The version of this program.
    pub version: &'static str,
    /// When the run began, in UTC.
    pub started_at: String,
    /// How long it took, in seconds.
    #[serde(serialize_with = "to_micros")]
    pub wall_s: f64,
    /// Records per second.
    #[serde(serialize_with = "to_micros")]
    pub rate: f64,
    /// Inputs that had their record before; none where nothing is resumed.
    pub resumed: Option<u64>,
    /// Inputs read and taken on.
    pub admitted: u64,
    /// Inputs that have their record.
    pub settled: u64,
    /// Inputs taken on but not started, since the run was stopped first, or left to the run that resumes this one:
    /// `admitted = settled + skipped`.
    pub skipped: u64,
    /// Records that this run wrote: one for each input that is settled, or for each of its pages.
    pub records: u64,
    /// Hosts that were asked for their robots.txt; none where that is not heeded.
    pub robots: Option<u64>,
    /// The most requests that were in flight at once.
    pub peak_in_flight: usize,
    /// Fetcher threads.
    pub threads: usize,
    /// Jobs that may be read ahead.
    pub window: usize,
    /// How long no input was read because the window was full of jobs that their host held back, in seconds.
    #[serde(serialize_with = "to_micros")]
    pub window_stall_s: f64,
    /// The host that filled the window first.
    pub stalled_on: Option<String>,
    /// How long no request was started for want of memory, in seconds.
    #[serde(serialize_with = "to_micros")]
    pub memory_stall_s: f64,
    /// How long finished records waited for the output to take them, in seconds.
    #[serde(serialize_with = "to_micros")]
    pub sink_stall_s: f64,
    /// How long only the oldest request could start, since as many records as may waited for its own, in seconds.
    #[serde(serialize_with = "to_micros")]
    pub order_stall_s: f64,
    /// The input that held the others back for longest then.
    pub late: Option<LateRecord>,
    /// What bounded it, the longest first: the times add up to the whole.
    pub bounded_by: Vec<BoundBy>,
    /// How many answers asked for a pause, and what came of it.
    pub pauses: PauseOutcomes,
    /// Retries that were not made, since too many of the requests to their host were retries.
    pub retries_withheld: u64,
    /// The rules for hosts that no host of the run has matched.
    pub unused_rules: Vec<String>,
    /// The run was stopped before its inputs were through.
    pub interrupted: bool,
}

/// For how long one thing kept a run from being faster.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BoundBy {
    /// What it was: `concurrency`, `rate`, `memory`, `output`, `order`, `input`, `login`; `answers` where all had been
    /// sent; and of hosts `host_concurrency`, `host_rate`, `adaptive`, `pause`, `circuit`, `robots`, `backoff`,
    /// `connection`.
    pub by: &'static str,
    /// Which host; none where it is not a host's, and for those beyond the first 1,000.
    pub host: Option<String>,
    /// How many requests that host may have in flight, where that is what it was.
    pub limit: Option<usize>,
    /// For how long, in seconds.
    #[serde(serialize_with = "to_micros")]
    pub seconds: f64,
    /// That as a part of the whole, from 0 to 1.
    #[serde(serialize_with = "to_micros")]
    pub share: f64,
}

/// An input whose record held those of others back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LateRecord {
    /// Its ordinal.
    pub seq: u64,
    /// The host of its last attempt.
    pub host: String,
}

/// Where the records of a report come from.
#[derive(Debug, Clone, Copy)]
pub enum Provenance<'a> {
    /// A run, and how it went.
    Run(&'a RunFacts),
    /// Files of records.
    Saved {
        /// Lines that are no records.
        wrong_lines: u64,
    },
}

impl<'a> From<&'a RunFacts> for Provenance<'a> {
    fn from(run: &'a RunFacts) -> Self {
        Provenance::Run(run)
    }
}

fn to_micros<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64((value * 1e6).round() / 1e6)
}
