//! What is tried again.

use serde_json::json;

use crate::support::Site;

#[test]
fn what_may_pass_is_tried_again() {
    let site = Site::new();
    let record = site.run("haul $O/flaky/2").record();
    assert_eq!((&record["ok"], &record["attempts"]), (&json!(true), &json!(2)));
    let retries = record["retries"].as_array().unwrap();
    assert_eq!(retries.len(), 1);
    assert_eq!((&retries[0]["status_code"], &retries[0]["error"]), (&json!(503), &json!(null)));
    assert!(retries[0]["wait_ms"].as_u64().unwrap() <= 500);
    assert_eq!(record["json"], json!({"attempt": 2, "of": 2}));
}

#[test]
fn retries_come_to_an_end() {
    let site = Site::new();
    site.file("list.txt", "$O/status/503\n$O/close\nhttp://127.0.0.1:1/\n");
    let run = site.run("haul --retry 1 list.txt").exits(0);
    let kinds: Vec<_> = run.records.iter().map(|record| record.kind()).collect();
    assert_eq!(kinds, ["none", "closed", "connect_refused"]);
    assert_eq!(run.all("attempts"), [2, 2, 2]);
    assert_eq!(run.records[1]["retries"][0]["error"], "closed");
    assert_eq!(site.origin.stats().requests, 4);
    run.says(&["retries  3"]);

    let run = site.run("haul --retry 0 list.txt").exits(0);
    assert_eq!(run.all("attempts"), [1, 1, 1]);
    assert!(run.records.iter().all(|record| record.get("retries").is_none()));
}

#[test]
fn what_cannot_be_repeated_safely_is_not() {
    let site = Site::new();
    site.file("list.txt", "POST $O/flaky/2\nPATCH $O/status/503\nPUT $O/flaky/2?put\n");
    let run = site.run("haul list.txt").exits(0);
    assert_eq!(run.all("attempts"), [1, 1, 2]);
    assert_eq!(run.all("status_code"), [503, 503, 200]);
    assert_eq!(site.run("haul $O/status/404 $O/status/501").exits(0).all("attempts"), [1, 1]);
}

#[test]
fn a_server_may_say_when() {
    let site = Site::new();
    let record = site.run("haul $O/retry-after/1").record();
    assert_eq!((&record["attempts"], &record["json"]), (&json!(2), &json!({"visit": 2})));
    assert_eq!(record["retries"][0]["wait_ms"], 1000);
    assert!(record["timings_ms"]["queue"].as_f64().unwrap() >= 1000.0);
    // Nobody waits for an hour.
    let record = site.run("haul $O/retry-after/3600").record();
    assert_eq!((&record["attempts"], &record["status_code"]), (&json!(1), &json!(503)));
}

#[test]
fn time_runs_out() {
    let site = Site::new();
    let run = site.run("haul --retry 0 --timeout 200ms $O/hang $O/drip?duration=5").exits(0);
    let kinds: Vec<_> = run.records.iter().map(|record| (record.kind(), record["error"]["phase"].as_str())).collect();
    assert_eq!(kinds, [("timeout", Some("wait")), ("timeout", Some("receive"))]);
    let record = site.run("haul --retry 1 --read-timeout 0.1 $O/delay/1").record();
    assert_eq!((record.kind(), &record["attempts"]), ("read_timeout", &json!(2)));
}
