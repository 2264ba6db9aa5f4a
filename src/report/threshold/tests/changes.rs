//! Thresholds on the difference to an earlier run.

use proptest::prelude::*;

use crate::report::difference::Difference;
use crate::report::threshold::{Change, Doubted, Judged, Known, Threshold, Unknown};
use crate::report::{Report, json};

const SURE: Doubted = Doubted { before: false, after: false };

fn judged(text: &str, before: f64, after: f64, is: Difference, doubted: Doubted) -> Judged {
    text.parse::<Threshold>().unwrap().judge_change(Ok(Change { before, after, is }), doubted)
}

/// What is said of it, and whether it is crossed or in doubt.
fn said(text: &str, before: f64, after: f64, is: Difference) -> String {
    let judged = judged(text, before, after, is, SURE);
    let what = match (judged.is_crossed(), judged.is_in_doubt()) {
        (Some(true), false) => "crossed",
        (Some(false), true) => "in doubt",
        (Some(false), false) => "not crossed",
        _ => "?",
    };
    format!("{text}: {what}: {judged}")
}

#[test]
fn a_difference_crosses_a_threshold_if_it_is_beyond_noise() {
    use Difference::{Higher, Lower, TooLittleData, WithinNoise};
    let lines = [
        said("p99>+10%", 300e3, 345e3, Higher),
        said("p99>+10%", 300e3, 345e3, WithinNoise),
        said("p99>+10%", 300e3, 345e3, TooLittleData),
        said("p99>+10%", 300e3, 310e3, Higher),
        said("p99>+10%", 300e3, 330e3, Higher),
        said("p99>=+10%", 300e3, 330e3, Higher),
        said("p99>+10%", 300e3, 200e3, Lower),
        said("p95(service_time){checkout}>+20ms", 300e3, 345e3, Higher),
        said("mean<-5%", 300e3, 200e3, Lower),
        said("failed>+0.5%", 0.001, 0.0125, Higher),
        said("failed>+1%", 0.01, 0.01, WithinNoise),
        said("status(5xx)>+0%", 0.0, 0.001, Higher),
        said("error(timeout)>+0.5%", 0.0, 0.001, Higher),
        said("rate<-5%", 100.0, 90.0, Lower),
        said("rate<-20/s", 100.0, 90.0, Lower),
    ];
    insta::assert_snapshot!(lines.join("\n"), @"
    p99>+10%: crossed: p99 of latency rose by 15 % from 300 ms to 345 ms, by more than 10 %
    p99>+10%: in doubt: p99 of latency rose by 15 % from 300 ms to 345 ms, by more than 10 %, but that is within noise
    p99>+10%: in doubt: p99 of latency rose by 15 % from 300 ms to 345 ms, by more than 10 %, but there is too little data to tell
    p99>+10%: not crossed: p99 of latency rose by 3.33 % from 300 ms to 310 ms, not by more than 10 %
    p99>+10%: not crossed: p99 of latency rose by 10 % from 300 ms to 330 ms, not by more than 10 %
    p99>=+10%: crossed: p99 of latency rose by 10 % from 300 ms to 330 ms, by 10 % or more
    p99>+10%: not crossed: p99 of latency fell by 33.33 % from 300 ms to 200 ms, not by more than 10 %
    p95(service_time){checkout}>+20ms: crossed: checkout: p95 of service time rose by 45.0 ms from 300 ms to 345 ms, by more than 20 ms
    mean<-5%: crossed: mean of latency fell by 33.33 % from 300 ms to 200 ms, by more than 5 %
    failed>+0.5%: crossed: the share of requests that failed rose by 1.15 percentage points from 0.1 % to 1.25 %, by more than 0.5 percentage points
    failed>+1%: not crossed: the share of requests that failed is the same, 1 %
    status(5xx)>+0%: crossed: the share of requests with status 5xx rose by 0.1 percentage points from 0 % to 0.1 %, by more than 0 percentage points
    error(timeout)>+0.5%: not crossed: the share of requests that failed with timeout rose by 0.1 percentage points from 0 % to 0.1 %, not by more than 0.5 percentage points
    rate<-5%: crossed: the rate fell by 10 % from 100/s to 90/s, by more than 5 %
    rate<-20/s: not crossed: the rate fell by 10/s from 100/s to 90/s, not by more than 20/s
    ");
}

#[test]
fn doubt_about_a_run_is_doubt_about_the_difference() {
    let of = |text: &str, after, is, doubted| {
        let judged = judged(text, 100e3, after, is, doubted);
        (judged.is_crossed().unwrap(), judged.is_in_doubt())
    };
    let (before, after) = (Doubted { before: true, after: false }, Doubted { before: false, after: true });
    // The run before may have been slower than it seems: then nothing has risen.
    assert_eq!(of("p99>+10%", 150e3, Difference::Higher, before), (false, true));
    assert_eq!(of("p99>+10%", 150e3, Difference::Higher, after), (true, false));
    assert_eq!(of("p99>+10%", 100e3, Difference::WithinNoise, after), (false, true));
    assert_eq!(of("p99>+10%", 100e3, Difference::WithinNoise, before), (false, false));
    assert_eq!(of("p99<-10%", 50e3, Difference::Lower, after), (false, true));
    assert_eq!(of("p99<-10%", 50e3, Difference::Lower, before), (true, false));
    assert_eq!(of("rate<-10%", 50e3, Difference::Lower, after), (true, false), "what haul missed is counted");
}

#[test]
fn without_another_run_no_difference_is_known() {
    let threshold: Threshold = "p99>+10%".parse().unwrap();
    let judged = threshold.judge(&Report::default(), &Known::default());
    assert_eq!((judged.is_crossed(), judged.unknown()), (None, Some(Unknown::NoOtherRun)));
    assert!(!threshold.is_beyond_recovery(&Report::default(), &Known::default(), Some(0)));
    let of_nothing: Threshold = "rate<-10%".parse().unwrap();
    let change = Change { before: 0.0, after: 1.0, is: Difference::Higher };
    assert_eq!(of_nothing.judge_change(Ok(change), SURE).unknown(), Some(Unknown::NothingBefore));
}

#[test]
fn a_difference_for_programs_has_both_values() {
    let judged = judged("p99>+10%", 300e3, 345e3, Difference::Higher, SURE);
    let mut document = Vec::new();
    json::write_judged(&mut document, &Report::default(), &crate::report::RunFacts::default(), &[judged]).unwrap();
    let document: serde_json::Value = serde_json::from_slice(&document).unwrap();
    insta::assert_snapshot!(document["thresholds"][0], @r#"{"after":345.0,"before":300.0,"crossed":true,"difference":"higher","in_doubt":false,"limit":10.0,"message":"p99 of latency rose by 15 % from 300 ms to 345 ms, by more than 10 %","threshold":"p99>+10%","unit":"%","value":15.0}"#);
}

fn refused(text: &str) -> String {
    let error = text.parse::<Threshold>().unwrap_err();
    format!("{text}\n{}{} {error}", " ".repeat(error.at.start), "^".repeat(error.at.len().max(1)))
}

#[test]
fn a_difference_needs_a_figure_that_can_be_told_from_chance() {
    let lines = [
        "max>+10%",
        "p100>+10%",
        "min(connect)<-1ms",
        "missed>+1%",
        "p99>-10%",
        "p99<+10%",
        "p99==+10%",
        "p99>+10",
        "p99>+",
        "p99>+-1ms",
        "failed>+1",
        "failed>+10ms",
        "rate<-5",
        "status(5xx)<-20ms",
    ];
    insta::assert_snapshot!(lines.map(refused).join("\n"), @"
    max>+10%
        ^^^^ max is a single request, whose difference is chance: use p99, for example
    p100>+10%
         ^^^^ p100 is a single request, whose difference is chance: use p99, for example
    min(connect)<-1ms
                 ^^^^ min(connect) is a single request, whose difference is chance: use p50, for example
    missed>+1%
           ^^^ missed tells of haul, not of the server: it takes no difference
    p99>-10%
        ^^^^ a rise is written p99>+10%
    p99<+10%
        ^^^^ a fall is written p99<-10%
    p99==+10%
         ^^^^ a difference takes >, >=, < or <=
    p99>+10
        ^^^ p99 takes a difference such as +10% or +20ms
    p99>+
        ^ p99 takes a difference such as +10% or +20ms
    p99>+-1ms
        ^^^^^ p99 takes a difference such as +10% or +20ms
    failed>+1
           ^^ failed takes a difference in percentage points, such as +0.5%
    failed>+10ms
           ^^^^^ failed takes a difference in percentage points, such as +0.5%
    rate<-5
         ^^ rate takes a difference such as -5% or -20/s
    status(5xx)<-20ms
                ^^^^^ status(5xx) takes a difference in percentage points, such as -0.5%
    ");
}

proptest! {
    #[test]
    fn a_percentage_is_that_of_the_value_before(before in 1.0..1e6f64, percent in 0..1_000u32, factor in 0.0..20.0f64) {
        let rise = judged(&format!("p99>+{percent}%"), before, before * factor, Difference::Higher, SURE);
        let by = (before * factor - before) / before;
        prop_assert_eq!(rise.is_crossed(), Some(by > f64::from(percent) / 100.0));
        let fall = judged(&format!("p99 < -{percent}%"), before, before * factor, Difference::Lower, SURE);
        prop_assert_eq!(fall.is_crossed(), Some(by < -f64::from(percent) / 100.0));
    }

    #[test]
    fn what_is_read_is_shown_as_it_was_written(text in "p(50|99|99\\.9)(\\{a\\})? ?> ?\\+ ?[1-9][0-9]?(%|ms|s)") {
        prop_assert_eq!(text.parse::<Threshold>().unwrap().to_string(), text);
    }
}
