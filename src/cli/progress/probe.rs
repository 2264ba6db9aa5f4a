//! What the progress bar says of a probe.

use std::time::Duration;

use haul::engine::LoadTargets;
use haul::plan::Load;
use haul::report::Snapshot;
use haul::report::text::{duration, rate};
use haul::schedule::Pacer;
use indicatif::{HumanCount, HumanDuration};

/// Over how long the rate of answers is measured.
const SPAN: Duration = Duration::from_secs(1);

/// Follows a probe.
pub(crate) struct ProbeProgress {
    pacer: Pacer,
    requests: Option<u64>,
    warm_up: Duration,
    /// When the last request starts, if that does not depend on answers.
    length: Option<Duration>,
    /// When the rate was last measured, and how many records there were.
    measured: (Duration, u64),
    answered: f64,
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
    fn new(load: &Load, replay: Option<(u64, Duration)>) -> Self {
        let pacer = Pacer::new(load);
        let (count, span) = replay.unzip();
        ProbeProgress {
            length: pacer.end().into_iter().chain(span).min(),
            pacer,
            requests: load.requests.map(u64::from).into_iter().chain(count).min(),
            warm_up: load.warm_up,
            measured: (Duration::ZERO, 0),
            answered: 0.0,
        }
    }

    /// How many requests there will be, if that is known.
    pub(super) fn requests(&self) -> Option<u64> {
        self.requests
    }

    /// How far the probe has come, from 0 to 1, if that is known.
    pub(super) fn share(&self, snapshot: &Snapshot, elapsed: Duration) -> Option<f64> {
        let by_time = self.length.map(|length| elapsed.as_secs_f64() / length.as_secs_f64().max(f64::EPSILON));
        let by_number = self.requests.map(|requests| snapshot.totals.records as f64 / requests as f64);
        by_time.into_iter().chain(by_number).reduce(f64::max).map(|share| share.min(1.0))
    }

    /// What to say after `elapsed`.
    pub(super) fn message(&mut self, snapshot: &Snapshot, elapsed: Duration, in_flight: u64) -> String {
        self.measure(snapshot);
        let mut parts = vec![match (self.length, self.requests) {
            _ if elapsed < self.warm_up => format!("warming up for {:#}", HumanDuration(self.warm_up - elapsed)),
            (Some(length), _) => format!("{:#}/{:#}", HumanDuration(elapsed.min(length)), HumanDuration(length)),
            (None, Some(requests)) => format!("{}/{}", HumanCount(snapshot.totals.records), HumanCount(requests)),
            (None, None) => format!("{:#}", HumanDuration(elapsed)),
        }];
        let asked = self.pacer.rate_at(elapsed).map_or_else(String::new, |asked| format!(" of {}", rate(asked)));
        parts.push(rate(self.answered) + &asked);
        parts.push(format!("{} in flight", HumanCount(in_flight)));
        parts.push(format!("{} failed", HumanCount(snapshot.totals.failed)));
        parts.extend(snapshot.latency.map(|latency| format!("p99 {}", duration(latency.p99.as_micros() as u64))));
        parts.join("  ")
    }

    /// Measures the rate of answers if enough time has passed since the last time.
    fn measure(&mut self, snapshot: &Snapshot) {
        let (at, records) = self.measured;
        let (span, now) = (snapshot.elapsed.saturating_sub(at), snapshot.totals.records);
        if span >= SPAN || at.is_zero() && !span.is_zero() {
            self.answered = now.saturating_sub(records) as f64 / span.as_secs_f64();
        }
        if span >= SPAN {
            self.measured = (snapshot.elapsed, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU64;

    use haul::model::RecordSummary;
    use haul::plan::{Arrivals, LoadModel, Pace};
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
            seed: 0,
        }
    }

    fn snapshot(records: u64, elapsed: u64) -> Snapshot {
        let mut report = Report::default();
        for seq in 0..records {
            let latency_us = Some(41_000);
            report.add(&RecordSummary { seq, ok: seq >= 3, latency_us, service_us: latency_us, ..Default::default() });
        }
        Snapshot::new(&report, InputCounts::default(), Duration::from_secs(elapsed))
    }

    #[test]
    fn the_bar_says_what_was_asked_and_what_came() {
        let s = Duration::from_secs;
        let mut progress = ProbeProgress::new(&load(0, 60, 0), None);
        assert_eq!(progress.message(&Snapshot::default(), s(0), 0), "0s/60s  0.0/s of 200/s  0 in flight  0 failed");
        let said = progress.message(&snapshot(396, 2), s(2), 1_234);
        assert_eq!(said, "2s/60s  198/s of 200/s  1,234 in flight  3 failed  p99 41.0 ms");
        assert_eq!(progress.share(&snapshot(396, 2), s(15)), Some(0.25));
        assert_eq!(progress.share(&snapshot(396, 2), s(90)), Some(1.0));
    }

    #[test]
    fn a_warm_up_is_said_to_be_one() {
        let mut progress = ProbeProgress::new(&load(0, 60, 30), None);
        let said = progress.message(&Snapshot::default(), Duration::from_secs(10), 0);
        assert!(said.starts_with("warming up for 20s  0.0/s of 200/s"), "{said}");
    }
}
