//! The version of the rules for bodies: a run that is resumed keeps its own.

use std::fs;

use serde_json::{Map, Value, json};

use crate::record::{Record, records};
use crate::support::{Scripted, Site, answer};

const LINE: &str = "haul -q --resume -o out.ndjson list.txt";

/// A list of answers that the versions read differently, and one that they read alike.
fn site() -> Site {
    let server = Scripted::new(|head, _| match head.split(' ').nth(1).unwrap() {
        "/json" => answer(200, "Content-Type: application/json\r\n", "[1]"),
        "/bom" => answer(200, "Content-Type: application/json\r\n", "\u{feff}[2]"),
        "/koi8" => answer(200, "Content-Type: text/plain; charset=koi8-r\r\n", b"\xf0"),
        _ => answer(200, "Content-Type: text/plain\r\n", "\u{feff}text"),
    });
    let site = Site::new().with("S", format!("http://{}", server.addr));
    site.file("list.txt", "$S/json\n$S/text\n$S/bom\n$S/koi8\n");
    site
}

/// What the records of the second line and the following say of their bodies.
fn bodies(site: &Site) -> Vec<Value> {
    let keys = ["json", "body", "charset", "body_base64"];
    let of = |record: &Record| {
        let found = keys.iter().filter_map(|key| Some(((*key).to_owned(), record.get(*key)?.clone())));
        Value::Object(found.collect::<Map<_, _>>())
    };
    records(&site.read("out.ndjson"))[1..].iter().map(of).collect()
}

fn first() -> [Value; 3] {
    [json!({"body": "\u{feff}text"}), json!({"body": "\u{feff}[2]"}), json!({"body_base64": "8A=="})]
}

fn second() -> [Value; 3] {
    [json!({"body": "text", "charset": "utf-8"}), json!({"json": [2]}), json!({"body": "П", "charset": "koi8-r"})]
}

/// Leaves what a run has come to that was killed after so many records.
fn rewind(site: &Site, count: usize, change: impl FnOnce(&mut Value)) {
    let output: String = site.read("out.ndjson").split_inclusive('\n').take(count).collect();
    fs::write(site.path("out.ndjson"), &output).unwrap();
    let file = site.read("out.ndjson.haul");
    let mut checkpoint: Value = serde_json::from_str(file.split_once('\n').unwrap().1).unwrap();
    checkpoint["position"]["length"] = output.len().into();
    checkpoint["watermark"] = count.into();
    (checkpoint["tail"], checkpoint["anchor"]) = (Value::Null, Value::Null);
    change(&mut checkpoint);
    let text = checkpoint.to_string();
    let crc = crc32fast::hash(text.as_bytes());
    fs::write(site.path("out.ndjson.haul"), format!("haul-checkpoint 1 {crc:08x} {}\n{text}\n", text.len())).unwrap();
}

fn rules(checkpoint: &mut Value) -> &mut Map<String, Value> {
    checkpoint["asked"].as_object_mut().unwrap()
}

/// As a version without rules writes it.
fn forget_rules(checkpoint: &mut Value) {
    assert!(rules(checkpoint).remove("rules of --body").is_some());
}

#[test]
fn a_run_that_is_resumed_keeps_the_rules_that_it_began_with() {
    let site = site();
    site.run(LINE).exits(0);
    assert_eq!(bodies(&site), second());
    for count in [0, 1, 2] {
        rewind(&site, count, |_| {});
        site.run(LINE).exits(0);
        assert_eq!(bodies(&site), second());
    }
    rewind(&site, 1, forget_rules);
    site.run(LINE).exits(0);
    assert_eq!(bodies(&site), first());
    rewind(&site, 2, |checkpoint| assert!(!rules(checkpoint).contains_key("rules of --body"), "still those"));
    site.run(LINE).exits(0);
    assert_eq!(bodies(&site), first());
    rewind(&site, 1, |_| {});
    site.run(&format!("{LINE} --resume-anyway --body text")).exits(0);
    assert_eq!(bodies(&site), first(), "also if something else has changed");
}

#[test]
fn filters_read_json_by_the_rules_of_the_run() {
    let site = site();
    let line = format!("{LINE} --jq '.[0]' --body none");
    site.run(&line).exits(0);
    assert_eq!(records(&site.read("out.ndjson"))[2]["extract"], json!([2]));
    rewind(&site, 1, forget_rules);
    site.run(&line).exits(0);
    let again = records(&site.read("out.ndjson"));
    assert_eq!((&again[0]["extract"], again[2].get("extract")), (&json!([1]), None));
    assert!(again[2]["note"].as_str().unwrap().contains("jq: the body is not JSON"));
}

#[test]
fn rules_of_a_later_version_are_refused() {
    let site = site();
    site.run(LINE).exits(0);
    rewind(&site, 1, |checkpoint| _ = rules(checkpoint).insert("rules of --body".to_owned(), json!({"plain": "3"})));
    let output = site.read("out.ndjson");
    let why = "out.ndjson.haul has version 3 of the rules for bodies, but this haul supports only versions up to 2";
    site.run(LINE).fails(2, &[why, "use a newer haul"]);
    assert_eq!(site.read("out.ndjson"), output);
}

#[test]
fn without_a_checkpoint_the_records_tell_their_rules() {
    let site = site();
    site.run(LINE).exits(0);
    let again = |count| {
        rewind(&site, count, |_| {});
        fs::remove_file(site.path("out.ndjson.haul")).unwrap();
        site.run(LINE).exits(0);
        bodies(&site)
    };
    assert_eq!(again(2), second());
    rewind(&site, 1, forget_rules);
    site.run(LINE).exits(0);
    assert_eq!(again(2), first());
    assert_eq!(again(1), second(), "JSON alone tells nothing");
}
