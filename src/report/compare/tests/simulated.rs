//! How often two runs of the same server seem to differ, and whether one that has changed is noticed.

use std::time::Duration;

use fastrand::Rng;

use crate::report::batches::MAX_BATCHES;
use crate::report::compare::{Comparison, Side};
use crate::report::threshold::Known;
use crate::report::{Batches, Report, Timeline};
use crate::statistics::random::{exponential, normal};

/// How many pairs of runs are simulated.
const PAIRS: u64 = 300;

/// Requests per second, and how long a run takes.
const RATE: f64 = 50.0;
const SECONDS: f64 = 50.0;

/// A run, in which requests that take too long fail, and some others. Its report has only what is compared.
struct Run {
    report: Report,
    batches: Batches,
    timeline: Timeline,
}

impl Run {
    /// Of requests that start `at_s` and take so many seconds.
    fn of(requests: &[(f64, f64)], rng: &mut Rng) -> Self {
        let (mut report, mut batches) = (Report::default(), Batches::default());
        for (at_s, took_s) in requests {
            let is_late = *took_s > 0.25;
            let is_failed = is_late || rng.f64() < 0.005;
            let batch = batches.whole.at_within(1_000 + *at_s as u64, MAX_BATCHES);
            batch.answered += u64::from(!is_late);
            batch.totals.requests += 1;
            batch.totals.failed += u64::from(is_failed);
            batch.totals.times.latency.add((took_s * 1e6) as u64);
        }
        for (_, batch) in batches.whole.iter() {
            report.totals.records += batch.totals.requests;
            report.totals.failed += batch.totals.failed;
            report.statuses.add(200, batch.answered);
            report.times.latency.merge(&batch.totals.times.latency);
        }
        Run { report, batches, timeline: Timeline::default() }
    }

    fn side(&self) -> Side<'_> {
        let known = Known { duration: Some(Duration::from_secs_f64(SECONDS)), ..Known::default() };
        let (name, timeline) = (String::new(), &self.timeline);
        Side { name, timeline, report: &self.report, batches: &self.batches, known, doubts: Vec::new() }
    }
}

/// Requests at a rate, whose latencies follow each other with this correlation; those beyond the 95th percentile take
/// longer by a factor.
fn lognormal(rng: &mut Rng, requests: u64, correlation: f64, slower: f64) -> Run {
    let mut state = normal(rng);
    let mut run = Vec::new();
    for n in 0..requests {
        state = correlation * state + (1.0 - correlation * correlation).sqrt() * normal(rng);
        let factor = if state > 1.645 { slower } else { 1.0 };
        run.push((n as f64 / requests as f64 * SECONDS, 0.02 * (0.8 * state).exp() * factor));
    }
    Run::of(&run, rng)
}

/// One server that is busy for this share of the time, with random arrivals and service times.
fn queue(rng: &mut Rng, busy: f64, until_s: f64) -> Run {
    let (mut at_s, mut wait_s, mut run) = (0.0, 0.0, Vec::new());
    while at_s < until_s {
        let service_s = exponential(rng, busy / RATE);
        run.push((at_s, wait_s + service_s));
        let gap_s = exponential(rng, 1.0 / RATE);
        at_s += gap_s;
        wait_s = f64::max(wait_s + service_s - gap_s, 0.0);
    }
    Run::of(&run, rng)
}

/// Which figures differ in a pair of runs.
fn differing(before: &Run, after: &Run) -> Vec<String> {
    let (before, after) = (before.side(), after.side());
    let comparison = Comparison::new(&before, &after, &[]);
    comparison.whole.iter().filter(|compared| compared.differs()).map(|compared| compared.figure.to_string()).collect()
}

/// The share of pairs in which anything differs.
fn alarms(run: impl Fn(&mut Rng) -> Run) -> f64 {
    let pairs = (0..PAIRS).map(|seed| {
        let mut rng = Rng::with_seed(seed);
        differing(&run(&mut rng), &run(&mut rng))
    });
    pairs.filter(|found| !found.is_empty()).count() as f64 / PAIRS as f64
}

#[test]
fn runs_with_independent_latencies_rarely_differ() {
    assert!(alarms(|rng| lognormal(rng, (RATE * SECONDS) as u64, 0.0, 1.0)) <= 0.06);
}

#[test]
fn runs_with_correlated_latencies_rarely_differ() {
    assert!(alarms(|rng| lognormal(rng, (RATE * SECONDS) as u64, 0.8, 1.0)) <= 0.06);
}

#[test]
fn runs_with_a_queue_rarely_differ() {
    assert!(alarms(|rng| queue(rng, 0.8, SECONDS)) <= 0.06);
}

#[test]
fn short_runs_with_a_queue_rarely_differ() {
    assert!(alarms(|rng| queue(rng, 0.8, 12.0)) <= 0.06);
}

/// They are alike for two seconds.
#[test]
fn runs_with_latencies_that_drift_rarely_differ() {
    assert!(alarms(|rng| lognormal(rng, (RATE * SECONDS) as u64, 0.99, 1.0)) <= 0.06);
}

#[test]
fn a_tail_that_is_longer_by_a_fifth_is_found() {
    let found = (0..20).filter(|&seed| {
        let mut rng = Rng::with_seed(seed);
        let (before, after) = (lognormal(&mut rng, 20_000, 0.0, 1.0), lognormal(&mut rng, 20_000, 0.0, 1.2));
        differing(&before, &after).contains(&"p99".to_owned())
    });
    let found = found.count();
    assert!(found >= 18, "{found} of 20");
}

#[test]
fn a_queue_that_is_longer_is_found() {
    let found = (0..20).filter(|&seed| {
        let mut rng = Rng::with_seed(seed);
        differing(&queue(&mut rng, 0.3, SECONDS), &queue(&mut rng, 0.8, SECONDS)).contains(&"mean".to_owned())
    });
    let found = found.count();
    assert!(found >= 18, "{found} of 20");
}
