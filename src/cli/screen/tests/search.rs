//! What is drawn of a search for the highest rate.

use haul::report::FindFacts;

use super::*;
use crate::cli::progress::search;

/// Without `-z`, nobody knows when a search ends.
fn searching() -> View {
    let find = haul::plan::FindRate {
        from: None,
        to: units::rate("800/s").unwrap(),
        resolution: 0.05,
        step_time: Duration::from_secs(6),
        warm_up: Duration::from_secs(1),
        allow_doubt: false,
    };
    let load = Load {
        model: LoadModel::Open { pace: AskedPace::Find(find), arrivals: Arrivals::Constant },
        requests: None,
        duration: None,
        warm_up: Duration::ZERO,
        until: Vec::new(),
        seed: 0,
    };
    View::Probe(Box::new(ProbeProgress::new(&load, None)))
}

fn facts(find: FindFacts) -> Facts {
    let facts = probe_facts(0);
    let load = facts.load.map(|load| Pace { find: Some(find), doubts: vec!["1 of 3 steps".to_owned()], ..load });
    Facts { load, ..facts }
}

#[test]
fn a_search_on_a_usual_terminal() {
    let find = FindFacts { failed: Some(450.0), ..search() };
    let log = ["haul: 450/s: p99 535 ms, failed: p99>100ms: p99 of latency is 535 ms, above 100 ms"];
    insta::assert_snapshot!(text(&drawn(&mut searching(), (80, 24), &facts(find), &log, PLAIN)), @r"
     haul probe  34s
    ────────────────────────────────────────────────────────────────────────────────
     rate      asked 400/s · answered 50/s · 41 in flight, at most 205
     search    step 2 · held 200/s, failed 450/s
     starts    1,700 due · 1,700 started · none missed
     latency           p50        p90        p99        max
     last 10 s     19.8 ms    35.4 ms    39.0 ms    39.4 ms
     all           19.8 ms    35.4 ms    39.0 ms    39.4 ms
      failed                                     █        █        █        █
     31.6 ms                                     ▒▒▒▒▓▒▒▒▒▓▒▒▒▒▓▒▒▒▒▓▒▒▒▒▓▒▒▒▒▓▒▒▒▒
     10.0 ms                                     ▓▓▓██▓▓▓██▓▓▓██▓▓▓██▓▓▓██▓▓▓██▓▓▓█
     3.16 ms                                     ▓████▓████▓████▓████▓████▓████▓███
     1.00 ms                                     ▓████▓████▓████▓████▓████▓████▓███
                     -60 s               -40 s               -20 s               now
     status    200 1,500 · 503 100
     errors    connect_refused 100
               connect_refused  http://api.example.com/o…: connection refused by 19…
     groups                     requests     failed        p50        p99        max
               a group whos…       1,000          0    19.8 ms    39.0 ms    39.4 ms
               search                500          0    19.4 ms    39.0 ms    39.4 ms
     doubt     1 of 3 steps
     haul: 450/s: p99 535 ms, failed: p99>100ms: p99 of latency is 535 ms, above 10…
     q or Ctrl-C: stop
    ");
}

#[test]
fn a_search_that_has_just_begun() {
    let first = FindFacts { held: None, steps: Vec::new(), ..search() };
    let shown = text(&drawn(&mut searching(), (80, 24), &facts(first), &[], PLAIN));
    assert!(
        shown.contains("\n rate      asked 400/s · answered ") && shown.contains("\n search    step 1\n"),
        "{shown}"
    );
    let shown = text(&drawn(&mut searching(), (80, 24), &Facts::default(), &[], PLAIN));
    assert!(shown.contains("\n rate      answered ") && !shown.contains("800/s"), "the highest rate is not the first");
}
