//! The parsers of what others write, over random mutations of good examples: lists, `Link`, `Set-Cookie`, robots.txt,
//! saved records. None may panic, and each keeps a promise of its own, which its file names.
//!
//! A test runs a fixed number of cases. `FUZZ_SECONDS=60 cargo test --test fuzz_parsers` spends a minute on all of them,
//! from a random seed on or from `FUZZ_SEED` on, which alone repeats one batch. `cargo +nightly fuzz run lists` has
//! libFuzzer choose the cases.

mod link;
mod lists;
mod mutate;
mod records;
mod robots;
mod seeds;
mod set_cookie;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use mutate::Mutator;

/// How many cases a plain test runs.
const CASES: usize = 3_000;

/// How many cases have one seed.
const BATCH: usize = 500;

/// How many parsers share the time.
const PARSERS: u64 = 5;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}

/// Runs `check` over the cases of one seed.
fn batch(seed: u64, seeds: &'static [&'static str], check: fn(&[u8])) {
    let mut mutator = Mutator::new(seed, seeds);
    for number in 0..BATCH {
        let case = mutator.case();
        if catch_unwind(AssertUnwindSafe(|| check(&case))).is_err() {
            panic!("seed {seed}, case {number}: {:?}", String::from_utf8_lossy(&case));
        }
    }
}

fn fuzz(seeds: &'static [&'static str], check: fn(&[u8])) {
    seeds.iter().for_each(|seed| check(seed.as_bytes()));
    match (number("FUZZ_SEED"), number("FUZZ_SECONDS")) {
        (Some(seed), None) => batch(seed, seeds, check),
        (None, None) => (0..(CASES / BATCH) as u64).for_each(|seed| batch(seed, seeds, check)),
        (seed, Some(seconds)) => {
            let (begun, mut seed) = (Instant::now(), seed.unwrap_or_else(|| fastrand::u64(..)));
            while begun.elapsed() < Duration::from_secs(seconds) / PARSERS as u32 {
                batch(seed, seeds, check);
                seed = seed.wrapping_add(1);
            }
        }
    }
}

#[test]
fn lists_are_read() {
    fuzz(seeds::LISTS, lists::check);
}

#[test]
fn links_are_read() {
    fuzz(seeds::LINKS, link::check);
}

#[test]
fn cookies_are_read() {
    fuzz(seeds::COOKIES, set_cookie::check);
}

#[test]
fn robots_are_read() {
    fuzz(seeds::ROBOTS, robots::check);
}

#[test]
fn records_are_read() {
    fuzz(seeds::RECORDS, records::check);
}

/// A harness that finds nothing whatever happens would prove nothing.
#[test]
#[should_panic(expected = "seed 0, case ")]
fn the_harness_sees_a_panic() {
    batch(0, seeds::LINKS, |case| assert!(!case.contains(&b'\0'), "on purpose"));
}
