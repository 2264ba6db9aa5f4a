//! How a summary shows a probe.

use std::time::{Duration, SystemTime};

use haul::model::{Blocked, MissedBy, RecordSummary};
use haul::report::load::{Coverage, LoadRecorder, Model};
use haul::report::text::{Style, summary, summary_with};
use haul::report::{LoadFacts, Provenance, Report, RunFacts};

use super::{SAVED, answered, report, rows, run};

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
    let run = RunFacts { load: Some(load), wall_s: 10.0, ..run() };
    summary_with(Style { columns, ..Style::default() }, &records(), &run)
}

fn saved(load: &LoadFacts) -> Provenance<'_> {
    Provenance::Saved { wrong_lines: 0, load: Some(load), coverage: Coverage::Complete }
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
    insta::assert_snapshot!(rows(&text(not_kept(), 200), &["latency", "service", "load", "lag", "client", "doubt"]), @r"
    latency  p50 ≥ 100 ms · p95 ≥ 190 ms · p99 ≥ 198 ms · p99.9 ≥ 200 ms · max ≥ 200 ms · from the intended start
    service  p50 1.20 ms · p95 1.20 ms · p99 1.20 ms · p99.9 1.20 ms · max 1.20 ms · from the send
    load     open, constant arrivals · asked 23/s · got 20/s · 227 due · 200 started · 27 missed
    lag      p50 120 µs · p90 120 µs · p99 41.0 ms · max 41.0 ms
    client   peak in flight 12 · CPU 96 % of 2 cores · waited 300 ms for the output
    doubt    the generator was late by 41 ms at p99 (allowed: 9.9 ms)
             haul used 96 % of its 2 cores (allowed: 90 %)
             3 % of the time went to waiting for the output (allowed: 1 %)
             27 starts were missed: 20 because of the limit on requests in flight, 7 because of the output
             all 10 seconds are in doubt
    ");
    insta::assert_snapshot!(rows(&text(not_kept(), 80), &["doubt"]), @r"
    doubt    the generator was late by 41 ms at p99 (allowed: 9.9 ms)
             haul used 96 % of its 2 cores (allowed: 90 %)
             3 % of the time went to waiting for the output (allowed: 1 %)
             27 starts were missed: 20 because of the limit on requests in flight,
             7 because of the output
             all 10 seconds are in doubt
    ");
}

#[test]
fn a_second_in_doubt_is_counted() {
    let load = recorder(ms(41)).with_model(Model::Poisson).facts(ms(10_300));
    // One second in ten is more than one request in a hundred.
    let late = |load: &LoadFacts| rows(&summary(&records(), saved(load), false), &["load", "lag", "client", "doubt"]);
    insta::assert_snapshot!(late(&load), @r"
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
    load     mixed · got 20/s · 4,400 started
    lag      p50 120 µs · p90 120 µs · p99 120 µs · max 41.0 ms
    client   peak in flight 12 · CPU 45 % in the busiest of 22 runs
    doubt    none over all, but 1 of 10 seconds is in doubt, the first after 3 s
    ");
}

#[test]
fn few_seconds_are_not_counted() {
    let doubt = |seconds: u64| {
        let mut recorder = LoadRecorder::new(SystemTime::UNIX_EPOCH + Duration::from_secs(BEGIN), Duration::ZERO, 2);
        (0..seconds).for_each(|second| recorder.miss(ms(second * 1_000), MissedBy::Output));
        let load = recorder.facts(ms(seconds * 1_000));
        let text = summary(&records(), saved(&load), false);
        text.lines().last().map(|line| line.trim().to_owned())
    };
    let texts = [1, 2, 3].map(doubt).map(Option::unwrap);
    assert_eq!(texts, ["the only second is in doubt", "both seconds are in doubt", "all 3 seconds are in doubt"]);
}

#[test]
fn loops_ask_for_no_rate() {
    let mut recorder = recorder(Duration::ZERO).with_model(Model::Closed);
    recorder.answered(ms(9_950), ms(10_300));
    let text = summary(&records(), saved(&recorder.facts(ms(10_300))), false);
    // The last answer came 10.3 s after the first start.
    assert_eq!(rows(&text, &["load"]), "  load     closed · got 19/s · 200 started");
}

#[test]
fn a_probe_whose_starts_were_all_missed_is_not_an_empty_list() {
    let mut recorder = LoadRecorder::new(SystemTime::UNIX_EPOCH + Duration::from_secs(BEGIN), Duration::ZERO, 2);
    (0..20).for_each(|n| recorder.miss(ms(n * 50), MissedBy::HostLimit));
    let load = Some(recorder.facts(ms(1_000)));
    let run = RunFacts { load, wall_s: 1.0, ..nothing_read() };
    let text = summary(&Report::default(), &run, false);
    assert!(text.starts_with("  0 records in 1.00 s\n") && text.contains("20 due · 0 started · 20 missed\n"), "{text}");
    assert!(text.contains("the only second is in doubt\n"), "{text}");
}

/// A run that admitted no job.
fn nothing_read() -> RunFacts {
    RunFacts { admitted: 0, settled: 0, records: 0, skipped: 0, ..run() }
}

#[test]
fn a_probe_without_a_start_is_not_an_empty_list() {
    let nothing = RunFacts { load: Some(LoadFacts::default()), ..nothing_read() };
    let text = summary(&Report::default(), &nothing, false);
    assert_eq!(text, "  nothing to send: no request was due in that time\n");
    let list = RunFacts { load: None, ..nothing };
    assert_eq!(summary(&Report::default(), &list, false), "  nothing to fetch: the list has no URLs\n");
}

fn warm_up(count: u64) -> Report {
    report((0..count).map(|n| RecordSummary { warm_up: true, ..probed(n * 50) }))
}

#[test]
fn a_warm_up_that_leaves_nothing_is_noted() {
    let run = RunFacts { load: Some(LoadFacts::default()), ..run() };
    let note = |report: &Report, from: Provenance<'_>| rows(&summary(report, from, false), &["0 records", "note"]);
    insta::assert_snapshot!(note(&warm_up(3), (&run).into()), @r"
    0 records in 3.41 s   3 in the warm-up
    note     all 3 requests were in the warm-up, so nothing is measured
    ");
    insta::assert_snapshot!(note(&warm_up(1_000), SAVED), @r"
    0 records   1,000 in the warm-up
    note     all 1,000 requests were in the warm-up, so nothing is measured
    ");
    insta::assert_snapshot!(note(&warm_up(1), SAVED), @r"
    0 records   1 in the warm-up
    note     the only request was in the warm-up, so nothing is measured
    ");
    insta::assert_snapshot!(note(&warm_up(2), SAVED), @r"
    0 records   2 in the warm-up
    note     both requests were in the warm-up, so nothing is measured
    ");
    let mut measured = warm_up(3);
    measured.merge(&records());
    assert_eq!(note(&measured, SAVED), "");
}

#[test]
fn the_time_of_a_probe_is_what_passed_without_its_warm_up() {
    let (second, mut recorder) = (Duration::from_secs, LoadRecorder::new(SystemTime::UNIX_EPOCH, ms(5_000), 2));
    for at in [second(5), second(6)] {
        recorder.start(at);
        recorder.answered(at, at + ms(10));
    }
    let load = recorder.with_model(Model::Replay).facts(ms(6_010));
    let head = |report: &Report, wall_s| {
        let run = RunFacts { load: Some(load.clone()), wall_s, ..run() };
        summary(report, &run, false).lines().next().map(str::to_owned)
    };
    let two = || report([probed(5_000), probed(6_000)]);
    assert_eq!(head(&two(), 1.01).as_deref(), Some("  2 records in 1.01 s   2 ok"));
    let mut warmed = warm_up(3);
    warmed.merge(&two());
    assert_eq!(head(&warmed, 6.01).as_deref(), Some("  2 records in 1.01 s   2 ok   3 in the warm-up"));
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
    let text = |report: &Report| summary(report, SAVED, false);
    let line = "\n  load     asked rate, missed starts and lag: not known (see the file beside the records)";
    assert!(text(&records()).contains(line), "{}", text(&records()));
    assert!(!text(&report([answered(0, "http://a.example", 200)])).contains("load"));
}

#[test]
fn other_records_tell_no_rate() {
    let load = kept();
    let from = Provenance::Saved { wrong_lines: 0, load: Some(&load), coverage: Coverage::Foreign };
    let text = summary(&records(), from, false);
    assert_eq!(rows(&text, &["load"]), "  load     open, constant arrivals · asked 20/s · 200 started");
}
