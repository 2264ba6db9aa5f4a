//! Probes that end once a percentile is known.

use super::load::{Probed, SECOND, closed, limits, open, probe};
use super::*;
use crate::plan::Load;
use crate::report::load::PrecisionFacts;

fn until(load: Load, target: &str) -> Load {
    Load { until: vec![target.parse().unwrap()], ..load }
}

fn facts(probed: &Probed) -> &PrecisionFacts {
    &probed.finish.run.load.as_ref().unwrap().until[0]
}

#[test]
fn a_pace_ends_once_the_percentile_is_known() {
    let probed = probe(&limits(1_000), &until(open(1_000, 60 * SECOND), "p50±5%"), "/slow/100", None);
    let (run, facts) = (&probed.finish.run, facts(&probed));
    assert!(facts.reached && !run.interrupted);
    let load = run.load.as_ref().unwrap();
    // 4,000 take four seconds; the last of them is answered 100 ms later, when 100 more have started.
    assert!((4_099..=4_101).contains(&load.started), "{}", load.started);
    assert_eq!((load.missed.total(), load.asked, load.cancelled), (0, load.started, 0));
    assert_eq!(probed.sent.len() as u64, load.started, "what was sent is answered");
    assert!(probed.sent.iter().all(|sent| sent.status == Some(200)));
    assert!(probed.took < 5 * SECOND, "{:?}", probed.took);
    let known = facts.known.unwrap();
    assert!(known.estimate_us.abs_diff(100_000) <= known.within_us, "{known:?}");
    assert_eq!((facts.ended, known.samples), (4_000, 4_000));
}

#[test]
fn loops_end_once_the_percentile_is_known() {
    let load = until(closed(10, 100_000, Duration::ZERO), "p50(service_time)±1ms");
    let probed = probe(&limits(10), &load, "/slow/10", None);
    let load = probed.finish.run.load.as_ref().unwrap();
    assert!(facts(&probed).reached && (4_000..=4_010).contains(&load.started), "{}", load.started);
}

#[test]
fn the_warm_up_tells_nothing_of_the_percentile() {
    let load = Load { warm_up: 3 * SECOND, ..until(open(1_000, 60 * SECOND), "p50±5%") };
    let probed = probe(&limits(1_000), &load, "/slow/100", None);
    assert_eq!((facts(&probed).reached, facts(&probed).ended), (true, 4_000));
    assert_eq!(probed.sent.iter().filter(|sent| sent.warm_up).count(), 3_000);
}

#[test]
fn a_cap_ends_a_probe_whose_percentile_is_not_known() {
    let probed = probe(&limits(1_000), &until(open(1_000, 3 * SECOND), "p50±5%"), "/slow/100", None);
    let facts = facts(&probed);
    assert_eq!((facts.reached, facts.ended, facts.expected, facts.known), (false, 3_000, 4_000, None));
    // Requests that fail without an answer tell nothing.
    let probed = probe(&limits(1_000), &until(open(1_000, 5 * SECOND), "p50±5%"), "/reset/1", None);
    let load = probed.finish.run.load.as_ref().unwrap();
    assert_eq!((load.until[0].reached, load.until[0].ended, load.started), (false, 5_000, 5_000));
}

#[test]
fn starts_that_are_missed_count_as_without_a_time() {
    let probed = probe(&limits(50), &until(open(1_000, 6 * SECOND), "p50±5%"), "/slow/100", None);
    let (load, facts) = (probed.finish.run.load.as_ref().unwrap(), facts(&probed));
    assert!(load.missed.total() > 2_000 && load.started + load.missed.total() == 6_000);
    assert_eq!((facts.reached, facts.ended), (false, 6_000), "half of the requests are too few");
}
