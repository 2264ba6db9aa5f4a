//! Starts that do not depend on answers.

use proptest::prelude::*;

use super::*;

#[test]
fn a_constant_rate_starts_evenly() {
    let (due, ended) = starts(&constant("3/s").lasting(SECOND));
    assert_eq!(due, [0, 333_333_333, 666_666_666].map(Duration::from_nanos));
    assert_eq!(ended, SECOND, "the run lasts as long as it is told to");
}

#[test]
fn a_billion_starts_add_up_to_no_drift() {
    use super::super::arrivals::Position;
    use super::super::timetable::Timetable;

    let time_of = |rate: &str, whole| {
        let mut timetable = Timetable::new(&Pace::Constant(rate.parse().unwrap()));
        timetable.time_of(Position { whole, fraction: 0.0 }).unwrap()
    };
    assert_eq!(time_of("7/s", 7_000_000_000), Duration::from_secs(1_000_000_000));
    assert_eq!(time_of("7/s", 7_000_000_001), Duration::new(1_000_000_000, 142_857_142));
    assert_eq!(time_of("20k/s", 1_000_000_000), Duration::from_secs(50_000));
    assert_eq!(time_of("0.3/s", 3_000_000_000), Duration::from_secs(10_000_000_000));
    assert_eq!(time_of("1/d", u64::MAX), Duration::MAX);
}

#[test]
fn the_number_of_requests_is_exact() {
    for load in [constant("7/m"), constant("20k/s"), constant("9/s").at_random(), stages("0..50/s@10s")] {
        let load = load.requests(41);
        let (due, ended) = starts(&load);
        assert_eq!((due.len(), Pacer::new(&load).expected_starts()), (41, Some(41)));
        assert_eq!(ended, due[40], "nothing is left to wait for");
        let (due, _) = starts(&load.after(ms(30)));
        assert_eq!(due.iter().filter(|due| **due >= ms(30)).count(), 41);
    }
}

#[test]
fn whichever_end_comes_first_counts() {
    let load = constant("10/s").requests(15);
    assert_eq!(starts(&load.clone().lasting(SECOND)).0.len(), 10);
    assert_eq!(starts(&load.lasting(SECOND * 2)).0.len(), 15);
    let stages = stages("10/s@3s");
    assert_eq!(starts(&stages.clone().lasting(SECOND)), starts(&constant("10/s").lasting(SECOND)));
    assert_eq!(starts(&stages.lasting(SECOND * 5)).1, SECOND * 3);
}

#[test]
fn a_warm_up_comes_on_top() {
    let load = constant("10/s").lasting(SECOND).after(ms(250));
    let (due, ended) = starts(&load);
    let (warm_up, counted) = due.split_at(3);
    assert_eq!(warm_up, [ms(0), ms(100), ms(200)]);
    assert_eq!((counted[0], counted[9], counted.len(), ended), (ms(250), ms(1150), 10, ms(1250)));
    let pacer = Pacer::new(&load);
    assert_eq!((pacer.expected_starts(), pacer.end()), (Some(10), Some(ms(1250))));
}

#[test]
fn stages_warm_up_at_the_rate_with_which_they_begin() {
    let warm_up = |text: &str| {
        let load = stages(text).after(SECOND * 4);
        let (due, ended) = starts(&load);
        let pacer = Pacer::new(&load);
        assert_eq!(pacer.end(), Some(ended));
        let count = due.iter().filter(|due| **due < SECOND * 4).count();
        assert_eq!(due.len() - count, pacer.expected_starts().unwrap() as usize);
        assert_eq!(pacer.rate_at(SECOND), Some(count as f64 / 4.0));
        count
    };
    assert_eq!(warm_up("5/s..50/s@2s,10/s@2s"), 20);
    assert_eq!(warm_up("0..50/s@2s,10/s@2s"), 100, "half way up the first ramp");
    assert_eq!(warm_up("0@2s,10/s..0@2s"), 20);
}

#[test]
fn the_counted_starts_do_not_depend_on_the_warm_up() {
    let counted = |warm_up: Duration| {
        let (due, _) = starts(&constant("50/s").at_random().lasting(SECOND * 2).after(warm_up));
        due.into_iter().filter_map(|due| due.checked_sub(warm_up)).collect::<Vec<_>>()
    };
    assert_eq!(counted(Duration::ZERO), counted(SECOND));
    assert_eq!(counted(Duration::ZERO), counted(ms(1500)));
}

#[test]
fn stages_follow_the_cumulative_rate() {
    let (due, ended) = starts(&stages("0..100/s@10s, 100/s@5s, 0@3s, 100/s..0@10s"));
    // The integral of the rate at the end of each second.
    let ramp = |t: u64| 5 * t * t;
    let expected = |second: u64| match second {
        0..=10 => ramp(second),
        11..=15 => 500 + 100 * (second - 10),
        16..=18 => 1000,
        _ => 1500 - ramp(28 - second),
    };
    for second in 0..=28 {
        let count = due.iter().filter(|due| **due < Duration::from_secs(second)).count() as u64;
        assert!(count.abs_diff(expected(second)) <= 1, "{count} starts in {second} s");
    }
    assert_eq!((due.len(), ended), (1500, SECOND * 28));
    assert!(due.iter().all(|due| !(SECOND * 15..SECOND * 18).contains(due)), "a start at a rate of zero");
    assert_eq!(due[1000], SECOND * 18, "the first start after a pause is the first after it");
    assert_eq!(due[125], SECOND * 5);
}

#[test]
fn stages_that_begin_or_end_with_zero_keep_their_time() {
    let (due, ended) = starts(&stages("0@2s, 2/s@1s, 0@5s"));
    assert_eq!((due, ended), (vec![ms(2000), ms(2500)], SECOND * 8));
}

#[test]
fn sums_that_are_almost_whole_count_as_whole() {
    // 0.1 ten times is not 1 in floating point: it must neither add a start nor lose one.
    let tenth = vec!["0.1/s@1s"; 30].join(",");
    let (due, _) = starts(&stages(&tenth));
    assert_eq!(due, [ms(0), ms(10_000), ms(20_000)]);
    assert_eq!(starts(&stages("7/m..0.7/s@30s,0.7/s..0@30s")).0.len(), 23);
}

#[test]
fn the_rate_at_a_time_is_that_of_its_stage() {
    let pacer = Pacer::new(&stages("0..100/s@10s, 20/s@5s").after(SECOND));
    let rates = [1, 6, 10, 11, 15, 16, 99].map(|second| pacer.rate_at(Duration::from_secs(second)).unwrap());
    assert_eq!(rates, [0.0, 50.0, 90.0, 20.0, 20.0, 0.0, 0.0]);
    assert_eq!(Pacer::new(&constant("30/m")).rate_at(SECOND * 1000), Some(0.5));
    assert_eq!(Pacer::new(&constant("30/m").lasting(SECOND)).rate_at(SECOND), Some(0.0));
    assert_eq!(Pacer::new(&closed(1, ms(0))).rate_at(SECOND), None);
}

#[test]
fn late_starts_keep_their_times() {
    let mut pacer = Pacer::new(&constant("10/s").lasting(SECOND));
    for due in [0, 100, 200] {
        assert_eq!(pacer.next(ms(299)), PacerStep::Start(ms(due)));
    }
    assert_eq!(pacer.next(ms(299)), PacerStep::Wait(ms(300)));
    assert_eq!(pacer.next(ms(299)), PacerStep::Wait(ms(300)), "asking does not change anything");
    for due in 3..10 {
        assert_eq!(pacer.next(ms(1100)), PacerStep::Start(ms(due * 100)), "the last ones may be late");
    }
    assert_eq!((pacer.next(ms(1100)), pacer.not_started(SECOND)), (PacerStep::Stop, 0));
}

#[test]
fn a_run_that_is_far_too_late_ends() {
    let late = |load: Load, started: usize| {
        let mut pacer = Pacer::new(&load);
        for _ in 0..started {
            assert!(matches!(pacer.next(SECOND), PacerStep::Start(_)));
        }
        assert_eq!(pacer.next(SECOND + START_GRACE), PacerStep::Stop);
        assert_eq!(pacer.not_started(SECOND * 9), pacer.not_started(SECOND));
        pacer.not_started(SECOND)
    };
    assert_eq!(late(constant("1000/s").lasting(SECOND), 400), 600);
    assert_eq!(late(constant("1000/s").lasting(SECOND).requests(450), 400), 50);
    assert_eq!(late(stages("0..2000/s@1s"), 1), 999);
    assert_eq!(late(constant("1000/s").lasting(ms(500)).after(ms(500)), 400), 500, "the warm-up does not count");
    assert_eq!(late(constant("1000/s").lasting(ms(500)).after(ms(500)), 600), 400);
    let random = late(constant("1000/s").lasting(SECOND).at_random(), 400);
    assert!((500..700).contains(&random), "{random}");
}

#[test]
fn poisson_arrivals_are_as_many_as_the_rate_says() {
    // 10,000 arrivals have a standard deviation of 100; the squared coefficient of variation of their gaps is 1.
    let (due, _) = starts(&constant("100/s").lasting(SECOND * 100).at_random());
    assert!((9_600..10_400).contains(&due.len()), "{}", due.len());
    let gaps: Vec<f64> = due.windows(2).map(|pair| (pair[1] - pair[0]).as_secs_f64()).collect();
    let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
    let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / gaps.len() as f64;
    assert!((variance / mean.powi(2) - 1.0).abs() < 0.06, "{}", variance / mean.powi(2));
}

#[test]
fn poisson_arrivals_follow_stages() {
    let (due, _) = starts(&stages("0..400/s@50s, 0@10s, 100/s@50s").at_random());
    let before = |second: u32| due.iter().filter(|due| **due < SECOND * second).count();
    let near = |count: usize, mean: usize| count.abs_diff(mean) as f64 <= 4.0 * (mean as f64).sqrt();
    assert!(near(before(25), 2_500) && near(before(50), 10_000) && near(due.len(), 15_000), "{}", due.len());
    assert_eq!(before(50), before(60), "a start at a rate of zero");
}

fn any_load() -> impl Strategy<Value = Load> {
    let rate = (1u32..2000, prop::sample::select(vec!["s", "m"])).prop_map(|(n, per)| constant(&format!("{n}/{per}")));
    let stage = (0u32..300, 0u32..300, 1u64..4000).prop_map(|(from, to, ms)| format!("{from}/s..{to}/s@{ms}ms"));
    let stages = prop::collection::vec(stage, 1..6).prop_map(|all| stages(&format!("1/s@1s,{}", all.join(","))));
    let end = (prop::option::of(1u64..2000), 1u64..2000, 0u64..500, any::<u64>(), any::<bool>());
    (prop_oneof![rate, stages], end).prop_map(|(load, (requests, duration, warm_up, seed, random))| {
        let load = Load { requests: requests.and_then(NonZeroU64::new), ..load };
        let load = load.lasting(ms(duration)).after(ms(warm_up)).seeded(seed);
        if random { load.at_random() } else { load }
    })
}

proptest! {
    #[test]
    fn each_second_of_a_constant_rate_has_its_count(count in 1u32..10_000, seconds in 1u32..4) {
        let (due, _) = starts(&constant(&format!("{count}/s")).lasting(SECOND * seconds));
        for second in 0..seconds {
            prop_assert_eq!(in_second(&due, SECOND * second), count as usize);
        }
    }

    #[test]
    fn starts_are_in_order_repeatable_and_before_the_end(load in any_load()) {
        let (due, ended) = starts(&load);
        prop_assert!(due.is_sorted());
        prop_assert_eq!(&starts(&load).0, &due);
        let pacer = Pacer::new(&load);
        let end = pacer.end().unwrap();
        prop_assert!(ended <= end && due.iter().all(|due| *due < end));
        let counted = due.iter().filter(|due| **due >= load.warm_up).count() as u64;
        let random = matches!(load.model, LoadModel::Open { arrivals: Arrivals::Poisson, .. });
        if !random {
            prop_assert!(counted.abs_diff(pacer.expected_starts().unwrap()) <= 1, "{:?} {}", pacer, counted);
        }
        prop_assert!(load.requests.is_none_or(|most| counted <= most.get()));
    }

    #[test]
    fn constant_starts_are_as_many_as_expected(
        count in 1u32..5000, per in prop::sample::select(vec!["s", "m", "h"]), end in 1u64..3_000_000_000,
    ) {
        let load = constant(&format!("{count}/{per}")).lasting(Duration::from_nanos(end));
        prop_assert_eq!(starts(&load).0.len() as u64, Pacer::new(&load).expected_starts().unwrap());
    }

    #[test]
    fn other_seeds_have_other_times(seed: u64) {
        let random = constant("100/s").at_random().requests(20);
        prop_assert_ne!(starts(&random.clone().seeded(seed)), starts(&random.seeded(seed ^ 1)));
    }
}
