//! How a probe kept its pace.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::missed::MissedStarts;
use super::precision::PrecisionFacts;
use super::second::Second;
use super::share::{Cpu, Waits};
use super::spans::Spans;
use crate::report::FindFacts;
use crate::report::latency::Latency;
use crate::report::merge::add;
use crate::report::series::Series;

/// What the records of a probe cannot tell, without its warm-up.
///
/// Facts of several machines, or of several runs, [merge](LoadFacts::merge) in any order.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LoadFacts {
    /// When requests started.
    pub model: Model,
    /// How many runs these facts are of.
    pub runs: u64,
    /// The cores that haul could use, on all machines.
    pub cores: u64,
    /// Starts that were due: those that happened and those that were missed.
    pub asked: u64,
    /// Starts that happened.
    pub started: u64,
    /// Starts that haul's own limits prevented.
    pub missed: MissedStarts,
    /// Requests that were in flight when the run was stopped at once.
    pub cancelled: u64,
    /// The most requests that were in flight at once on one machine.
    pub peak_in_flight: u64,
    /// How busy the processors of a run were while it started requests: of several runs, those of the busiest;
    /// none if that was not measured.
    pub cpu: Option<Cpu>,
    /// The processor time of that, in microseconds.
    pub cpu_us: u64,
    /// The share of the time that starts waited: of several runs, that of the one that waited most.
    pub waits: Waits,
    /// How long starts waited for the output, in microseconds.
    pub output_wait_us: u64,
    /// How long starts waited for memory, in microseconds.
    pub memory_wait_us: u64,
    /// What the run was to find out, and how precisely it has; none of several runs together.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub until: Vec<PrecisionFacts>,
    /// What a search for the highest rate came to, if it was one; not known of several runs together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub find: Option<FindFacts>,
    pub(super) due: Spans,
    /// From the first start that was due to the last answer.
    pub(super) active: Spans,
    pub(in crate::report) lag: Latency,
    pub(in crate::report) series: Series<Second>,
}

/// When the requests of a probe start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Model {
    /// At a rate, evenly.
    #[default]
    Constant,
    /// At a rate, at random.
    Poisson,
    /// At the times of a list.
    Replay,
    /// In loops, each of which waits for its answer.
    Closed,
    /// Runs that differ in this.
    Mixed,
}

impl Model {
    /// The name of the model: `open`, `replay`, `closed` or `mixed`.
    pub fn as_str(self) -> &'static str {
        match self {
            Model::Constant | Model::Poisson => "open",
            Model::Replay => "replay",
            Model::Closed => "closed",
            Model::Mixed => "mixed",
        }
    }

    /// How starts are spread, if a rate decides on them.
    pub fn arrivals(self) -> Option<&'static str> {
        match self {
            Model::Constant => Some("constant"),
            Model::Poisson => Some("poisson"),
            Model::Replay | Model::Closed | Model::Mixed => None,
        }
    }
}

impl LoadFacts {
    /// Adds the facts of another run. Starts and lags add up. Of processors and waits the worst run counts, since a
    /// machine at its limit does not measure better because another one is idle.
    pub fn merge(&mut self, other: &LoadFacts) {
        self.model = match (self.runs, other.runs) {
            (0, _) => other.model,
            (_, 0) => self.model,
            _ if self.model == other.model => self.model,
            _ => Model::Mixed,
        };
        match (self.runs, other.runs) {
            (0, _) => self.until.clone_from(&other.until),
            (_, 0) => {}
            _ => self.until.clear(),
        }
        self.find = match (self.runs, other.runs) {
            (0, _) => other.find.clone(),
            (_, 0) => self.find.take(),
            _ => None,
        };
        add([
            (&mut self.runs, other.runs),
            (&mut self.cores, other.cores),
            (&mut self.asked, other.asked),
            (&mut self.started, other.started),
            (&mut self.cancelled, other.cancelled),
            (&mut self.cpu_us, other.cpu_us),
            (&mut self.output_wait_us, other.output_wait_us),
            (&mut self.memory_wait_us, other.memory_wait_us),
        ]);
        self.missed.merge(other.missed);
        self.peak_in_flight = self.peak_in_flight.max(other.peak_in_flight);
        self.cpu = self.cpu.max(other.cpu);
        self.waits = self.waits.max(other.waits);
        self.due.merge(&other.due);
        self.active.merge(&other.active);
        self.lag.merge(&other.lag);
        self.series.merge(&other.series);
    }

    /// Whether percentiles may be higher than they seem: starts that were missed, and requests that were cancelled, have
    /// no latency.
    pub fn is_censored(&self) -> bool {
        self.missed.total() > 0 || self.cancelled > 0
    }

    /// How many starts a second were due while any were; none in a closed model, which asks for no rate, in a search, each
    /// step of which asks for its own, and for a single start.
    pub fn asked_rate(&self) -> Option<f64> {
        if self.find.is_some() || matches!(self.model, Model::Closed | Model::Mixed) {
            return None;
        }
        // The first start of each run begins the time, and does not belong to it.
        let (starts, time) = (self.asked.checked_sub(self.runs)?, self.due.covered());
        (starts > 0 && time > 0).then(|| starts as f64 * 1e6 / time as f64)
    }

    /// The time from the first start that was due until the last answer. It is at least the time of the starts, each
    /// with the time until the next one, so that a server that keeps up has the rate that was asked for.
    pub fn duration(&self) -> Option<Duration> {
        let due = self.asked_rate().map_or(0.0, |rate| self.asked as f64 / rate);
        let active = Duration::from_micros(self.active.covered()).as_secs_f64();
        Duration::try_from_secs_f64(due.max(active)).ok().filter(|time| !time.is_zero())
    }

    /// How late the fraction `quantile` of requests left at most, in microseconds; none if none did.
    pub fn lag_us(&self, quantile: f64) -> Option<u64> {
        self.lag.at(quantile)
    }

    /// The first second in which something happened, since 1970.
    pub(in crate::report) fn first_second(&self) -> u64 {
        self.series.iter().next().map_or(0, |(second, _)| second)
    }

    /// What a stored file must hold: the key that is wrong, and why.
    pub(super) fn check(&self) -> Result<(), (&'static str, &'static str)> {
        if self.started.checked_add(self.missed.total()) != Some(self.asked) {
            return Err(("asked", "not the sum of `started` and `missed`"));
        }
        self.find.as_ref().map_or(Ok(()), FindFacts::check)
    }
}
