//! The limits of what is trusted, and that more of what raises doubt never takes one away.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;

use super::{BEGIN, lags, ms, recorder};
use crate::model::{Blocked, MissedBy};
use crate::report::load::doubt::{SecondP99, doubtful_seconds, doubts};
use crate::report::load::{Cpu, Doubt, LoadFacts, MissedStarts, Share, Waits};

fn causes(load: &LoadFacts, p99_us: Option<u64>) -> Vec<&'static str> {
    doubts(load, p99_us).iter().map(Doubt::as_str).collect()
}

#[test]
fn a_generator_may_be_late_by_a_millisecond_or_by_five_percent() {
    for (lag, p99, allowed) in [
        (1_000, None, None),
        (1_001, None, Some(1_000)),
        (1_000, Some(0), None),
        (1_001, Some(20_000), Some(1_000)),
        (2_000, Some(40_000), None),
        (2_001, Some(40_000), Some(2_000)),
    ] {
        let expected: Vec<_> = allowed.map(|allowed_us| Doubt::Lag { p99_us: lag, allowed_us }).into_iter().collect();
        assert_eq!(doubts(&lags(&[lag; 10]), p99), expected, "{lag} {p99:?}");
    }
    // One in a hundred may be later, two may not.
    let late = |count| [vec![10; 100 - count], vec![50_000; count]].concat();
    assert_eq!((causes(&lags(&late(1)), None), causes(&lags(&late(2)), None)), (vec![], vec!["lag"]));
}

#[test]
fn haul_may_use_ninety_percent_of_its_cores() {
    for (used, expected) in [(1800, vec![]), (1801, vec!["cpu"]), (2000, vec!["cpu"])] {
        let mut recorder = recorder();
        recorder.cpu(ms(0), ms(70));
        recorder.start(ms(0));
        recorder.cpu(ms(1000), ms(70 + used));
        let load = recorder.facts(ms(1000));
        assert_eq!(causes(&load, None), expected, "{used}");
        assert_eq!(doubtful_seconds(&load, &[]).len(), expected.len());
    }
}

#[test]
fn starts_may_wait_for_one_percent_of_the_time() {
    for (output, memory, expected) in
        [(100, 0, vec![]), (50, 50, vec![]), (101, 0, vec!["waits"]), (51, 50, vec!["waits"])]
    {
        let mut recorder = recorder();
        recorder.blocked(ms(output), Blocked::Output);
        recorder.blocked(ms(output + memory), Blocked::Memory);
        recorder.start(ms(10_000));
        assert_eq!(causes(&recorder.facts(ms(10_000)), None), expected, "{output} {memory}");
    }
}

#[test]
fn no_start_may_be_missed() {
    for by in MissedBy::ALL {
        let mut recorder = recorder();
        recorder.start(ms(0));
        assert_eq!(causes(&recorder.facts(ms(10)), None), [""; 0]);
        recorder.miss(ms(1), by);
        assert_eq!(causes(&recorder.facts(ms(10)), None), ["missed"]);
    }
}

#[test]
fn nothing_at_all_is_not_in_doubt() {
    assert_eq!(doubts(&LoadFacts::default(), None), []);
    assert_eq!(doubtful_seconds(&LoadFacts::default(), &[]), []);
}

#[test]
fn doubts_are_told_in_plain_words() {
    let missed = MissedStarts { in_flight: 20, output: 1207, ..MissedStarts::default() };
    let waits =
        |output, memory| Doubt::Waits(Waits { output: Share::of(output, 1000), memory: Share::of(memory, 1000) });
    let cpu = |share, cores| Doubt::Cpu(Cpu { share: Share::of(share, 1000), cores });
    for (doubt, told) in [
        (Doubt::Lag { p99_us: 41_000, allowed_us: 1_000 }, "the generator was late by 41 ms at p99 (allowed: 1 ms)"),
        (
            Doubt::Lag { p99_us: 1_234_567, allowed_us: 15_400 },
            "the generator was late by 1.23 s at p99 (allowed: 15.4 ms)",
        ),
        (cpu(960, 2), "haul used 96 % of its 2 cores (allowed: 90 %)"),
        (cpu(901, 1), "haul used 90.1 % of its core (allowed: 90 %)"),
        (waits(30, 0), "3 % of the time went to waiting for the output (allowed: 1 %)"),
        (
            waits(6, 7),
            "0.6 % of the time went to waiting for the output and 0.7 % of the time went to waiting for memory \
             (allowed: 1 %)",
        ),
        (
            Doubt::Missed(missed),
            "1,227 starts were missed: 20 because of the limit on requests in flight, 1,207 because of the output",
        ),
        (
            Doubt::Missed(MissedStarts { host_limit: 1, ..MissedStarts::default() }),
            "1 start was missed because of the limits of hosts",
        ),
    ] {
        assert_eq!(doubt.to_string(), told);
    }
}

#[test]
fn seconds_are_judged_by_their_own_latency() {
    let mut recorder = recorder();
    for second in 0..4 {
        recorder.start(ms(1000 * second));
        recorder.sent(ms(1000 * second), ms(5));
    }
    let load = recorder.facts(ms(4000));
    let p99 = |second, width_s, p99_us| SecondP99 { second: BEGIN + second, width_s, p99_us };
    let doubtful = |p99s: &[SecondP99]| {
        let seconds = doubtful_seconds(&load, p99s).into_iter();
        seconds.map(|second| second.second - BEGIN).collect::<Vec<_>>()
    };
    assert_eq!(doubtful(&[]), [0, 1, 2, 3]);
    let each = [p99(0, 1, 100_000), p99(1, 1, 99_980), p99(3, 1, 100_000)];
    assert_eq!(doubtful(&each), [1, 2]);
    // Of wider latencies each second has the one that it is part of.
    assert_eq!(doubtful(&[p99(0, 2, 100_000), p99(2, 2, 99_980)]), [2, 3]);
}

/// What a run does in some second.
#[derive(Debug, Clone)]
enum Step {
    Sent { at: u64, lag: u64 },
    Missed { at: u64, by: usize },
    Waited { ms: u64, output: bool },
    Cpu { ms: u64 },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (0..5_000u64, 0..4_000u64).prop_map(|(at, lag)| Step::Sent { at, lag }),
        1 => (0..5_000u64, 0..MissedBy::ALL.len()).prop_map(|(at, by)| Step::Missed { at, by }),
        1 => (0..40u64, any::<bool>()).prop_map(|(ms, output)| Step::Waited { ms, output }),
        1 => (0..600u64).prop_map(|ms| Step::Cpu { ms }),
    ];
    vec(step, 0..60)
}

/// A run that lasts ten seconds in any case.
fn run(steps: &[Step], more: impl Fn(usize) -> u64) -> LoadFacts {
    let mut recorder = recorder();
    let (mut now, mut used) = (0, 0);
    recorder.cpu(ms(0), ms(0));
    recorder.start(ms(10_000));
    for (place, step) in steps.iter().enumerate() {
        match *step {
            Step::Sent { at, lag } => {
                recorder.start(ms(at));
                recorder.sent(ms(at), Duration::from_micros(lag + more(place)));
            }
            Step::Missed { at, by } => recorder.miss(ms(at), MissedBy::ALL[by]),
            Step::Waited { ms: time, output } => {
                now += 100;
                recorder.blocked(ms(now - time), Blocked::Rate);
                recorder.blocked(ms(now), if output { Blocked::Output } else { Blocked::Memory });
            }
            Step::Cpu { ms: time } => used += time,
        }
    }
    recorder.cpu(ms(10_000), ms(used));
    recorder.facts(ms(10_000))
}

fn names(doubts: &[Doubt]) -> Vec<&'static str> {
    doubts.iter().map(Doubt::as_str).collect()
}

fn includes(more: &[&str], less: &[&str]) -> bool {
    less.iter().all(|name| more.contains(name))
}

proptest! {
    #[test]
    fn more_lag_never_removes_a_doubt(steps in steps(), more in vec(0..3_000u64, 60), p99 in any::<Option<u32>>()) {
        let (before, after) = (run(&steps, |_| 0), run(&steps, |place| more[place]));
        let p99 = p99.map(|p99| u64::from(p99) / 1000);
        prop_assert!(includes(&causes(&after, p99), &causes(&before, p99)));
        // Latency includes the lag, and grows by as much at most.
        let later = p99.map(|p99| p99 + after.lag_us(0.99).unwrap_or(0).saturating_sub(before.lag_us(0.99).unwrap_or(0)));
        prop_assert!(includes(&causes(&after, later), &causes(&before, p99)));
        let (before, after) = (doubtful_seconds(&before, &[]), doubtful_seconds(&after, &[]));
        for second in &before {
            let after = after.iter().find(|other| other.second == second.second);
            prop_assert!(after.is_some_and(|after| includes(&names(&after.doubts), &names(&second.doubts))));
        }
    }

    #[test]
    fn a_step_that_is_not_a_start_never_removes_a_doubt(steps in steps(), another in steps()) {
        let worse = another.into_iter().filter(|step| !matches!(step, Step::Sent { .. }));
        let worse: Vec<_> = steps.iter().cloned().chain(worse).collect();
        prop_assert!(includes(&causes(&run(&worse, |_| 0), None), &causes(&run(&steps, |_| 0), None)));
    }

    #[test]
    fn a_slower_answer_never_adds_a_doubt(steps in steps(), p99 in 0..200_000u64, more in 0..200_000u64) {
        let load = run(&steps, |_| 0);
        prop_assert!(includes(&causes(&load, Some(p99)), &causes(&load, Some(p99 + more))));
    }

    #[test]
    fn another_machine_never_removes_a_doubt_but_about_lag(a in steps(), b in steps()) {
        let (a, b) = (run(&a, |_| 0), run(&b, |_| 0));
        let mut both = a.clone();
        both.merge(&b);
        let kept: Vec<_> = causes(&a, None).into_iter().filter(|cause| *cause != "lag").collect();
        prop_assert!(includes(&causes(&both, None), &kept));
        // Lags add up: that of both lies between the two, to the three digits of the histogram.
        let [of_a, of_b, of_both] = [&a, &b, &both].map(|load| load.lag_us(0.99));
        if let (Some(a), Some(b), Some(both)) = (of_a, of_b, of_both) {
            prop_assert!(both >= a.min(b) && both - both / 1_000 <= a.max(b), "{a} {b} {both}");
        }
    }
}
