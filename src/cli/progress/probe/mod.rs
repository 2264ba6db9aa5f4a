//! What the progress bar and the lines of progress say of a probe.

#[cfg(test)]
mod tests;

use std::sync::atomic::Ordering;
use std::time::Duration;

use haul::engine::{Gauges, LoadTargets};
use haul::plan::{Load, LoadModel, Pace};
use haul::report::load::PrecisionFacts;
use haul::report::text::{duration, precision, rate};
use haul::report::{RunFacts, Snapshot};
use haul::schedule::Pacer;
use indicatif::{HumanCount, HumanDuration};
use serde::{Serialize, Serializer};

use super::search::SearchNow;

/// From what age on a snapshot says that nothing has been answered since.
const OLD: Duration = Duration::from_secs(1);

/// Follows a probe.
pub(crate) struct ProbeProgress {
    pacer: Pacer,
    /// Its rate follows from the answers.
    is_search: bool,
    requests: Option<u64>,
    warm_up: Duration,
    /// When the last request starts, if that does not depend on answers.
    length: Option<Duration>,
    /// When the rate was last measured, and how many answers there were.
    measured: (Duration, u64),
    rate: f64,
}

/// What is known of a probe at one moment.
pub(crate) struct Now<'a> {
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) elapsed: Duration,
    pub(crate) in_flight: u64,
    /// Starts that were missed.
    pub(crate) missed: u64,
    /// What the probe is to find out.
    pub(crate) until: &'a [PrecisionFacts],
    /// Of a search for the highest rate.
    pub(crate) search: Option<SearchNow>,
    /// Nothing is started any more.
    pub(crate) stopping: bool,
}

impl<'a> Now<'a> {
    /// What `run`, `gauges` and `snapshot` know at `elapsed`.
    pub(super) fn of(snapshot: &'a Snapshot, elapsed: Duration, run: &'a RunFacts, gauges: &Gauges) -> Self {
        let (missed, until) = run.load.as_ref().map_or((0, &[][..]), |load| (load.missed.total(), &load.until));
        let find = run.load.as_ref().and_then(|load| load.find.as_ref());
        let search = find.map(|find| SearchNow::of(find, gauges.draining.load(Ordering::Relaxed)));
        let in_flight = gauges.in_flight.load(Ordering::Relaxed);
        Now { snapshot, elapsed, in_flight, missed, until, search, stopping: run.interrupted }
    }
}

/// A line of progress in JSON, with the keys that `docs/unattended.md` lists.
#[derive(Serialize)]
pub(super) struct Line {
    #[serde(serialize_with = "to_millis")]
    elapsed_s: f64,
    total_s: Option<f64>,
    warm_up: bool,
    done: u64,
    total: Option<u64>,
    #[serde(serialize_with = "to_millis")]
    rate: f64,
    asked_rate: Option<f64>,
    ok: u64,
    failed: u64,
    #[serde(serialize_with = "as_map")]
    failures: Vec<(String, u64)>,
    missed: u64,
    in_flight: u64,
    p99_ms: Option<f64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    until: Vec<Known>,
    #[serde(skip_serializing_if = "Option::is_none")]
    find: Option<SearchNow>,
    stopping: bool,
}

/// How precisely a percentile is known.
#[derive(Serialize)]
struct Known {
    target: String,
    reached: bool,
    estimate_ms: Option<f64>,
    within_ms: Option<f64>,
}

impl From<&PrecisionFacts> for Known {
    fn from(facts: &PrecisionFacts) -> Self {
        let ms = |us: u64| us as f64 / 1e3;
        Known {
            target: facts.target.to_string(),
            reached: facts.reached,
            estimate_ms: facts.known.map(|known| ms(known.estimate_us)),
            within_ms: facts.known.map(|known| ms(known.within_us)),
        }
    }
}

impl ProbeProgress {
    /// Follows the `load` that is made of `targets`.
    pub(crate) fn of(load: &Load, targets: &LoadTargets) -> Self {
        match targets {
            LoadTargets::Replay(list) => ProbeProgress::new(load, Some((list.count(), list.span()))),
            LoadTargets::Cycle(_) => ProbeProgress::new(load, None),
        }
    }

    /// A list that is replayed has so many requests, and takes so long.
    pub(crate) fn new(load: &Load, replay: Option<(u64, Duration)>) -> Self {
        let pacer = Pacer::new(load);
        let (count, span) = replay.unzip();
        ProbeProgress {
            length: pacer.end().into_iter().chain(span).min(),
            pacer,
            is_search: matches!(load.model, LoadModel::Open { pace: Pace::Find(_), .. }),
            requests: load.requests.map(u64::from).into_iter().chain(count).min(),
            warm_up: load.warm_up,
            measured: (Duration::ZERO, 0),
            rate: 0.0,
        }
    }

    /// How far the probe has come, from 0 to 1, if that is known.
    pub(crate) fn share(&self, snapshot: &Snapshot, elapsed: Duration) -> Option<f64> {
        let by_time = self.length.map(|length| elapsed.as_secs_f64() / length.as_secs_f64().max(f64::EPSILON));
        let by_number = self.requests.map(|requests| snapshot.totals.records as f64 / requests as f64);
        by_time.into_iter().chain(by_number).reduce(f64::max).map(|share| share.min(1.0))
    }

    /// What to say now. The rate of answers is measured over at least `span`.
    pub(super) fn message(&mut self, now: &Now<'_>, span: Duration) -> String {
        self.measure(now, span);
        let Now { snapshot, search, .. } = now;
        let &Now { in_flight, missed, until, stopping, .. } = now;
        let mut parts = vec![self.place(now)];
        parts.extend(search.as_ref().map(SearchNow::step));
        let asked = self.asked_rate(now).map_or_else(String::new, |asked| format!(" of {}", rate(asked)));
        parts.push(rate(self.rate) + &asked);
        parts.extend(search.as_ref().map(SearchNow::bracket).filter(|bracket| !bracket.is_empty()));
        let mut counts = vec![format!("{} in flight", HumanCount(in_flight))];
        counts.push(format!("{} failed", HumanCount(snapshot.totals.failed)));
        counts.extend((missed > 0).then(|| format!("{} missed", HumanCount(missed))));
        let bound = if missed > 0 { "≥ " } else { "" };
        // That of all steps together would say nothing of any of them.
        let latency = snapshot.latency.filter(|_| search.is_none());
        let latency = latency.map(|latency| duration(latency.p99.as_micros() as u64));
        let mut figures: Vec<_> = latency.map(|latency| format!("p99 {bound}{latency}")).into_iter().collect();
        figures.extend(until.iter().map(precision));
        // A narrow terminal cuts off the end of the bar: what the probe waits for comes before it.
        parts.extend(if until.is_empty() { [counts, figures] } else { [figures, counts] }.concat());
        parts.extend(stopping.then(|| "stopping".to_owned()));
        parts.join("  ")
    }

    /// The same for programs; the rate is since the line before.
    pub(super) fn line(&mut self, now: &Now<'_>, failures: Vec<(String, u64)>) -> Line {
        self.measure(now, Duration::ZERO);
        let totals = &now.snapshot.totals;
        Line {
            elapsed_s: now.elapsed.as_secs_f64(),
            total_s: self.length.map(|length| length.as_secs_f64()),
            warm_up: self.is_warming_up(now),
            done: totals.records,
            total: self.requests,
            rate: self.rate,
            asked_rate: self.asked_rate(now),
            ok: totals.ok,
            failed: totals.failed,
            failures,
            missed: now.missed,
            in_flight: now.in_flight,
            p99_ms: now.snapshot.latency.map(|latency| latency.p99.as_micros() as f64 / 1e3),
            until: now.until.iter().map(Known::from).collect(),
            find: now.search.clone(),
            stopping: now.stopping,
        }
    }

    /// The time so far, of how much if that is known, or the number of requests.
    pub(crate) fn place(&self, now: &Now<'_>) -> String {
        let &Now { snapshot, elapsed, .. } = now;
        match (self.length, self.requests) {
            _ if self.is_warming_up(now) => format!("warming up, {:#} left", HumanDuration(self.warm_up - elapsed)),
            (Some(length), _) => format!("{:#}/{:#}", HumanDuration(elapsed.min(length)), HumanDuration(length)),
            (None, Some(requests)) => format!("{}/{}", HumanCount(snapshot.totals.records), HumanCount(requests)),
            (None, None) => format!("{:#}", HumanDuration(elapsed)),
        }
    }

    /// The rate that is asked for at this moment, if there is one, and that of answers, measured over at least `span`.
    pub(crate) fn rates(&mut self, now: &Now<'_>, span: Duration) -> (Option<f64>, f64) {
        self.measure(now, span);
        (self.asked_rate(now), self.rate)
    }

    fn is_warming_up(&self, now: &Now<'_>) -> bool {
        now.elapsed < self.warm_up
    }

    /// The rate that is asked for, if there is one and something may still start.
    fn asked_rate(&self, now: &Now<'_>) -> Option<f64> {
        let is_over = now.stopping || self.length.is_some_and(|length| now.elapsed >= length);
        let asked = match &now.search {
            Some(search) => search.asked_rate(),
            None if self.is_search => None, // the first look has not come yet
            None => self.pacer.rate_at(now.elapsed),
        };
        asked.filter(|_| !is_over)
    }

    /// Measures the rate of answers if at least `span` has passed since the last time.
    fn measure(&mut self, now: &Now<'_>, span: Duration) {
        let (at, before) = self.measured;
        let answers = now.snapshot.totals.records + now.snapshot.totals.warm_up;
        // A snapshot comes only with an answer.
        let is_old = now.elapsed >= now.snapshot.elapsed.saturating_add(OLD);
        let measured_at = if is_old { now.elapsed } else { now.snapshot.elapsed };
        let passed = measured_at.saturating_sub(at);
        if passed.is_zero() || passed < span && !at.is_zero() {
            return;
        }
        self.rate = answers.saturating_sub(before) as f64 / passed.as_secs_f64();
        if passed >= span {
            self.measured = (measured_at, answers);
        }
    }
}

fn to_millis<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64((value * 1e3).round() / 1e3)
}

fn as_map<S: Serializer>(counts: &[(String, u64)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(counts.iter().map(|(kind, count)| (kind, count)))
}
