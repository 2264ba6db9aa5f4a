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
    // Either /close may meet a kept connection of the other address, and is then sent once more.
    let reconnects = run.records[1]["reconnects"].as_u64().unwrap_or(0);
    assert!(reconnects <= 2, "{reconnects}");
    assert_eq!(site.origin.stats().requests, 4 + reconnects);
    run.says(&["retries  3"]);

    site.file("own.ndjson", "{\"url\": \"$O/status/503\", \"retry\": 0}\n{\"url\": \"$O/status/503\"}\n");
    let own = site.run("haul --retry 1 --retry-delay 0 own.ndjson").exits(0);
    assert_eq!(own.all("attempts"), [1, 2]);
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
fn what_was_not_sent_is_sent_again() {
    let site = Site::new();
    let post = "--retry-delay 0 --retry-on default,tls -X POST --json '{}'";
    let line = format!("haul {post} http://127.0.0.1:1/ https://${{O#http://}}/ $O/close $O/status/503");
    let run = site.run(&line).exits(0);
    let kinds: Vec<_> = run.records.iter().map(|record| record.kind()).collect();
    assert_eq!(kinds, ["connect_refused", "tls", "closed", "none"]);
    assert_eq!(run.all("attempts"), [3, 3, 1, 1]);
    // What names itself may be sent again in any case.
    let keyed = site.run(&format!("haul {post} -H 'Idempotency-Key: 8e03978e' $O/close $O/status/503")).exits(0);
    assert_eq!(keyed.all("attempts"), [3, 3]);
    assert_eq!(keyed.records[1]["retries"][0], json!({"status_code": 503, "error": null, "wait_ms": 0}));
}

#[test]
fn the_list_says_what_may_pass() {
    let site = Site::new();
    let urls = "$O/status/409 $O/status/429 $O/status/503 $O/close";
    for (list, attempts) in [
        ("", [1, 2, 2, 2]),
        ("--retry-on default,409", [2, 2, 2, 2]),
        ("--retry-on 5xx", [1, 1, 2, 1]),
        ("--retry-on 4xx --retry-on closed", [2, 2, 1, 2]),
    ] {
        let run = site.run(&format!("haul --retry 1 --retry-delay 0 {list} {urls}")).exits(0);
        assert_eq!(run.all("attempts"), attempts, "{list}");
    }
    let run = site.run(&format!("HAUL_RETRY_ON=409 haul --retry 1 --retry-delay 0 {urls}")).exits(0);
    assert_eq!(run.all("attempts"), [2, 1, 1, 1]);
    let no_address = "-X POST -6 --resolve a.invalid:80:127.0.0.1 http://a.invalid/";
    for (list, attempts) in [("default", 1), ("default,dns", 2)] {
        let record = site.run(&format!("haul --retry 1 --retry-delay 0 --retry-on {list} {no_address}")).record();
        assert_eq!((record.kind(), &record["attempts"]), ("dns", &json!(attempts)));
    }
    site.run("haul --retry-on 503,blocked $O/get").fails(2, &["--retry-on", "blocked is never retried"]);
    site.run("haul --retry-on teapot $O/get").fails(2, &["\"teapot\" is not a status (429)", "read_timeout"]);
    site.run("haul --retry-on 302 $O/get").fails(2, &["302 is not a failure"]);
    site.run("haul --retry-delay 1m $O/get").fails(2, &["--retry-delay", "--retry-max-delay"]);
    site.run("haul --max-wait 9000h $O/get").fails(2, &["--max-wait", "at most a year"]);
}

#[test]
fn a_job_has_so_much_time() {
    let site = Site::new();
    let slow = "--retry 1 --retry-delay 0 \"$O/drip?delay=0.5&duration=0&code=503\"";
    assert_eq!(site.run(&format!("haul --retry-max-time 0.4 {slow}")).record()["attempts"], 1);
    assert_eq!(site.run(&format!("haul --retry-max-time 1m {slow}")).record()["attempts"], 2);
    // A server that asks for more than is left is not waited for.
    let record = site.run("haul --retry-max-time 5s $O/retry-after/30").record();
    assert_eq!((&record["attempts"], &record["deferred"]), (&json!(1), &json!(true)));
    let why = "the server asks for a pause of 30s, longer than the time left for retries (--retry-max-time)";
    assert_eq!(record["note"], why);
}

#[test]
fn time_runs_out() {
    let site = Site::new();
    let run = site.run("haul --ordered --retry 0 --timeout 500ms $O/hang $O/drip?duration=5").exits(0);
    let kinds: Vec<_> = run.records.iter().map(|record| (record.kind(), record["error"]["phase"].as_str())).collect();
    assert_eq!(kinds, [("timeout", Some("wait")), ("timeout", Some("receive"))]);
    let record = site.run("haul --retry 1 --read-timeout 0.1 $O/delay/1").record();
    assert_eq!((record.kind(), &record["attempts"]), ("read_timeout", &json!(2)));
}
