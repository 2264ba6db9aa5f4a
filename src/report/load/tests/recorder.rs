//! What a recorder makes of a run.

use std::time::{Duration, SystemTime};

use super::{BEGIN, ms, recorder};
use crate::model::{Blocked, MissedBy};
use crate::report::MAX_INTERVALS;
use crate::report::load::{LoadFacts, LoadRecorder, Model, Share, Waits};

/// A run that begins half a second into a second, and warms up for one.
fn with_warm_up() -> LoadRecorder {
    LoadRecorder::new(SystemTime::UNIX_EPOCH + Duration::from_secs(BEGIN) + ms(500), ms(1000), 2)
}

/// What each second has, without those that have nothing of it.
fn by_second<T: Default + PartialEq>(
    facts: &LoadFacts,
    of: impl Fn(&super::super::second::Second) -> T,
) -> Vec<(u64, T)> {
    let seconds = facts.series.iter().map(|(second, counts)| (second - BEGIN, of(counts)));
    seconds.filter(|(_, of)| *of != T::default()).collect()
}

#[test]
fn starts_count_in_the_second_in_which_they_were_due() {
    let mut recorder = with_warm_up();
    for intended in [0, 999, 1000, 1499, 1500, 3000] {
        recorder.start(ms(intended));
        recorder.sent(ms(intended), Duration::from_micros(intended));
    }
    recorder.miss(ms(500), MissedBy::Memory);
    recorder.miss(ms(1500), MissedBy::InFlight);
    recorder.miss(ms(1500), MissedBy::Output);
    let facts = recorder.facts(ms(4000));
    assert_eq!((facts.asked, facts.started, facts.missed.total(), facts.runs), (6, 4, 2, 1));
    assert_eq!((facts.missed.in_flight, facts.missed.output, facts.missed.memory), (1, 1, 0));
    assert_eq!(by_second(&facts, |second| second.asked), [(1, 2), (2, 3), (3, 1)]);
    assert_eq!(by_second(&facts, |second| second.started), [(1, 2), (2, 1), (3, 1)]);
    assert_eq!(by_second(&facts, |second| second.missed.total()), [(2, 2)]);
    assert_eq!(by_second(&facts, |second| second.lag.at(1.0)), [(1, Some(1499)), (2, Some(1500)), (3, Some(3000))]);
    assert_eq!((facts.lag_us(0.0), facts.lag_us(1.0)), (Some(1000), Some(3000)));
}

#[test]
fn what_never_started_was_missed_when_it_was_due() {
    let mut recorder = recorder();
    recorder.miss_rest(ms(2500), MissedBy::Late, |_| 0);
    assert_eq!(recorder.facts(ms(10)).series.iter().count(), 0);
    let from_the_fourth_on = |time: Duration| (time.as_millis() as u64).saturating_sub(600) / 10;
    recorder.miss_rest(ms(2500), MissedBy::Late, from_the_fourth_on);
    let facts = recorder.facts(ms(10));
    assert_eq!((facts.asked, facts.started, facts.missed.late), (190, 0, 190));
    assert_eq!(by_second(&facts, |second| second.asked), [(0, 40), (1, 100), (2, 50)]);
}

#[test]
fn the_asked_rate_is_that_of_the_starts_that_were_due() {
    let mut recorder = recorder();
    (0..2000).for_each(|n| recorder.start(ms(5 * n)));
    assert_eq!(recorder.facts(ms(40_000)).asked_rate(), Some(200.0));
    (2000..4000).for_each(|n| recorder.miss(ms(5 * n), MissedBy::InFlight));
    assert_eq!(recorder.facts(ms(40_000)).asked_rate(), Some(200.0));
    let closed = recorder.with_model(Model::Closed);
    assert_eq!(closed.facts(ms(40_000)).asked_rate(), None);
}

#[test]
fn a_run_lasts_until_the_last_answer_and_at_least_until_the_next_start_would_be_due() {
    let mut recorder = recorder();
    recorder.start(ms(0));
    assert_eq!(recorder.facts(ms(900)).duration(), None);
    (1..200).for_each(|n| recorder.start(ms(5 * n)));
    recorder.answered(ms(995), ms(999));
    assert_eq!(recorder.facts(ms(40_000)).duration(), Some(ms(1_000)));
    recorder.answered(ms(5), ms(1_200));
    assert_eq!(recorder.facts(ms(40_000)).duration(), Some(ms(1_200)));
    let closed = recorder.with_model(Model::Closed);
    assert_eq!(closed.facts(ms(40_000)).duration(), Some(ms(1_200)));
}

#[test]
fn several_runs_ask_for_their_sum_only_at_the_same_time() {
    let run = |begin: u64| {
        let mut recorder =
            LoadRecorder::new(SystemTime::UNIX_EPOCH + Duration::from_secs(BEGIN + begin), Duration::ZERO, 2);
        (0..=2000).for_each(|n| recorder.start(ms(5 * n)));
        recorder.facts(ms(10_000))
    };
    let merged = |other: u64| {
        let mut facts = run(0);
        facts.merge(&run(other));
        facts.asked_rate().unwrap().round()
    };
    assert_eq!((merged(0), merged(100)), (400.0, 200.0));
}

#[test]
fn a_single_start_has_no_rate() {
    let mut recorder = recorder();
    assert_eq!(recorder.facts(ms(10)).asked_rate(), None);
    recorder.start(ms(0));
    assert_eq!(recorder.facts(ms(10)).asked_rate(), None);
}

#[test]
fn requests_in_flight_stay_so_until_they_change() {
    let mut recorder = with_warm_up();
    recorder.in_flight(ms(0), 9);
    recorder.in_flight(ms(100), 3);
    recorder.in_flight(ms(3000), 5);
    recorder.in_flight(ms(3100), 0);
    recorder.in_flight(ms(5000), 1);
    let facts = recorder.facts(ms(7000));
    let expected = [(1, 3), (2, 3), (3, 5), (5, 1), (6, 1), (7, 1)];
    assert_eq!((by_second(&facts, |second| second.in_flight), facts.peak_in_flight), (expected.to_vec(), 5));
}

#[test]
fn processor_time_counts_while_requests_start() {
    let mut recorder = with_warm_up();
    recorder.cpu(ms(0), ms(0));
    recorder.start(ms(900));
    recorder.start(ms(1000));
    recorder.cpu(ms(2000), ms(2000)); // half of it in the warm-up
    recorder.start(ms(2500));
    recorder.cpu(ms(3000), ms(3000));
    recorder.cpu(ms(60_000), ms(3001)); // only answers were awaited
    let facts = recorder.facts(ms(60_000));
    assert_eq!((facts.cpu.unwrap().share, facts.cpu.unwrap().cores), (Share::percent(50), 2));
    assert_eq!(facts.cpu_us, 2_000_000);
    let expected = [(1, Share::percent(25)), (2, Share::percent(50)), (3, Share::percent(25))];
    assert_eq!(by_second(&facts, |second| second.cpu), expected);
}

#[test]
fn without_a_clock_the_processor_is_not_known() {
    let mut recorder = recorder();
    recorder.start(ms(0));
    assert_eq!(recorder.facts(ms(1000)).cpu, None);
}

#[test]
fn only_waits_for_output_and_memory_count() {
    let mut recorder = with_warm_up();
    recorder.blocked(ms(900), Blocked::Rate);
    recorder.blocked(ms(1100), Blocked::Output); // half of it in the warm-up
    recorder.blocked(ms(2000), Blocked::Concurrency);
    recorder.blocked(ms(2600), Blocked::Memory);
    recorder.blocked(ms(2650), Blocked::Output);
    recorder.start(ms(11_000));
    let facts = recorder.facts(ms(60_000));
    assert_eq!((facts.output_wait_us, facts.memory_wait_us), (150_000, 600_000));
    // Of the ten seconds in which requests started.
    let of = |output, memory| Waits { output: Share::of(output, 1000), memory: Share::of(memory, 1000) };
    assert_eq!(facts.waits, of(15, 60));
    assert_eq!(by_second(&facts, |second| second.waits), [(1, of(100, 0)), (2, of(0, 500)), (3, of(50, 100))]);
}

#[test]
fn a_late_generator_takes_longer() {
    let mut recorder = recorder();
    recorder.blocked(ms(100), Blocked::Output);
    recorder.start(ms(0));
    recorder.sent(ms(0), ms(1000));
    assert_eq!(recorder.facts(ms(1000)).waits.output, Share::percent(10));
}

#[test]
fn the_time_of_every_step_counts() {
    let mut recorder = recorder();
    recorder.start(ms(0));
    recorder.blocked(ms(100), Blocked::Output);
    recorder.start(ms(1000));
    recorder.leave_out_until(ms(3000));
    recorder.start(ms(4000));
    assert_eq!(recorder.facts(ms(4000)).waits.output, Share::percent(5)); // 0.1 s of 1 s and 1 s
}

#[test]
fn the_series_is_bounded() {
    let mut recorder = recorder();
    for second in 0..MAX_INTERVALS as u64 {
        recorder.start(ms(1000 * second));
    }
    let facts = recorder.facts(ms(0));
    assert_eq!((facts.series.width_s(), facts.series.iter().count()), (1, MAX_INTERVALS));
    recorder.start(ms(1000 * MAX_INTERVALS as u64));
    let facts = recorder.facts(ms(0));
    assert_eq!((facts.series.width_s(), facts.series.iter().count()), (2, MAX_INTERVALS / 2 + 1));
    assert_eq!(facts.series.iter().map(|(_, second)| second.asked).sum::<u64>(), facts.asked);
    recorder.start(Duration::from_secs(1_000_000_000));
    let facts = recorder.facts(ms(0));
    assert_eq!((facts.series.width_s(), facts.series.iter().count()), (1 << 18, 2));
}
