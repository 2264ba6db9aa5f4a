//! What is picked out of bodies.

use serde_json::json;

use crate::support::{Site, canned};

/// An answer of JSON.
fn json_answer(body: &str) -> String {
    let head = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/json";
    format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

#[test]
fn a_filter_takes_values_out_of_json() {
    let site = Site::new();
    let record = site.run("haul --jq '.numbers[], (.kept | keys)' $O/json").record();
    assert_eq!(record.text("extract"), r#"[1,2.5,6.02e23,9007199254740993,["empty","null","true","unicode"]]"#);
    assert!(!record.text("json").is_empty(), "the body is there as well");
    let record = site.run("haul --body none --jq .greeting $O/json").record();
    assert_eq!((&record["extract"], record.text("json")), (&json!(["Hello from the origin!"]), ""));
    let record = site.run("haul --jq empty $O/json").record();
    assert_eq!((&record["extract"], record.get("note")), (&json!([]), None));
    assert_eq!(site.run("haul --jq .greeting $O/gzip $O/status/404").exits(0).records.len(), 2);
}

#[test]
fn digits_stay() {
    let site = Site::new();
    let addr = canned(json_answer("{\"n\": [1.50e300, 0.10,\n 12345678901234567890123]}"));
    let record = site.run(&format!("haul --jq .n http://{addr}/")).record();
    assert_eq!(record.text("extract"), "[[1.50e300,0.10,12345678901234567890123]]");
}

#[test]
fn what_cannot_be_picked_is_told_in_a_note() {
    let site = Site::new();
    let run = site.run("haul --jq '.numbers | .a' $O/json $O/html $O/status/204 $O/cut/9 --retry 0").exits(0);
    let notes: Vec<_> = run.records.iter().map(|record| record["note"].as_str().unwrap_or_default()).collect();
    assert_eq!(notes[0], "jq: Cannot index array with \"a\"");
    assert_eq!(notes[1], "jq: the body is not JSON: expected value at line 1 column 1");
    assert_eq!(notes[2..], ["", ""], "where there is no body, or a failure, nothing needs to be said");
    assert!(run.records.iter().all(|record| record.get("extract").is_none()));
    assert!(!run.records[0].text("json").is_empty() && run.records[0]["ok"] == true);

    let record = site.run(&format!("haul --jq . http://{}/", canned(json_answer("{\"a\":1,}")))).record();
    let note = record["note"].as_str().unwrap();
    assert!(
        note.starts_with("labelled as JSON, but invalid: ") && note.contains("; jq: the body is not JSON"),
        "{note}"
    );
    let record = site.run("haul --verbose-records --jq .a.b.c $O/html").record();
    assert_eq!(record.text("extract"), "null");
    let text = canned(
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: 7\r\n\r\n{\"a\":1}",
    );
    let record = site.run(&format!("haul --jq .a http://{text}/")).record();
    assert_eq!(record["extract"], json!([1]), "what is JSON may be labelled otherwise");
}

#[test]
fn a_wrong_filter_is_marked_before_the_first_request() {
    let site = Site::new();
    site.run("haul --jq '.a | | .b' $O/json")
        .fails(2, &["--jq", "expected term, found |\n    .a | | .b\n         ^\n"]);
    site.run("haul --jq 'nope' $O/json").fails(2, &["undefined filter nope/0\n    nope\n    ^\n"]);
    site.run("haul --jq '.[' $O/json").fails(2, &["expected"]);
    site.run("haul -r $O/json").fails(2, &["--jq <FILTER>"]);
    assert_eq!(site.origin.stats().requests, 0);
}

#[test]
fn neither_filter_nor_body_can_hold_up_a_run() {
    let site = Site::new();
    for filter in ["[repeat(1)]", "def f: f; f", "[range(1e12)]", "last(range(1e12))", "def f: 1 + f; f", "repeat(.)"] {
        let run = site.run(&format!("haul --jq '{filter}' $O/json $O/get")).exits(0);
        for record in &run.records {
            let note = record["note"].as_str().unwrap();
            assert!(["did not finish", "too deeply", "larger than"].iter().any(|why| note.contains(why)), "{note}");
            assert_eq!((&record["ok"], record.get("extract")), (&json!(true), None));
        }
    }
    let deep = canned(json_answer(&("[".repeat(100_000) + &"]".repeat(100_000))));
    let long = canned(json_answer(&"9".repeat(500_000)));
    let run = site.run(&format!("haul --body none --jq . http://{deep}/ http://{long}/")).exits(0);
    assert_eq!(run.records[0]["note"], "jq: the body nests more than 256 levels");
    assert_eq!(run.records[1]["note"], "jq: the body has a number of more than 1000 digits");
}

#[test]
fn raw_values_stand_alone_on_their_lines() {
    let site = Site::new();
    let addr =
        canned(json_answer(r#"[{"n": "a b"}, {"n": "two\nlines"}, {"n": 1.50}, {"n": {"x": [1, 2]}}, {"n": null}]"#));
    let run = site.run(&format!("haul -r --jq '.[].n' http://{addr}/ > out")).exits(0);
    assert_eq!(site.read("out"), "a b\ntwo\nlines\n1.50\n{\"x\":[1,2]}\nnull\n");
    run.says(&["1 record in", "1 ok"]);

    let run =
        site.run("haul --raw --jq '.greeting' $O/html $O/status/204 http://127.0.0.1:1/ --retry 0 nonsense://x > out");
    let run = run.exits(0);
    assert_eq!(site.read("out"), "");
    run.says(&["2 failed", "connect_refused 1", "invalid_input 1"]);
    for other in ["--fields seq", "--format csv", "--verbose-records"] {
        site.run(&format!("haul -r --jq . {other} $O/get")).fails(2, &["--raw", "cannot be used with"]);
    }
}

#[test]
fn a_filter_that_takes_too_much_memory_names_what_limits_it() {
    let site = Site::new();
    let record = site.run("haul --max-memory 12MiB --jq '[range(1000000)] | length' $O/json").record();
    assert_eq!(record["note"], "jq: the filter needs more than 6 MiB of memory (--max-memory)");
    assert_eq!((&record["ok"], &record["extract"]), (&true.into(), &serde_json::Value::Null));
    for option in ["--items", "--expect-jq"] {
        let record =
            site.run(&format!("haul --max-memory 12MiB {option} '[range(1000000)] | length' $O/json")).record();
        let message = record["error"]["message"].as_str().unwrap();
        assert!(message.ends_with("the filter needs more than 6 MiB of memory (--max-memory)"), "{message}");
    }
    let next = "--paginate 'next=[range(1000000)] | length'";
    let records = site.run(&format!("haul --max-memory 12MiB {next} $O/json")).records;
    let message = records[1]["error"]["message"].as_str().unwrap();
    assert!(message.ends_with("the filter needs more than 6 MiB of memory (--max-memory)"), "{message}");
}

#[test]
fn variables_that_are_not_utf_8_can_be_read() {
    let site = Site::new();
    let record = site.run("A=$(printf 'a\\377') haul --jq '[env.A, $ENV.A, (env == $ENV)]' $O/json").record();
    assert_eq!(record["extract"], json!([["a\u{fffd}", "a\u{fffd}", true]]));
}
