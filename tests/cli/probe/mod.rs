//! `haul probe`: load, and what may not get any.

mod configured;
mod filled;
mod find;
mod hosts;
mod in_flight;
mod judged;
mod progress;
mod refused;
mod targets;
mod until;

use serde_json::Value;

use crate::support::{Site, wait_for};
use crate::terminal::{on_terminal, shown};

#[test]
fn requests_start_at_a_rate_and_stop_after_a_number() {
    let site = Site::new();
    let run = site.run("haul probe --rate 100/s -n 20 $O/get $O/status/404").exits(0);
    assert_eq!(run.all("seq").len(), 20);
    let failed = run.records.iter().filter(|record| record["status_code"] == 404).count();
    assert_eq!(failed, 10);
    run.says(&["  20 records in ", "10 ok", "10 failed"]);
    let times: Vec<&str> = run.records.iter().map(|record| record["intended_at"].as_str().unwrap()).collect();
    assert!(times.is_sorted(), "{times:?}");
    assert!(times.iter().all(|time| time.len() == "2026-01-31T12:00:00.123456Z".len()), "{times:?}");
    for record in &run.records {
        let ms = |key: &str| record["timings_ms"][key].as_f64().unwrap();
        assert!((ms("latency") - ms("queue") - ms("total")).abs() < 0.002 && ms("service_time") == ms("total"));
        assert_eq!(record["json"], Value::Null, "bodies are not recorded by default");
    }
}

#[test]
fn loops_wait_for_their_answers() {
    let site = Site::new();
    let run = site.run("haul probe -c 2 -n 6 $O/delay/0.2").exits(0);
    assert_eq!(run.all("ok"), [true; 6]);
    assert_eq!(site.origin.stats().peak_in_flight, 2);
    site.run("haul probe -c 3 -n 6 --think-time 50ms --body auto $O/get").exits(0).records.iter().for_each(|record| {
        assert!(record["json"].is_object());
    });
}

#[test]
fn what_was_sent_to_warm_up_is_marked_and_left_out() {
    let site = Site::new();
    let run = site.run("haul probe --rate 50/s -n 5 --warm-up 200ms --report report.json $O/get").exits(0);
    let totals = &site.json("report.json")["totals"];
    assert_eq!([&totals["records"], &totals["warm_up"]], [5, 10]);
    let warm_up = run.records.iter().filter(|record| record["warm_up"] == true).count();
    assert_eq!((warm_up, run.records.len()), (10, 15));
}

#[test]
fn redirects_are_followed_only_if_asked_for() {
    let site = Site::new();
    assert_eq!(site.run("haul probe -n 1 $O/redirect/2").record()["status_code"], 302);
    let record = site.run("haul probe -n 1 -L $O/redirect/2").record();
    assert_eq!((&record["status_code"], record["redirects"].as_array().map(Vec::len)), (&200.into(), Some(2)));
    let ms = |key: &str| record["timings_ms"][key].as_f64().unwrap();
    assert!(ms("service_time") >= ms("total") && ms("latency") >= ms("service_time"), "{record:?}");
}

#[test]
fn nothing_is_retried() {
    let site = Site::new();
    let run = site.run("haul probe -n 3 -c 1 $O/flaky/5").exits(0);
    assert_eq!(run.all("status_code"), [503; 3]);
    assert_eq!(site.origin.stats().requests, 3);
    assert!(run.records.iter().all(|record| record["attempts"] == 1 && record["retries"].is_null()));
}

#[test]
fn records_go_where_they_are_wanted() {
    let site = Site::new();
    assert_eq!(site.run("haul probe -n 3 --no-records $O/get").exits(0).stdout, "");
    site.run("haul probe -n 3 -o out.ndjson --report report.json $O/get").exits(0);
    assert_eq!(site.read("out.ndjson").lines().count(), 3);
    assert_eq!(site.json("report.json")["totals"]["records"], 3);
    site.run("haul probe -n 3 -o out.ndjson $O/get").fails(2, &["out.ndjson", "already exists"]);
    let run = site.run("haul probe -n 3 --no-records --report - -q $O/get").exits(0);
    assert_eq!(serde_json::from_str::<Value>(&run.stdout).unwrap()["totals"]["records"], 3);
    site.run("haul probe -n 3 --report - $O/get").fails(2, &["standard output, which has the records"]);
    let table = site.run("haul probe -n 1 -q --format csv --fields seq,timings_ms.latency $O/get").exits(0).stdout;
    assert!(table.starts_with("seq,timings_ms.latency\n0,"), "{table}");
    let Some(haul) = on_terminal(&site, "haul probe --rate 40/s -z 1s $O/get") else { return };
    let shown = shown(&site, haul, 0);
    assert!(!shown.contains("{\"seq\"") && shown.contains("40/s") && shown.contains("40 records"), "{shown:?}");
}

#[test]
fn one_signal_ends_all_starts() {
    let site = Site::new();
    let haul = site.start("haul probe --rate 50/s -z 60s $O/delay/0.2");
    wait_for("the requests", || site.origin.stats().in_flight >= 5);
    haul.signal("INT");
    let run = haul.end().exits(130);
    assert!(run.records.iter().all(|record| record["ok"] == true), "{:?}", run.all("error"));
    assert_eq!(run.records.len() as u64, site.origin.stats().requests);
    run.says(&[" records in "]);
}

#[test]
fn a_probe_that_was_stopped_leaves_all_its_files() {
    let site = Site::new();
    let haul = site.start("haul probe -q --rate 50/s -z 60s -o out.ndjson --hdr out.hlog --report r.json $O/get");
    wait_for("some requests", || site.origin.stats().requests >= 5);
    haul.signal("TERM");
    haul.end().exits(143);
    let records = site.read("out.ndjson").lines().count();
    assert_eq!(site.json("r.json")["totals"]["records"], records);
    assert_eq!(site.json("out.ndjson.run.json")["load"]["started"], records);
    assert!(site.read("out.hlog").contains("Histogram log format version"));
}

#[test]
fn secrets_in_the_report_of_a_probe_are_shown_on_request() {
    let site = Site::new();
    for (option, shown) in [("", "access_token=REDACTED"), ("--no-redact", "access_token=abc")] {
        let line = format!("haul probe -q -n 1 --no-records --report - {option} http://localhost:1/?access_token=abc");
        let report = site.run(&line).exits(0).stdout;
        assert!(report.contains(shown), "{report}");
    }
}

#[test]
fn what_cannot_be_written_ends_a_probe() {
    let site = Site::new();
    if !std::path::Path::new("/dev/full").exists() {
        return;
    }
    site.run("haul probe -q -n 3 $O/get >/dev/full").fails(1, &["No space left"]);
    site.run("haul probe -q -n 3 --no-records --report - $O/get >/dev/full").fails(1, &["No space left"]);
}

#[test]
fn lists_have_to_be_right_before_anything_is_sent() {
    let site = Site::new();
    site.file("list.txt", "$O/get\nnot a url\n");
    site.run("haul probe -n 5 list.txt").fails(3, &["list.txt line 2"]);
    site.file("empty.txt", "# nothing\n");
    site.run("haul probe -n 5 empty.txt").fails(3, &["the lists contain no requests"]);
    site.file("a.json", r#"[{"url": "$O/get"}]"#);
    let convert = "convert it: jq -c '.[]' a.json | haul probe --input-format ndjson";
    site.run("haul probe -n 5 a.json").fails(3, &[convert]);
    site.run("haul probe -n 5 missing.txt").fails(3, &["missing.txt"]);
    assert_eq!(site.origin.stats().requests, 0);
}

#[test]
fn random_starts_can_be_repeated() {
    let site = Site::new();
    let offsets = |options: &str| {
        let run = site.run(&format!("haul probe --rate 100/s -n 10 --arrivals poisson {options} $O/get")).exits(0);
        let seed = run.stderr.split("--seed ").nth(1).map(|rest| rest.split(' ').next().unwrap().to_owned());
        let at = |record: &crate::record::Record| {
            let text = record["intended_at"].as_str().unwrap();
            text[17..26].parse::<f64>().unwrap()
        };
        let first = at(&run.records[0]);
        let offsets: Vec<i64> =
            run.records.iter().map(|record| ((at(record) - first).rem_euclid(60.0) * 1e5).round() as i64).collect();
        (offsets, seed)
    };
    let (first, seed) = offsets("");
    let (again, none) = offsets(&format!("--seed {}", seed.expect("a note on the seed")));
    assert!(first.iter().zip(&again).all(|(a, b)| (a - b).abs() <= 1), "{first:?} {again:?}");
    assert_eq!(none, None);
}
