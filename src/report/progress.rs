//! How far a run in progress has come: what one line of a log has room for.

use std::cmp::Reverse;
use std::collections::HashMap;

use serde::{Serialize, Serializer};

use super::{BoundBy, Report, RunFacts};

/// What is known of a run at one moment.
#[derive(Debug, Clone, Copy)]
pub struct Moment<'a> {
    /// Of all records so far.
    pub report: &'a Report,
    /// How the run has gone so far.
    pub run: &'a RunFacts,
    /// How many inputs there are, if that is known.
    pub total: Option<Total>,
    /// Requests in flight.
    pub in_flight: u64,
    /// Jobs that wait.
    pub waiting: u64,
}

/// How many inputs a run has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Total {
    /// The number.
    pub inputs: u64,
    /// Whether it is estimated by the length of the lists.
    pub is_estimate: bool,
}

/// How far a run has come, and how it has gone lately. It serialises to the keys that `docs/unattended.md` lists.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Progress {
    /// The time since the run began, in seconds.
    #[serde(serialize_with = "to_millis")]
    pub elapsed_s: f64,
    /// Inputs that are done, those of a resumed run among them.
    pub done: u64,
    /// All inputs, if their number is known.
    pub total: Option<u64>,
    /// Whether that number is estimated by the length of the lists.
    pub total_is_estimate: bool,
    /// Pages that have a record.
    pub pages: u64,
    /// Records per second since the moment before.
    #[serde(serialize_with = "to_millis")]
    pub rate: f64,
    /// How long the rest takes at the pace since the moment before, in seconds; none if that is unknown, or if
    /// the run stops before.
    #[serde(serialize_with = "to_whole")]
    pub eta_s: Option<f64>,
    /// Records of complete responses with a status below 400.
    pub ok: u64,
    /// All other records, except duplicates.
    pub failed: u64,
    /// Failures by kind, and statuses from 400 on, the most frequent first.
    #[serde(serialize_with = "as_map")]
    pub failures: Vec<(String, u64)>,
    /// Requests in flight.
    pub in_flight: u64,
    /// Jobs that wait.
    pub waiting: u64,
    /// What bounded the run since the moment before, the longest first; the ten longest are serialised.
    #[serde(serialize_with = "first_ten")]
    pub bounded_by: Vec<BoundBy>,
    /// Nothing new is started: the run is coming to an early end.
    pub stopping: bool,
}

impl Progress {
    /// The progress at a moment, and the pace since the one `before`; without one, since the run began.
    pub fn since(before: Option<&RunFacts>, now: Moment<'_>) -> Self {
        let Moment { report, run, total, in_flight, waiting } = now;
        let (wall, records, settled) = before.map_or((0.0, 0, 0), |run| (run.wall_s, run.records, run.settled));
        let per_second = |n: u64, before: u64| n.saturating_sub(before) as f64 / (run.wall_s - wall).max(f64::EPSILON);
        let done = run.resumed.unwrap_or(0) + run.settled;
        let all = total.map(|total| total.inputs.max(done));
        let pace = per_second(run.settled, settled);
        Progress {
            elapsed_s: run.wall_s,
            done,
            total: all,
            total_is_estimate: total.is_some_and(|total| total.is_estimate),
            pages: report.totals.pages,
            rate: per_second(run.records, records),
            eta_s: all.map(|all| (all - done) as f64 / pace).filter(|eta| eta.is_finite() && !run.interrupted),
            ok: report.totals.ok,
            failed: report.totals.failed,
            failures: failures(report),
            in_flight,
            waiting,
            bounded_by: bounded_since(before.map_or(&[], |before| &before.bounded_by), &run.bounded_by),
            stopping: run.interrupted,
        }
    }
}

fn failures(report: &Report) -> Vec<(String, u64)> {
    let errors = report.errors.iter().map(|(kind, failures)| (kind.to_string(), failures.count));
    let statuses = report.statuses.iter().filter(|(status, _)| *status >= 400);
    let mut failures: Vec<_> = errors.chain(statuses.map(|(status, count)| (status.to_string(), count))).collect();
    failures.sort_by_key(|(_, count)| Reverse(*count));
    failures
}

/// What bounded the run between two moments.
fn bounded_since(before: &[BoundBy], now: &[BoundBy]) -> Vec<BoundBy> {
    let key = |bound: &BoundBy| (bound.by.clone(), bound.host.clone());
    let before: HashMap<_, _> = before.iter().map(|bound| (key(bound), bound.seconds)).collect();
    let lately = now.iter().map(|bound| {
        let seconds = bound.seconds - before.get(&key(bound)).copied().unwrap_or(0.0);
        BoundBy { seconds, ..bound.clone() }
    });
    let mut lately: Vec<_> = lately.filter(|bound| bound.seconds > 0.0).collect();
    let whole: f64 = lately.iter().map(|bound| bound.seconds).sum();
    lately.iter_mut().for_each(|bound| bound.share = bound.seconds / whole);
    lately.sort_by(|a, b| b.seconds.total_cmp(&a.seconds));
    lately
}

fn first_ten<S: Serializer>(bounds: &[BoundBy], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(bounds.iter().take(10))
}

fn as_map<S: Serializer>(counts: &[(String, u64)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(counts.iter().map(|(kind, count)| (kind, count)))
}

fn to_millis<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64((value * 1e3).round() / 1e3)
}

fn to_whole<S: Serializer>(value: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    value.map(|value| value.round() as u64).serialize(serializer)
}
