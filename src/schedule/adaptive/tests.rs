//! The limit on simulated hosts of known capacity, on simulated time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::RangeInclusive;
use std::time::Duration;

use proptest::prelude::*;

use super::{Adaptive, Signal};

const SERVICE: Duration = Duration::from_millis(100);

const SIGNALS: [Signal; 5] =
    [Signal::Answered, Signal::Overloaded, Signal::Failed, Signal::Unreachable, Signal::Nothing];

/// What a host does with a request that comes at an instant, while so many are with it.
trait Host {
    fn serve(&mut self, now: Duration, in_flight: usize) -> (Signal, Duration);
}

impl<F: FnMut(Duration, usize) -> (Signal, Duration)> Host for F {
    fn serve(&mut self, now: Duration, in_flight: usize) -> (Signal, Duration) {
        self(now, in_flight)
    }
}

/// Workers that take requests one after another, out of one queue.
struct Workers {
    /// When each is free. Their number depends on the time.
    free: Vec<Duration>,
    count: fn(Duration) -> usize,
    service: fn(Duration, &mut fastrand::Rng) -> Duration,
    chance: fastrand::Rng,
}

impl Workers {
    fn new(count: fn(Duration) -> usize, service: fn(Duration, &mut fastrand::Rng) -> Duration) -> Self {
        Workers { free: Vec::new(), count, service, chance: fastrand::Rng::with_seed(7) }
    }
}

impl Host for Workers {
    fn serve(&mut self, now: Duration, _: usize) -> (Signal, Duration) {
        self.free.sort_unstable();
        self.free.resize((self.count)(now), now);
        let next = self.free.iter_mut().min().expect("a worker");
        *next = now.max(*next) + (self.service)(now, &mut self.chance);
        (Signal::Answered, *next - now)
    }
}

/// A limiter before a host that is always fast: a bucket of `a_second / 5`, filled with `a_second`.
struct Limiter {
    a_second: f64,
    level: f64,
    at: Duration,
}

impl Limiter {
    fn new(a_second: f64) -> Self {
        Limiter { a_second, level: 0.0, at: Duration::ZERO }
    }
}

impl Host for Limiter {
    fn serve(&mut self, now: Duration, _: usize) -> (Signal, Duration) {
        let filled = self.level + self.a_second * (now - self.at).as_secs_f64();
        (self.level, self.at) = (filled.min(self.a_second / 5.0), now);
        if self.level < 1.0 {
            return (Signal::Overloaded, SERVICE / 10);
        }
        self.level -= 1.0;
        (Signal::Answered, SERVICE)
    }
}

/// What a span of a run showed.
#[derive(Debug)]
struct Span {
    /// The limit's mean over time.
    limit: f64,
    /// Answers a second.
    pace: f64,
    /// Answers that said "too much", of all.
    refused: f64,
    /// 95 of 100 answers took less, in milliseconds.
    p95: u128,
}

impl Span {
    #[track_caller]
    fn within(&self, limit: RangeInclusive<f64>, pace: RangeInclusive<f64>, p95: RangeInclusive<u128>) {
        assert!(limit.contains(&self.limit) && pace.contains(&self.pace) && p95.contains(&self.p95), "{self:?}");
    }
}

/// Keeps as many requests in flight as the limit lets it, `demand` at most, to the end of the last span.
fn run(host: &mut impl Host, demand: usize, max: usize, spans: &[(u64, u64)]) -> Vec<Span> {
    let end = Duration::from_secs(spans.iter().map(|span| span.1).max().unwrap());
    let mut adaptive = Adaptive::new();
    let mut wire = BinaryHeap::new();
    let mut answers: Vec<(Duration, usize, Signal, Duration)> = Vec::new();
    let (mut now, mut count) = (Duration::ZERO, 0_u64);
    while now < end {
        while wire.len() < adaptive.limit().min(demand) {
            let in_flight = wire.len() + 1;
            let (signal, takes) = host.serve(now, in_flight);
            // Requests that leave in the same instant do not arrive in it.
            let ends = now + takes + Duration::from_micros(count % 97);
            count += 1;
            wire.push(Reverse((ends, count, now, in_flight, signal as u8)));
        }
        let Reverse((ends, _, left, in_flight, signal)) = wire.pop().unwrap();
        let signal = SIGNALS[usize::from(signal)];
        now = ends;
        adaptive.observe(signal, now - left, left, now, in_flight, max);
        assert!((1..=max).contains(&adaptive.limit()));
        answers.push((now, adaptive.limit(), signal, now - left));
    }
    spans.iter().map(|&(from, to)| span(&answers, Duration::from_secs(from), Duration::from_secs(to))).collect()
}

fn span(answers: &[(Duration, usize, Signal, Duration)], from: Duration, to: Duration) -> Span {
    let answers: Vec<_> = answers.iter().filter(|(at, ..)| (from..to).contains(at)).collect();
    let weigh =
        |pair: &[&(Duration, usize, Signal, Duration)]| pair[0].1 as f64 * (pair[1].0 - pair[0].0).as_secs_f64();
    let (first, last) = (answers.first().expect("an answer").0, answers.last().expect("an answer").0);
    let is = |signal| answers.iter().filter(move |(_, _, other, _)| *other == signal);
    let mut took: Vec<_> = is(Signal::Answered).map(|(.., took)| took.as_millis()).collect();
    took.sort_unstable();
    Span {
        limit: answers.windows(2).map(weigh).sum::<f64>() / (last - first).as_secs_f64(),
        pace: took.len() as f64 / (to - from).as_secs_f64(),
        refused: is(Signal::Overloaded).count() as f64 / answers.len() as f64,
        p95: took.get(took.len() * 95 / 100).copied().unwrap_or_default(),
    }
}

fn steady(_: Duration, _: &mut fastrand::Rng) -> Duration {
    SERVICE
}

/// Half as long to one and a half times as long.
fn uneven(_: Duration, chance: &mut fastrand::Rng) -> Duration {
    SERVICE.mul_f64(0.5 + chance.f64())
}

/// Most answers are fast, a few take ten times as long.
fn memoryless(_: Duration, chance: &mut fastrand::Rng) -> Duration {
    SERVICE.mul_f64(-(1.0 - chance.f64()).ln())
}

#[test]
fn it_is_small() {
    assert!(size_of::<Adaptive>() <= 64, "{}", size_of::<Adaptive>());
}

const PLENTY: usize = 1000;
const MAX: usize = 500;

/// That many workers keep up with ten times as many requests a second, so more than that many in flight only queue.
#[test]
fn finds_how_many_workers_a_host_has() {
    for service in [steady, uneven] {
        let spans = run(&mut Workers::new(|_| 10, service), PLENTY, MAX, &[(5, 120)]);
        spans[0].within(9.0..=15.0, 93.0..=101.0, 0..=220);
    }
    let spans = run(&mut Workers::new(|_| 100, uneven), PLENTY, MAX, &[(10, 120)]);
    spans[0].within(95.0..=125.0, 930.0..=1001.0, 0..=200);
    let spans = run(&mut Workers::new(|_| 1, uneven), PLENTY, MAX, &[(10, 120)]);
    spans[0].within(1.0..=3.0, 9.0..=11.0, 0..=450);
}

#[test]
fn answers_of_very_different_length_cost_some_of_the_pace() {
    let spans = run(&mut Workers::new(|_| 10, memoryless), PLENTY, MAX, &[(5, 120)]);
    spans[0].within(8.0..=13.0, 80.0..=101.0, 0..=400);
}

#[test]
fn follows_a_host_that_loses_half_of_its_workers_and_gets_them_back() {
    let workers = |at: Duration| if (60..120).contains(&at.as_secs()) { 10 } else { 20 };
    let spans = run(&mut Workers::new(workers, uneven), PLENTY, MAX, &[(10, 60), (62, 120), (130, 180)]);
    spans[0].within(18.0..=27.0, 180.0..=201.0, 0..=210);
    spans[1].within(8.0..=15.0, 90.0..=101.0, 0..=230);
    spans[2].within(18.0..=27.0, 180.0..=201.0, 0..=210);
}

#[test]
fn a_host_that_became_slower_for_good_is_believed_in_the_end() {
    fn thrice(at: Duration, chance: &mut fastrand::Rng) -> Duration {
        uneven(at, chance) * if at.as_secs() < 60 { 1 } else { 3 }
    }
    let spans = run(&mut Workers::new(|_| 20, thrice), PLENTY, MAX, &[(10, 60), (60, 70), (120, 180)]);
    spans[0].within(18.0..=27.0, 180.0..=201.0, 0..=210);
    spans[1].within(1.0..=10.0, 5.0..=60.0, 0..=600);
    spans[2].within(18.0..=27.0, 60.0..=67.0, 0..=600);
}

#[test]
fn stays_at_what_a_limiter_lets_through() {
    for a_second in [50.0, 200.0] {
        let spans = run(&mut Limiter::new(a_second), PLENTY, MAX, &[(10, 120)]);
        let fits = a_second / 10.0;
        spans[0].within(0.7 * fits..=1.2 * fits, 0.8 * a_second..=1.01 * a_second, 100..=101);
        assert!(spans[0].refused < 0.08, "{spans:?}");
    }
}

/// Each request in flight makes all others slower, so no limit is right; it only must not run away.
#[test]
fn does_not_run_away_on_a_host_that_slows_down_with_each_request() {
    let host = |_, in_flight| (Signal::Answered, SERVICE / 2 + SERVICE / 20 * in_flight as u32);
    let spans = run(&mut { host }, PLENTY, MAX, &[(10, 60), (600, 1200)]);
    spans[0].within(8.0..=25.0, 80.0..=200.0, 0..=250);
    spans[1].within(20.0..=60.0, 130.0..=200.0, 0..=400);
}

#[test]
fn reaches_the_limit_of_a_host_that_takes_all() {
    let spans = run(&mut |_, _| (Signal::Answered, SERVICE), PLENTY, 64, &[(2, 10)]);
    spans[0].within(63.9..=64.1, 639.0..=641.0, 100..=101);
}

#[test]
fn does_not_believe_in_what_was_never_tried() {
    let spans = run(&mut |_, _| (Signal::Answered, SERVICE), 5, MAX, &[(10, 60)]);
    spans[0].within(5.0..=10.0, 49.0..=51.0, 100..=101);
}

#[test]
fn fast_errors_speed_nothing_up() {
    let spans = run(&mut |_, _| (Signal::Failed, SERVICE / 20), PLENTY, MAX, &[(0, 60)]);
    spans[0].within(0.999..=1.001, 0.0..=0.0, 0..=0);

    // Ten workers, and errors in no time for every other request.
    let mut workers = Workers::new(|_| 10, steady);
    let mut count = 0;
    let mut host = |now, in_flight| {
        count += 1;
        if count % 2 == 0 { (Signal::Failed, SERVICE / 20) } else { workers.serve(now, in_flight) }
    };
    run(&mut host, PLENTY, MAX, &[(0, 60)])[0].within(0.999..=1.001, 5.0..=10.0, 100..=101);
}

#[test]
fn a_burst_of_refusals_lowers_the_limit_once() {
    let mut adaptive = Adaptive { limit: 100.0, usual: 0.1, ..Adaptive::new() };
    for at in 0..50 {
        let now = Duration::from_millis(1000 + at);
        adaptive.observe(Signal::Overloaded, SERVICE, Duration::from_millis(900 + at), now, 100, MAX);
    }
    assert_eq!(adaptive.limit(), 70);
    let (left, now) = (Duration::from_millis(1101), Duration::from_millis(1200));
    adaptive.observe(Signal::Overloaded, SERVICE, left, now, 70, MAX);
    assert_eq!(adaptive.limit(), 49, "what left a round trip later is news");
}

proptest! {
    /// Whatever is told, the limit is between one and the most; and without an answer it never rises.
    #[test]
    fn the_limit_keeps_its_bounds(
        max in 1_usize..200,
        told in prop::collection::vec((0_u8..5, 0_u64..20_000, 0_u64..500, 0_usize..200), 0..400),
    ) {
        let mut adaptive = Adaptive::new();
        let mut now = Duration::ZERO;
        for (signal, latency, step, in_flight) in told {
            let signal = SIGNALS[usize::from(signal)];
            let latency = Duration::from_millis(latency);
            now += Duration::from_millis(step);
            let before = adaptive.limit();
            adaptive.observe(signal, latency, now.saturating_sub(latency), now, in_flight, max);
            prop_assert!((1..=max).contains(&adaptive.limit()));
            prop_assert!(signal == Signal::Answered || adaptive.limit() <= before);
        }
    }
}
