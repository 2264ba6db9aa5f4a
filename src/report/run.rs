//! Facts of a run that its records do not have.

use std::borrow::Cow;

use serde::{Deserialize, Serialize, Serializer};

use super::job_times::JobTimes;
use super::load::Coverage;
use super::{LoadFacts, Report};
use crate::model::PauseOutcomes;

/// How a run went, as the engine measured it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RunFacts {
    /// The version of the program.
    pub version: Cow<'static, str>,
    /// When the run began, in UTC.
    pub started_at: String,
    /// How long it took, in seconds.
    #[serde(serialize_with = "to_micros")]
    pub wall_s: f64,
    /// Records per second.
    #[serde(serialize_with = "to_micros")]
    pub rate: f64,
    /// Inputs that had their record already; none if the run does not resume another.
    pub resumed: Option<u64>,
    /// Inputs that were read and admitted.
    pub admitted: u64,
    /// Inputs that have their last record.
    pub settled: u64,
    /// Admitted inputs that were not started, because the run stopped early or leaves them to the run that resumes it:
    /// `admitted = settled + skipped`.
    pub skipped: u64,
    /// Records that this run wrote: one for each settled input, or for each of its pages.
    pub records: u64,
    /// Hosts whose robots.txt was requested; none if the run ignores robots.txt.
    pub robots: Option<u64>,
    /// Requests that were sent: attempts, redirects and pages, and those for the login and robots.txt.
    pub requests: u64,
    /// The most requests per second that were allowed; none if that was not limited.
    pub rate_limit: Option<f64>,
    /// The most requests that were in flight at once.
    pub peak_in_flight: usize,
    /// Fetcher threads.
    pub threads: usize,
    /// Jobs that may be read ahead.
    pub window: usize,
    /// How long the run read no input because the window was full of jobs whose hosts held them back, in seconds.
    #[serde(serialize_with = "to_micros")]
    pub window_stall_s: f64,
    /// The host that filled the window first.
    pub stalled_on: Option<String>,
    /// How long no request could start for lack of memory, in seconds.
    #[serde(serialize_with = "to_micros")]
    pub memory_stall_s: f64,
    /// How long records waited for the output, in seconds.
    #[serde(serialize_with = "to_micros")]
    pub sink_stall_s: f64,
    /// How long only the oldest request could start because the order window was full of later records, in seconds.
    #[serde(serialize_with = "to_micros")]
    pub order_stall_s: f64,
    /// The input that held the others back longest in that time.
    pub late: Option<LateRecord>,
    /// What bounded the run, the longest first: the times add up to the whole.
    pub bounded_by: Vec<BoundBy>,
    /// How long the jobs of this run took that ended in a response: from the start of the first attempt to the end of the
    /// last, with retries, redirects and the pauses between them. A page of an input is a job.
    #[serde(skip_deserializing)]
    pub job_ms: JobTimes,
    /// How many responses asked for a pause, by outcome.
    pub pauses: PauseOutcomes,
    /// Retries that were not made because too many of the requests to their host were retries.
    pub retries_withheld: u64,
    /// The rules for hosts that matched no host of the run.
    pub unused_rules: Vec<String>,
    /// How a filter picked the records to write, in the runs that this one resumes too; none if all were written.
    #[serde(rename = "where")]
    pub selection: Option<SelectionFacts>,
    /// How a probe kept its pace; none for a list that is fetched. A report writes it with what its records add.
    #[serde(skip)]
    pub load: Option<LoadFacts>,
    /// The run stopped before the end of its inputs.
    pub interrupted: bool,
}

/// The records that a filter picked. Those it left out are in the report, but not in the output, which is incomplete.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SelectionFacts {
    /// The filter.
    pub filter: String,
    /// Records that were written.
    pub written: u64,
    /// Records that were not.
    pub left_out: u64,
    /// Records that were written because the filter failed on them.
    pub failed: u64,
    /// Why it first failed.
    pub failure: Option<String>,
}

/// A limit, and how long it kept the run from being faster.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BoundBy {
    /// The limit: `concurrency`, `rate`, `memory`, `output`, `order`, `input`, `login`; `answers` once everything was
    /// sent; and of hosts `host_concurrency`, `host_rate`, `adaptive`, `pause`, `circuit`, `robots`, `backoff`,
    /// `connection`.
    pub by: Cow<'static, str>,
    /// The host; none for a limit of the whole run, and for hosts beyond the first 1,000.
    pub host: Option<String>,
    /// How many requests that host may have in flight, for a limit on that.
    pub limit: Option<usize>,
    /// How long, in seconds.
    #[serde(serialize_with = "to_micros")]
    pub seconds: f64,
    /// The share of the run's time, from 0 to 1.
    #[serde(serialize_with = "to_micros")]
    pub share: f64,
}

/// An input whose record held those of others back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LateRecord {
    /// Its ordinal.
    pub seq: u64,
    /// The host of its last attempt.
    pub host: String,
}

/// The origin of a report's records.
#[derive(Debug, Clone, Copy)]
pub enum Provenance<'a> {
    /// A run, and how it went.
    Run(&'a RunFacts),
    /// A run in progress, and how it has gone so far.
    Running(&'a RunFacts),
    /// Files of records.
    Saved {
        /// How many lines were not records.
        wrong_lines: u64,
        /// How the probes that wrote them kept their pace, if the files beside the records tell.
        load: Option<&'a LoadFacts>,
        /// How many of its records these are.
        coverage: Coverage,
    },
}

impl<'a> Provenance<'a> {
    /// How the run went, or has gone so far.
    pub fn run(self) -> Option<&'a RunFacts> {
        match self {
            Provenance::Run(run) | Provenance::Running(run) => Some(run),
            Provenance::Saved { .. } => None,
        }
    }

    /// How a probe kept its pace.
    pub fn load(self) -> Option<&'a LoadFacts> {
        match self {
            Provenance::Run(run) | Provenance::Running(run) => run.load.as_ref(),
            Provenance::Saved { load, .. } => load,
        }
    }
}

impl Provenance<'_> {
    /// Whether requests are absent that would have taken long, so that percentiles of the latency are at least what was
    /// measured.
    pub(super) fn is_censored(self) -> bool {
        self.load().is_some_and(LoadFacts::is_censored)
    }

    /// The answers per second of a probe, as thresholds have them.
    pub(super) fn answer_rate(self, report: &Report) -> Option<f64> {
        match self {
            Provenance::Saved { coverage: Coverage::Partial | Coverage::Foreign, .. } => return None,
            Provenance::Run(_) | Provenance::Running(_) | Provenance::Saved { .. } => {}
        }
        report.measured_whole().answer_rate(self.load()?.duration()?)
    }
}

impl<'a> From<&'a RunFacts> for Provenance<'a> {
    fn from(run: &'a RunFacts) -> Self {
        Provenance::Run(run)
    }
}

fn to_micros<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(micros(*value))
}

/// Rounded to six decimals.
pub(super) fn micros(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}
