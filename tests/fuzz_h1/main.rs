//! The HTTP/1.1 client against hyper's, over random mutations of valid answers, cut into random pieces.
//!
//! Both have to find the same status, the same body and the same end. Where the two are meant to differ, an answer is
//! first rewritten into what hyper needs to find the same: [`canonical`] has the reasons. Nothing else may differ.
//!
//! A test runs a fixed number of cases. `FUZZ_SECONDS=3600 cargo test --release --test fuzz_h1` goes on for an hour from
//! a seed of its own, and `FUZZ_SEED` repeats one. `cargo +nightly fuzz run h1` has libFuzzer choose the cases.

mod canonical;
mod compare;
mod lean;
mod mutate;
mod reference;

use std::time::{Duration, Instant};

pub(crate) use compare::{Case, End, Verdict, judge};
use mutate::Mutator;

/// How many cases a plain test runs.
const CASES: usize = 4_000;

/// How many cases share a runtime and its clients.
const BATCH: usize = 500;

/// Runs cases from `seed` on, and returns what is wrong.
fn run(seed: u64, cases: usize) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut mutator = Mutator::new(seed);
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime, async {
        let lean = lean::Lean::new().await;
        let mut wrong = Vec::new();
        for number in 0..cases {
            let case = mutator.case();
            if let Some(why) = judge(&lean, &case).await {
                wrong.push(format!("seed {seed}, case {number}: {why}"));
            }
        }
        wrong
    })
}

#[test]
fn hyper_and_the_client_agree() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let mut wrong = Vec::new();
    match (number("FUZZ_SEED"), number("FUZZ_SECONDS")) {
        (Some(seed), _) => wrong = run(seed, BATCH),
        (None, None) => {
            for seed in 0..(CASES / BATCH) as u64 {
                wrong.extend(run(seed, BATCH));
            }
        }
        (None, Some(seconds)) => {
            let (begun, first) = (Instant::now(), fastrand::u64(..));
            for seed in (0..).map(|n| first.wrapping_add(n)) {
                wrong.extend(run(seed, BATCH));
                if begun.elapsed() > Duration::from_secs(seconds) || wrong.len() > 20 {
                    eprintln!("{} cases from seed {first} on", (seed.wrapping_sub(first) + 1) * BATCH as u64);
                    break;
                }
            }
        }
    }
    let shown: Vec<String> = wrong.iter().take(20).cloned().collect();
    assert!(wrong.is_empty(), "{} cases differ:\n\n{}", wrong.len(), shown.join("\n\n"));
}

/// A harness that calls everything equal would prove nothing.
#[test]
fn the_harness_sees_differences() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let read = |bytes: &[u8]| {
        let case = Case { bytes: bytes.to_vec(), cuts: vec![bytes.len() / 2], to_head: false };
        tokio::task::LocalSet::new().block_on(&runtime, reference::read(&case))
    };
    let whole = read(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
    assert_eq!(whole, Verdict { status: Some(200), body: b"hi".to_vec(), end: End::Complete });
    let cut = read(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi");
    assert_eq!(cut, Verdict { end: End::Closed, ..whole.clone() });
    let chunks = read(b"HTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\nx");
    assert_eq!(chunks, Verdict { status: Some(404), end: End::Protocol, ..whole });
    assert_eq!(read(b"HTTP/1.1 200 OK\r\nX-A: a"), Verdict::no_head(End::Closed));
    assert_eq!(read(b"HTTP/1.1 2x0 OK\r\n\r\n"), Verdict::no_head(End::Protocol));
}
