//! How a summary and its document show a probe.

use std::time::{Duration, SystemTime};

use haul::model::{Blocked, MissedBy, RecordSummary};
use haul::report::load::{LoadRecorder, Model};
use haul::report::text::{Style, summary, summary_with};
use haul::report::{LoadFacts, Provenance, Report, RunFacts, json};

use super::{answered, report, run};

const BEGIN: u64 = 1_800_000_000;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Ten seconds at 20/s; in the fourth of them, requests leave `lag` late.
fn recorder(lag: Duration) -> LoadRecorder {
    let mut recorder = LoadRecorder::new(SystemTime::UNIX_EPOCH + Duration::from_secs(BEGIN), Duration::ZERO, 2);
    recorder.cpu(ms(0), ms(40));
    recorder.in_flight(ms(0), 12);
    for at in (0..10_000).step_by(50) {
        recorder.start(ms(at));
        recorder.sent(ms(at), if at / 1000 == 3 { lag } else { Duration::from_micros(120) });
    }
    recorder
}

fn probed(at: u64) -> RecordSummary<'static> {
    let intended_us = Some(BEGIN * 1_000_000 + at * 1000);
    RecordSummary { intended_us, service_us: Some(1200), ..answered(at / 50, "http://a.example", 200) }
}

fn records() -> Report {
    report((0..10_000).step_by(50).map(probed))
}

fn kept() -> LoadFacts {
    let mut recorder = recorder(Duration::from_micros(120));
    recorder.cpu(ms(10_000), ms(9_040));
    recorder.facts(ms(10_300))
}

fn not_kept() -> LoadFacts {
    let mut recorder = recorder(ms(41));
    (0..7).for_each(|n| recorder.miss(ms(7_000 + n), MissedBy::Output));
    recorder.miss_many(ms(8_000), MissedBy::InFlight, 20);
    recorder.cpu(ms(10_000), ms(19_240));
    recorder.blocked(ms(7_000), Blocked::Rate);
    recorder.blocked(ms(7_300), Blocked::Output);
    recorder.facts(ms(10_300))
}

fn text(load: LoadFacts, columns: usize) -> String {
    let run = RunFacts { load: Some(load), ..run() };
    summary_with(Style { columns, ..Style::default() }, &records(), &run)
}

#[test]
fn a_probe_that_kept_its_pace() {
    insta::assert_snapshot!(text(kept(), 200), @"");
}

#[test]
fn a_probe_in_doubt() {
    insta::assert_snapshot!(text(not_kept(), 200), @"");
    insta::assert_snapshot!(text(not_kept(), 80), @"");
}

#[test]
fn a_second_in_doubt_is_counted() {
    let load = recorder(ms(41)).with_model(Model::Poisson).facts(ms(10_300));
    // One second in ten is more than one request in a hundred.
    let late = |load: &LoadFacts| summary(&records(), Provenance::Saved { wrong_lines: 0, load: Some(load) }, false);
    insta::assert_snapshot!(late(&load), @"");
    let mut several = kept();
    (0..20).for_each(|_| several.merge(&kept()));
    several.merge(&load);
    insta::assert_snapshot!(late(&several), @"");
}

#[test]
fn loops_ask_for_no_rate() {
    let load = recorder(Duration::ZERO).with_model(Model::Closed).facts(ms(10_300));
    let text = summary(&records(), Provenance::Saved { wrong_lines: 0, load: Some(&load) }, false);
    assert!(text.contains("\n  load     closed · 200 started\n"), "{text}");
}

#[test]
fn records_alone_tell_no_rate() {
    let text = |report: &Report| summary(report, Provenance::Saved { wrong_lines: 0, load: None }, false);
    let line = "\n  load     asked rate, missed starts and lag: not known (see the file beside the records)";
    assert!(text(&records()).contains(line), "{}", text(&records()));
    assert!(!text(&report([answered(0, "http://a.example", 200)])).contains("load"));
}

#[test]
fn the_document_has_the_load_and_the_doubts() {
    let value = |from: Provenance<'_>| {
        let mut out = Vec::new();
        json::write(&mut out, &records(), from).unwrap();
        serde_json::from_slice::<serde_json::Value>(&out).unwrap()
    };
    let load = not_kept();
    let run = RunFacts { load: Some(load.clone()), ..run() };
    let (of_run, saved) = (value((&run).into()), value(Provenance::Saved { wrong_lines: 0, load: Some(&load) }));
    assert_eq!((&of_run["run"]["load"], &of_run["doubt"]), (&saved["load"], &saved["doubt"]));
    assert_eq!(
        (&of_run["load"], value(Provenance::Saved { wrong_lines: 0, load: None })["doubt"].is_null()),
        (&serde_json::Value::Null, true)
    );
    let mut load = saved["load"].clone();
    assert_eq!(load["seconds"].as_array().unwrap().len(), 11);
    load["seconds"] = load["seconds"][3].clone();
    assert!(load["lag_histogram"].take().as_str().unwrap().starts_with("HISTF"));
    insta::assert_snapshot!(serde_json::to_string_pretty(&load).unwrap(), @"");
    let mut doubt = saved["doubt"].clone();
    doubt["seconds"] = doubt["seconds"][0].clone();
    insta::assert_snapshot!(serde_json::to_string_pretty(&doubt).unwrap(), @"");
}
