//! What servers ask for.

use serde_json::{Value, json};

use crate::support::{Run, Site, canned};

/// An answer without a body.
fn answer(status: &str, fields: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{fields}Content-Length: 0\r\nConnection: close\r\n\r\n")
}

/// In which order the records were written.
fn order(run: &Run) -> Vec<Value> {
    run.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["seq"].clone()).collect()
}

#[test]
fn a_server_may_say_when() {
    let site = Site::new();
    let record = site.run("haul $O/retry-after/1").record();
    assert_eq!((&record["attempts"], &record["json"]), (&json!(2), &json!({"visit": 2})));
    assert_eq!(record["retries"], json!([{"status_code": 503, "error": null, "wait_ms": 1000}]));
    assert!(record["timings_ms"]["queue"].as_f64().unwrap() >= 1000.0);
    let run = site.run("haul $O/retry-after/1?code=403").exits(0);
    assert_eq!((&run.records[0]["attempts"], &run.records[0]["status_code"]), (&json!(2), &json!(200)));
    run.says(&["pauses   heeded 1\n"]);
}

#[test]
fn a_quota_pauses_its_host_alone() {
    let site = Site::new();
    let other = Site::new();
    let site = site.with("P", other.origin.url(""));
    let run = site.run("haul -c 1 $O/rate-limit/1?code=200 $O/get $P/get").exits(0);
    assert_eq!(run.all("status_code"), [200, 200, 200]);
    assert_eq!(order(&run), [0, 2, 1]);
    assert!(run.records[1]["timings_ms"]["queue"].as_f64().unwrap() >= 1000.0);
    run.says(&["pauses   heeded 1\n"]);
    // A 403 or 429 that is a rate limit is asked for again.
    let run = site.run("haul $O/rate-limit/1?code=403").exits(0);
    assert_eq!((run.all("status_code"), run.all("attempts")), (vec![&json!(200)], vec![&json!(2)]));
    let pause = run.records[0]["retries"][0]["wait_ms"].as_u64().unwrap();
    assert!((1000..=3000).contains(&pause), "{pause}");
    let record = site.run("haul $O/rate-limit/1?field=RateLimit").record();
    assert_eq!(record["retries"], json!([{"status_code": 429, "error": null, "wait_ms": 1000}]));
    assert_eq!(site.run("haul -X POST $O/rate-limit/1?post").record()["attempts"], 1);
}

#[test]
fn a_longer_pause_puts_the_job_off() {
    let site = Site::new();
    site.file("list.txt", "$O/retry-after/3600\n$O/get\nPOST $O/rate-limit/3600\n");
    let run = site.run("haul --report report.json -o out.ndjson list.txt").exits(0);
    run.says(&["pauses   too long 2 · deferred 2\n"]);
    let report = site.json("report.json");
    let pauses = json!({"heeded": 0, "past": 0, "too_long": 2, "garbled": 0, "ignored": 0});
    assert_eq!((&report["run"]["pauses"], &report["totals"]["deferred"]), (&pauses, &json!(2)));
    assert!(site.run("haul report out.ndjson").stdout.contains("pauses   deferred 2\n"));

    let run = site.run("cat out.ndjson").exits(0);
    let kept: Vec<_> = run.records.iter().map(|record| (&record["status_code"], &record["attempts"])).collect();
    assert_eq!(kept, [(&json!(503), &json!(1)), (&json!(200), &json!(1)), (&json!(429), &json!(1))]);
    assert_eq!(run.all("deferred"), [&json!(true), &Value::Null, &json!(true)]);
    assert_eq!(run.records[0]["note"], "the server asks for a pause of 1h, longer than the run waits (--max-wait)");
    assert_eq!(run.records[0]["json"], json!({"visit": 1}));

    // The second time it is there. Where nothing is waited for, even a second is too long.
    let table =
        site.run("haul --max-wait 0 --format csv --fields status_code,deferred $O/retry-after/1 $O/get").exits(0);
    let mut rows: Vec<_> = table.stdout.lines().collect();
    rows[1..].sort();
    assert_eq!(rows, ["status_code,deferred", "200,", "503,true"]);
    assert!(table.stderr.contains("too long 1 · deferred 1"), "{}", table.stderr);
    let nulls = site.run("haul --verbose-records $O/get").record();
    assert_eq!(nulls["deferred"], Value::Null);
}

#[test]
fn nonsense_is_counted() {
    let said = |fields: &str| canned(answer("503 Service Unavailable", fields));
    let site = Site::new()
        .with("SOON", said("Retry-After: soon\r\n"))
        .with("PAST", said("Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n"))
        .with("NEVER", said("Retry-After: 99999999999999999999\r\n"))
        .with("QUOTA", said("RateLimit: ???\r\nX-RateLimit-Remaining: -1\r\n"));
    let line =
        "haul --report report.json --retry 1 --retry-delay 0 http://$SOON http://$PAST http://$NEVER http://$QUOTA";
    let run = site.run(line).exits(0);
    assert_eq!(run.all("attempts"), [2, 2, 1, 2]);
    assert_eq!(run.records[2]["note"], "the server asks for an unlimited pause (--max-wait)");
    let pauses = json!({"heeded": 0, "past": 2, "too_long": 1, "garbled": 4, "ignored": 0});
    assert_eq!(site.json("report.json")["run"]["pauses"], pauses);
    run.says(&["pauses   past 2 · too long 1 · not understood 4 · deferred 1\n"]);
}

#[test]
fn a_redirect_waits_before_it_is_followed() {
    let site = Site::new();
    let moved = |after| {
        canned(answer("303 See Other", &format!("Location: {}\r\nRetry-After: {after}\r\n", site.origin.url("/get"))))
    };
    let (soon, late) = (moved("1"), moved("3600"));
    let run = site.run(&format!("haul http://{soon}/ http://{late}/")).exits(0);
    assert_eq!(run.all("status_code"), [200, 303]);
    assert!(run.records[0]["timings_ms"]["queue"].as_f64().unwrap() >= 1000.0);
    assert_eq!((&run.records[0]["attempts"], &run.records[1]["deferred"]), (&json!(1), &json!(true)));
}
