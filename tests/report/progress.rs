//! A run in progress: its line for a log and its summary so far; and what a rate or retries make of a summary.

use std::time::Duration;

use haul::model::{ErrorKind, RecordSummary};
use haul::report::text::{self, Neutral, Style, summary, summary_with};
use haul::report::{BoundBy, JobTimes, Moment, Progress, Provenance, Report, RunFacts, Total};

use super::{SAVED, answered, failed, report, run};

fn bound(by: &'static str, host: Option<&str>, seconds: f64) -> BoundBy {
    BoundBy { by: by.into(), host: host.map(str::to_owned), limit: None, seconds, share: seconds / 100.0 }
}

fn records() -> Report {
    let ok = (0..80).map(|seq| answered(seq, "https://a.example", 200));
    let missing = (80..85).map(|seq| answered(seq, "https://a.example", 404));
    let late = (85..100).map(|seq| failed(seq, ErrorKind::Timeout, "https://a.example", "30s"));
    report(ok.chain(missing).chain(late))
}

fn at(wall_s: f64, settled: u64, bounded_by: Vec<BoundBy>) -> RunFacts {
    RunFacts { wall_s, settled, records: settled, bounded_by, ..RunFacts::default() }
}

/// How a run of `inputs` goes, of which `run` is the present and `before` the moment before.
fn progress(before: Option<&RunFacts>, run: &RunFacts, inputs: Option<u64>) -> Progress {
    let total = inputs.map(|inputs| Total { inputs, is_estimate: false });
    Progress::since(before, Moment { report: &records(), run, total, in_flight: 8, waiting: 40 })
}

#[test]
fn a_line_is_about_the_time_since_the_line_before() {
    let a = Some("https://a.example");
    let first = at(60.0, 60, vec![bound("host_concurrency", a, 50.0), bound("input", None, 10.0)]);
    let line = |before, run, inputs| text::progress(&progress(before, run, inputs), &Neutral);
    assert_eq!(
        line(None, &first, Some(1000)),
        "1m done 60 of 1,000 (6 %) 1.0/s eta 15m40s failed 20 (timeout 15, 404 5) \
         bound by concurrency of a.example 83 %, the input 17 %"
    );
    let second = at(120.0, 100, vec![bound("rate", None, 60.0), bound("host_concurrency", a, 50.0)]);
    assert_eq!(
        line(Some(&first), &second, Some(1000)),
        "2m done 100 of 1,000 (10 %) 0.7/s eta 22m30s failed 20 (timeout 15, 404 5) bound by the rate 100 %"
    );
    let stalled = RunFacts { wall_s: 180.0, bounded_by: Vec::new(), ..second.clone() };
    assert_eq!(
        line(Some(&second), &stalled, Some(1000)),
        "3m done 100 of 1,000 (10 %) 0.0/s failed 20 (timeout 15, 404 5)",
        "nobody knows how long it takes"
    );
    let stopping = RunFacts { interrupted: true, ..second.clone() };
    assert_eq!(
        line(Some(&first), &stopping, Some(1000)),
        "2m done 100 of 1,000 (10 %) 0.7/s failed 20 (timeout 15, 404 5) bound by the rate 100 % stopping",
        "the rest is not for this run"
    );
}

#[test]
fn a_line_counts_what_an_earlier_run_has_done() {
    let run = RunFacts { resumed: Some(900), ..at(50.0, 50, Vec::new()) };
    let progress = progress(None, &run, Some(1000));
    assert_eq!((progress.done, progress.eta_s), (950, Some(50.0)));
    let line = |total| {
        let report = report([]);
        let progress = Progress::since(None, Moment { report: &report, run: &run, total, in_flight: 0, waiting: 0 });
        text::progress(&progress, &Neutral)
    };
    let estimated = |inputs| Some(Total { inputs, is_estimate: true });
    assert_eq!(line(estimated(2000)), "50s done 950 of ~2,000 (47 %) 1.0/s eta 17m30s failed 0");
    assert_eq!(line(estimated(10)), "50s done 950 of ~950 (100 %) 1.0/s eta 0s failed 0", "an estimate may be wrong");
}

#[test]
fn pages_move_the_line_where_inputs_do_not() {
    let pages = (1..=30).map(|page| RecordSummary { page: Some(page), ..answered(0, "https://a.example", 200) });
    let run = RunFacts { records: 30, ..at(10.0, 0, Vec::new()) };
    let total = Some(Total { inputs: 1, is_estimate: false });
    let report = report(pages);
    let progress = Progress::since(None, Moment { report: &report, run: &run, total, in_flight: 1, waiting: 0 });
    assert_eq!(text::progress(&progress, &Neutral), "10s done 0 of 1 (0 %) pages 30 3.0/s failed 0");
}

#[test]
fn a_line_is_plain_ascii_whatever_hosts_are_called() {
    let long = format!("https://{}\u{1b}[31m\u{202e}.example", "long".repeat(20));
    let run = at(10.0, 1, vec![bound("pause", Some(&long), 9.0), bound("rate", None, 1.0)]);
    let line = text::progress(&progress(None, &run, None), &Neutral);
    assert!(line.is_ascii() && !line.contains(|c: char| c.is_control()), "{line:?}");
    assert!(line.contains("bound by pauses of longlong") && line.contains("... 90 %, the rate 10 %"), "{line}");
}

#[test]
fn the_keys_of_a_line_stay() {
    let run = at(60.0, 60, vec![bound("host_concurrency", Some("https://a.example"), 50.0)]);
    insta::assert_snapshot!(serde_json::to_string(&progress(None, &run, Some(1000))).unwrap(), @r#"{"elapsed_s":60.0,"done":60,"total":1000,"total_is_estimate":false,"pages":0,"rate":1.0,"eta_s":940,"ok":80,"failed":20,"failures":{"timeout":15,"404":5},"in_flight":8,"waiting":40,"bounded_by":[{"by":"host_concurrency","host":"https://a.example","limit":null,"seconds":50.0,"share":1.0}],"stopping":false}"#);
    let hosts: Vec<_> = (0..100).map(|n| format!("https://{n}.example")).collect();
    let run = at(60.0, 60, hosts.iter().map(|host| bound("pause", Some(host), 0.5)).collect());
    let line = serde_json::to_value(progress(None, &run, None)).unwrap();
    assert_eq!(line["bounded_by"].as_array().unwrap().len(), 10);
}

#[test]
fn a_summary_so_far_says_so() {
    let run = RunFacts { unused_rules: vec!["*.example".to_owned()], ..run() };
    let text = summary(&records(), Provenance::Running(&run), false);
    assert!(text.starts_with("  100 records so far in 3.41 s (353/s)   80 ok   20 failed\n"), "{text}");
    assert!(!text.contains("*.example"), "a host that matches may still come: {text}");
    let nothing = summary(&Report::default(), Provenance::Running(&RunFacts::default()), false);
    assert!(nothing.starts_with("  0 records so far in 0 µs"), "{nothing}");
}

#[test]
fn job_times_stand_beside_latencies_where_they_differ() {
    let rows = |retried: bool, redirected: bool, ms: u64| {
        let attempts = if retried { 3 } else { 1 };
        let record = RecordSummary { attempts, redirects: redirected.into(), ..answered(4, "https://a.example", 200) };
        let mut job_ms = JobTimes::default();
        job_ms.add(Duration::from_millis(ms));
        let text = summary(&report([record]), &RunFacts { job_ms, ..run() }, false);
        let about = |line: &&str| line.contains("latency") || line.contains("job time");
        text.lines().filter(about).map(str::to_owned).collect::<Vec<_>>()
    };
    let latency = "  latency  p50 5.00 ms · p90 5.00 ms · p99 5.00 ms · max 5.00 ms";
    let jobs = "  job time p50 2.00 s · p90 2.00 s · p99 2.00 s · max 2.00 s";
    assert_eq!(rows(false, false, 5), [latency]);
    assert_eq!(rows(true, false, 5), [latency], "retries took no time");
    let last = format!("{latency}, last attempts only");
    assert_eq!(rows(true, false, 2000), [last.clone(), format!("{jobs}, with retries")]);
    assert_eq!(rows(false, true, 2000), [last.clone(), format!("{jobs}, with redirects")]);
    assert_eq!(rows(true, true, 2000), [last.clone(), format!("{jobs}, with retries and redirects")]);
    let retried = RecordSummary { attempts: 2, ..answered(4, "https://a.example", 200) };
    let saved = summary(&report([retried]), SAVED, false);
    assert!(saved.contains(&last) && !saved.contains("job time"), "records do not say when a job began: {saved}");
}

/// What the summary says of a rate that was `asked` for, of a run that sent `requests`.
fn rate_note(asked: f64, requests: u64, wall_s: f64, bounded_by: &[BoundBy]) -> Option<String> {
    let facts =
        RunFacts { rate_limit: Some(asked), requests, wall_s, bounded_by: bounded_by.to_vec(), records: 1, ..run() };
    let text = summary(&records(), &facts, false);
    text.lines().find_map(|line| line.strip_prefix("  note     ")).map(str::to_owned)
}

#[test]
fn a_rate_that_was_not_reached_is_named() {
    let host = bound("host_concurrency", Some("https://a.example"), 8.0);
    let told = |by: &str| Some(format!("asked 200/s, got 77/s, bound by {by}"));
    assert_eq!(rate_note(200.0, 770, 10.0, std::slice::from_ref(&host)), told("concurrency of a.example"));
    let more = [bound("rate", None, 5.0), bound("input", None, 3.0), host.clone()];
    assert_eq!(rate_note(200.0, 770, 10.0, &more), told("concurrency of a.example"));
    let two = [bound("input", None, 4.0), host.clone(), bound("host_concurrency", Some("https://b.example"), 1.0)];
    assert_eq!(rate_note(200.0, 770, 10.0, &two), told("concurrency of 2 hosts"));
    let slow = rate_note(10.0 / 60.0, 15, 200.0, std::slice::from_ref(&host));
    assert_eq!(slow.as_deref(), Some("asked 10/min, got 4.5/min, bound by concurrency of a.example"));
    let slower = rate_note(1.0, 80, 100.0, &[host]);
    assert_eq!(slower.as_deref(), Some("asked 1/s, got 0.8/s, bound by concurrency of a.example"));
}

#[test]
fn a_rate_is_judged_only_where_it_can_be() {
    let host = bound("host_concurrency", Some("https://a.example"), 8.0);
    for (asked, requests, wall_s, why) in [
        (200.0, 2000, 10.0, "it was reached"),
        (200.0, 1850, 10.0, "nearly"),
        (200.0, 10, 1.0, "the run was short"),
        (1.0, 5, 10.0, "there was not much to send"),
    ] {
        assert_eq!(rate_note(asked, requests, wall_s, std::slice::from_ref(&host)), None, "{why}");
    }
    let tail = [bound("rate", None, 5.0), bound("answers", None, 30.0)];
    assert_eq!(rate_note(200.0, 1000, 35.0, &tail), None, "nothing was left to send");
    let text = summary(&records(), &RunFacts { requests: 1, wall_s: 100.0, ..run() }, false);
    assert!(!text.contains("asked"), "no rate was asked for");
}

#[test]
fn whoever_shows_a_summary_may_add_notes() {
    let notes = ["one".to_owned(), "two".to_owned()];
    let text = summary_with(Style { notes: &notes, ..Style::default() }, &records(), &run());
    assert!(text.ends_with("  note     one\n  note     two\n"), "{text}");
}
