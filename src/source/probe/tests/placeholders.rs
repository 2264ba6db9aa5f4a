//! What placeholders become.

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::*;

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
    let urls: Vec<_> = (0..50).map(|seq| job(cycle.next(seq, now())).url.to_string()).collect();
    for seq in (0..50).rev() {
        assert_eq!(job(cycle.next(seq, SystemTime::UNIX_EPOCH)).url.as_str(), urls[seq as usize]);
    }
    assert_eq!(urls.iter().collect::<std::collections::HashSet<_>>().len(), 50);
    let uuids: Vec<_> = urls[0].split(['/', '=']).filter(|part| part.len() == 36).collect();
    assert_ne!(uuids.first(), uuids.last(), "each placeholder has a value of its own");
    let mut other = Cycle::open([list("t.txt", text)], &ListOptions::default(), Order::Listed, SEED + 1).unwrap();
    assert_ne!(job(other.next(0, now())).url.as_str(), urls[0]);
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
        let sent: Json = serde_json::from_str(&body(&job(cycle.next(seq, now())))).unwrap();
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
                    let job = job(cycle.next(seq, now()));
                    prop_assert_eq!(job.url.host_str(), host.as_deref());
                }
            }
        }
    }
}
