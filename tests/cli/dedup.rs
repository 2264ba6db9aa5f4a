//! `--dedup`: what was asked for is not asked for again.

use std::fs;

use serde_json::{Value, json};

use crate::support::{Site, wait_for};

/// The `seq` of each line of an output that repeats another, and of that.
fn duplicates(text: &str) -> Vec<(u64, u64)> {
    let record = |line: &str| serde_json::from_str::<Value>(line).unwrap();
    let pair = |record: Value| Some((record["seq"].as_u64().unwrap(), record.get("duplicate_of")?.as_u64().unwrap()));
    let mut pairs: Vec<_> = text.lines().map(record).filter_map(pair).collect();
    pairs.sort_unstable();
    pairs
}

#[test]
fn a_repeat_is_not_sent_and_names_the_first() {
    let site = Site::new();
    site.file(
        "list.ndjson",
        r#"{"url": "$O/anything?a=1", "id": "first"}
{"url": "$O/anything?a=1#there", "id": "again", "meta": [1], "headers": {"X-A": "1"}}
{"url": "$O/anything?a=1", "method": "HEAD"}
{"url": "$O/anything?a=1", "json": {"n": 1}}
{"url": "$O/./anything", "params": {"a": 1}, "json": {"n": 1}}
{"url": "$O/anything?a=1", "json": {"n": 2}}
{"url": "$O/status/404"}
{"url": "$O/status/404"}
no JSON
no JSON
"#,
    );
    let run = site.run("haul --dedup --report report.json list.ndjson").exits(0);
    assert_eq!(site.origin.stats().requests, 5);
    assert_eq!(duplicates(&run.stdout), [(1, 0), (4, 3), (7, 6)]);
    let again = run.stdout.lines().find(|line| line.starts_with("{\"seq\":1,")).unwrap();
    let url = format!("{}/anything?a=1#there", site.origin.url(""));
    let expected = json!({"seq": 1, "id": "again", "meta": [1], "method": "GET", "url": url, "ok": false,
        "status_code": null, "error": null, "duplicate_of": 0});
    assert_eq!(serde_json::from_str::<Value>(again).unwrap(), expected);
    run.says(&["10 records in ", "4 ok   3 failed   3 duplicates"]);
    let totals = &site.json("report.json")["totals"];
    let counts = ["records", "ok", "failed", "duplicates", "attempts"].map(|key| totals[key].as_u64().unwrap());
    assert_eq!(counts, [10, 4, 3, 3, 5]);

    fs::write(site.path("out.ndjson"), &run.stdout).unwrap();
    site.run("haul report --json out.ndjson > folded.json").exits(0);
    assert_eq!(&site.json("folded.json")["totals"], totals);
}

#[test]
fn it_is_no_failure_and_stands_in_a_table() {
    let site = Site::new();
    let line = "haul -q --dedup --fail $O/json $O/json";
    site.run(line).exits(0);
    let table = site.run(&format!("{line} --format csv --fields seq,ok,status_code,duplicate_of")).exits(0);
    let mut rows: Vec<_> = table.stdout.lines().collect();
    rows[1..].sort_unstable();
    assert_eq!(rows, ["seq,ok,status_code,duplicate_of", "0,true,200,", "1,false,,0"]);
    let raw = site.run(&format!("{line} --jq type --raw")).exits(0);
    assert_eq!(raw.stdout.lines().count(), 1);
    let whole = site.run(&format!("{line} --verbose-records")).exits(0);
    let keys = |seq: usize| whole.records[seq].to_string().matches("\":").count();
    assert!(keys(1) >= 33 && whole.all("duplicate_of") == [&Value::Null, &0.into()]);
    assert_eq!(site.origin.stats().requests, 4);
}

#[test]
fn of_pages_the_first_is_compared() {
    let site = Site::new();
    let pages = "$O/paginate?total=30&per_page=10";
    let run = site.run(&format!("haul --dedup --paginate page=page \"{pages}\" \"{pages}&page=1\" \"{pages}&page=2\""));
    let run = run.exits(0);
    let seqs = |seq: u64| run.records.iter().filter(|record| record["seq"] == seq).count();
    assert_eq!((duplicates(&run.stdout), seqs(0), seqs(2)), (vec![(1, 0)], 4, 3));
}

#[test]
fn past_its_bound_the_run_ends_and_says_so() {
    let site = Site::new();
    let lines: String = (0..100).map(|n| format!("$O/json?n={}\n", n / 2)).collect();
    site.file("list.txt", &lines);
    let run = site.run("haul --dedup --dedup-max 10 --host-concurrency 64 list.txt").exits(3);
    run.says(&["haul: more than 10 distinct requests", "raise --dedup-max, split", "(sort -u)"]);
    assert_eq!((run.records.len(), site.origin.stats().requests), (20, 10));
    site.run("haul --dedup --dedup-max 50 list.txt").exits(0);
    site.run("haul --dedup-max 10 list.txt").fails(2, &["--dedup"]);
}

/// Starts a run of which four inputs hang, kills it once all else is written, and returns its command line.
fn killed(site: &Site) -> &'static str {
    let line = |n: u64| match n % 10 {
        4 => format!("$O/delay/30?n={n}\n"),
        9 => format!("$O/delay/30?n={}\n", n - 5),
        _ => format!("$O/json?n={}\n", n % 7),
    };
    site.file("list.txt", &(0..40).map(line).collect::<String>());
    let command = "haul --dedup --resume --retry 0 -o out.ndjson list.txt";
    let haul = site.start(command);
    let lines = || fs::read_to_string(site.path("out.ndjson")).map_or(0, |text| text.lines().count());
    wait_for("the requests", || site.origin.stats().requests == 7 + 4 && site.origin.stats().in_flight == 4);
    wait_for("the records", || lines() == 36);
    haul.signal("KILL");
    haul.end();
    command
}

#[test]
fn a_resumed_run_remembers_what_the_killed_one_did() {
    let site = Site::new();
    let command = killed(&site);
    let requests = site.origin.stats().requests;
    let before = duplicates(&site.read("out.ndjson"));
    // A line that repeats what is done, and is not: its record is taken away again.
    let kept: String =
        site.read("out.ndjson").split_inclusive('\n').filter(|line| !line.starts_with("{\"seq\":38,")).collect();
    fs::write(site.path("out.ndjson"), kept).unwrap();
    fs::remove_file(site.path("out.ndjson.haul")).unwrap();
    site.run(&format!("{command} --timeout 100ms")).exits(0);
    assert_eq!(site.origin.stats().requests, requests + 4, "those that hung, and nothing else");
    let text = site.read("out.ndjson");
    assert_eq!(text.lines().count(), 40);
    assert_eq!(duplicates(&text), before);
    site.run(&command.replace("--dedup ", "")).fails(2, &["cannot resume: --dedup was given before"]);
}

#[test]
fn what_was_begun_and_is_not_safe_is_not_sent_for_another_line_either() {
    let site = Site::new();
    site.file("list.txt", "POST $O/delay/30\n$O/json\nPOST $O/delay/30\n");
    let command = "haul --dedup --resume -o out.ndjson list.txt";
    let haul = site.start(command);
    wait_for("the requests", || site.origin.stats().requests == 2 && site.origin.stats().in_flight == 1);
    haul.signal("KILL");
    haul.end();
    site.run(command).exits(0);
    assert_eq!(site.read("out.ndjson").matches("\"kind\":\"interrupted\"").count(), 1);
    assert_eq!(duplicates(&site.read("out.ndjson")), [(2, 0)]);
    assert!(site.origin.stats().requests <= 3, "the POST once, and what was not durable");
}
