//! What is drawn, at some sizes and in some moments.

mod search;

use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::Duration;

use haul::model::{ErrorKind, MissedBy, RecordSummary};
use haul::plan::{Arrivals, Load, LoadModel, Pace as AskedPace};
use haul::report::load::LoadRecorder;
use haul::report::{BANDS, BoundBy, InputCounts, LiveSecond, Progress, Report, RunFacts, Snapshot};
use http::StatusCode;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::style::Color;

use super::look::{Colors, Look};
use super::moment::{Facts, Moment, Pace};
use super::view::View;
use crate::cli::progress::ProbeProgress;
use crate::cli::units;

const PLAIN: Look = Look { colors: Colors::None, unicode: true };

/// A snapshot after 34 seconds, in each of which some records came.
fn snapshot() -> Snapshot {
    let mut report = Report::default();
    for seq in 0..1_700u64 {
        let (name, status) = match seq % 17 {
            0 => ("checkout", Some(503)),
            1 => ("\u{1b}[31mred", None),
            2..=6 => ("search", Some(200)),
            _ => ("a group whose name takes more columns than there are for it", Some(200)),
        };
        report.add(&RecordSummary {
            seq,
            url: "http://api.example.com/orders?token=secret",
            group: Some(name),
            host: Some(if seq % 17 == 1 { "http://down.example".into() } else { "https://api.example.com".into() }),
            ok: status == Some(200),
            status_code: status.and_then(|status| StatusCode::from_u16(status).ok()),
            error: status.is_none().then_some((ErrorKind::ConnectRefused, "connection refused by 192.0.2.7:80")),
            latency_us: status.map(|_| 1_000 + seq % 97 * 400),
            encoded_size: 1_000,
            ..RecordSummary::default()
        });
    }
    let second = |second: u64| {
        let mut bands = [0; BANDS];
        (17..31).for_each(|band| bands[band] = (31 - band as u32) * (1 + second as u32 % 5));
        Arc::new(LiveSecond { second, records: 50, failed: u64::from(second.is_multiple_of(9)), bands })
    };
    let mut snapshot = Snapshot::new(&report, InputCounts::default(), Duration::from_secs(34));
    snapshot.lately.seconds = (0..34).map(second).collect();
    snapshot.lately.latency = snapshot.latency;
    snapshot
}

fn probe() -> View {
    let pace = AskedPace::Constant(units::rate("50/s").unwrap());
    let load = Load {
        model: LoadModel::Open { pace, arrivals: Arrivals::Constant },
        requests: NonZeroU64::new(0),
        duration: Some(Duration::from_secs(60)),
        warm_up: Duration::from_secs(4),
        until: Vec::new(),
        seed: 0,
    };
    View::Probe(Box::new(ProbeProgress::new(&load, None)))
}

fn probe_facts(missed: u64) -> Facts {
    let mut load = LoadRecorder::new(std::time::SystemTime::UNIX_EPOCH, Duration::ZERO, 1);
    load.miss_many(Duration::ZERO, MissedBy::InFlight, missed);
    let doubts = vec![format!("{missed} starts were missed because of --max-in-flight")];
    let missed = load.facts(Duration::ZERO).missed;
    let doubts = if missed.total() > 0 { doubts } else { Vec::new() };
    Facts {
        load: Some(Pace { due: 1_700 + missed.total(), started: 1_700, missed, doubts, ..Pace::default() }),
        peak_in_flight: 205,
        ..Facts::default()
    }
}

fn list_facts() -> Facts {
    let bound = |by: &'static str, host: Option<&str>, limit, share| BoundBy {
        by: by.into(),
        host: host.map(str::to_owned),
        limit,
        seconds: share * 34.0,
        share,
    };
    let bounded_by = vec![
        bound("host_concurrency", Some("https://api.example.com"), Some(8), 0.81),
        bound("pause", Some("http://slow.example"), None, 0.19),
    ];
    let run = RunFacts { wall_s: 34.0, records: 1_700, settled: 1_700, bounded_by, ..RunFacts::default() };
    let total = Some(haul::report::Total { inputs: 120_000, is_estimate: true });
    let moment = haul::report::Moment { report: &Report::default(), run: &run, total, in_flight: 0, waiting: 0 };
    Facts { progress: Some(Progress::since(None, moment)), peak_in_flight: 64, ..Facts::default() }
}

/// What a terminal of that size shows of a moment.
fn drawn(view: &mut View, size: (u16, u16), facts: &Facts, log: &[&str], look: Look) -> Terminal<TestBackend> {
    let snapshot = snapshot();
    let log: Vec<_> = log.iter().map(|line| (*line).to_owned()).collect();
    let moment = Moment {
        elapsed: snapshot.elapsed,
        snapshot: &snapshot,
        facts,
        in_flight: 41,
        waiting: 9_988,
        is_draining: false,
        log: &log,
    };
    let mut terminal = Terminal::new(TestBackend::new(size.0, size.1)).unwrap();
    terminal.draw(|frame| view.draw(frame, &moment, look)).unwrap();
    terminal
}

fn text(terminal: &Terminal<TestBackend>) -> String {
    let buffer = terminal.backend().buffer();
    let row = |row: &[ratatui::buffer::Cell]| row.iter().map(|cell| cell.symbol()).collect::<String>();
    let rows: Vec<_> = buffer.content.chunks(buffer.area.width.into()).map(row).collect();
    rows.iter().map(|row| row.trim_end()).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_probe_on_a_usual_terminal() {
    insta::assert_snapshot!(text(&drawn(&mut probe(), (80, 24), &probe_facts(0), &[], PLAIN)), @r"
         haul probe  34s/64s                                                       53 %
        ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━──────────────────────────────────────
         rate      asked 50/s · answered 50/s · 41 in flight, at most 205
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
                   \u{1b}[31mred         100        100
                   checkout              100        100    19.4 ms    39.0 ms    39.4 ms
         doubt     none so far
         q or Ctrl-C: stop
        ");
}

#[test]
fn a_probe_that_is_stopping_and_has_missed_starts() {
    let facts = Facts { is_stopping: true, ..probe_facts(12) };
    let log = ["haul: stopping: waiting for requests in flight; repeat to stop at once"];
    insta::assert_snapshot!(text(&drawn(&mut probe(), (80, 24), &facts, &log, PLAIN)), @r"
         haul probe  34s/64s  stopping                                             53 %
        ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━──────────────────────────────────────
         rate      answered 50/s · 41 in flight, at most 205
         starts    1,712 due · 1,700 started · 12 missed because of --max-in-flight
         latency           p50        p90        p99        max
         last 10 s   ≥ 19.8 ms  ≥ 35.4 ms  ≥ 39.0 ms  ≥ 39.4 ms
         all         ≥ 19.8 ms  ≥ 35.4 ms  ≥ 39.0 ms  ≥ 39.4 ms
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
                   \u{1b}[31mred         100        100
         doubt     12 starts were missed because of --max-in-flight
         haul: stopping: waiting for requests in flight; repeat to stop at once
         q or Ctrl-C again: stop at once
        ");
}

#[test]
fn a_probe_on_a_large_terminal() {
    insta::assert_snapshot!(text(&drawn(&mut probe(), (200, 50), &probe_facts(12), &[], PLAIN)), @r"
         haul probe  34s/64s                                                                                                                                                                               53 %
        ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━──────────────────────────────────────────────────────────────────────────────────────────────
         rate      asked 50/s · answered 50/s · 41 in flight, at most 205
         starts    1,712 due · 1,700 started · 12 missed because of --max-in-flight
         latency           p50        p90        p99        max
         last 10 s   ≥ 19.8 ms  ≥ 35.4 ms  ≥ 39.0 ms  ≥ 39.4 ms
         all         ≥ 19.8 ms  ≥ 35.4 ms  ≥ 39.0 ms  ≥ 39.4 ms
          failed                                                                                                                                                             █        █        █        █
         75.0 ms
         56.2 ms
         42.2 ms                                                                                                                                                             ░▒▒▒▒░▒▒▒▒░▒▒▒▒░▒▒▒▒░▒▒▒▒░▒▒▒▒░▒▒▒
         31.6 ms                                                                                                                                                             ▒▒▒▓▓▒▒▒▓▓▒▒▒▓▓▒▒▒▓▓▒▒▒▓▓▒▒▒▓▓▒▒▒▓
         23.7 ms                                                                                                                                                             ▒▒▓▓▓▒▒▓▓▓▒▒▓▓▓▒▒▓▓▓▒▒▓▓▓▒▒▓▓▓▒▒▓▓
         17.8 ms                                                                                                                                                             ▒▓▓▓▓▒▓▓▓▓▒▓▓▓▓▒▓▓▓▓▒▓▓▓▓▒▓▓▓▓▒▓▓▓
         13.3 ms                                                                                                                                                             ▒▓▓▓█▒▓▓▓█▒▓▓▓█▒▓▓▓█▒▓▓▓█▒▓▓▓█▒▓▓▓
         10.0 ms                                                                                                                                                             ▒▓▓██▒▓▓██▒▓▓██▒▓▓██▒▓▓██▒▓▓██▒▓▓█
         7.50 ms                                                                                                                                                             ▒▓▓██▒▓▓██▒▓▓██▒▓▓██▒▓▓██▒▓▓██▒▓▓█
         5.62 ms                                                                                                                                                             ▓▓███▓▓███▓▓███▓▓███▓▓███▓▓███▓▓██
         4.22 ms                                                                                                                                                             ▓▓███▓▓███▓▓███▓▓███▓▓███▓▓███▓▓██
         3.16 ms                                                                                                                                                             ▓▓███▓▓███▓▓███▓▓███▓▓███▓▓███▓▓██
         2.37 ms                                                                                                                                                             ▓▓███▓▓███▓▓███▓▓███▓▓███▓▓███▓▓██
         1.78 ms                                                                                                                                                             ▓████▓████▓████▓████▓████▓████▓███
         1.33 ms                                                                                                                                                             ▓████▓████▓████▓████▓████▓████▓███
         1.00 ms                                                                                                                                                             ▓████▓████▓████▓████▓████▓████▓███
                        -180 s              -160 s              -140 s              -120 s              -100 s               -80 s               -60 s               -40 s               -20 s               now
         status    200 1,500 · 503 100
         errors    connect_refused 100                                                                       groups                                         requests     failed        p50        p99        max
                   connect_refused  http://api.example.com/orders?toke…: connection refused by 192.0.2.7:80            a group whose name takes more co…       1,000          0    19.8 ms    39.0 ms    39.4 ms
                                                                                                                       search                                    500          0    19.4 ms    39.0 ms    39.4 ms
                                                                                                                       \u{1b}[31mred                             100        100
                                                                                                                       checkout                                  100        100    19.4 ms    39.0 ms    39.4 ms
         doubt     12 starts were missed because of --max-in-flight
         q or Ctrl-C: stop
        ");
}

#[test]
fn a_probe_on_a_tiny_terminal() {
    insta::assert_snapshot!(text(&drawn(&mut probe(), (20, 5), &probe_facts(12), &["haul: x"], PLAIN)), @r"
        haul probe  34s/64s
        rate      asked 50/
        latency           p
        last 10 s   ≥ 19.8
        q or Ctrl-C: stop
        ");
}

#[test]
fn a_list_on_a_usual_terminal() {
    insta::assert_snapshot!(text(&drawn(&mut View::List, (80, 24), &list_facts(), &[], PLAIN)), @r"
         haul  1,700 of ~120,000 done in 34s, 39m left                              1 %
        ━───────────────────────────────────────────────────────────────────────────────
         rate      50/s · 41 in flight, at most 64 · 9,988 waiting
         records   1,500 ok · 200 failed · 1.6 MiB received
         latency           p50        p90        p99        max
         last 10 s     19.8 ms    35.4 ms    39.0 ms    39.4 ms
         all           19.8 ms    35.4 ms    39.0 ms    39.4 ms
          failed                                     █        █        █        █
         75.0 ms
         31.6 ms                                     ▒▒▒▒▓▒▒▒▒▓▒▒▒▒▓▒▒▒▒▓▒▒▒▒▓▒▒▒▒▓▒▒▒▒
         13.3 ms                                     ▒▓▓▓█▒▓▓▓█▒▓▓▓█▒▓▓▓█▒▓▓▓█▒▓▓▓█▒▓▓▓
         5.62 ms                                     ▓▓███▓▓███▓▓███▓▓███▓▓███▓▓███▓▓██
         2.37 ms                                     ▓████▓████▓████▓████▓████▓████▓███
         1.00 ms                                     ▓████▓████▓████▓████▓████▓████▓███
                         -60 s               -40 s               -20 s               now
         status    200 1,500 · 503 100
         errors    connect_refused 100
                   connect_refused  http://api.example.com/o…: connection refused by 19…
         hosts                                                requests     failed
                   https://api.example.com                       1,600        100
                   http://down.example                             100        100
         bound by  --host-concurrency 8 of api.example.com 81 %
                   pauses of http://slow.example 19 %
         q or Ctrl-C: stop
        ");
}

#[test]
fn a_terminal_without_unicode_gets_ascii() {
    let look = Look { unicode: false, ..PLAIN };
    for (mut view, facts) in [(probe(), probe_facts(12)), (View::List, list_facts())] {
        let shown = text(&drawn(&mut view, (120, 40), &facts, &["haul: größer"], look));
        assert!(shown.is_ascii() && shown.contains("/s | 41 in flight") && shown.contains("\n="), "{shown}");
    }
}

#[test]
fn colours_are_for_terminals_that_want_them() {
    let colors = |colors| {
        let terminal = drawn(&mut probe(), (80, 24), &probe_facts(12), &[], Look { colors, unicode: true });
        let cells = terminal.backend().buffer().content.clone();
        let all = cells.iter().flat_map(|cell| [cell.fg, cell.bg]).filter(|color| *color != Color::Reset);
        let indexed = all.clone().filter(|color| matches!(color, Color::Indexed(_))).count();
        (all.count() > 0, indexed > 0)
    };
    assert_eq!([Colors::None, Colors::Few, Colors::Many].map(colors), [(false, false), (true, false), (true, true)]);
}

#[test]
fn no_text_of_others_steers_the_terminal() {
    let log = ["\u{1b}[1mbold\u{1b}[0m \u{9b}2J\u{202e}"];
    let shown = text(&drawn(&mut probe(), (200, 50), &probe_facts(0), &log, PLAIN));
    assert!(!shown.contains(|c: char| c.is_control() && c != '\n' || c == '\u{202e}'), "{shown:?}");
    assert!(shown.contains(" bold \\u{202e}") && shown.contains("\\u{1b}[31mred"), "{shown}");
    assert!(!shown.contains("secret"), "{shown}");
}

#[test]
fn any_size_is_drawn() {
    let empty = Facts::default();
    for (width, height) in [(1, 1), (1, 50), (300, 1), (9, 9), (21, 6), (40, 15), (139, 30), (140, 30)] {
        for facts in [&empty, &probe_facts(3)] {
            drawn(&mut probe(), (width, height), facts, &["said"], PLAIN);
            drawn(&mut View::List, (width, height), facts, &["said"], PLAIN);
        }
    }
}
