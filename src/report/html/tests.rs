//! What holds of every page.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use http::StatusCode;

use super::*;
use crate::model::{ErrorKind, MissedBy, RecordSummary};
use crate::report::load::{Coverage, LoadRecorder};
use crate::report::threshold::{Known, judge};
use crate::report::{BoundBy, LoadFacts, RunFacts};

/// 2027-01-15 08:00:00 UTC.
const START_S: u64 = 1_800_000_000;
const START_US: u64 = START_S * 1_000_000;

fn add(saved: &mut Saved, record: &RecordSummary<'_>) {
    saved.report.add(record);
    saved.timeline.add(record);
}

/// The page on saved records of which nothing else is known.
fn page(saved: &Saved) -> String {
    page_of(saved, Provenance::Saved { wrong_lines: 0, load: None, coverage: Coverage::Complete }, Style::default())
}

fn page_of<'a>(saved: &Saved, from: impl Into<Provenance<'a>>, style: Style<'_>) -> String {
    let mut page = Vec::new();
    write(&mut page, saved, from, style).unwrap();
    String::from_utf8(page).unwrap()
}

/// A list with answers and failures.
fn list() -> Saved {
    let mut saved = Saved::default();
    for n in 0..100 {
        let is_failed = n % 10 == 0;
        add(
            &mut saved,
            &RecordSummary {
                seq: n,
                url: "http://a.example/path",
                ok: !is_failed,
                status_code: (!is_failed).then_some(StatusCode::OK),
                error: is_failed.then_some((ErrorKind::Reset, "the connection was reset")),
                host: Some("http://a.example".into()),
                latency_us: (!is_failed).then_some(1_000 + n * 100),
                started_us: Some(START_US + n * 200_000),
                attempts: 1,
                ..RecordSummary::default()
            },
        );
    }
    saved
}

/// A probe of which one start was missed.
fn probe() -> (Saved, LoadFacts) {
    let mut saved = Saved::default();
    let started_at = SystemTime::UNIX_EPOCH + Duration::from_secs(START_S);
    let mut load = LoadRecorder::new(started_at, Duration::ZERO, 2);
    for n in 0..100 {
        let due = Duration::from_millis(n * 100);
        load.start(due);
        load.sent(due, Duration::from_micros(100));
        load.answered(due, due + Duration::from_millis(20));
        add(
            &mut saved,
            &RecordSummary {
                ok: true,
                status_code: Some(StatusCode::OK),
                latency_us: Some(20_000),
                service_us: Some(19_000),
                intended_us: Some(START_US + n * 100_000),
                ..RecordSummary::default()
            },
        );
    }
    load.miss(Duration::from_secs(10), MissedBy::InFlight);
    (saved, load.facts(Duration::from_secs(11)))
}

fn headings(page: &str) -> Vec<&str> {
    page.split("<h2>").skip(1).map(|rest| rest.split_once("</h2>").unwrap().0).collect()
}

#[test]
fn sections_without_data_are_left_out() {
    assert_eq!(headings(&page(&Saved::default())), ["Facts"]);
    let list = page(&list());
    insta::assert_snapshot!(headings(&list).join("\n"), @"
    Latency
    Throughput and failures
    Failures
    What bounded the run
    Hosts
    Facts
    ");
    assert!(list.contains("<p>Not known: records do not tell how long a run took, nor which limits held it back.</p>"));
    assert!(list.contains("<h1>Report</h1>\n<p>Records of a list · 2027-01-15 08:00:00 UTC, 20s</p>"));
    let (saved, load) = probe();
    let probe = page_of(
        &saved,
        Provenance::Saved { wrong_lines: 0, load: Some(&load), coverage: Coverage::Complete },
        Style::default(),
    );
    assert_eq!(headings(&probe), ["Latency", "Throughput and failures", "Failures", "Facts"]);
    assert!(!probe.contains("Failures per second"), "none failed");
}

#[test]
fn a_probe_says_what_was_asked_for_and_what_was_missed() {
    let (saved, load) = probe();
    let from = |load, coverage| Provenance::Saved { wrong_lines: 0, load, coverage };
    let whole = page_of(&saved, from(Some(&load), Coverage::Complete), Style::default());
    for words in [
        "<bdi>asked for</bdi>",
        "<b>In doubt</b><bdi>1 start was missed because of the limit on requests in flight</bdi>",
        "the limit on requests in flight</bdi></td><td class=\"n\" data-v=\"1\">1</td>",
        "<small>at least: some starts were missed</small>",
        "≥ 20.0 ms",
        "<dt>Missed starts</dt><dd>1<small>of 101 due</small></dd>",
    ] {
        assert!(whole.contains(words), "{words}");
    }
    let alone = page_of(&saved, from(None, Coverage::Complete), Style::default());
    assert!(alone.contains("<b>Not known</b><bdi>asked rate, missed starts and lag (see the file beside the records)"));
    let foreign = page_of(&saved, from(Some(&load), Coverage::Foreign), Style::default());
    assert!(!alone.contains("asked for</bdi>") && !foreign.contains("asked for</bdi>"));
}

#[test]
fn a_search_claims_no_single_rate() {
    let (saved, mut load) = probe();
    load.find = Some(find::tests::search());
    let from = Provenance::Saved { wrong_lines: 0, load: Some(&load), coverage: Coverage::Complete };
    let page = page_of(&saved, from, Style::default());
    assert_eq!(headings(&page)[..2], ["Highest rate", "Latency"]);
    for words in [
        "<p>Search for the highest rate, constant arrivals · ",
        "<dt>Highest rate</dt><dd>100/s<small>104/s failed</small></dd>",
        "<dt>p50</dt><dd>≥ 20.0 ms<small>of all steps</small></dd>",
        "<li class=\"good\"><b>Highest rate</b><bdi>held 100/s, failed 104/s</bdi></li>",
        "<li class=\"doubt\"><b>In doubt</b><bdi>1 of 5 steps</bdi></li>",
        "<small>without what each step leaves out at its start</small>",
    ] {
        assert!(page.contains(words), "{words}");
    }
    assert!(!page.contains("<dt>Rate</dt>") && !page.contains("asked 10/s"), "{page}");
}

#[test]
fn thresholds_are_shown_with_what_was_measured() {
    let saved = list();
    let thresholds = ["p99>5ms", "failed>50", "missed>0"].map(|text| text.parse().unwrap());
    let judged = judge(&thresholds, &saved.report, &Known::default());
    let from = Provenance::Saved { wrong_lines: 2, load: None, coverage: Coverage::Complete };
    let page = page_of(&saved, from, Style { judged: &judged, notes: &["<i>".to_owned()], ..Style::default() });
    let said = page.split_once("<ul class=\"verdict\">\n").unwrap().1.split_once("</ul>").unwrap().0;
    insta::assert_snapshot!(said, @r#"
    <li class="bad"><b>Threshold crossed</b><bdi>p99&gt;5ms: p99 of latency is 10.9 ms, above 5 ms</bdi></li>
    <li class="good"><b>Threshold not crossed</b><bdi>failed&gt;50: 10 requests failed, not more than 50</bdi></li>
    <li class="doubt"><b>Threshold not known</b><bdi>missed&gt;0: the records do not tell how many starts were missed</bdi></li>
    <li class="plain"><b>Note</b><bdi>2 lines are not records and were skipped</bdi></li>
    <li class="plain"><b>Note</b><bdi>&lt;i&gt;</bdi></li>
    "#);
}

#[test]
fn a_run_says_what_bounded_it() {
    let bound =
        BoundBy { by: "host_rate".into(), host: Some("http://<a>".to_owned()), limit: None, seconds: 9.0, share: 0.9 };
    let run = RunFacts { records: 100, wall_s: 10.0, rate: 10.0, bounded_by: vec![bound], ..RunFacts::default() };
    let page = page_of(&list(), &run, Style::default());
    assert!(page.contains(
        "<tr><td><bdi>the rate</bdi></td><td><bdi>http://&lt;a&gt;</bdi></td>\
         <td class=\"n\" data-v=\"9000\">9.00 s</td><td class=\"n\" data-v=\"9000\">90.0 %</td></tr>"
    ));
    assert!(page.contains("<dt>Rate</dt><dd>10/s"));
}

/// What tries to be more than text.
const HOSTILE: &str = "</title></script><svg onload=alert(1)>'\"&\0\u{202e}\u{2028}<!--]]>";

#[test]
fn whatever_a_report_holds_stays_text() {
    let mut saved = Saved::default();
    for group in [HOSTILE, "other"] {
        add(
            &mut saved,
            &RecordSummary {
                url: HOSTILE,
                error: Some((ErrorKind::Protocol, HOSTILE)),
                host: Some(HOSTILE.into()),
                group: Some(group),
                latency_us: Some(1_000),
                started_us: Some(START_US),
                ..RecordSummary::default()
            },
        );
    }
    let from = Provenance::Saved { wrong_lines: 0, load: None, coverage: Coverage::Complete };
    let page = page_of(&saved, from, Style { title: HOSTILE, notes: &[HOSTILE.to_owned()], ..Style::default() });
    assert!(page.matches("svg onload").count() >= 7, "{page}");
    assert_eq!(page.matches("<svg onload").count(), 0);
    for (tag, count) in [("<script", 1), ("</script", 1), ("<title", 1), ("</title", 1), ("<!", 1)] {
        assert_eq!(page.matches(tag).count(), count, "{tag}");
    }
    assert!(!page.contains(['\0', '\u{202e}', '\u{2028}']));
}

#[test]
fn a_page_is_made_of_any_times() {
    for times in [&[0][..], &[0, u64::MAX], &[START_US, START_US + 1], &[u64::MAX]] {
        let mut saved = Saved::default();
        for (place, &us) in times.iter().enumerate() {
            let latency_us = Some(if place == 0 { 0 } else { us });
            let error = Some((ErrorKind::Closed, ""));
            add(&mut saved, &RecordSummary { started_us: Some(us), latency_us, error, ..RecordSummary::default() });
        }
        let page = page(&saved);
        for title in ["Latency over time", "Latency by percentile", "Requests per second", "Failures per second"] {
            assert!(page.contains(title), "{title} at {times:?}");
        }
        assert!(!page.contains(">NaN") && !page.contains(">inf"), "{times:?}");
    }
}

#[test]
fn nothing_is_loaded_from_elsewhere() {
    let page = page(&list());
    for attribute in ["src=", "href=", "url(", "@import", "style="] {
        assert!(!page.contains(attribute), "{attribute}");
    }
    let linked = page.split("://").skip(1).map(|rest| rest.split(['/', '<']).next().unwrap());
    let linked: BTreeSet<_> = linked.collect();
    assert_eq!(linked, ["a.example", "www.w3.org"].into(), "a host of the records, and the name of SVG");
}

/// The texts that take most bytes on a page, for the columns or characters that they may have.
const LONG: [&str; 4] = ["\"", "\u{202e}", "a\u{308}\u{308}\u{308}\u{308}\u{308}\u{308}\u{308}\u{308}", "😀"];

/// A report with as much of everything as there can be.
fn full(text: &str) -> (Saved, LoadFacts) {
    let mut saved = Saved::default();
    let started_at = SystemTime::UNIX_EPOCH + Duration::from_secs(START_S);
    let mut load = LoadRecorder::new(started_at, Duration::ZERO, 2);
    let long = text.repeat(600);
    let mut random = fastrand::Rng::with_seed(7);
    for n in 0..8_000 {
        let due = Duration::from_secs(n % 4_000);
        if random.bool() {
            load.start(due);
        } else {
            load.miss(due, MissedBy::ALL[random.usize(..MissedBy::ALL.len())]);
        }
        let (kind, name) = (ErrorKind::ALL[random.usize(..ErrorKind::ALL.len())], format!("{n}{long}"));
        add(
            &mut saved,
            &RecordSummary {
                seq: n,
                url: &long,
                status_code: Some(StatusCode::from_u16(100 + (n % 900) as u16).unwrap()),
                error: Some((kind, &long)),
                host: Some(name[..].into()),
                group: Some(if n % 3 == 0 { "a" } else { &name }),
                latency_us: Some(10f64.powf(random.f64() * 9.0) as u64),
                connect_us: Some(1_000),
                wait_us: Some(1_000),
                intended_us: Some(START_US + due.as_micros() as u64),
                ..RecordSummary::default()
            },
        );
    }
    let mut load = load.facts(Duration::from_secs(4_000));
    let mut find = find::tests::search();
    find.steps.iter_mut().for_each(|step| step.why = Some(long.clone()));
    find.steps = find.steps.into_iter().cycle().take(1_000).collect();
    load.find = Some(find);
    (saved, load)
}

#[test]
fn a_page_has_a_bound() {
    for text in LONG {
        let (saved, load) = full(text);
        let from = Provenance::Saved { wrong_lines: 0, load: Some(&load), coverage: Coverage::Complete };
        let page = page_of(&saved, from, Style { title: &text.repeat(600), ..Style::default() });
        assert!(page.contains("and 900 more"));
        assert!(page.len() < MAX_PAGE, "{} bytes of {text:?}", page.len());
    }
}
