//! Where records, summary and report go, and what becomes of the exit code.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};

use crate::record::records;
use crate::support::Site;

#[test]
fn an_output_file_is_replaced_only_by_force() {
    let site = Site::new();
    assert_eq!(site.run("haul -o out.ndjson $O/get $O/json").exits(0).stdout, "");
    assert_eq!(records(&site.read("out.ndjson")).len(), 2);

    let before = site.origin.stats().requests;
    site.run("haul -o out.ndjson $O/get").fails(2, &["out.ndjson already exists: use --force to replace it"]);
    assert_eq!(site.origin.stats().requests, before);
    assert_eq!(records(&site.read("out.ndjson")).len(), 2);

    site.run("haul -o out.ndjson --force $O/get").exits(0);
    assert_eq!(records(&site.read("out.ndjson")).len(), 1);
    site.run("haul -o new.ndjson --force $O/get").exits(0);
    assert_eq!(records(&site.read("new.ndjson")).len(), 1);
    site.run("haul -o nowhere/out $O/get").fails(1, &["cannot create nowhere/out: No such file"]);
}

#[test]
fn what_is_no_regular_file_needs_no_force() {
    let site = Site::new();
    assert_eq!(site.run("haul -o /dev/null $O/get").exits(0).stdout, "");
    for stdout in ["-", "/dev/stdout"] {
        assert_eq!(site.run(&format!("haul -o {stdout} $O/get")).exits(0).records.len(), 1);
    }
    site.run("mkfifo pipe; cat pipe > out.ndjson & haul -o pipe $O/get; wait").exits(0);
    assert_eq!(records(&site.read("out.ndjson")).len(), 1);
}

#[test]
fn inputs_and_earlier_reports_survive_a_wrong_command() {
    let site = Site::new();
    site.file("list.txt", "$O/get\n");
    site.file("report.json", "earlier");
    let words = "would overwrite a file that this command also uses";
    site.run("haul --force -o list.txt list.txt").fails(2, &["--output list.txt", words]);
    site.run("haul --report list.txt list.txt").fails(2, &["--report list.txt", words]);
    site.run("haul --report out.ndjson -o out.ndjson list.txt").fails(2, &["--report out.ndjson", words]);
    site.file("out.ndjson", "");
    site.run("haul --report new.json -o out.ndjson list.txt").fails(2, &["out.ndjson already exists"]);
    site.run("haul --report report.json list.txt").fails(2, &["report.json already exists: use --force"]);
    site.run("haul --report new.json -H nonsense list.txt").fails(2, &["needs a colon"]);
    site.run("haul --report new.json missing.txt").fails(3, &["missing.txt"]);
    assert!(!site.path("new.json").exists());
    assert_eq!(site.read("report.json"), "earlier");
    assert_eq!(site.origin.stats().requests, 0);
}

#[test]
fn an_output_that_takes_no_more_ends_the_run() {
    let site = Site::new();
    let message = "haul: cannot write the output: No space left on device";
    site.run("haul -o /dev/full $O/get").fails(1, &[message]);
    site.run("haul $O/get > /dev/full").fails(1, &[message]);
    site.file("list.txt", &"$O/bytes/100000\n".repeat(50));
    site.run("haul -q list.txt $O/delay/30 > /dev/full").fails(1, &[message]);
    // Whether or not anyone can read the reason, the code is the same.
    site.run("haul $O/get > /dev/full 2> /dev/full").fails(1, &[]);
    site.run("haul missing.txt 2> /dev/full").fails(3, &[]);
}

#[test]
fn a_reader_that_has_enough_is_no_failure() {
    let site = Site::new();
    let slow: String = (2..6).map(|tenths| format!(" $O/delay/0.{tenths}")).collect();
    let run = site.run(&format!("{{ haul --report report.json $O/get{slow} $O/delay/30; echo $? > code; }} | head -1"));
    assert_eq!(run.records.len(), 1);
    assert_eq!((run.stderr.as_str(), site.read("code").as_str()), ("", "0\n"));
    let report = site.json("report.json");
    assert_eq!((&report["run"]["interrupted"], &report["run"]["admitted"]), (&json!(true), &json!(6)));
}

#[test]
fn the_report_is_the_sum_of_the_records() {
    let site = Site::new();
    site.file(
        "list.txt",
        "$O/json\n$O/status/404\n$O/flaky/2\n$O/redirect/2\n$O/gzip\nhttp://127.0.0.1:1/\nx\n$O/cut/9\n",
    );
    let run = site.run("haul --retry 1 --report report.json list.txt").exits(0);
    let report = site.json("report.json");
    let count = |key: &str, value: Value| run.records.iter().filter(|record| record[key] == value).count();
    let sum = |key: &str| run.records.iter().filter_map(|record| record[key].as_u64()).sum::<u64>();
    let len = |key: &str| run.records.iter().filter_map(|record| record[key].as_array()).map(Vec::len).sum::<usize>();
    let expected = json!({
        "records": run.records.len(), "ok": count("ok", true.into()), "failed": count("ok", false.into()), "duplicates": 0,
        "no_response": count("status_code", Value::Null), "attempts": sum("attempts"), "retries": len("retries"),
        "redirects": len("redirects"), "pages": 0, "items": 0, "truncated": count("truncated", true.into()),
        "deferred": 0, "warm_up": 0,
        "pages_ended": {"max_pages": 0, "loop": 0, "blocked": 0, "failed": 0, "no_next": 0, "stopped": 0},
        "encoded_bytes": sum("encoded_body_size"), "decoded_bytes": sum("decoded_body_size"),
    });
    assert_eq!(report["totals"], expected);
    assert_eq!([&expected["records"], &expected["ok"], &expected["retries"]], [8, 4, 3]);

    assert_eq!(report["statuses"], json!({"200": 5, "404": 1}));
    let kinds: BTreeMap<_, _> =
        report["errors"].as_object().unwrap().iter().map(|(k, v)| (k.as_str(), &v["count"])).collect();
    let one = &json!(1);
    assert_eq!(kinds, [("closed", one), ("connect_refused", one), ("invalid_input", one)].into());
    assert_eq!(report["errors"]["closed"]["samples"][0]["url"], site.origin.url("/cut/9"));
    let hosts: BTreeMap<_, _> = report["hosts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|host| (host["host"].as_str().unwrap(), &host["requests"]))
        .collect();
    assert_eq!(hosts, [(site.origin.url("").as_str(), &json!(6)), ("http://127.0.0.1:1", one)].into());
    let facts = &report["run"];
    assert_eq!([&facts["admitted"], &facts["settled"], &facts["skipped"]], [8, 8, 0]);
    assert_eq!(facts["interrupted"], false);
    assert!(site.read("report.json").ends_with("}\n") && !site.read("report.json").ends_with("\n\n"));
}

#[test]
fn a_report_that_cannot_be_written_costs_no_run() {
    let site = Site::new();
    fs::create_dir(site.path("directory")).unwrap();
    for path in ["nowhere/report.json", "directory"] {
        let message = format!("cannot create {path}: ");
        site.run(&format!("haul -o out.ndjson --report {path} $O/get")).fails(1, &[&message]);
        assert!(!site.path("out.ndjson").exists());
    }
    assert_eq!(site.origin.stats().requests, 0);
    site.run("haul -o /dev/null --report /dev/full $O/get").fails(1, &["cannot write the report: No space left"]);
}

#[test]
fn failures_count_only_on_request() {
    let site = Site::new();
    for failing in ["$O/status/404", "$O/cut/9", "nonsense://x", "$O/status/503"] {
        let line = format!("haul --retry 0 $O/get {failing}");
        site.run(&line).exits(0);
        assert_eq!(site.run(&format!("{line} --fail")).exits(4).records.len(), 2);
    }
    site.run("haul --fail $O/get $O/flaky/2 $O/redirect/1").exits(0);
}

#[test]
fn the_summary_is_for_people_and_goes_to_standard_error() {
    let site = Site::new();
    site.file("list.txt", "$O/json\n$O/status/404\n$O/cut/100\n");
    let run = site.run("haul --retry 0 list.txt").exits(0);
    assert_eq!(run.records.len(), 3);
    let host = format!("hosts    {} 3", site.origin.url(""));
    run.says(&["3 records in", "1 ok   2 failed", "status   200 2 · 404 1", "errors   closed 1", &host, "/cut/100: "]);
    let silent = site.run("haul -q --retry 0 list.txt").exits(0);
    assert_eq!((silent.records.len(), silent.stderr.as_str()), (3, ""));
    assert_eq!(site.run("haul -q --fail --retry 0 list.txt").exits(4).stderr, "");
}

#[test]
fn a_file_is_known_by_whatever_name() {
    let site = Site::new();
    site.file("list.txt", "$O/get\n");
    site.file("body", "# HTTP Cookie File\n");
    for line in [
        "haul --force -o ./list.txt list.txt",
        "haul --force -o body --data-binary @body list.txt",
        "haul --report ./body -F a=@body list.txt",
        "haul --session body -H @./body list.txt",
        "haul --force -o out --report ./out list.txt",
    ] {
        site.run(line).fails(2, &["would overwrite a file that this command also uses"]);
    }
    assert_eq!((site.read("body").as_str(), site.origin.stats().requests), ("# HTTP Cookie File\n", 0));
}

#[test]
fn a_name_does_not_promise_a_format_that_haul_does_not_write() {
    let site = Site::new();
    for name in ["out.ndjson.xz", "out.ZIP", "out.xlsx", "out.parquet"] {
        site.run(&format!("haul -o {name} $O/get")).fails(2, &[name, "use another name"]);
        assert!(!site.path(name).exists());
    }
    assert_eq!(site.origin.stats().requests, 0);
}
