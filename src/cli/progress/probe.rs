//! What the progress bar and the lines of progress say of a probe.

use std::time::Duration;

use haul::engine::LoadTargets;
use haul::plan::{Load, LoadModel, Pace};
use haul::report::load::PrecisionFacts;
use haul::report::text::{duration, precision, rate};
use haul::report::{RunFacts, Snapshot};
use haul::schedule::Pacer;
use indicatif::{HumanCount, HumanDuration};
use serde::{Serialize, Serializer};

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
    /// Nothing is started any more.
    pub(crate) stopping: bool,
}

impl<'a> Now<'a> {
    /// What `run` and `snapshot` know at `elapsed`: all but what is in flight.
    pub(super) fn of(snapshot: &'a Snapshot, elapsed: Duration, run: &'a RunFacts) -> Self {
        let (missed, until) = run.load.as_ref().map_or((0, &[][..]), |load| (load.missed.total(), &load.until));
        Now { snapshot, elapsed, in_flight: 0, missed, until, stopping: run.interrupted }
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
        let &Now { snapshot, in_flight, missed, until, stopping, .. } = now;
        let mut parts = vec![self.place(now)];
        let asked = self.asked_rate(now).map_or_else(String::new, |asked| format!(" of {}", rate(asked)));
        parts.push(rate(self.rate) + &asked);
        let mut counts = vec![format!("{} in flight", HumanCount(in_flight))];
        counts.push(format!("{} failed", HumanCount(snapshot.totals.failed)));
        counts.extend((missed > 0).then(|| format!("{} missed", HumanCount(missed))));
        let bound = if missed > 0 { "≥ " } else { "" };
        let latency = snapshot.latency.map(|latency| duration(latency.p99.as_micros() as u64));
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
        self.pacer.rate_at(now.elapsed).filter(|_| !is_over && !self.is_search)
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

#[cfg(test)]
mod tests {
    use std::num::NonZeroU64;

    use haul::model::RecordSummary;
    use haul::plan::Arrivals;
    use haul::report::load::KnownPercentile;
    use haul::report::{InputCounts, Report};

    use super::*;
    use crate::cli::units;

    fn load(requests: u64, duration: u64, warm_up: u64) -> Load {
        Load {
            model: LoadModel::Open {
                pace: Pace::Constant(units::rate("200/s").unwrap()),
                arrivals: Arrivals::Constant,
            },
            requests: NonZeroU64::new(requests),
            duration: (duration > 0).then(|| Duration::from_secs(duration)),
            warm_up: Duration::from_secs(warm_up),
            until: Vec::new(),
            seed: 0,
        }
    }

    /// After so many answers, of which some belong to the warm-up.
    fn snapshot(warm_up: u64, answers: u64, elapsed_ms: u64) -> Snapshot {
        let mut report = Report::default();
        for seq in 0..answers {
            let (latency_us, warm_up) = (Some(41_000), seq < warm_up);
            let ok = seq >= 3;
            report.add(&RecordSummary {
                seq,
                ok,
                warm_up,
                latency_us,
                service_us: latency_us,
                ..RecordSummary::default()
            });
        }
        Snapshot::new(&report, InputCounts::default(), Duration::from_millis(elapsed_ms))
    }

    fn now(snapshot: &Snapshot) -> Now<'_> {
        Now { snapshot, elapsed: snapshot.elapsed, in_flight: 1_234, missed: 0, until: &[], stopping: false }
    }

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_bar_says_what_was_asked_and_what_came() {
        let mut progress = ProbeProgress::new(&load(0, 60, 0), None);
        let said = progress.message(&now(&Snapshot::default()), SECOND);
        assert_eq!(said, "0s/60s  0.0/s of 200/s  1,234 in flight  0 failed");
        let after = snapshot(0, 396, 2_000);
        let said = progress.message(&now(&after), SECOND);
        assert_eq!(said, "2s/60s  198/s of 200/s  1,234 in flight  3 failed  p99 41.0 ms");
        let said = progress.message(&Now { missed: 5, stopping: true, ..now(&after) }, SECOND);
        assert_eq!(said, "2s/60s  198/s  1,234 in flight  3 failed  5 missed  p99 ≥ 41.0 ms  stopping");
        assert_eq!(progress.share(&after, Duration::from_secs(15)), Some(0.25));
        assert_eq!(progress.share(&after, Duration::from_secs(90)), Some(1.0));
    }

    #[test]
    fn what_a_probe_waits_for_is_seen_on_80_columns() {
        let mut progress = ProbeProgress::new(&load(0, 60, 0), None);
        let after = snapshot(0, 396, 2_000);
        let mut facts = PrecisionFacts {
            target: "p99±5%".parse().unwrap(),
            reached: false,
            ended: 84_120,
            expected: 200_000,
            known: None,
        };
        let mut said = |facts: &PrecisionFacts| {
            progress.message(&Now { until: std::slice::from_ref(facts), missed: 5, ..now(&after) }, SECOND)
        };
        let counts = "  1,234 in flight  3 failed  5 missed";
        let beginning = "2s/60s  198/s of 200/s  p99 ≥ 41.0 ms  p99±5%: ";
        assert_eq!(said(&facts), format!("{beginning}84,120/200,000{counts}"));
        let (estimate_us, within_us) = (41_000, 3_200);
        facts.known =
            Some(KnownPercentile { estimate_us, within_us, batches: 20, batch_size: 10_000, samples: 200_000 });
        assert_eq!(said(&facts), format!("{beginning}±7.81 %{counts}"));
        let of_the_bar = 80 - "━━━━━━━━━━━━━━━━ ".chars().count();
        assert!(format!("{beginning}84,120/200,000").chars().count() <= of_the_bar);
    }

    #[test]
    fn answers_of_the_warm_up_count_for_the_rate() {
        let mut progress = ProbeProgress::new(&load(0, 60, 3), None);
        for (of_warm_up, answers, ms, begins) in [
            (100, 100, 1_000, "warming up, 2s left  100/s of 200/s"),
            (300, 300, 2_000, "warming up, 1s left  200/s of 200/s"),
            (500, 500, 3_000, "3s/63s  200/s of 200/s"),
            (600, 650, 4_000, "4s/63s  150/s of 200/s"),
            (600, 700, 64_000, "63s/63s  0.8/s  1,234 in flight"),
        ] {
            let said = progress.message(&now(&snapshot(of_warm_up, answers, ms)), SECOND);
            assert!(said.starts_with(begins), "{said}");
        }
    }

    #[test]
    fn the_rate_is_measured_over_a_span() {
        let mut progress = ProbeProgress::new(&load(0, 60, 0), None);
        for (span, ms, answers, rate) in [
            (SECOND, 500, 50, 100.0), // there is nothing better yet
            (SECOND, 1_000, 150, 150.0),
            (SECOND, 1_500, 150, 150.0),
            (SECOND, 2_000, 150, 0.0),
            (Duration::ZERO, 2_500, 250, 200.0), // a line says what came since the one before
        ] {
            progress.measure(&now(&snapshot(0, answers, ms)), span);
            assert_eq!(progress.rate, rate, "{ms} ms");
        }
    }

    #[test]
    fn a_server_that_answers_no_more_has_a_rate_of_zero() {
        let mut progress = ProbeProgress::new(&load(0, 60, 0), None);
        let last = snapshot(0, 400, 2_000);
        for (ms, rate) in [(2_000, 200.0), (2_900, 200.0), (3_000, 0.0), (4_500, 0.0)] {
            progress.measure(&Now { elapsed: Duration::from_millis(ms), ..now(&last) }, SECOND);
            assert_eq!(progress.rate, rate, "{ms} ms");
        }
    }

    #[test]
    fn a_line_for_programs_has_what_the_text_has() {
        let mut progress = ProbeProgress::new(&load(0, 60, 3), None);
        let line = |progress: &mut ProbeProgress, snapshot| {
            serde_json::to_string(&progress.line(&now(&snapshot), vec![("500".to_owned(), 3)])).unwrap()
        };
        insta::assert_snapshot!(line(&mut progress, snapshot(396, 396, 2_000)), @r#"{"elapsed_s":2.0,"total_s":63.0,"warm_up":true,"done":0,"total":null,"rate":198.0,"asked_rate":200.0,"ok":0,"failed":0,"failures":{"500":3},"missed":0,"in_flight":1234,"p99_ms":null,"stopping":false}"#);
        insta::assert_snapshot!(line(&mut progress, snapshot(600, 800, 4_000)), @r#"{"elapsed_s":4.0,"total_s":63.0,"warm_up":false,"done":200,"total":null,"rate":202.0,"asked_rate":200.0,"ok":200,"failed":0,"failures":{"500":3},"missed":0,"in_flight":1234,"p99_ms":41.0,"stopping":false}"#);
        let mut progress = ProbeProgress::new(&load(500, 0, 0), None);
        insta::assert_snapshot!(line(&mut progress, snapshot(0, 396, 2_000)), @r#"{"elapsed_s":2.0,"total_s":null,"warm_up":false,"done":396,"total":500,"rate":198.0,"asked_rate":200.0,"ok":393,"failed":3,"failures":{"500":3},"missed":0,"in_flight":1234,"p99_ms":41.0,"stopping":false}"#);
    }
}
