//! The report for programs.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use haul::model::{Blocked, ErrorKind, MissedBy, RecordSummary};
use haul::report::json::{read_whole, write};
use haul::report::load::{Coverage, LoadRecorder};
use haul::report::text::summary;
use haul::report::threshold::{Known, judge};
use haul::report::{BoundBy, JobTimes, LateRecord, LoadFacts, Provenance, Report, RunFacts};
use serde_json::{Value, json};

use super::{SAVED, answered, document, document_text, failed, report, run};

const BEGIN_S: u64 = 1_800_000_000;

/// Three seconds at 10/s after a warm-up; in the second of them, starts are late, and some are missed.
fn load() -> LoadFacts {
    let ms = Duration::from_millis;
    let mut recorder = LoadRecorder::new(SystemTime::UNIX_EPOCH + Duration::from_secs(BEGIN_S), ms(1_000), 2);
    recorder.cpu(ms(1_000), ms(70));
    recorder.in_flight(ms(1_000), 3);
    for at in (0..4_000).step_by(100) {
        match at {
            2_700 => recorder.miss(ms(at), MissedBy::Output),
            2_800.. if at < 3_000 => recorder.miss(ms(at), MissedBy::InFlight),
            _ => {
                recorder.start(ms(at));
                recorder.sent(ms(at), if at / 1_000 == 2 { ms(40) } else { Duration::from_micros(120) });
            }
        }
    }
    recorder.blocked(ms(2_650), Blocked::Rate);
    recorder.blocked(ms(2_700), Blocked::Output);
    recorder.cpu(ms(4_000), ms(1_570));
    recorder.facts(ms(4_000))
}

/// The records of it: two groups, failures and the warm-up.
fn probed() -> Report {
    let due = |at: u64| Some(BEGIN_S * 1_000_000 + at * 1_000);
    let mut report = report((0..37).filter(|n| !(27..30).contains(n)).map(|n| RecordSummary {
        latency_us: Some(5_000 + n * 1_000),
        service_us: Some(4_000),
        connect_us: (n % 10 == 0).then_some(700),
        wait_us: Some(3_000),
        intended_us: due(n * 100),
        group: Some(if n % 3 == 0 { "checkout" } else { "search" }),
        warm_up: n < 10,
        ..answered(n, "https://a.example", if n == 13 { 503 } else { 200 })
    }));
    for n in (37..40).rev() {
        let intended_us = due(n * 100);
        let failed = failed(n, ErrorKind::Dns, "https://down.example/?token=abc", "no address for host");
        report.add(&RecordSummary { intended_us, group: Some("search"), attempts: 1, ..failed });
    }
    report
}

#[test]
fn a_probe_as_json() {
    let run = RunFacts { load: Some(load()), ..run() };
    let report = probed();
    let thresholds = ["p95{checkout}>20ms", "rate<9/s", "status(5xx)>1", "failed{gone}>1%"];
    let thresholds = thresholds.map(|text| text.parse().unwrap());
    let judged = judge(&thresholds, &report, &Known::of_run(&run, &report));
    let text = document_text(&report, &run, &judged);
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["run"]["load"]["answer_rate"], document["thresholds"][1]["value"]);
    insta::assert_snapshot!(text);
}

#[test]
fn a_document_tells_all_that_is_known_of_its_run() {
    let (report, load) = (probed(), load());
    let mut job_ms = JobTimes::default();
    [5, 40, 41].map(Duration::from_millis).into_iter().for_each(|time| job_ms.add(time));
    let host = Some("https://a.example".to_owned());
    let bounded_by = vec![BoundBy { by: "host_rate".into(), host, limit: None, seconds: 2.5, share: 0.75 }];
    let late = Some(LateRecord { seq: 3, host: "https://b.example".to_owned() });
    let list = RunFacts { job_ms, bounded_by, late, resumed: Some(7), ..run() };
    let probe = RunFacts { load: Some(load.clone()), ..run() };
    let saved = |coverage| Provenance::Saved { wrong_lines: 2, load: Some(&load), coverage };
    for from in [
        Provenance::Run(&list),
        Provenance::Run(&probe),
        saved(Coverage::Complete),
        saved(Coverage::Partial),
        saved(Coverage::Foreign),
        SAVED,
    ] {
        let written = |report: &Report, from: Provenance<'_>| {
            let mut document = Vec::new();
            write(&mut document, report, from).unwrap();
            String::from_utf8(document).unwrap()
        };
        let document = written(&report, from);
        let read = read_whole(document.as_bytes()).unwrap();
        assert_eq!(read.report, report);
        assert_eq!(written(&read.report, read.provenance()), document);
        assert_eq!(summary(&read.report, read.provenance(), false), summary(&report, from, false));
    }
}

#[test]
fn saved_records_give_what_the_run_gave() {
    let (load, report) = (load(), probed());
    let mut of_run = document(&report, &RunFacts { load: Some(load.clone()), ..run() });
    let from = |coverage| Provenance::Saved { wrong_lines: 2, load: Some(&load), coverage };
    let mut saved = document(&report, from(Coverage::Complete));
    assert_eq!((saved["run"].take(), saved["wrong_lines"].take()), (Value::Null, json!(2)));
    assert_eq!(saved["load"].take(), of_run["run"].take()["load"]);
    assert_eq!(saved["coverage"].take(), "complete");
    for key in ["wrong_lines", "load", "coverage"] {
        assert_eq!(of_run.as_object_mut().unwrap().insert(key.to_owned(), Value::Null), None);
    }
    assert_eq!(saved, of_run);

    let others = document(&report, from(Coverage::Foreign));
    assert_eq!((&others["load"]["answer_rate"], &others["load"]["asked_rate"]), (&Value::Null, &json!(10.0)));
}

/// The keys of a document, without those below lists.
fn keys(value: &Value, path: &str) -> BTreeSet<String> {
    let Value::Object(members) = value else { return BTreeSet::from([path.to_owned()]) };
    members.iter().flat_map(|(key, value)| keys(value, &format!("{path}/{key}"))).collect()
}

/// The keys whose values are neither zero nor null, false or empty.
fn filled(document: &Value) -> Vec<String> {
    let nothing = [json!(null), json!(0), json!(0.0), json!(false), json!(""), json!([]), json!({})];
    keys(document, "").into_iter().filter(|key| !nothing.contains(document.pointer(key).unwrap())).collect()
}

#[test]
fn no_records_have_the_keys_of_a_list() {
    let (none, one) = (Report::default(), report([answered(0, "https://a.example", 200)]));
    let [none, one] = [none, one].map(|report| document(&report, &RunFacts::default()));
    assert_eq!(filled(&none), ["/schema"]);
    for part in ["", "/run", "/totals", "/latency_ms"] {
        let [none, one] = [&none, &one].map(|document| document.pointer(part).unwrap().as_object().unwrap().keys());
        assert!(none.eq(one), "{part}");
    }
}

#[test]
fn a_list_has_nothing_of_a_probe() {
    let one = report([answered(0, "https://a.example", 200)]);
    insta::assert_snapshot!(filled(&document(&one, &RunFacts::default())).join("\n"), @r"
    /hosts
    /latency_histogram
    /latency_ms/count
    /latency_ms/max
    /latency_ms/mean
    /latency_ms/min
    /latency_ms/p50
    /latency_ms/p90
    /latency_ms/p95
    /latency_ms/p99
    /latency_ms/p99.9
    /latency_us/count
    /latency_us/max
    /latency_us/min
    /latency_us/sum
    /schema
    /statuses/200
    /totals/attempts
    /totals/decoded_bytes
    /totals/encoded_bytes
    /totals/ok
    /totals/records
    ");
    assert!(document(&one, SAVED)["doubt"].is_null());
}

#[test]
fn hosts_without_a_name_as_json() {
    let names: Vec<_> = (0..1002).map(|n| format!("https://{n}.example")).collect();
    let report =
        report(names.iter().map(|name| RecordSummary { host: Some(name.as_str().into()), ..answered(4, "", 200) }));
    let document = document(&report, &run());
    assert_eq!(document["hosts"].as_array().unwrap().len(), 1000);
    insta::assert_snapshot!(document["other_hosts"], @r#"
    {"bytes":2000,"failed":0,"latency_us":{"count":2,"max":5000,"min":5000,"sum":10000},"max_ms":5.0,"mean_ms":5.0,"ok":2,"requests":2}
    "#);
}

/// The elements of the series and of the load: `at` since the start, and a count or a mark of each.
fn seconds(document: &Value) -> [Vec<(u64, u64, bool)>; 2] {
    let elements = |series: &Value, count: &str, mark: &str| {
        let elements = series["seconds"].as_array().unwrap().iter();
        let is_marked =
            |value: Option<&Value>| value.is_some_and(|value| value.as_bool().unwrap_or(*value != json!(0)));
        let element = |at: &Value| {
            (at["at"].as_u64().unwrap() - BEGIN_S, at[count].as_u64().unwrap(), is_marked(at.pointer(mark)))
        };
        elements.map(element).collect()
    };
    let load = &document["run"]["load"];
    assert_eq!(document["series"]["width_s"], load["width_s"]);
    [elements(&document["series"], "requests", "/latency_ms/censored"), elements(load, "started", "/missed")]
}

#[test]
fn seconds_whose_starts_were_all_missed_are_in_the_series() {
    let ms = Duration::from_millis;
    let run_until = |last_ms| {
        let mut recorder = LoadRecorder::new(SystemTime::UNIX_EPOCH + Duration::from_secs(BEGIN_S), ms(0), 2);
        recorder.start(ms(0));
        recorder.miss(ms(1_500), MissedBy::InFlight);
        recorder.miss(ms(last_ms), MissedBy::InFlight);
        RunFacts { load: Some(recorder.facts(ms(last_ms))), ..run() }
    };
    // Its answer ends in a second in which starts were missed, too.
    let one = report([RecordSummary {
        intended_us: Some(BEGIN_S * 1_000_000),
        latency_us: Some(1_600_000),
        ..answered(0, "https://a.example", 200)
    }]);
    let expected = vec![(0, 1, false), (1, 0, true), (3, 0, true)];
    let document_of_short = document(&one, &run_until(3_000));
    assert_eq!(seconds(&document_of_short), [expected.clone(), expected]);
    assert_eq!(document_of_short["series"]["seconds"][1]["answered"], 1);
    // What a long run missed at its end makes the intervals of both wider.
    let expected = vec![(0, 1, true), (8_000, 0, true)];
    assert_eq!(seconds(&document(&one, &run_until(8_001_000))), [expected.clone(), expected]);

    let none = document(&Report::default(), &run_until(3_000));
    assert_eq!(seconds(&none)[0], [(0, 0, false), (1, 0, true), (3, 0, true)]);
    assert_eq!(none["latency_ms"]["censored"], true);

    let mut written = Vec::new();
    haul::report::json::write(&mut written, &one, &run_until(3_000)).unwrap();
    assert_eq!(haul::report::json::read(&*written).unwrap(), one, "a second without a record is not of the report");
}

#[test]
fn records_of_another_run_keep_their_intervals() {
    let load = load();
    let later = report([RecordSummary {
        intended_us: Some((BEGIN_S + 100_000) * 1_000_000),
        ..answered(0, "https://a.example", 200)
    }]);
    let from = Provenance::Saved { wrong_lines: 0, load: Some(&load), coverage: Coverage::Foreign };
    let document = document(&later, from);
    assert_eq!((&document["series"]["width_s"], &document["load"]["width_s"]), (&json!(1), &json!(1)));
    let seconds = document["series"]["seconds"].as_array().unwrap();
    assert_eq!(seconds.iter().map(|at| at["at"].as_u64().unwrap()).collect::<Vec<_>>(), [BEGIN_S + 100_000]);
}
