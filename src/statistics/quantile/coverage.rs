//! How often an interval has the true quantile in it, if measuring ends once it is narrow enough: by simulation.

use std::env;

use super::*;
use crate::statistics::random::{exponential, normal};

/// What is measured. The unit is such that a histogram is exact to three digits.
#[derive(Debug, Clone, Copy)]
enum Process {
    /// Independent measurements, with an exponential distribution.
    Independent,
    /// An autoregressive process of the first order with this correlation, with a lognormal distribution.
    Autoregressive(f64),
    /// The time in a queue with one server that is busy for this share of the time, with random arrivals and services.
    Queue(f64),
}

const UNIT: f64 = 1e4;

struct Measured {
    process: Process,
    random: fastrand::Rng,
    state: f64,
}

impl Measured {
    /// In the long run: a process has no beginning.
    fn new(process: Process, seed: u64) -> Self {
        let mut measured = Measured { process, random: fastrand::Rng::with_seed(seed), state: 0.0 };
        measured.state = match process {
            Process::Independent => 0.0,
            Process::Autoregressive(_) => measured.normal(),
            Process::Queue(busy) if measured.random.f64() < busy => measured.exponential() / (1.0 - busy),
            Process::Queue(_) => 0.0,
        };
        measured
    }

    fn exponential(&mut self) -> f64 {
        exponential(&mut self.random, 1.0)
    }

    fn normal(&mut self) -> f64 {
        normal(&mut self.random)
    }

    fn next(&mut self) -> f64 {
        match self.process {
            Process::Independent => self.exponential(),
            Process::Autoregressive(correlation) => {
                self.state = correlation * self.state + (1.0 - correlation * correlation).sqrt() * self.normal();
                (self.state / 2.0).exp()
            }
            Process::Queue(busy) => {
                let time = self.state + self.exponential();
                self.state = (time - self.exponential() / busy).max(0.0);
                time
            }
        }
    }
}

impl Process {
    fn quantile(self, quantile: f64) -> f64 {
        match self {
            Process::Independent => -(1.0 - quantile).ln(),
            Process::Autoregressive(_) => {
                use statrs::distribution::{ContinuousCDF, Normal};
                (Normal::standard().inverse_cdf(quantile) / 2.0).exp()
            }
            Process::Queue(busy) => -(1.0 - quantile).ln() / (1.0 - busy),
        }
    }
}

/// The share of `runs` whose interval has the true quantile in it, if each ends once the interval is within `share` of it.
/// Nothing ends a run before, which would leave those that happen to look precise.
fn coverage(process: Process, quantile: f64, share: f64, runs: u64) -> f64 {
    let truth = process.quantile(quantile);
    let covered = (0..runs).filter(|&run| {
        let mut measured = Measured::new(process, run.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ quantile.to_bits());
        let mut batches = QuantileBatches::new(quantile);
        let intervals = (0..).filter_map(|n| batches.end(n, Some((measured.next() * UNIT) as u64)));
        let mut narrow = intervals.filter(|interval| interval.within <= share * interval.estimate);
        let interval = narrow.next().expect("measuring goes on until then");
        (truth * UNIT - interval.estimate).abs() <= interval.within
    });
    covered.count() as f64 / runs as f64
}

/// What the documentation promises of a nominal 95 %.
const PROMISED: f64 = 0.92;

/// How many runs each case has: more, and at all percentiles, with `COVERAGE_RUNS=1000 cargo test --release --lib coverage`.
const RUNS: u64 = 300;

/// Checks percentiles that are quick to simulate, or all of them if more runs are asked for.
fn covers(process: Process, quick: &[(f64, f64)]) {
    let asked = env::var("COVERAGE_RUNS").ok().map(|runs| runs.parse().expect("COVERAGE_RUNS is a number"));
    let all = [0.5, 0.9, 0.95, 0.99].into_iter().flat_map(|quantile| [0.2, 0.1, 0.05].map(|share| (quantile, share)));
    let cases = if asked.is_some() { all.collect() } else { quick.to_vec() };
    for (quantile, share) in cases {
        let covered = coverage(process, quantile, share, asked.unwrap_or(RUNS));
        println!("{process:?} p{} ±{} %: {:.1} %", quantile * 100.0, share * 100.0, covered * 100.0);
        assert!(covered >= PROMISED, "{process:?} p{} ±{share}: {covered}", quantile * 100.0);
    }
}

#[test]
fn intervals_of_independent_measurements_cover_the_true_quantile_as_often_as_promised() {
    covers(Process::Independent, &[(0.5, 0.05), (0.75, 0.05)]);
}

#[test]
fn intervals_of_an_autoregressive_process_cover_the_true_quantile_as_often_as_promised() {
    covers(Process::Autoregressive(0.9), &[(0.5, 0.1)]);
}

#[test]
fn intervals_of_a_queue_cover_the_true_quantile_as_often_as_promised() {
    covers(Process::Queue(0.8), &[(0.5, 0.2), (0.75, 0.2)]);
}
