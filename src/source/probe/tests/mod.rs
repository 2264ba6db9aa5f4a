//! Tests of whole targets, as lists give them.

mod placeholders;
mod replay;

use std::time::{Duration, SystemTime};

use super::cycle::Capacity;
use super::*;
use crate::model::request::Content;
use crate::model::{Job, Request};
use crate::plan::Template;
use crate::source::feed::Feed;
use crate::source::lists::Lists;
use crate::source::resume::Numbering;
use crate::source::{DataTemplate, Entry, Input, InputFormat, ListOptions, Target, UrlTemplate, check, open};

const SEED: u64 = 7;

fn sending(request: Request) -> ListOptions {
    ListOptions { request: Template::new(request).0, ..ListOptions::default() }
}

fn list(name: &str, text: &str) -> Input {
    Input::Text { name: name.to_owned(), text: text.to_owned() }
}

fn cycle_of(options: &ListOptions, name: &str, text: &str) -> Result<Cycle, TargetError> {
    Cycle::open([list(name, text)], options, Order::Listed, SEED)
}

/// 2026-11-27 21:44:00.123 UTC.
fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(1_795_815_840_123)
}

fn job(entry: Entry) -> Job {
    match entry {
        Entry::Job(job) => *job,
        other => panic!("{other:?}"),
    }
}

/// The first `count` requests.
fn jobs(options: &ListOptions, name: &str, text: &str, count: u64) -> Vec<Job> {
    let mut cycle = cycle_of(options, name, text).unwrap_or_else(|why| panic!("{why}"));
    (0..count).map(|seq| job(cycle.next(seq, now()))).collect()
}

fn urls(options: &ListOptions, name: &str, text: &str, count: u64) -> Vec<String> {
    jobs(options, name, text, count).iter().map(|job| job.url.to_string()).collect()
}

fn refused(options: &ListOptions, name: &str, text: &str) -> String {
    cycle_of(options, name, text).expect_err("a refusal").to_string()
}

fn body(job: &Job) -> String {
    let bytes = match &job.request.body.as_ref().unwrap().content {
        Content::Bytes(bytes) => bytes.to_vec(),
        Content::Pieces(pieces) => format!("{pieces:?}").into_bytes(),
    };
    String::from_utf8(bytes).unwrap()
}

#[test]
fn targets_come_in_turn_by_weight_and_with_their_group() {
    let text = r#"{"url": "http://a/1", "name": "one", "weight": 2, "id": 1}
{"url": "http://a/2", "name": "two"}
{"url": "http://a/3", "weight": 0}"#;
    let jobs = jobs(&ListOptions::default(), "t.ndjson", text, 6);
    let shown: Vec<_> = jobs.iter().map(|job| (job.seq, job.url.path(), job.group().unwrap().to_string())).collect();
    let of = |seq: u64| if seq % 3 == 1 { (seq, "/2", "two".to_owned()) } else { (seq, "/1", "one".to_owned()) };
    assert_eq!(shown, (0..6).map(of).collect::<Vec<_>>());
}

#[test]
fn a_table_has_columns_for_groups_weights_and_times() {
    let options = ListOptions {
        group_column: Some("team".into()),
        weight_column: Some("share".into()),
        at_column: Some("time".into()),
        ..ListOptions::default()
    };
    let text = "url,team,share,time,more\nhttp://a/1,red,3,0,x\nhttp://a/2,,,1,y\n";
    let jobs = jobs(&options, "t.csv", text, 4);
    let groups: Vec<_> = jobs.iter().map(|job| job.group().map(ToString::to_string)).collect();
    assert_eq!(groups.iter().filter(|group| group.as_deref() == Some("red")).count(), 3);
    let meta = jobs[0].tags.as_ref().unwrap().meta.as_ref().unwrap().get();
    assert_eq!(meta, r#"{"more":"x"}"#);
    for (column, message) in [("share", "0.5"), ("time", "noon")] {
        let text = text.replace(if column == "share" { ",3," } else { ",0," }, &format!(",{message},"));
        assert!(refused(&options, "t.csv", &text).contains(&format!("t.csv line 2: \"{column}\": ")), "{column}");
    }
    let missing = refused(&ListOptions { group_column: Some("Team".into()), ..ListOptions::default() }, "t.csv", text);
    assert!(missing.contains("no column \"Team\"") && missing.contains("did you mean \"team\"?"), "{missing}");
}

#[test]
fn a_member_of_meta_names_a_group_as_it_is_written() {
    let options = ListOptions { group_column: Some("tenant".into()), ..ListOptions::default() };
    let line = |keys: &str| format!("{{\"url\": \"http://a/\", {keys}}}");
    let group = |keys: &str| jobs(&options, "t.ndjson", &line(keys), 1)[0].group().map(ToString::to_string);
    for (keys, expected) in [
        (r#""meta": {"tenant": "red"}"#, Some("red")),
        (r#""meta": {"tenant": 8}"#, Some("8")),
        (r#""meta": {"tenant": 8.0}"#, Some("8.0")),
        (r#""meta": {"tenant": true}"#, Some("true")),
        (r#""meta": {"tenant": null}"#, None),
        (r#""meta": {"tenant": 8}, "name": "blue""#, Some("blue")),
    ] {
        assert_eq!(group(keys).as_deref(), expected, "{keys}");
    }
    for keys in [r#""meta": {"tenant": [8]}"#, r#""meta": {"tenant": {"id": 8}}"#] {
        let refused = refused(&options, "t.ndjson", &line(keys));
        assert!(refused.contains("\"tenant\": must be a string, a number, true or false"), "{refused}");
    }
}

#[test]
fn keys_of_a_target_are_checked() {
    for (keys, message) in [
        (r#""weight": -1"#, "\"weight\": must be a whole number from 0 to 1000000"),
        (r#""weight": 1.5"#, "\"weight\": must be a whole number from 0 to 1000000"),
        (r#""weight": "3""#, "\"weight\": must be a whole number from 0 to 1000000"),
        (r#""name": 3"#, "\"name\": must be a string"),
        (r#""at": "noon""#, "\"at\": is not a time"),
        (r#""at": true"#, "\"at\": is not a time"),
    ] {
        let text = format!("{{\"url\": \"http://a/\"}}\n{{\"url\": \"http://a/\", {keys}}}");
        let listed = check([list("t.ndjson", &text)], &ListOptions::default()).map(drop).unwrap_err().to_string();
        for refused in [refused(&ListOptions::default(), "t.ndjson", &text), listed] {
            assert!(refused.contains(&format!("t.ndjson line 2: {message}")), "{refused}");
        }
    }
    assert_eq!(
        refused(&ListOptions::default(), "t.ndjson", r#"{"url": "http://a/", "weight": 0}"#),
        TargetError::NoWeight.to_string()
    );
    assert_eq!(refused(&ListOptions::default(), "t.txt", "# nothing"), TargetError::Empty.to_string());
}

#[test]
fn every_invalid_line_is_told_of() {
    let refused = refused(&ListOptions::default(), "t.txt", "http://a/\nftp://b\nhttp://c/{{sqe}}\n");
    assert!(refused.starts_with("2 lines are not valid requests\n  t.txt line 2: "), "{refused}");
    assert!(refused.contains("  t.txt line 3: {{sqe}} is not a column, nor one of {{seq}}"), "{refused}");
}

#[test]
fn large_targets_are_refused_with_advice() {
    let options = ListOptions { value_seed: Some(SEED), ..ListOptions::default() };
    let read = |text: &str| {
        let most = Capacity { targets: 3, mib: 1 };
        Cycle::read(open([list("t.ndjson", text)], &options)?, Order::Listed, most).map(|cycle| cycle.count())
    };
    let line = |body: usize, weight| {
        format!("{{\"url\": \"http://a/\", \"body\": \"{}\", \"weight\": {weight}}}\n", "x".repeat(body))
    };
    assert_eq!(read(&(line(0, 1).repeat(3) + &line(500_000, 0).repeat(3))).unwrap(), 3);
    let (many, large) = (read(&line(0, 1).repeat(4)).unwrap_err(), read(&line(600_000, 1).repeat(2)).unwrap_err());
    assert_eq!(many.to_string(), "more than 3 targets: send a part of the list, such as a sample of it");
    let message = "the first 2 targets take more than 1 MiB of memory: send a part of the list, or put large bodies into \
                   files";
    assert_eq!(large.to_string(), message);
}

#[test]
fn a_program_has_targets_of_its_own() {
    let source = ["http://a/{{seq}}", "http://b/"].map(Target::new).into_iter();
    let mut cycle = Cycle::from_source(Box::new(source), &ListOptions::default(), Order::Listed, SEED).unwrap();
    let urls = [0, 1, 2].map(|seq| job(cycle.next(seq, now())).url.to_string());
    assert_eq!(urls, ["http://a/0", "http://b/", "http://a/2"]);
}

#[test]
fn a_list_of_targets_is_not_noted_as_one_without_requests() {
    let options = ListOptions { value_seed: Some(SEED), ..ListOptions::default() };
    let note_of = |text: &str| {
        let (mut lists, mut numbering) = (Lists::open([list("t.txt", text)], &options).unwrap(), Numbering::default());
        while lists.read(&mut numbering, 1).unwrap().is_some() {}
        lists.take_note()
    };
    assert!(note_of("http://a/").is_none());
    assert!(note_of("ftp://a/").is_some());
}
