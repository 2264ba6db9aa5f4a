//! What is said of a probe, in text and for programs.

use std::num::NonZeroU64;

use haul::model::RecordSummary;
use haul::plan::{Arrivals, FindRate};
use haul::report::load::KnownPercentile;
use haul::report::{InputCounts, Report};

use serde_json::{Value, json};

use super::*;
use crate::cli::progress::search::tests::search;
use crate::cli::units;

fn load(requests: u64, duration: u64, warm_up: u64) -> Load {
    Load {
        model: LoadModel::Open { pace: Pace::Constant(units::rate("200/s").unwrap()), arrivals: Arrivals::Constant },
        requests: NonZeroU64::new(requests),
        duration: (duration > 0).then(|| Duration::from_secs(duration)),
        warm_up: Duration::from_secs(warm_up),
        until: Vec::new(),
        seed: 0,
    }
}

/// After so many answers, of which some belong to the warm-up.
fn snapshot(warm_up: u64, answers: u64, elapsed_ms: u64) -> Snapshot {
    let mut report = Report::default();
    for seq in 0..answers {
        let (latency_us, warm_up) = (Some(41_000), seq < warm_up);
        let ok = seq >= 3;
        report.add(&RecordSummary { seq, ok, warm_up, latency_us, service_us: latency_us, ..RecordSummary::default() });
    }
    Snapshot::new(&report, InputCounts::default(), Duration::from_millis(elapsed_ms))
}

fn now(snapshot: &Snapshot) -> Now<'_> {
    Now { snapshot, elapsed: snapshot.elapsed, in_flight: 1_234, missed: 0, until: &[], search: None, stopping: false }
}

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn the_bar_says_what_was_asked_and_what_came() {
    let mut progress = ProbeProgress::new(&load(0, 60, 0), None);
    let said = progress.message(&now(&Snapshot::default()), SECOND);
    assert_eq!(said, "0s/60s  0.0/s of 200/s  1,234 in flight  0 failed");
    let after = snapshot(0, 396, 2_000);
    let said = progress.message(&now(&after), SECOND);
    assert_eq!(said, "2s/60s  198/s of 200/s  1,234 in flight  3 failed  p99 41.0 ms");
    let said = progress.message(&Now { missed: 5, stopping: true, ..now(&after) }, SECOND);
    assert_eq!(said, "2s/60s  198/s  1,234 in flight  3 failed  5 missed  p99 ≥ 41.0 ms  stopping");
    assert_eq!(progress.share(&after, Duration::from_secs(15)), Some(0.25));
    assert_eq!(progress.share(&after, Duration::from_secs(90)), Some(1.0));
}

#[test]
fn what_a_probe_waits_for_is_seen_on_80_columns() {
    let mut progress = ProbeProgress::new(&load(0, 60, 0), None);
    let after = snapshot(0, 396, 2_000);
    let mut facts = PrecisionFacts {
        target: "p99±5%".parse().unwrap(),
        reached: false,
        ended: 84_120,
        expected: 200_000,
        known: None,
    };
    let mut said = |facts: &PrecisionFacts| {
        progress.message(&Now { until: std::slice::from_ref(facts), missed: 5, ..now(&after) }, SECOND)
    };
    let counts = "  1,234 in flight  3 failed  5 missed";
    let beginning = "2s/60s  198/s of 200/s  p99 ≥ 41.0 ms  p99±5%: ";
    assert_eq!(said(&facts), format!("{beginning}84,120/200,000{counts}"));
    let (estimate_us, within_us) = (41_000, 3_200);
    facts.known = Some(KnownPercentile { estimate_us, within_us, batches: 20, batch_size: 10_000, samples: 200_000 });
    assert_eq!(said(&facts), format!("{beginning}±7.81 %{counts}"));
    let of_the_bar = 80 - "━━━━━━━━━━━━━━━━ ".chars().count();
    assert!(format!("{beginning}84,120/200,000").chars().count() <= of_the_bar);
}

#[test]
fn a_search_tells_its_step_and_no_end() {
    let find = search();
    let pace = Pace::Find(FindRate {
        from: None,
        to: units::rate("800/s").unwrap(),
        resolution: 0.05,
        step_time: 6 * SECOND,
        warm_up: SECOND,
        allow_doubt: false,
    });
    let load = Load { model: LoadModel::Open { pace, arrivals: Arrivals::Constant }, ..load(0, 0, 0) };
    let mut progress = ProbeProgress::new(&load, None);
    let after = snapshot(0, 396, 2_000);
    let of = |draining| Now { search: Some(SearchNow::of(&find, draining)), ..now(&after) };
    let said = progress.message(&of(false), SECOND);
    assert_eq!(said, "2s  step 2  198/s of 400/s  held 200/s  1,234 in flight  3 failed");
    let said = progress.message(&of(true), SECOND);
    assert_eq!(said, "2s  step 2 draining  198/s  held 200/s  1,234 in flight  3 failed");
    assert_eq!(progress.share(&after, SECOND), None);
    let line = serde_json::to_value(progress.line(&of(false), Vec::new())).unwrap();
    assert_eq!((&line["total_s"], &line["asked_rate"]), (&Value::Null, &json!(400.0)));
    assert_eq!(line["find"], json!({"step": 2, "draining": false, "held": 200.0, "failed": null}));
    let line = serde_json::to_value(progress.line(&of(true), Vec::new())).unwrap();
    assert_eq!((&line["asked_rate"], &line["find"]["draining"]), (&Value::Null, &json!(true)));
    let mut bounded = ProbeProgress::new(&Load { duration: Some(60 * SECOND), ..load }, None);
    assert!(bounded.message(&of(false), SECOND).starts_with("2s/60s  step 2  "));
}

#[test]
fn answers_of_the_warm_up_count_for_the_rate() {
    let mut progress = ProbeProgress::new(&load(0, 60, 3), None);
    for (of_warm_up, answers, ms, begins) in [
        (100, 100, 1_000, "warming up, 2s left  100/s of 200/s"),
        (300, 300, 2_000, "warming up, 1s left  200/s of 200/s"),
        (500, 500, 3_000, "3s/63s  200/s of 200/s"),
        (600, 650, 4_000, "4s/63s  150/s of 200/s"),
        (600, 700, 64_000, "63s/63s  0.8/s  1,234 in flight"),
    ] {
        let said = progress.message(&now(&snapshot(of_warm_up, answers, ms)), SECOND);
        assert!(said.starts_with(begins), "{said}");
    }
}

#[test]
fn the_rate_is_measured_over_a_span() {
    let mut progress = ProbeProgress::new(&load(0, 60, 0), None);
    for (span, ms, answers, rate) in [
        (SECOND, 500, 50, 100.0), // there is nothing better yet
        (SECOND, 1_000, 150, 150.0),
        (SECOND, 1_500, 150, 150.0),
        (SECOND, 2_000, 150, 0.0),
        (Duration::ZERO, 2_500, 250, 200.0), // a line says what came since the one before
    ] {
        progress.measure(&now(&snapshot(0, answers, ms)), span);
        assert_eq!(progress.rate, rate, "{ms} ms");
    }
}

#[test]
fn a_server_that_answers_no_more_has_a_rate_of_zero() {
    let mut progress = ProbeProgress::new(&load(0, 60, 0), None);
    let last = snapshot(0, 400, 2_000);
    for (ms, rate) in [(2_000, 200.0), (2_900, 200.0), (3_000, 0.0), (4_500, 0.0)] {
        progress.measure(&Now { elapsed: Duration::from_millis(ms), ..now(&last) }, SECOND);
        assert_eq!(progress.rate, rate, "{ms} ms");
    }
}

#[test]
fn a_line_for_programs_has_what_the_text_has() {
    let mut progress = ProbeProgress::new(&load(0, 60, 3), None);
    let line = |progress: &mut ProbeProgress, snapshot| {
        serde_json::to_string(&progress.line(&now(&snapshot), vec![("500".to_owned(), 3)])).unwrap()
    };
    insta::assert_snapshot!(line(&mut progress, snapshot(396, 396, 2_000)), @r#"{"elapsed_s":2.0,"total_s":63.0,"warm_up":true,"done":0,"total":null,"rate":198.0,"asked_rate":200.0,"ok":0,"failed":0,"failures":{"500":3},"missed":0,"in_flight":1234,"p99_ms":null,"stopping":false}"#);
    insta::assert_snapshot!(line(&mut progress, snapshot(600, 800, 4_000)), @r#"{"elapsed_s":4.0,"total_s":63.0,"warm_up":false,"done":200,"total":null,"rate":202.0,"asked_rate":200.0,"ok":200,"failed":0,"failures":{"500":3},"missed":0,"in_flight":1234,"p99_ms":41.0,"stopping":false}"#);
    let mut progress = ProbeProgress::new(&load(500, 0, 0), None);
    insta::assert_snapshot!(line(&mut progress, snapshot(0, 396, 2_000)), @r#"{"elapsed_s":2.0,"total_s":null,"warm_up":false,"done":396,"total":500,"rate":198.0,"asked_rate":200.0,"ok":393,"failed":3,"failures":{"500":3},"missed":0,"in_flight":1234,"p99_ms":41.0,"stopping":false}"#);
}
