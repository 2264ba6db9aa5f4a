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
    insta::assert_snapshot!(text(kept(), 200), @r"
    200 records in 10.0 s   200 ok
    status   200 200
    latency  p50 100 ms · p95 190 ms · p99 198 ms · p99.9 200 ms · max 200 ms · from the intended start
    service  p50 1.20 ms · p95 1.20 ms · p99 1.20 ms · p99.9 1.20 ms · max 1.20 ms · from the send
    bytes    195.3 KiB received, 683.6 KiB decoded
    hosts    http://a.example 200
    retries  0 · redirects 0
    load     open, constant arrivals · asked 20/s · got 20/s · 200 started
    lag      p50 120 µs · p90 120 µs · p99 120 µs · max 120 µs
    client   peak in flight 12 · CPU 45 % of 2 cores
    doubt    none: haul kept up
    ");
}

#[test]
fn a_probe_in_doubt() {
    insta::assert_snapshot!(text(not_kept(), 200), @r"
    200 records in 9.99 s   200 ok
    status   200 200
    latency  p50 ≥ 100 ms · p95 ≥ 190 ms · p99 ≥ 198 ms · p99.9 ≥ 200 ms · max ≥ 200 ms · from the intended start
    service  p50 1.20 ms · p95 1.20 ms · p99 1.20 ms · p99.9 1.20 ms · max 1.20 ms · from the send
    bytes    195.3 KiB received, 683.6 KiB decoded
    hosts    http://a.example 200
    retries  0 · redirects 0
    load     open, constant arrivals · asked 23/s · got 20/s · 227 due · 200 started · 27 missed
    lag      p50 120 µs · p90 120 µs · p99 41.0 ms · max 41.0 ms
    client   peak in flight 12 · CPU 96 % of 2 cores · waited 300 ms for the output
    doubt    the generator was late by 41 ms at p99 (allowed: 9.9 ms)
             haul used 96 % of its 2 cores (allowed: 90 %)
             3 % of the time went to waiting for the output (allowed: 1 %)
             27 starts were missed: 20 because of the limit on requests in flight, 7 because of the output
             10 of 10 seconds are in doubt, from the start on
    ");
    insta::assert_snapshot!(text(not_kept(), 80), @r"
    200 records in 9.99 s   200 ok
    status   200 200
    latency  p50 ≥ 100 ms · p95 ≥ 190 ms · p99 ≥ 198 ms · p99.9 ≥ 200 ms
             max ≥ 200 ms · from the intended start
    service  p50 1.20 ms · p95 1.20 ms · p99 1.20 ms · p99.9 1.20 ms · max 1.20 ms
             from the send
    bytes    195.3 KiB received, 683.6 KiB decoded
    hosts    http://a.example 200
    retries  0 · redirects 0
    load     open, constant arrivals · asked 23/s · got 20/s · 227 due
             200 started · 27 missed
    lag      p50 120 µs · p90 120 µs · p99 41.0 ms · max 41.0 ms
    client   peak in flight 12 · CPU 96 % of 2 cores
             waited 300 ms for the output
    doubt    the generator was late by 41 ms at p99 (allowed: 9.9 ms)
             haul used 96 % of its 2 cores (allowed: 90 %)
             3 % of the time went to waiting for the output (allowed: 1 %)
             27 starts were missed: 20 because of the limit on requests in flight,
             7 because of the output
             10 of 10 seconds are in doubt, from the start on
    ");
}

#[test]
fn a_second_in_doubt_is_counted() {
    let load = recorder(ms(41)).with_model(Model::Poisson).facts(ms(10_300));
    // One second in ten is more than one request in a hundred.
    let late = |load: &LoadFacts| summary(&records(), Provenance::Saved { wrong_lines: 0, load: Some(load) }, false);
    insta::assert_snapshot!(late(&load), @r"
    200 records   200 ok
    status   200 200
    latency  p50 100 ms · p95 190 ms · p99 198 ms · p99.9 200 ms · max 200 ms · from the intended start
    service  p50 1.20 ms · p95 1.20 ms · p99 1.20 ms · p99.9 1.20 ms · max 1.20 ms · from the send
    bytes    195.3 KiB received, 683.6 KiB decoded
    hosts    http://a.example 200
    retries  0 · redirects 0
    load     open, poisson arrivals · asked 20/s · got 20/s · 200 started
    lag      p50 120 µs · p90 120 µs · p99 41.0 ms · max 41.0 ms
    client   peak in flight 12
    doubt    the generator was late by 41 ms at p99 (allowed: 9.9 ms)
             1 of 10 seconds is in doubt, the first after 3 s
    ");
    let mut several = kept();
    (0..20).for_each(|_| several.merge(&kept()));
    several.merge(&load);
    insta::assert_snapshot!(late(&several), @r"
    200 records   200 ok
    status   200 200
    latency  p50 100 ms · p95 190 ms · p99 198 ms · p99.9 200 ms · max 200 ms · from the intended start
    service  p50 1.20 ms · p95 1.20 ms · p99 1.20 ms · p99.9 1.20 ms · max 1.20 ms · from the send
    bytes    195.3 KiB received, 683.6 KiB decoded
    hosts    http://a.example 200
    retries  0 · redirects 0
    load     mixed · got 20/s · 4,400 started
    lag      p50 120 µs · p90 120 µs · p99 120 µs · max 41.0 ms
    client   peak in flight 12 · CPU 45 % in the busiest of 22 runs
    doubt    none over all, but 1 of 10 seconds is in doubt, the first after 3 s
    ");
}

#[test]
fn loops_ask_for_no_rate() {
    let load = recorder(Duration::ZERO).with_model(Model::Closed).facts(ms(10_300));
    let text = summary(&records(), Provenance::Saved { wrong_lines: 0, load: Some(&load) }, false);
    // The last answer came 10.3 s after the first start.
    assert!(text.contains("\n  load     closed · got 19/s · 200 started\n"), "{text}");
}

#[test]
fn a_probe_whose_starts_were_all_missed_is_no_empty_list() {
    let mut recorder = LoadRecorder::new(SystemTime::UNIX_EPOCH + Duration::from_secs(BEGIN), Duration::ZERO, 2);
    (0..20).for_each(|n| recorder.miss(ms(n * 50), MissedBy::HostLimit));
    let load = Some(recorder.facts(ms(1_000)));
    let run = RunFacts { load, admitted: 0, records: 0, skipped: 0, ..run() };
    let text = summary(&Report::default(), &run, false);
    assert!(text.starts_with("  0 records in 1.00 s\n") && text.contains("20 due · 0 started · 20 missed\n"), "{text}");
    assert!(text.contains("1 of 1 second is in doubt, from the start on\n"), "{text}");
}

#[test]
fn a_probe_that_was_stopped_says_what_its_figures_cover() {
    let text = |skipped| {
        let run = RunFacts { load: Some(kept()), interrupted: true, skipped, ..run() };
        summary(&records(), &run, false).lines().last().map(str::to_owned)
    };
    let covered = "  note     stopped early: the figures cover the time until then";
    assert_eq!(text(0).as_deref(), Some(covered));
    assert_eq!(text(3), Some(format!("{covered}, and 3 requests were not sent")));
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
    let censored = |second: &serde_json::Value| second["latency_ms"]["censored"] == true;
    let censored = |report: &serde_json::Value| {
        let seconds = report["series"]["seconds"].as_array().unwrap().iter();
        seconds
            .filter(|second| censored(second))
            .map(|second| second["at"].as_u64().unwrap() - BEGIN)
            .collect::<Vec<_>>()
    };
    assert_eq!((censored(&of_run), censored(&saved)), (vec![7, 8], vec![7, 8]));
    let mut load = saved["load"].clone();
    assert_eq!(load["seconds"].as_array().unwrap().len(), 11);
    load["seconds"] = load["seconds"][3].clone();
    assert!(load["lag_histogram"].take().as_str().unwrap().starts_with("HISTF"));
    insta::assert_snapshot!(serde_json::to_string_pretty(&load).unwrap(), @r#"
    {
      "arrivals": "constant",
      "asked": 227,
      "asked_rate": 22.714,
      "censored": true,
      "cores": 2,
      "cpu_s": 19.2,
      "cpu_share": 0.96,
      "lag_histogram": null,
      "lag_ms": {
        "count": 200,
        "max": 41.0,
        "mean": 4.208,
        "min": 0.12,
        "p50": 0.12,
        "p90": 0.12,
        "p95": 41.0,
        "p99": 41.0,
        "p99.9": 41.0
      },
      "memory_wait_s": 0.0,
      "missed": 27,
      "missed_by": {
        "host_limit": 0,
        "in_flight": 20,
        "late": 0,
        "memory": 0,
        "output": 7
      },
      "model": "open",
      "output_wait_s": 0.3,
      "peak_in_flight": 12,
      "runs": 1,
      "seconds": {
        "asked": 20,
        "at": 1800000003,
        "cpu_share": 0.96,
        "in_flight": 12,
        "lag_ms": {
          "max": 41.0,
          "p50": 41.0,
          "p99": 41.0
        },
        "missed": 0,
        "started": 20,
        "wait_share": 0.0
      },
      "started": 200,
      "wait_shares": {
        "memory": 0.0,
        "output": 0.03015
      },
      "width_s": 1
    }
    "#);
    let mut doubt = saved["doubt"].clone();
    doubt["seconds"] = doubt["seconds"][0].clone();
    insta::assert_snapshot!(serde_json::to_string_pretty(&doubt).unwrap(), @r#"
    {
      "causes": [
        {
          "allowed": 9.9,
          "cause": "lag",
          "measured": 41.0,
          "message": "the generator was late by 41 ms at p99 (allowed: 9.9 ms)"
        },
        {
          "allowed": 0.9,
          "cause": "cpu",
          "measured": 0.96,
          "message": "haul used 96 % of its 2 cores (allowed: 90 %)"
        },
        {
          "allowed": 0.01,
          "cause": "waits",
          "measured": 0.03015,
          "message": "3 % of the time went to waiting for the output (allowed: 1 %)"
        },
        {
          "allowed": 0.0,
          "cause": "missed",
          "measured": 27.0,
          "message": "27 starts were missed: 20 because of the limit on requests in flight, 7 because of the output"
        }
      ],
      "in_doubt": true,
      "seconds": {
        "at": 1800000000,
        "causes": [
          "cpu"
        ],
        "width_s": 1
      },
      "seconds_in_doubt": 10,
      "seconds_judged": 10
    }
    "#);
}
