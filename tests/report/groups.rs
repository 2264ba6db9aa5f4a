//! The groups of a probe in the summary.

use std::time::{Duration, SystemTime};

use haul::model::{MissedBy, RecordSummary};
use haul::report::load::LoadRecorder;
use haul::report::text::{Style, summary, summary_with};
use haul::report::{Report, RunFacts};

use super::{SAVED, answered, report, rows, run};

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
fn a_table_of_groups_takes_the_columns_that_fit() {
    let shown = |columns, missed| {
        let mut load = LoadRecorder::new(SystemTime::UNIX_EPOCH, Duration::ZERO, 2);
        load.start(Duration::ZERO);
        load.miss_many(Duration::ZERO, MissedBy::InFlight, missed);
        let run = RunFacts { load: Some(load.facts(Duration::from_secs(1))), ..run() };
        let summary = summary_with(Style { columns, ..Style::default() }, &probed(), &run);
        rows(&summary, &["groups", "checkout", "read a", "日本"])
    };
    insta::assert_snapshot!(shown(200, 0), @r"
    groups                            requests  failed      p50      p95     p99     max
    checkout                               550      18  52.0 ms   100 ms  476 ms  476 ms
    read a long list of things by p…       275       0  54.0 ms  98.0 ms  426 ms  426 ms
    日本                                   275       0  55.0 ms  99.0 ms  451 ms  451 ms
    ");
    insta::assert_snapshot!(shown(80, 3), @r"
    groups              requests  failed        p50        p95       p99       max
    checkout                 550      18  ≥ 52.0 ms   ≥ 100 ms  ≥ 476 ms  ≥ 476 ms
    read a long list …       275       0  ≥ 54.0 ms  ≥ 98.0 ms  ≥ 426 ms  ≥ 426 ms
    日本                     275       0  ≥ 55.0 ms  ≥ 99.0 ms  ≥ 451 ms  ≥ 451 ms
    ");
    insta::assert_snapshot!(shown(50, 3), @r"
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
    let summary = summary(&report, SAVED, false);
    let table = rows(&summary, &["group", "(other", "988 more"]);
    assert_eq!(table.lines().count(), 1 + 12 + 2);
    insta::assert_snapshot!(rows(&summary, &["groups", "group 108", "(other", "988 more"]), @r"
    groups          requests  failed      p50      p95      p99      max
    group 108              1       0  1.00 ms  1.00 ms  1.00 ms  1.00 ms
    (other groups)         2       0  1.00 ms  1.00 ms  1.00 ms  1.00 ms
    988 more
    ");
}
