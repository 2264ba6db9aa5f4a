//! Groups and the times of a probe in the summary.

use std::time::{Duration, SystemTime};

use haul::model::{MissedBy, RecordSummary};
use haul::report::load::LoadRecorder;
use haul::report::text::{Style, summary, summary_with};
use haul::report::{Provenance, Report, RunFacts};

use super::{answered, report, run};

/// 1,200 requests of three groups over a minute, of which some waited to be sent.
fn probed() -> Report {
    let groups = ["checkout", "read a long list of things by page", "日本"];
    report((0..1200u64).map(|seq| RecordSummary {
        latency_us: Some(1_000 + (seq % 100) * 1_000 + if seq % 25 == 0 { 400_000 } else { 0 }),
        service_us: Some(1_000 + (seq % 100) * 1_000),
        intended_us: Some(1_800_000_000_000_000 + seq * 50_000),
        group: Some(groups[seq as usize % 4 % 3]),
        warm_up: seq < 100,
        ..answered(seq, "https://a.example", if seq % 60 == 0 { 503 } else { 200 })
    }))
}

#[test]
fn a_probe_with_groups() {
    let shown = |columns, missed| {
        let mut load = LoadRecorder::new(SystemTime::UNIX_EPOCH, Duration::ZERO, 2);
        load.start(Duration::ZERO);
        load.miss_many(Duration::ZERO, MissedBy::InFlight, missed);
        let load = load.facts(Duration::from_secs(1));
        let run = RunFacts { load: Some(load), ..run() };
        let lines = summary_with(Style { columns, ..Style::default() }, &probed(), &run);
        let wanted = ["latency", "service", "groups", "checkout", "read a", "日本"];
        let starts = |line: &&str| wanted.iter().any(|start| line.trim_start().starts_with(start));
        lines.lines().filter(starts).map(|line| line.to_owned() + "\n").collect::<String>()
    };
    insta::assert_snapshot!(shown(200, 0), @r"
    latency  p50 53.0 ms · p95 99.0 ms · p99 451 ms · p99.9 476 ms · max 476 ms · from the intended start
    service  p50 50.0 ms · p95 95.0 ms · p99 99.0 ms · p99.9 100 ms · max 100 ms · from the send
    groups                            requests  failed      p50      p95     p99     max
    checkout                               550      18  52.0 ms   100 ms  476 ms  476 ms
    read a long list of things by p…       275       0  54.0 ms  98.0 ms  426 ms  426 ms
    日本                                   275       0  55.0 ms  99.0 ms  451 ms  451 ms
    ");
    insta::assert_snapshot!(shown(80, 0), @r"
    latency  p50 53.0 ms · p95 99.0 ms · p99 451 ms · p99.9 476 ms · max 476 ms
    service  p50 50.0 ms · p95 95.0 ms · p99 99.0 ms · p99.9 100 ms · max 100 ms
    groups                      requests  failed      p50      p95     p99     max
    checkout                         550      18  52.0 ms   100 ms  476 ms  476 ms
    read a long list of thing…       275       0  54.0 ms  98.0 ms  426 ms  426 ms
    日本                             275       0  55.0 ms  99.0 ms  451 ms  451 ms
    ");
    insta::assert_snapshot!(shown(80, 3), @r"
    latency  p50 ≥ 53.0 ms · p95 ≥ 99.0 ms · p99 ≥ 451 ms · p99.9 ≥ 476 ms
    service  p50 50.0 ms · p95 95.0 ms · p99 99.0 ms · p99.9 100 ms · max 100 ms
    groups              requests  failed        p50        p95       p99       max
    checkout                 550      18  ≥ 52.0 ms   ≥ 100 ms  ≥ 476 ms  ≥ 476 ms
    read a long list …       275       0  ≥ 54.0 ms  ≥ 98.0 ms  ≥ 426 ms  ≥ 426 ms
    日本                     275       0  ≥ 55.0 ms  ≥ 99.0 ms  ≥ 451 ms  ≥ 451 ms
    ");
    insta::assert_snapshot!(shown(50, 3), @r"
    latency  p50 ≥ 53.0 ms · p95 ≥ 99.0 ms
    service  p50 50.0 ms · p95 95.0 ms · p99 99.0 ms
    groups                requests  failed       p99
    checkout                   550      18  ≥ 476 ms
    read a long list of…       275       0  ≥ 426 ms
    日本                       275       0  ≥ 451 ms
    ");
}

#[test]
fn many_groups_are_cut_short() {
    let names: Vec<_> = (0..1_002).map(|number| format!("group {number}")).collect();
    let report =
        report(names.iter().map(|name| RecordSummary { group: Some(name), ..answered(0, "https://a.example", 200) }));
    let lines = summary(&report, Provenance::Saved { wrong_lines: 0, load: None }, false);
    let table: Vec<_> = lines.lines().skip_while(|line| !line.starts_with("  groups")).collect();
    insta::assert_snapshot!(table.join("\n"), @r"
    groups          requests  failed      p50      p95      p99      max
    group 0                1       0  1.00 ms  1.00 ms  1.00 ms  1.00 ms
    group 1                1       0  1.00 ms  1.00 ms  1.00 ms  1.00 ms
    group 10               1       0  1.00 ms  1.00 ms  1.00 ms  1.00 ms
    group 100              1       0  1.00 ms  1.00 ms  1.00 ms  1.00 ms
    group 101              1       0  1.00 ms  1.00 ms  1.00 ms  1.00 ms
    group 102              1       0  1.00 ms  1.00 ms  1.00 ms  1.00 ms
    group 103              1       0  1.00 ms  1.00 ms  1.00 ms  1.00 ms
    group 104              1       0  1.00 ms  1.00 ms  1.00 ms  1.00 ms
    group 105              1       0  1.00 ms  1.00 ms  1.00 ms  1.00 ms
    group 106              1       0  1.00 ms  1.00 ms  1.00 ms  1.00 ms
    group 107              1       0  1.00 ms  1.00 ms  1.00 ms  1.00 ms
    group 108              1       0  1.00 ms  1.00 ms  1.00 ms  1.00 ms
    (other groups)         2       0  1.00 ms  1.00 ms  1.00 ms  1.00 ms
    988 more
    bytes    978.5 KiB received, 3.3 MiB decoded
    hosts    a.example 1,002
    retries  0 · redirects 0
    ");
}
