//! What a record says of a body.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use crate::record::{Record, SCHEMA};
use crate::support::{Site, canned};

#[test]
fn sizes_are_those_on_the_wire_and_those_of_the_content() {
    let site = Site::new();
    for (endpoint, coding) in [("gzip", "gzip"), ("brotli", "br"), ("zstd", "zstd"), ("deflate", "deflate")] {
        let record = site.run(&format!("haul -i $O/{endpoint}")).record();
        assert_eq!(record["headers"]["content-encoding"], json!([coding]));
        assert_eq!(record["headers"]["content-length"], json!([record["encoded_body_size"].to_string()]));
        assert_eq!(record["decoded_body_size"], record.text("json").len());
        assert!(record["encoded_body_size"].as_u64() < record["decoded_body_size"].as_u64(), "{record:?}");
    }
    let run = site.run("printf 'HEAD %s\n' $O/gzip $O/json | haul -i - $O/bytes/1000 $O/status/204").exits(0);
    assert_eq!(run.all("encoded_body_size"), [0, 0, 1000, 0]);
    assert_eq!(run.all("decoded_body_size"), [0, 0, 1000, 0]);
}

#[test]
fn a_body_may_be_too_large() {
    let site = Site::new();
    let run = site.run("haul --max-filesize 1000 $O/bytes/1000 $O/bytes/1001 $O/stream-bytes/300000").exits(0);
    let kinds: Vec<_> = run.records.iter().map(|record| record.kind()).collect();
    assert_eq!(kinds, ["none", "too_large", "too_large"]);
    assert_eq!(run.all("decoded_body_size"), [1000; 3]);
    for record in &run.records[1..] {
        assert_eq!((&record["truncated"], &record["status_code"]), (&json!(true), &json!(200)));
        let message = "the body is larger than 1000 bytes (--max-filesize)";
        assert_eq!(record["error"], json!({"kind": "too_large", "message": message, "phase": "receive"}));
    }
    let record = site.run("haul --max-filesize 100 $O/zstd").record();
    assert_eq!((record.kind(), &record["decoded_body_size"]), ("too_large", &json!(100)));
    assert!(record["body"].as_str().unwrap().starts_with(r#"{"headers":"#), "a part of JSON is text");
}

/// Which of the three forms of a body there are.
fn forms(record: &Record) -> Vec<&str> {
    ["json", "body", "body_base64"].into_iter().filter(|&key| !record.text(key).is_empty()).collect()
}

#[test]
fn a_body_is_shown_as_asked_for() {
    let site = Site::new();
    for (mode, expected) in [
        ("auto", [&["json"][..], &["body"], &["body_base64"]]),
        ("text", [&["body"], &["body"], &["body_base64"]]),
        ("base64", [&["body_base64"], &["body_base64"], &["body_base64"]]),
        ("none", [&[], &[], &[]]),
    ] {
        let run = site.run(&format!("haul --body {mode} $O/json $O/text $O/bytes/100")).exits(0);
        assert_eq!(run.records.iter().map(forms).collect::<Vec<_>>(), expected, "{mode}");
        assert_eq!(run.records[2]["decoded_body_size"], 100);
    }
    let run = site.run("haul --body base64 $O/text $O/bytes/100 $O/status/204").exits(0);
    let decoded = |at: usize| BASE64_STANDARD.decode(run.records[at]["body_base64"].as_str().unwrap()).unwrap();
    assert!(String::from_utf8(decoded(0)).unwrap().contains("日本語"));
    assert_eq!(decoded(1).len(), 100);
    assert!(forms(&run.records[2]).is_empty());
}

#[test]
fn headers_are_shown_in_part_or_in_full() {
    let site = Site::new();
    let record = site.run("haul --no-location $O/cookies/set?a=1").record();
    assert!(record.get("headers").is_none(), "no content type, nothing to say: {record:?}");
    let record = site.run("haul --no-location -i --no-redact \"$O/cookies/set?a=1&b=2\"").record();
    assert_eq!(record["headers"]["set-cookie"], json!(["a=1; Path=/", "b=2; Path=/"]));
    let record = site.run("haul $O/html").record();
    assert_eq!(record["headers"], json!({"content-type": ["text/html; charset=utf-8"]}));
}

#[test]
fn verbose_records_have_every_key_in_the_order_of_the_schema() {
    let site = Site::new();
    site.file("list.txt", "$O/json\n$O/text\n$O/bytes/9\n$O/redirect/1\nhttp://127.0.0.1:1/\nnonsense\n");
    let run = site.run("haul --verbose-records --retry 0 list.txt").exits(0);
    let schema: Vec<_> = SCHEMA
        .lines()
        .skip_while(|line| *line != "  \"properties\": {")
        .take_while(|line| *line != "  },")
        .filter_map(|line| line.strip_prefix("    \"")?.strip_suffix("\": {"))
        .collect();
    for record in &run.records {
        assert_eq!(record.keys(), schema);
    }
    let terse = site.run("haul --retry 0 list.txt").exits(0);
    let says = |record: &Record, key: &str| !record[key].is_null() || ["status_code", "error"].contains(&key);
    for (terse, verbose) in terse.records.iter().zip(&run.records) {
        assert_eq!(terse.keys(), verbose.keys().into_iter().filter(|key| says(verbose, key)).collect::<Vec<_>>());
    }
}

/// A complete answer.
fn answer(content_type: &str, body: &[u8]) -> Vec<u8> {
    let head = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type";
    [format!("{head}: {content_type}\r\nContent-Length: {}\r\n\r\n", body.len()).as_bytes(), body].concat()
}

/// The record of an answer.
fn recorded(content_type: &str, body: &[u8]) -> Record {
    let site = Site::new();
    site.run(&format!("haul http://{}/", canned(answer(content_type, body)))).record()
}

#[test]
fn json_is_embedded_digit_for_digit_on_one_line() {
    let pretty = "{\r\n\t\"n\": [1e308, 0.10, 12345678901234567890, -0, 1E+2],\n  \"a\": 1,\r\n  \"a\": 2,\r\n\
                  \"t\": \"tab \\t, \\u00e9, é,\u{2028}\\n\"\r\n}\r\n";
    for content_type in [
        "application/json",
        "Application/Problem+JSON; charset=utf-8",
        "text/json",
        "application/json, charset=utf-8",
        "application/json charset=iso-8859-1",
        "application/json\r\nContent-Type: charset=koi8-r",
    ] {
        let record = recorded(content_type, pretty.as_bytes());
        assert_eq!(forms(&record), ["json"]);
        let line = pretty.replace(['\r', '\n', '\t'], " ").replace('\u{2028}', r"\u2028");
        assert_eq!(record.text("json"), line.trim_end());
        assert_eq!(record["decoded_body_size"], pretty.len());
    }
    for scalar in ["0.10", "null", "\"text\"", " [ ] ", "12345678901234567890123"] {
        assert_eq!(recorded("application/json", scalar.as_bytes()).text("json"), scalar.trim());
    }
}

#[test]
fn what_is_labelled_json_and_is_not_is_text_with_a_note() {
    for body in ["{\"a\":1,}", "{\"a\":1}{\"a\":2}", "<html>", "[1,\u{1}]", "NaN"] {
        let record = recorded("application/json", body.as_bytes());
        assert_eq!((forms(&record), &record["body"]), (vec!["body"], &json!(body)));
        let note = record["note"].as_str().unwrap();
        assert!(note.starts_with("labelled as JSON, but invalid: "), "{note}");
        assert_eq!(record["ok"], true);
    }
    let record = recorded("text/plain", b"{\"a\":1}");
    assert_eq!((forms(&record), record.get("note")), (vec!["body"], None), "the label decides");
}

#[test]
fn bytes_that_are_not_text_are_there_in_base64() {
    let latin1 = &b"caf\xe9"[..];
    for (body, why) in [(&b"a\0b"[..], "contains NUL"), (latin1, "not UTF-8 text")] {
        for (content_type, note) in [
            ("application/octet-stream", Value::Null),
            ("text/plain", json!(format!("no charset declared, and {why}"))),
        ] {
            let record = recorded(content_type, body);
            assert_eq!((forms(&record), record.get("charset")), (vec!["body_base64"], None));
            assert_eq!(record["body_base64"], BASE64_STANDARD.encode(body));
            assert_eq!(record["note"], note);
        }
    }
    let record = recorded("application/json", latin1);
    assert_eq!(record["note"], "labelled as JSON, but not UTF-8 text");
}

#[test]
fn text_is_there_character_by_character() {
    let text = "\u{1b}[31m \"quoted\" \\ \r\n\u{2028}\u{7f} 🦀";
    assert_eq!(recorded("text/plain", text.as_bytes())["body"], text);
}

#[test]
fn a_coding_that_nobody_knows_leaves_the_body_as_it_came() {
    for coding in ["none", "UTF-8", "aws-chunked", "gzip, none"] {
        let fields = format!("Content-Type: application/json\r\nContent-Encoding: {coding}\r\n");
        let server = canned(crate::support::answer(200, fields, "{\"a\": 1}"));
        let record = Site::new().run(&format!("haul http://{server}/")).record();
        assert_eq!((&record["ok"], &record["json"]), (&json!(true), &json!({"a": 1})), "{coding}");
        let name = coding.trim_start_matches("gzip, ");
        assert_eq!(record["note"], format!("unknown content coding \"{name}\": the body is as received"));
        assert_eq!((&record["encoded_body_size"], &record["decoded_body_size"]), (&json!(8), &json!(8)));
        let record = Site::new().run(&format!("haul --body none http://{server}/")).record();
        assert_eq!((&record["ok"], forms(&record)), (&json!(true), Vec::new()));
    }
    let server = canned(crate::support::answer(200, "Content-Type: text/json\r\nContent-Encoding: binary\r\n", "{"));
    let note = &Site::new().run(&format!("haul --jq . http://{server}/")).record()["note"];
    let note = note.as_str().unwrap();
    for part in ["\"binary\": the body is as received; ", "labelled as JSON, but invalid: ", "; jq: "] {
        assert!(note.contains(part), "{note}");
    }
}

#[test]
fn answers_that_are_broken_are_told_apart() {
    let answers: [(&[u8], &str, &str); 5] = [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", "closed", "receive"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope", "decode", "receive"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: compress\r\nContent-Length: 4\r\n\r\nabpr", "decode", "receive"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "protocol", "wait"),
        (b"", "closed", "wait"),
    ];
    for (answer, kind, phase) in answers {
        let site = Site::new();
        let record = site.run(&format!("haul --retry 0 http://{}/", canned(answer))).record();
        assert_eq!((record.kind(), &record["error"]["phase"]), (kind, &json!(phase)), "{record:?}");
        let head: Value = if phase == "wait" { json!(null) } else { json!(200) };
        assert_eq!((&record["status_code"], &record["ok"]), (&head, &json!(false)));
    }
}
