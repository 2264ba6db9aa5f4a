//! Which requests a probe sends, and when: groups, weights and replays.

use serde_json::{Value, json};

use crate::record::Record;
use crate::support::Site;

#[test]
fn named_targets_are_counted_and_judged_apart() {
    let site = Site::new();
    site.file(
        "t.ndjson",
        r#"{"url": "$O/get", "name": "read", "weight": 3}
{"url": "$O/status/500", "name": "write"}
{"url": "$O/get", "name": "never", "weight": 0}
"#,
    );
    let probe = |options: &str| site.run(&format!("haul probe --allow-doubt -c 1 -n 8 {options} t.ndjson"));
    let run = probe("--fail-if 'failed{write}>0' --fail-if 'failed{read}>0' --report report.json").exits(4);
    run.says(&["threshold crossed: failed{write}>0: ", "\n  read           6       0  "]);
    assert!(!run.stderr.contains("crossed: failed{read}"), "{}", run.stderr);
    let names = ["read", "read", "write", "read", "read", "read", "write", "read"];
    assert_eq!(run.all("group"), names);
    let report = site.json("report.json");
    let groups: Vec<Value> = report["groups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|group| json!([group["group"], group["requests"], group["failed"], group["statuses"]]))
        .collect();
    assert_eq!(groups, [json!(["read", 6, 0, {"200": 6}]), json!(["write", 2, 2, {"500": 2}])]);
    let crossed: Vec<&Value> = report["thresholds"].as_array().unwrap().iter().map(|it| &it["crossed"]).collect();
    assert_eq!(crossed, [true, false]);
    probe("--no-records --fail-if 'p99{never}>1s'").exits(2).says(&["never"]);
}

#[test]
fn columns_name_groups_and_weights() {
    let site = Site::new();
    site.file("t.csv", "url,kind,share\n$O/get?a,list,2\n$O/get?b,item,1\n");
    let line = "haul probe -q -c 1 -n 6 --group-column kind --weight-column share t.csv";
    let run = site.run(line).exits(0);
    assert_eq!(run.all("group"), ["list", "item", "list", "list", "item", "list"]);
    let shuffled = |seed: &str| {
        let run = site.run(&format!("{line} --shuffle {seed}")).exits(0);
        run.all("group").into_iter().cloned().collect::<Vec<_>>()
    };
    let first = shuffled("7");
    assert_eq!(first.iter().filter(|group| *group == "list").count(), 4);
    assert_eq!(shuffled("7"), first);
}

#[test]
fn a_replay_keeps_the_pace_of_the_list() {
    let site = Site::new();
    site.file(
        "log.ndjson",
        r#"{"url": "$O/get?a", "at": 1000}
{"url": "$O/get?b", "at": 1000.3}
{"url": "$O/get?c", "at": 1000.3}
{"url": "$O/get?d", "at": 1001}
"#,
    );
    let run = site.run("haul probe --replay --speed 2 log.ndjson -o out.ndjson").exits(0);
    run.says(&["4 records in ", "replay"]);
    let mut run = site.run("cat out.ndjson");
    run.records.sort_by_key(|record| record["seq"].as_u64());
    let start = intended_us(&run.records[0]);
    let starts: Vec<i64> =
        run.records.iter().map(|record| (intended_us(record) - start).rem_euclid(60_000_000)).collect();
    assert_eq!(starts, [0, 150_000, 150_000, 500_000]);
    let facts = site.json("out.ndjson.run.json");
    assert_eq!([&facts["load"]["model"], &facts["load"]["asked"]], [&json!("replay"), &json!(4)]);
    site.run("haul probe --replay -n 2 -q --speed 2 log.ndjson").exits(0).records.iter().for_each(|record| {
        assert_eq!(record["status_code"], 200);
    });
}

#[test]
fn a_replay_needs_times() {
    let site = Site::new();
    site.file("log.ndjson", "{\"url\": \"$O/get\"}\n");
    let run = site.run("haul probe --replay log.ndjson");
    assert_eq!((run.records.len(), site.origin.stats().requests), (0, 0), "{}", run.stderr);
    run.fails(3, &["log.ndjson line 1", "\"at\""]);
}

#[test]
fn values_are_generated_for_each_request() {
    let site = Site::new();
    let line = "haul probe -c 1 -n 3 --seed 5 --body auto -H 'X-Id: {{uuid}}' $O'/anything/{{seq}}?r={{random 1 9}}'";
    let sent = || {
        let run = site.run(line).exits(0);
        run.records.iter().map(|it| json!([it["url"], it["json"]["headers"]["X-Id"]])).collect::<Vec<_>>()
    };
    let first = sent();
    let ids: std::collections::HashSet<_> = first.iter().map(|it| it[1].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 3, "{first:?}");
    for (seq, it) in first.iter().enumerate() {
        assert!(it[0].as_str().unwrap().contains(&format!("/anything/{seq}?r=")), "{first:?}");
    }
    assert_eq!(sent(), first);
}

/// The microseconds of a minute at which a request was to start.
fn intended_us(record: &Record) -> i64 {
    let text = record["intended_at"].as_str().unwrap();
    (text[17..26].parse::<f64>().unwrap() * 1e6).round() as i64
}
