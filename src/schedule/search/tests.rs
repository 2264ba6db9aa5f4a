//! The promises of a search, on services that only the test knows.

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;
use crate::plan::Rate;

fn find(from: Option<&str>, to: &str, resolution: f64) -> FindRate {
    FindRate {
        from: from.map(|rate| rate.parse().unwrap()),
        to: to.parse().unwrap(),
        resolution,
        step_time: FindRate::STEP_TIME,
        warm_up: FindRate::warm_up_of(FindRate::STEP_TIME),
        allow_doubt: false,
    }
}

/// The steps of a search on such a service, and what they came to.
fn searched(find: &FindRate, mut service: impl FnMut(f64) -> StepOutcome) -> (Vec<f64>, Knee) {
    let (mut search, mut steps) = (Search::new(find), Vec::new());
    while let Some(rate) = search.next() {
        steps.push(rate.per_second());
        assert!(steps.len() <= MAX_STEPS, "{steps:?}");
        search.tell(rate, service(rate.per_second()));
    }
    (steps, search.knee())
}

/// A service that can take rates below this one.
fn up_to(limit: f64) -> impl Fn(f64) -> StepOutcome {
    move |rate| if rate < limit { StepOutcome::Held } else { StepOutcome::Failed }
}

fn shown(find: &FindRate, service: impl FnMut(f64) -> StepOutcome) -> String {
    let (steps, knee) = searched(find, service);
    let [held, failed, unsent] = [knee.held, knee.failed, knee.unsent].map(|rate| rate.map(StepRate::per_second));
    format!("{steps:?}: {:?}, held {held:?}, failed {failed:?}, unsent {unsent:?}", knee.end)
}

#[test]
fn it_doubles_then_bisects_then_tries_both_ends_again() {
    let find = find(None, "5000/s", 0.05);
    insta::assert_snapshot!(shown(&find, up_to(420.0)), @"[78.1, 156.0, 312.0, 624.0, 441.0, 371.0, 404.0, 422.0, 404.0, 422.0]: Found, held Some(404.0), failed Some(422.0), unsent None");
}

#[test]
fn what_never_fails_reaches_the_ceiling_and_what_never_holds_the_floor() {
    insta::assert_snapshot!(shown(&find(None, "500/s", 0.05), |_| StepOutcome::Held), @"[7.81, 15.6, 31.2, 62.4, 125.0, 250.0, 500.0, 500.0]: Ceiling, held Some(500.0), failed None, unsent None");
    insta::assert_snapshot!(shown(&find(None, "500/s", 0.05), |_| StepOutcome::Failed), @"[7.81, 3.91, 1.96, 0.98, 0.5, 0.5]: LowestFails, held None, failed Some(0.5), unsent None");
    insta::assert_snapshot!(shown(&find(Some("100/s"), "500/s", 0.05), |_| StepOutcome::Failed), @"[100.0, 100.0]: LowestFails, held None, failed Some(100.0), unsent None");
    insta::assert_snapshot!(shown(&find(Some("100/s"), "150/s", 0.05), |_| StepOutcome::Inconclusive), @"[100.0, 150.0, 150.0]: Inconclusive, held None, failed None, unsent None");
}

#[test]
fn a_rate_that_held_by_chance_is_given_up() {
    let mut times = HashMap::new();
    let service = |rate: f64| {
        let times = times.entry(rate.to_bits()).or_insert(0);
        *times += 1;
        if rate == 413.0 && *times == 1 { StepOutcome::Held } else { up_to(400.0)(rate) }
    };
    insta::assert_snapshot!(shown(&find(None, "5000/s", 0.05), service), @"[78.1, 156.0, 312.0, 624.0, 441.0, 371.0, 404.0, 387.0, 387.0, 404.0]: Found, held Some(387.0), failed Some(404.0), unsent None");
}

#[test]
fn rates_that_cannot_be_told_are_passed_by() {
    let service =
        |rate: f64| if (404.0..=419.0).contains(&rate) { StepOutcome::Inconclusive } else { up_to(410.0)(rate) };
    insta::assert_snapshot!(shown(&find(None, "5000/s", 0.05), service), @"[78.1, 156.0, 312.0, 624.0, 441.0, 371.0, 404.0, 422.0, 387.0, 413.0, 395.0, 404.0, 413.0, 395.0, 422.0]: Found, held Some(395.0), failed Some(422.0), unsent None");
    let service =
        |rate: f64| if (300.0..500.0).contains(&rate) { StepOutcome::Inconclusive } else { up_to(410.0)(rate) };
    insta::assert_snapshot!(shown(&find(None, "5000/s", 0.05), service), @"[78.1, 156.0, 312.0, 624.0, 441.0, 221.0, 525.0, 263.0, 481.0, 286.0, 503.0, 299.0, 492.0, 305.0, 299.0, 503.0]: Inconclusive, held Some(299.0), failed Some(503.0), unsent None");
}

#[test]
fn a_second_step_may_tell_what_the_first_one_did_not() {
    let mut tried = Vec::new();
    let service = |rate: f64| {
        let is_new = !tried.contains(&rate.to_bits());
        tried.push(rate.to_bits());
        if is_new && rate < 81.0 { StepOutcome::Inconclusive } else { up_to(101.0)(rate) }
    };
    insta::assert_snapshot!(shown(&find(Some("40/s"), "400/s", 0.05), service), @"[40.0, 80.0, 160.0, 80.0, 113.0, 95.1, 104.0, 99.5, 99.5, 104.0]: Found, held Some(99.5), failed Some(104.0), unsent None");
}

#[test]
fn a_highest_rate_that_cannot_be_told_ends_the_search() {
    let service = |rate: f64| if rate < 120.0 { StepOutcome::Held } else { StepOutcome::Inconclusive };
    insta::assert_snapshot!(shown(&find(Some("20/s"), "200/s", 0.05), service), @"[20.0, 40.0, 80.0, 160.0, 200.0, 113.0, 134.0, 179.0, 123.0, 189.0, 118.0, 194.0, 120.0, 197.0, 118.0, 200.0]: Inconclusive, held Some(118.0), failed None, unsent None");
}

#[test]
fn what_haul_cannot_send_is_not_the_servers_limit() {
    let service = |rate: f64| if rate > 900.0 { StepOutcome::InDoubt } else { StepOutcome::Held };
    insta::assert_snapshot!(shown(&find(None, "5000/s", 0.05), service), @"[78.1, 156.0, 312.0, 624.0, 1250.0, 1250.0, 883.0, 1050.0, 1050.0, 963.0, 963.0, 922.0, 922.0, 883.0]: InDoubt, held Some(883.0), failed None, unsent Some(922.0)");
    let mut disturbed = false;
    let once =
        |rate: f64| if std::mem::replace(&mut disturbed, true) { up_to(70.0)(rate) } else { StepOutcome::InDoubt };
    insta::assert_snapshot!(shown(&find(Some("50/s"), "100/s", 0.05), once), @"[50.0, 50.0, 100.0, 70.7, 59.5, 64.9, 67.7, 67.7, 70.7]: Found, held Some(67.7), failed Some(70.7), unsent None");
}

#[test]
fn a_step_rate_is_exact_enough_for_a_pace() {
    for (text, shown) in
        [("5000/s", 5000.0), ("412/s", 412.0), ("100/m", 1.666), ("1/h", 0.001), ("4294967295/s", 4_294_967.295)]
    {
        let rate: Rate = text.parse().unwrap();
        let step = StepRate::of(rate);
        assert_eq!(step.per_second(), shown);
        assert!(step.rate().per_second() <= rate.per_second().max(0.001));
        assert!((step.rate().per_second() - shown).abs() < 1e-9);
    }
}

fn any_outcome() -> impl Strategy<Value = StepOutcome> {
    prop_oneof![
        Just(StepOutcome::Held),
        Just(StepOutcome::Failed),
        Just(StepOutcome::Inconclusive),
        Just(StepOutcome::InDoubt)
    ]
}

proptest! {
    #[test]
    fn the_limit_of_a_monotone_service_is_within_the_resolution(
        limit in 1.2f64..9_000.0,
        ceiling in 10u32..9_000,
        percent in 2u32..30,
    ) {
        let find = find(None, &format!("{ceiling}/s"), f64::from(percent) / 100.0);
        let (steps, knee) = searched(&find, up_to(limit));
        prop_assert!(steps.len() <= 30, "{steps:?}");
        prop_assert!(steps.iter().all(|rate| *rate <= f64::from(ceiling)));
        if limit > f64::from(ceiling) {
            prop_assert_eq!(knee.end, FindEnd::Ceiling);
            return Ok(());
        }
        prop_assert_eq!(knee.end, FindEnd::Found);
        let [held, failed] = [knee.held, knee.failed].map(|rate| rate.unwrap().per_second());
        prop_assert!(held < limit && limit <= failed);
        prop_assert!(failed / held <= 1.0 + f64::from(percent) / 100.0);
        for end in [held, failed] {
            prop_assert_eq!(steps.iter().filter(|rate| **rate == end).count(), 2, "{:?}", steps);
        }
    }

    #[test]
    fn whatever_the_outcomes_it_ends_within_its_bounds(
        outcomes in prop::collection::vec(any_outcome(), MAX_STEPS),
        from in prop::option::of(1u32..400),
        ceiling in 1u32..5_000,
    ) {
        let from = from.map(|from| format!("{}/s", from.min(ceiling)));
        let find = find(from.as_deref(), &format!("{ceiling}/s"), 0.05);
        let mut outcomes = outcomes.into_iter();
        let (steps, knee) = searched(&find, |_| outcomes.next().unwrap());
        let lowest = find.from.map_or(0.0, Rate::per_second);
        prop_assert!(steps.iter().all(|rate| (lowest..=f64::from(ceiling)).contains(rate)), "{steps:?}");
        prop_assert_ne!(knee.end, FindEnd::Stopped);
        for rate in &steps {
            prop_assert!(steps.iter().filter(|other| *other == rate).count() <= 5, "{steps:?}");
        }
        if let (Some(held), Some(failed)) = (knee.held, knee.failed) {
            prop_assert!(held < failed);
        }
        if knee.end == FindEnd::Found {
            let (held, failed) = (knee.held.unwrap().per_second(), knee.failed.unwrap().per_second());
            prop_assert!(held < 0.2 || failed / held <= 1.05 * 1.05, "{held} and {failed}"); // lower ones are coarse
        }
    }

    #[test]
    fn chance_near_the_limit_moves_the_result_little(limit in 20.0f64..4_000.0, seed in any::<u64>()) {
        // Within 3 % of the limit, a step is as likely to hold as to fail.
        let mut random = fastrand::Rng::with_seed(seed);
        let service = |rate: f64| if (rate / limit - 1.0).abs() < 0.03 { up_to(0.5)(random.f64()) } else { up_to(limit)(rate) };
        let (_, knee) = searched(&find(None, "5000/s", 0.05), service);
        if knee.end == FindEnd::Found {
            let (held, failed) = (knee.held.unwrap().per_second(), knee.failed.unwrap().per_second());
            prop_assert!(held <= limit * 1.03 && failed >= limit * 0.97);
        }
    }
}
