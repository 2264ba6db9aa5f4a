//! `--where`: which records are written.

use std::fs;

use serde_json::{Value, json};

use crate::record::records;
use crate::support::{Site, wait_for};

/// Ten inputs, of which 3, 7 and 9 fail.
const LIST: &str = "$O/json?n=0\n$O/json?n=1\n$O/json?n=2\n$O/status/404\n$O/json?n=4\n$O/json?n=5\n$O/json?n=6\n\
    $O/status/500\n$O/json?n=8\nnothing\n";

fn site() -> Site {
    let site = Site::new();
    site.file("list.txt", LIST);
    site
}

fn seqs(text: &str) -> Vec<u64> {
    if text.is_empty() {
        return Vec::new();
    }
    let mut seqs: Vec<u64> = records(text).iter().map(|record| record["seq"].as_u64().unwrap()).collect();
    seqs.sort_unstable();
    seqs
}

#[test]
fn the_first_output_of_the_filter_decides() {
    let site = site();
    for (filter, written) in [
        (".ok | not", &[3, 7, 9][..]),
        (".status_code == 404", &[3]),
        (".seq < 2, error(\"never evaluated\")", &[0, 1]),
        ("empty", &[]),
        ("null", &[]),
        ("0", &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
        (".json != null and (.url | endswith(\"=4\"))", &[4]),
        (".error.kind == \"invalid_input\"", &[9]),
        ("has(\"page\")", &[]),
    ] {
        let run =
            site.run(&format!("haul --retry 0 --where '{filter}' --force -o out.ndjson --report r.json list.txt"));
        run.exits(0);
        assert_eq!(seqs(&site.read("out.ndjson")), written, "{filter}");
        let report = site.json("r.json");
        assert_eq!(report["totals"]["records"], 10, "{filter}");
        let found = &report["run"]["where"];
        assert_eq!((&found["filter"], &found["written"]), (&json!(filter), &json!(written.len())));
        assert_eq!((&found["left_out"], &found["failed"]), (&json!(10 - written.len()), &json!(0)));
    }
    site.run("haul --retry 0 --where '.ok | not' list.txt").exits(0).says(&["written  3 of 10 records (--where)"]);
    site.run("haul -q --report all.json list.txt").exits(0);
    assert_eq!(site.json("all.json")["run"]["where"], Value::Null);
    site.run("haul --where '.ok |' list.txt").fails(2, &["--where", "expected"]);
}

#[test]
fn records_are_written_as_without_it() {
    let site = site();
    let written = |options: &str| {
        site.run(&format!("haul -q --retry 0 --ordered --force -o out {options} list.txt")).exits(0);
        site.read("out")
    };
    let without_times = |text: &str| {
        let without = |line: &str| {
            let mut record: Value = serde_json::from_str(line).unwrap();
            ["started_at", "timings_ms", "headers"].iter().for_each(|key| record[*key] = Value::Null);
            record
        };
        text.lines().map(without).collect::<Vec<_>>()
    };
    let mut all = without_times(&written(""));
    all.retain(|record| record["ok"] == true);
    assert_eq!(without_times(&written("--where .ok")), all);
    let fields = "{\"seq\":3,\"status_code\":404}\n{\"seq\":7,\"status_code\":500}\n{\"seq\":9,\"status_code\":null}\n";
    assert_eq!(written("--where '.ok | not' --fields seq,status_code"), fields);
    assert_eq!(written("--where '.seq > 6' --format csv --fields seq,ok"), "seq,ok\n7,false\n8,true\n9,false\n");
    assert_eq!(written("--where '.seq > 7' --verbose-records").lines().count(), 2);
    assert!(written("--where '.seq == 8' --verbose-records").contains("\"retries\":null"));
    assert_eq!(written("--where '.seq == 1' --jq '.greeting' --raw").lines().count(), 1);
    assert_eq!(written("--where '.body == null and .json == null and .seq == 0' --body none").lines().count(), 1);
    let items = written("--where '.seq == 1 or .seq == 3' --items '1, 2'");
    assert_eq!(items.lines().count(), 3, "two items and a failure: {items}");
}

#[test]
fn a_filter_that_fails_loses_nothing() {
    let site = site();
    let run = site.run("haul --retry 0 --where '.json.kept | keys' --report r.json list.txt").exits(0);
    assert_eq!(run.records.len(), 10);
    run.says(&["note     --where failed on 3 records, which were written: "]);
    let found = &site.json("r.json")["run"]["where"];
    assert_eq!((&found["left_out"], &found["failed"]), (&json!(0), &json!(3)));
    let run = site.run("haul --where 'last(range(1e12))' $O/get").exits(0);
    assert_eq!(run.records.len(), 1);
    run.says(&["failed on 1 record, which was written: the filter did not finish within"]);
}

#[test]
fn it_sees_no_secret_and_stores_no_body_in_vain() {
    let site = site();
    let line = "haul -q --where '.url | contains(\"s3cret\")'";
    assert_eq!(site.run(&format!("{line} \"$O/get?token=s3cret\"")).exits(0).stdout, "");
    let shown = site.run(&format!("{line} --no-redact \"$O/get?token=s3cret\"")).exits(0);
    assert_eq!(shown.records.len(), 1);
    site.run("haul -q --retry 0 --body dir:bodies --where '.body_sha256 == null' list.txt").exits(0);
    let stored = fs::read_dir(site.path("bodies")).unwrap().count();
    assert_eq!(stored, 0, "only what is written has its body stored");
    site.run("haul -q --retry 0 --body dir:bodies --where .body_path list.txt").exits(0);
    assert!(fs::read_dir(site.path("bodies")).unwrap().count() > 0);
}

#[test]
fn without_its_checkpoint_an_empty_output_is_refused() {
    for (options, parts) in [("--where false", ""), ("--items 'empty'", ""), ("--where false", "--rotate 1MiB")] {
        let site = Site::new();
        let line = format!("haul -q --retry 0 -d a {options} {parts} -o out.ndjson --resume $O/json");
        site.run(&line).exits(0);
        site.run(&line).exits(0);
        fs::remove_file(site.path("out.ndjson.haul")).unwrap();
        let why = "out.ndjson.haul is missing, and only it knows which inputs are complete";
        site.run(&line).fails(2, &[why, "--resume-anyway starts the output from scratch"]);
        assert_eq!(site.origin.stats().requests, 1, "{options}");
        site.run(&format!("{line} --resume-anyway")).exits(0);
        site.run(&line).exits(0);
        assert_eq!(site.origin.stats().requests, 2, "{options}");
    }
}

#[test]
fn an_output_that_was_only_begun_is_resumed() {
    let site = Site::new();
    let line = "haul -q --retry 0 -d a --where false -o out.ndjson --resume $O/json";
    site.file("out.ndjson", ""); // as a kill before the first checkpoint leaves them
    site.file("out.ndjson.haul-new", "");
    site.run(line).exits(0);
    assert!(!site.path("out.ndjson.haul-new").exists());
    fs::remove_file(site.path("out.ndjson.haul")).unwrap();
    site.file("out.ndjson.haul-new", "");
    site.run("haul -q --force -o out.ndjson --where false $O/json").exits(0);
    site.run(line).fails(2, &["out.ndjson.haul is missing"]);
}

#[test]
fn it_is_resumed_by_its_checkpoint_alone() {
    let site = site();
    site.file("slow.txt", &format!("{LIST}$O/delay/30\n"));
    let line = "haul --retry 0 --resume --where '.ok == false' -o out.ndjson --report r.json slow.txt";
    let haul = site.start(line);
    let checkpoint = || fs::read_to_string(site.path("out.ndjson.haul")).unwrap_or_default();
    wait_for("the checkpoint", || checkpoint().contains("\"left_out\":7"));
    haul.signal("KILL");
    haul.end();
    let before = site.origin.stats().requests;
    site.run(&line.replace(".ok == false", ".ok")).fails(2, &["cannot resume: --where has changed", "--resume-anyway"]);
    site.run(&line.replace(" --where '.ok == false'", "")).fails(2, &["cannot resume: --where was given before"]);
    let run = site.run(&format!("{line} --timeout 200ms")).exits(0);
    run.says(&["11 records, 1 new", "written  4 of 11 records (--where)"]);
    assert_eq!(site.origin.stats().requests, before + 1, "what was left out is not requested again");
    assert_eq!(seqs(&site.read("out.ndjson")), [3, 7, 9, 10]);
    let found = &site.json("r.json")["run"]["where"];
    assert_eq!((&found["written"], &found["left_out"]), (&json!(4), &json!(7)));

    fs::remove_file(site.path("out.ndjson.haul")).unwrap();
    site.run(line).fails(2, &["out.ndjson.haul is missing, and only it knows which inputs are complete"]);
    assert_eq!(seqs(&site.read("out.ndjson")), [3, 7, 9, 10]);
}

#[test]
fn what_is_unsafe_to_repeat_is_not_repeated() {
    let site = Site::new();
    site.file("list.txt", "POST $O/anything\nPOST $O/delay/30\n");
    let line = "haul --retry 0 --resume --where '.ok == false' -o out.ndjson list.txt";
    let haul = site.start(line);
    wait_for("the requests", || site.origin.stats().in_flight == 1);
    let checkpoint = || fs::read_to_string(site.path("out.ndjson.haul")).unwrap_or_default();
    wait_for("the checkpoint", || checkpoint().contains("\"left_out\":1"));
    haul.signal("KILL");
    haul.end();
    let before = site.origin.stats().requests;
    site.run(line).exits(0);
    assert_eq!(site.origin.stats().requests, before);
    let records = records(&site.read("out.ndjson"));
    assert_eq!((records.len(), records[0].kind()), (1, "interrupted"));
}
