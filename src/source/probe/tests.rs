//! Tests of whole targets, as lists give them.

use std::time::{Duration, SystemTime};

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::cycle::Capacity;
use super::*;
use crate::model::request::Content;
use crate::model::{Job, Request};
use crate::plan::Template;
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

/// The first `count` requests.
fn jobs(options: &ListOptions, name: &str, text: &str, count: u64) -> Vec<Job> {
    let mut cycle = cycle_of(options, name, text).unwrap_or_else(|why| panic!("{why}"));
    (0..count)
        .map(|seq| match cycle.next(seq, now()) {
            Entry::Job(job) => *job,
            other => panic!("{other:?}"),
        })
        .collect()
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
fn urls_of_every_kind_of_list_are_filled() {
    let seq = ["http://a/0?q=0", "http://a/1?q=1"];
    for (name, text) in [
        ("t.txt", "http://a/{{seq}}?q={{ seq }}"),
        ("t.ndjson", r#"{"url": "http://a/{{seq}}?q={{seq}}"}"#),
        ("t.ndjson", r#"{"url": "http://a/{{seq}}", "params": {"q": "{{seq}}"}}"#),
        ("t.csv", "url\nhttp://a/{{seq}}?q={{seq}}\n"),
    ] {
        assert_eq!(urls(&ListOptions::default(), name, text, 2), seq, "{text}");
    }
    let vegeta = ListOptions { format: Some(InputFormat::Vegeta), ..ListOptions::default() };
    assert_eq!(urls(&vegeta, "t", "GET http://a/{{seq}}?q={{seq}}\nX-A: 1\n", 2), seq);
    let base = ListOptions { base_url: Some("http://a/b".parse().unwrap()), ..ListOptions::default() };
    assert_eq!(urls(&base, "t.txt", "c{{seq}}", 2), ["http://a/c0", "http://a/c1"]);
    let param = sending(Request::get().param("q", "{{seq}}"));
    assert_eq!(urls(&param, "t.txt", "http://a/{{seq}}", 2), seq);
    assert_eq!(urls(&param, "t.txt", "http://a/x?y", 2), ["http://a/x?y&q=0", "http://a/x?y&q=1"]);
    let template = UrlTemplate::parse_for_probe("http://a/{id}/{{seq}}/{{id}}", None).unwrap();
    let template = ListOptions { url: Some(std::sync::Arc::new(template)), ..ListOptions::default() };
    assert_eq!(urls(&template, "t.csv", "id\nb c\n", 2), ["http://a/b%20c/0/b%20c", "http://a/b%20c/1/b%20c"]);
}

#[test]
fn a_random_number_may_be_anywhere_in_a_line() {
    for line in ["http://a/{{random 5 5}}", "GET http://a/{{ random 5 5 }}", "\u{feff}GET  http://a/{{random  5  5}} "]
    {
        assert_eq!(urls(&ListOptions::default(), "t.txt", line, 1), ["http://a/5"], "{line}");
    }
    let now = urls(&ListOptions::default(), "t.txt", "http://a/{{now}}", 1);
    assert_eq!(now, ["http://a/2026-11-27T21%3A44%3A00.123Z"]);
}

#[test]
fn no_placeholder_is_part_of_the_host() {
    let base = ListOptions { base_url: Some("http://a/b".parse().unwrap()), ..ListOptions::default() };
    for (options, url) in [
        (&ListOptions::default(), "http://{{seq}}/"),
        (&ListOptions::default(), "http://a{{seq}}.test/"),
        (&ListOptions::default(), "http://a:8{{seq}}/"),
        (&ListOptions::default(), "http://{{seq}}@a/"),
        (&ListOptions::default(), "{{seq}}://a/"),
        (&base, "//{{seq}}/"),
        (&base, "/\\{{seq}}/"),
        (&base, "//a:1{{seq}}/"),
    ] {
        let refused = refused(options, "t.txt", url);
        assert!(refused.contains("t.txt line 1: {{seq}} is not allowed in the scheme"), "{url}: {refused}");
    }
}

#[test]
fn headers_are_filled() {
    let request = Request::get().header("X-A", "{{seq}}-{{seq}}").unwrap().header("X-A", "b").unwrap();
    let options = sending(request.header("X-Team", "{{team}}").unwrap());
    let jobs = jobs(&options, "t.csv", "url,team\nhttp://a/,red\n", 2);
    let fields =
        |job: &Job, name| job.request.headers.get_all(name).iter().map(|v| v.to_str().unwrap().to_owned()).collect();
    let shown: Vec<Vec<String>> = vec![fields(&jobs[0], "x-a"), fields(&jobs[1], "x-a"), fields(&jobs[1], "x-team")];
    assert_eq!(shown, [vec!["0-0", "b"], vec!["1-1", "b"], vec!["red"]]);
    assert!(jobs[1].request.headers["x-a"].is_sensitive());
    let refused = refused(&options, "t.txt", "http://a/");
    assert!(refused.contains("t.txt line 1: header x-team: {{team}} is not a column"), "{refused}");
    let own = r#"{"url": "http://a/", "headers": {"X-B": "{{seq}}"}, "auth": {"bearer": "{{t}}"}, "meta": {"t": "k"}}"#;
    let own = self::jobs(&ListOptions::default(), "t.ndjson", own, 2);
    assert_eq!(
        (&own[1].request.headers["x-b"], &own[1].request.headers["authorization"]),
        (&"1".parse().unwrap(), &"Bearer k".parse().unwrap())
    );
}

#[test]
fn a_value_cannot_end_a_header() {
    let options = sending(Request::get().header("X-A", "{{a}}").unwrap());
    let refused = refused(&options, "t.csv", "url,a\nhttp://a/,\"b\r\nX-B: 1\"\n");
    assert!(refused.contains("t.csv line 2: header x-a: its value has a character"), "{refused}");
}

#[test]
fn bodies_are_filled_for_their_type() {
    let raw = |text: &str| serde_json::value::RawValue::from_string(text.to_owned()).unwrap();
    let json = sending(Request::post().json(&raw(r#"{"a": "{{seq}}", "t": "{{now}}"}"#)).unwrap());
    let form = sending(Request::post().form([("a", "{{seq}}"), ("b", "{{random 2 2}} & {{{{}}")]));
    let text = sending(Request::post().bytes("<a>{{seq}}</a>"));
    let bare = sending(Request::post().bytes(r#"{"a": {{seq}}, "b": {{now}}}"#));
    for (options, sent) in [
        (&json, r#"{"a": "1", "t": "2026-11-27T21:44:00.123Z"}"#),
        (&form, "a=1&b=2+%26+{{"),
        (&text, "<a>1</a>"),
        (&bare, r#"{"a": 1, "b": "2026-11-27T21:44:00.123Z"}"#),
    ] {
        assert_eq!(body(&jobs(options, "t.txt", "http://a/", 2)[1]), sent);
    }
    for (keys, sent) in [
        (r#""json": {"n": "{{seq}}", "m": "{{u}}"}"#, r#"{"n": "1", "m": "\"\n"}"#),
        (r#""form": {"n": "{{seq}}"}"#, "n=1"),
        (r#""body": "{{seq}} {{u}}""#, "1 \"\n"),
        (r#""body_base64": "e3tzZXF9fQ==""#, "{{seq}}"),
    ] {
        let line = format!(r#"{{"url": "http://a/", {keys}, "meta": {{"u": "\"\n"}}}}"#);
        assert_eq!(body(&jobs(&ListOptions::default(), "t.ndjson", &line, 2)[1]), sent);
    }
    let multipart = r#"{"url": "http://a/", "multipart": {"a": "n{{seq}}n", "f": {"file": "x"}}}"#;
    let jobs = jobs(&ListOptions::default(), "t.ndjson", multipart, 2);
    assert!(body(&jobs[1]).contains("n1n") && !body(&jobs[0]).contains("n1n"), "{}", body(&jobs[1]));
}

#[test]
fn a_data_template_knows_values_and_columns() {
    let template = DataTemplate::parse(r#"{"n": {{seq}}, "x": {{x}}, "seq2": "{{random 3 3}}"}"#, None).unwrap();
    let options = ListOptions { data: Some(std::sync::Arc::new(template)), ..ListOptions::default() };
    let line = r#"{"url": "http://a/", "method": "PUT", "meta": {"x": [1]}}"#;
    assert_eq!(body(&jobs(&options, "t.ndjson", line, 2)[1]), r#"{"n": 1, "x": [1], "seq2": "3"}"#);
    let refused = refused(&options, "t.ndjson", r#"{"url": "http://a/"}"#);
    assert!(refused.contains("t.ndjson line 1: {{x}} is not a column"), "{refused}");
    let table = jobs(&options, "t.csv", "url,x,seq\nhttp://a/,{{y}},9\n", 1);
    assert_eq!(body(&table[0]), r#"{"n": 9, "x": "{{y}}", "seq2": "3"}"#);
}

#[test]
fn outside_a_probe_braces_are_sent_as_they_are() {
    let request = Request::post().header("X-A", "{{seq}}").unwrap().bytes("{{seq}}").param("q", "{{x");
    let entries = open([list("t.txt", "http://a/?{{sqe}}")], &sending(request)).unwrap().next_batch().unwrap().unwrap();
    let Entry::Job(job) = &entries[0] else { panic!("{entries:?}") };
    assert_eq!(job.url.as_str(), "http://a/?{{sqe}}&q=%7B%7Bx");
    assert_eq!((&job.request.headers["x-a"], body(job).as_str()), (&"{{seq}}".parse().unwrap(), "{{seq}}"));
}

#[test]
fn literal_braces_can_be_written() {
    let request = Request::post().header("X-A", "{{{{}}seq}}").unwrap().bytes(r#"{"a": "{{{{}}x}}"}"#);
    let job = &jobs(&sending(request), "t.txt", "http://a/{{{{}}seq}}", 1)[0];
    assert_eq!(job.url.as_str(), "http://a/%7B%7Bseq%7D%7D");
    assert_eq!((&job.request.headers["x-a"], body(job).as_str()), (&"{{seq}}".parse().unwrap(), r#"{"a": "{{x}}"}"#));
}

#[test]
fn values_do_not_depend_on_when_requests_start() {
    let text = "http://a/{{uuid}}/{{random 1 1000000}}?u={{uuid}}";
    let mut cycle = cycle_of(&ListOptions::default(), "t.txt", text).unwrap();
    let in_turn: Vec<_> = (0..50).map(|seq| cycle.next(seq, now())).collect();
    let again: Vec<_> = (0..50).rev().map(|seq| cycle.next(seq, SystemTime::UNIX_EPOCH)).collect();
    let shown = |entry: &Entry| match entry {
        Entry::Job(job) => job.url.to_string(),
        other => panic!("{other:?}"),
    };
    let urls: Vec<_> = in_turn.iter().map(shown).collect();
    assert_eq!(urls, again.iter().rev().map(shown).collect::<Vec<_>>());
    assert_eq!(urls.iter().collect::<std::collections::HashSet<_>>().len(), 50);
    let uuids: Vec<_> = urls[0].split(['/', '=']).filter(|part| part.len() == 36).collect();
    assert_ne!(uuids.first(), uuids.last(), "each placeholder has a value of its own");
    let mut other = Cycle::open([list("t.txt", text)], &ListOptions::default(), Order::Listed, SEED + 1).unwrap();
    assert_ne!(shown(&other.next(0, now())), urls[0]);
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
    let urls = [0, 1, 2].map(|seq| match cycle.next(seq, now()) {
        Entry::Job(job) => job.url.to_string(),
        other => panic!("{other:?}"),
    });
    assert_eq!(urls, ["http://a/0", "http://b/", "http://a/2"]);
}

#[test]
fn a_base_url_has_no_placeholders() {
    for base in ["http://a/{{seq}}/", "http://a/?{{seq}}"] {
        let options = ListOptions { base_url: Some(base.parse().unwrap()), ..ListOptions::default() };
        assert!(refused(&options, "t.txt", "b").starts_with("the base URL http://a/"), "{base}");
    }
}

#[test]
fn lines_share_the_filled_request_of_the_run_unless_they_have_columns_for_it() {
    let options = sending(Request::get().header("X-A", format!("{{{{seq}}}}{}", "x".repeat(5000))).unwrap());
    let in_probe = ListOptions { value_seed: Some(SEED), ..options.clone() };
    let sizes = |name: &str, text: &str| {
        // The reader shares the requests, too, so it has to outlive the sizes.
        let mut reader = open([list(name, text)], &in_probe).unwrap();
        let entries = reader.next_batch().unwrap().unwrap();
        let size = |entry: &Entry| match entry {
            Entry::Target(target) => target.size(),
            other => panic!("{other:?}"),
        };
        entries.iter().map(size).collect::<Vec<_>>()
    };
    assert!(sizes("t.txt", "http://a/\nPUT http://b/\nhttp://c/").iter().all(|size| *size < 1000));
    assert!(sizes("t.csv", "url,seq\nhttp://a/,1\n")[0] > 5000);
    let lines = r#"{"url": "http://a/"}
{"url": "http://a/", "meta": {"seq": "mine"}}
{"url": "http://a/"}"#;
    let sent: Vec<_> = jobs(&options, "t.ndjson", lines, 3)
        .iter()
        .map(|job| job.request.headers["x-a"].to_str().unwrap().trim_end_matches('x').to_owned())
        .collect();
    assert_eq!(sent, ["0", "mine", "2"]);
}

fn replay(text: &str, speed: f64) -> Result<Replay, TargetError> {
    Replay::open([list("log.ndjson", text)], &ListOptions::default(), speed, SEED, &|url| url.host_str() == Some("a"))
}

#[test]
fn a_replay_keeps_the_pace_of_its_log() {
    let text = r#"{"url": "http://a/{{seq}}", "at": "2026-11-27T21:44:00Z"}
{"url": "http://b/", "at": "2026-11-27T21:44:01.5Z"}
{"url": "http://a/", "at": "2026-11-27T21:44:01Z"}
{"url": "http://a/", "at": 1795815844}"#;
    let replay = replay(text, 2.0).unwrap();
    let (count, span, busiest) = (replay.count(), replay.span(), replay.busiest_second());
    assert_eq!((count, span, busiest), (4, Duration::from_secs(2), 3));
    assert_eq!(replay.refused(), ["http://b/".parse().unwrap()]);
    let mut batches = replay.spawn(1);
    let (mut due, mut first) = (Vec::new(), None);
    while let Some(batch) = batches.blocking_recv() {
        for timed in batch.unwrap() {
            first.get_or_insert_with(|| timed.entry(9, now()));
            due.push(timed.due.as_millis());
        }
    }
    assert_eq!(due, [0, 750, 750, 2000]);
    let Some(Entry::Job(job)) = first else { panic!() };
    assert_eq!((job.seq, job.url.as_str()), (9, "http://a/9"));
}

#[test]
fn the_busiest_second_may_begin_at_any_time() {
    let busiest = |times: &mut dyn Iterator<Item = f64>, speed: f64| {
        let lines = times.map(|at| format!("{{\"url\": \"http://a/\", \"at\": {at}}}\n"));
        replay(&lines.collect::<String>(), speed).unwrap().busiest_second()
    };
    assert_eq!(busiest(&mut [0.0, 0.99, 0.99, 1.0, 1.0, 1.9].into_iter(), 1.0), 5);
    for speed in [0.3, 1.0, 7.0] {
        assert_eq!(busiest(&mut (0..1000).map(|n| f64::from(n) / 100.0 * speed), speed), 100, "{speed}");
    }
    assert_eq!(busiest(&mut (0..3000).map(|n| f64::from(n) / 1e4), 1.0), 1000, "more are not counted");
}

#[test]
fn a_replay_keeps_few_of_the_hosts_that_are_not_allowed() {
    let lines = (0..1000).map(|n| format!("{{\"url\": \"http://h{}/\", \"at\": 0}}\n", n / 2));
    assert_eq!(replay(&lines.collect::<String>(), 1.0).unwrap().refused().len(), 32);
}

#[test]
fn a_replay_needs_times_in_order() {
    let line = |at: &str| format!("{{\"url\": \"http://a/\", \"at\": {at}}}\n");
    for (text, message) in [
        (line("1") + "{\"url\": \"http://a/\"}", "log.ndjson line 2: \"at\": is missing"),
        (line("100") + &line("90"), "log.ndjson line 2: \"at\": is 10 s earlier than a line above it: sort the list"),
        (line("0") + &line("1795815844"), "log.ndjson line 2: \"at\": is due 20,784 days after the first"),
        (line("0") + &line("\"noon\""), "log.ndjson line 2: \"at\": is not a time"),
    ] {
        let refused = replay(&text, 1.0).err().unwrap().to_string();
        assert!(refused.contains(message), "{refused}");
    }
    assert_eq!(replay("", 1.0).err().unwrap().to_string(), TargetError::Empty.to_string());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn json_stays_well_formed(value in "\\PC*|[\"\\\\\n\t{}]*|-?[0-9.eE+]{0,4}|true|null", seq: u64) {
        let value = value.replace(['\r', '\0'], "");
        let template = r#"{"in": "a{{x}}{{seq}}", "as": [{{x}}, {{uuid}}, {{now}}, {{random -9 9}}, {{seq}}]}"#;
        let template = DataTemplate::parse(template, None).unwrap();
        let options = ListOptions { data: Some(std::sync::Arc::new(template)), ..ListOptions::default() };
        let line = json!({"url": "http://a/", "meta": {"x": value}}).to_string();
        let mut cycle = cycle_of(&options, "t.ndjson", &line).unwrap();
        let Entry::Job(job) = cycle.next(seq, now()) else { panic!() };
        let sent: Json = serde_json::from_str(&body(&job)).unwrap();
        prop_assert_eq!(&sent["in"], &json!(format!("a{value}{seq}")));
        prop_assert_eq!(&sent["as"][0], &json!(value));
        prop_assert_eq!(&sent["as"][4], &json!(seq));
    }

    #[test]
    fn a_line_with_braces_never_panics(text in "(http://|[a{}:/?#@. 1]|\\{\\{|\\}\\}|seq|random|uuid)*", seq: u64) {
        for name in ["t.txt", "t.csv"] {
            let text = if name == "t.csv" { format!("url\n{text}\n") } else { format!("http://a/\n{text}") };
            if let Ok(mut cycle) = cycle_of(&ListOptions::default(), name, &text) {
                let hosts: Vec<_> = cycle.urls().map(|url| url.host_str().map(ToOwned::to_owned)).collect();
                for host in hosts {
                    let Entry::Job(job) = cycle.next(seq, now()) else { panic!() };
                    prop_assert_eq!(job.url.host_str(), host.as_deref());
                }
            }
        }
    }
}
