//! Answers that are not what was expected.

use serde_json::json;

use crate::support::Site;

#[test]
fn an_answer_must_meet_every_condition() {
    let site = Site::new();
    let run = site.run("haul --expect status==200 --expect 'size>0' $O/get $O/status/204 $O/status/404").exits(0);
    let mut said: Vec<_> = run.records.iter().map(|record| record["error"]["message"].to_string()).collect();
    said.sort();
    insta::assert_snapshot!(said.join("\n"), @r#"
    "expected status==200, got 204 (--expect)"
    "expected status==200, got 404 (--expect)"
    null
    "#);
    let failed = run.records.iter().find(|record| record["status_code"] == 204).unwrap();
    assert_eq!((&failed["ok"], &failed["error"]["kind"]), (&json!(false), &json!("expectation")));
    assert_eq!(failed["error"]["phase"], json!(null));
    site.run("haul --expect status==204 --fail $O/get").exits(4);
    site.run("haul --expect status==200 --fail $O/get").exits(0);
}

#[test]
fn bodies_and_filters_count_too_even_if_no_body_is_recorded() {
    let site = Site::new();
    let record = site.run("haul --body none --expect-body '(?i)HELLO' --expect-jq .greeting $O/json").record();
    assert_eq!((&record["ok"], &record["json"]), (&json!(true), &json!(null)));
    let message = |options: &str, path: &str| {
        site.run(&format!("haul --body none {options} $O/{path}")).record()["error"]["message"].to_string()
    };
    let said = [
        message("--expect-body '^x'", "html"),
        message("--expect 'body~^x'", "html"),
        message("--expect-jq .nothing", "json"),
        message("--expect-jq '.[]? | select(.x?)'", "json"),
        message("--expect-jq .", "html"),
        message("--expect-jq .", "status/204"),
        message("--expect header.content-type~json", "html"),
    ];
    insta::assert_snapshot!(said.join("\n"), @r#"
    "expected body~^x, got \"<!doctype html> <html lang=\"en\"> <meta charset=\"utf-8\"> <title>Moby-Dick</title…\" (--expect-body)"
    "expected body~^x, got \"<!doctype html> <html lang=\"en\"> <meta charset=\"utf-8\"> <title>Moby-Dick</title…\" (--expect)"
    "expected .nothing, got null (--expect-jq)"
    "expected .[]? | select(.x?), got no output (--expect-jq)"
    "expected ., got an error: the body is not JSON: expected value at line 1 column 1 (--expect-jq)"
    "expected ., got no body (--expect-jq)"
    "expected header.content-type~json, got \"text/html; charset=utf-8\" (--expect)"
    "#);
}

#[test]
fn a_line_has_conditions_of_its_own() {
    let site = Site::new();
    let list = [
        r#"{"url": "$O/status/404", "expect": 404}"#,
        r#"{"url": "$O/status/404", "expect": ["status==4xx", "size==0"]}"#,
        r#"{"url": "$O/get", "expect": "status==204"}"#,
        r#"{"url": "$O/get"}"#,
        r#"{"url": "$O/get", "expect": "status"}"#,
        r#"{"url": "$O/get", "expect": {}}"#,
    ];
    site.file("list.ndjson", &list.join("\n"));
    let run = site.run("haul --expect status==201 --ordered list.ndjson").exits(0);
    let said: Vec<_> = run.records.iter().map(|record| record["error"]["message"].to_string()).collect();
    insta::assert_snapshot!(said.join("\n"), @r#"
    null
    "expected size==0, got 14 bytes"
    "expected status==204, got 200"
    "expected status==201, got 200 (--expect)"
    "list.ndjson line 5: \"expect\": expected a condition such as status==200, time<500ms or header.content-type~json"
    "list.ndjson line 6: \"expect\": must be a condition such as \"status==200\", or a list of them"
    "#);
}

#[test]
fn redirects_come_first_and_retries_are_for_those_who_ask() {
    let site = Site::new();
    let record = site.run("haul --expect status==200 --expect 'url~/get$' $O/redirect-to?url=/get").record();
    assert_eq!(record["ok"], json!(true));
    let record = site.run("haul --no-location --expect status==200 $O/redirect-to?url=/get").record();
    assert_eq!((&record["status_code"], &record["error"]["kind"]), (&json!(302), &json!("expectation")));
    let retrying = "--retry 1 --retry-delay 1ms --retry-on expectation --expect status==201 $O/get";
    let record = site.run(&format!("haul {retrying}")).record();
    let retries = json!([{"status_code": 200, "error": "expectation", "wait_ms": record["retries"][0]["wait_ms"]}]);
    assert_eq!((&record["attempts"], &record["retries"]), (&json!(2), &retries));
    assert_eq!(site.run(&format!("haul -X POST {}", retrying.replace("/get", "/post"))).record()["attempts"], 1);
    let again = site.run(&format!("haul -X POST --retry-unsafe {}", retrying.replace("/get", "/post")));
    assert_eq!(again.record()["attempts"], 2);
}

#[test]
fn a_run_resumes_only_with_the_same_expectations() {
    let site = Site::new();
    site.run("haul --expect status==200 --resume -o out.ndjson $O/get").exits(0);
    site.run("haul --expect status==200 --resume -o out.ndjson $O/get").exits(0);
    site.run("haul --expect status==201 --resume -o out.ndjson $O/get").fails(2, &["--expect has changed"]);
    site.run("haul --resume -o out.ndjson $O/get").fails(2, &["--expect was given before"]);
}

#[test]
fn what_is_no_condition_is_explained() {
    let site = Site::new();
    for (options, reason) in [
        ("--expect 200", "expected a condition such as status==200, time<500ms"),
        ("--expect latency<1s", "unknown name \"latency\": expected status, size, time, header.NAME, body or url"),
        ("--expect 'status==20x'", "\"20x\" is not a status, such as 200, 2xx or 200,204"),
        ("--expect 'time==1s'", "time cannot be compared with ==: use <, <=, > or >="),
        ("--expect-body '('", "invalid regular expression"),
        ("--expect-jq '.a |'", "the filter ends"),
    ] {
        site.run(&format!("haul {} $O/get", options.replace("latency<", "'latency<'"))).fails(2, &[reason]);
    }
}
