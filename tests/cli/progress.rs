//! What is told of a run while it goes on, to a log that nobody watches.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::support::{Run, Site, wait_for};

/// The lines of progress on standard error, in text.
fn lines(run: &Run) -> Vec<&str> {
    run.stderr.lines().filter(|line| line.starts_with("haul: ") && line.contains(" done ")).collect()
}

#[test]
fn a_log_gets_a_line_at_each_interval() {
    let site = Site::new();
    site.file("list.txt", &("$O/delay/0.05\n".repeat(96) + "$O/status/404\nhttp://127.0.0.1:1/\n"));
    let run = site.run("haul --retry 0 --progress-every 200ms --host-concurrency 4 list.txt").exits(0);
    let lines = lines(&run);
    assert!(lines.len() >= 4, "{lines:#?}");
    assert!(lines.iter().all(|line| line.is_ascii()), "{lines:#?}");
    let last = lines.last().unwrap();
    let host = format!(" bound by --host-concurrency 4 of {} ", site.origin.url(""));
    for words in [" of 98 (", "/s ", " failed ", &host] {
        assert!(last.contains(words), "no {words:?} in {last}");
    }
    assert!(lines.iter().any(|line| line.contains("/s eta ")), "{lines:#?}");
    assert_eq!(run.records.len(), 98, "standard output has records only");
    run.says(&["  98 records in "]);
}

#[test]
fn a_program_gets_the_same_as_json() {
    let site = Site::new();
    site.file("list.txt", &("http://127.0.0.1:1/\n".to_owned() + &"$O/delay/0.25\n".repeat(10)));
    let line = "haul --retry 0 --progress-every 200ms --progress-format json -c 2 -o - list.txt";
    let run = site.run(line).exits(0);
    let lines = run.stderr.lines().filter(|line| line.starts_with('{'));
    let lines: Vec<Value> = lines.map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.len() >= 4, "{}", run.stderr);
    for line in &lines {
        let text = |key: &str| line[key].to_string();
        assert_eq!([text("event"), text("total"), text("stopping")], ["\"progress\"", "11", "false"], "{line}");
        assert!(line["in_flight"].as_u64() <= Some(2) && line["elapsed_s"].as_f64() > Some(0.1), "{line}");
        assert!(line["bounded_by"][0]["share"].as_f64() > Some(0.0), "{line}");
    }
    let last = lines.last().unwrap();
    assert_eq!((last["failed"].as_u64(), &last["failures"]), (Some(1), &serde_json::json!({"connect_refused": 1})));
    assert!(lines.is_sorted_by_key(|line| line["done"].as_u64()), "{lines:#?}");
    assert_eq!(run.records.len(), 11);
}

#[test]
fn a_line_can_be_done_without() {
    let site = Site::new();
    site.file("haul.toml", "progress-every = 0\n");
    for options in ["", "--progress-every 0", "--progress-every off", "--config haul.toml", "-q --progress-every 100ms"]
    {
        let run = site.run(&format!("haul {options} $O/delay/0.5")).exits(0);
        assert_eq!(lines(&run), [""; 0], "{options}");
    }
    let run = site.run("HAUL_PROGRESS_EVERY=100ms haul $O/delay/0.5").exits(0);
    assert!(!lines(&run).is_empty());
    for (every, why) in [("1ms", "must be at least 100ms"), ("soon", "expected a duration such as 30s or 1m, or 0")] {
        site.run(&format!("haul --progress-every {every} $O/get")).fails(2, &["--progress-every <TIME>", why]);
    }
}

#[test]
fn the_summary_so_far_comes_when_asked_for() {
    let site = Site::new();
    site.file("list.txt", &"$O/delay/0.4\n".repeat(6));
    for options in ["", "-q", "--progress-every 0"] {
        let haul = site.start(&format!("haul {options} -c 2 list.txt 2> log"));
        let told = |times| move |log: String| log.matches(" so far in ").count() >= times;
        let before = site.origin.stats().requests;
        wait_for("a record", || site.origin.stats().requests >= before + 4);
        for times in 1..=2 {
            haul.signal("USR1");
            wait_for("the summary", || told(times)(site.read("log")));
        }
        assert_eq!(haul.end().exits(0).records.len(), 6, "{options}");
        let log = site.read("log");
        let first: u64 = log.trim_start().split(' ').next().unwrap().parse().unwrap();
        assert!(first < 6 && log.contains("  bound by --concurrency "), "{log}");
        assert_eq!(log.contains("\n  6 records in "), options != "-q", "{log}");
    }
}

/// The rate is that of the records that are counted, not of others that wait for an output which is stuck.
#[test]
fn the_pace_so_far_fits_the_count() {
    let site = Site::new();
    site.file("list.txt", &"$O/bytes/2000?n=1\n".repeat(400));
    assert!(Command::new("mkfifo").arg(site.path("pipe")).status().unwrap().success());
    let haul = site.start("haul list.txt 2> log > pipe");
    let stuck = fs::File::open(site.path("pipe")).unwrap();
    let count = |text: &str| text.replace(',', "").parse::<f64>().unwrap();
    wait_for("requests beyond what the pipe takes", || site.origin.stats().requests >= 150);
    haul.signal("USR1");
    wait_for("the summary", || site.read("log").contains("/s)"));
    let log = site.read("log");
    let (records, rest) = log.trim_start().split_once(" records so far in ").expect(&log);
    let (time, rest) = rest.split_once(" (").unwrap();
    let rate = count(rest.split_once("/s)").unwrap().0);
    let seconds = match time.split_once(' ').unwrap() {
        (ms, "ms") => count(ms) / 1000.0,
        (s, "s") => count(s),
        other => panic!("{other:?}"),
    };
    let expected = count(records) / seconds;
    assert!((rate - expected).abs() <= 0.6 + expected * 0.02, "{expected} in {log}");
    drop(stuck);
    drop(haul);
}

#[test]
fn a_run_without_input_can_be_asked_as_well() {
    let site = Site::new();
    let mut haul = site.start("haul - 2> log");
    let listens = || {
        fs::read_to_string(format!("/proc/{}/status", haul.id())).is_ok_and(|status| {
            let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
            mask.is_some_and(|mask| u64::from_str_radix(mask.trim(), 16).unwrap() >> 9 & 1 == 1)
        })
    };
    wait_for("the run", listens); // before, the signal would end it
    haul.signal("USR1");
    wait_for("the summary", || site.read("log").contains("  0 records so far in "));
    haul.write(&format!("{}\n", site.origin.url("/get")));
    assert_eq!(haul.end().exits(0).records.len(), 1);
}

#[test]
fn a_concurrency_without_effect_is_explained() {
    let site = Site::new();
    site.file("list.txt", &"$O/delay/0.1\n".repeat(20));
    let note = "note     all requests went to one host, which got 8 at a time: --host-concurrency 100 allows more";
    site.run("haul -c 100 list.txt").exits(0).says(&[note]);
    for options in ["", "-c 8", "-c 100 --host-concurrency 8", "-c 100 --host-concurrency 100"] {
        let run = site.run(&format!("haul {options} list.txt")).exits(0);
        assert!(!run.stderr.contains("note"), "{options}: {}", run.stderr);
    }
}

#[test]
fn a_rate_that_was_not_reached_is_explained() {
    let site = Site::new();
    site.file("list.txt", &"$O/delay/0.25\n".repeat(20));
    let run = site.run("haul --rate 100 --host-concurrency 2 --report report.json list.txt").exits(0);
    let by = format!("/s, bound by --host-concurrency 2 of {}\n", site.origin.url(""));
    run.says(&["  note     asked 100/s, got ", &by]);
    let facts = &site.json("report.json")["run"];
    assert_eq!((facts["requests"].as_u64(), facts["rate_limit"].as_f64()), (Some(20), Some(100.0)));
    site.file("list.txt", &"$O/get\n".repeat(40));
    let run = site.run("haul --rate 10 list.txt").exits(0);
    assert!(!run.stderr.contains("asked"), "{}", run.stderr);
}

#[test]
fn job_time_has_the_retries_that_latency_lacks() {
    let site = Site::new();
    let run = site.run("haul --report report.json -o out.ndjson $O/retry-after/1 $O/get").exits(0);
    run.says(&[", last attempts only\n", "job time p50 ", ", with retries\n"]);
    let report = site.json("report.json");
    let jobs = &report["run"]["job_ms"];
    assert!(jobs["max"].as_f64() >= Some(1000.0) && report["latency_ms"]["max"].as_f64() < Some(900.0), "{report}");
    assert_eq!(jobs["count"], 2);
    assert!(site.run("haul report out.ndjson").stdout.contains(", last attempts only\n"));
    let run = site.run("haul $O/get").exits(0);
    assert!(!run.stderr.contains("job time") && !run.stderr.contains("last attempts"), "{}", run.stderr);
}
