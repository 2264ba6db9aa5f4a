use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, USER_AGENT};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};
use url::Url;

use super::*;
use crate::model::request::{Content, Piece};
use crate::model::{Invalid, Job};
use crate::plan::Template;
use crate::source::{DataTemplate, ListOptions, UrlTemplate};

fn entry_with(options: &ListOptions, line: impl AsRef<[u8]>) -> Option<Entry> {
    let line = InputLine { text: line.as_ref(), end: b"\n", number: 3, offset: 40 };
    let context = LineContext { list: 1, line_name: "t.ndjson line", seq: 7 };
    NdjsonParser::new(JobBuilder::new(options)).entry(line, context)
}

fn job_with(options: &ListOptions, line: &str) -> Job {
    match entry_with(options, line) {
        Some(Entry::Job(job)) => *job,
        other => panic!("{line}: {other:?}"),
    }
}

fn job(line: &str) -> Job {
    job_with(&ListOptions::default(), line)
}

fn invalid(line: impl AsRef<[u8]>) -> Invalid {
    match entry_with(&ListOptions::default(), line) {
        Some(Entry::Invalid(invalid)) => *invalid,
        other => panic!("{other:?}"),
    }
}

/// The error of a valid line to which `more` is added.
fn error(more: &str) -> String {
    let message = invalid(format!(r#"{{"url":"http://a/",{more}}}"#)).message;
    message.strip_prefix("t.ndjson line 3: ").unwrap().to_owned()
}

fn options(request: Request) -> ListOptions {
    ListOptions { request: Template::new(request).0, ..ListOptions::default() }
}

fn sent(job: &Job) -> String {
    match job.request.body.as_ref().map(|body| &body.content) {
        Some(Content::Bytes(bytes)) => String::from_utf8(bytes.to_vec()).unwrap(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_line_is_a_request() {
    let job = job(r#"{"url":"http://a/?x=1","method":"put","params":{"b":[1,"2 3",true,null],"c":null,"d":1.50},
           "headers":{"X-A":["1",2],"user-agent":"me","Accept-Encoding":null},"json":{"n": 1.000, "ä": [] },
           "auth":["ann","p:w"],"cookies":{"s":"1","t":2},"timeout":1.5,"id":"r-1","meta":{"z": 1.0}}"#);
    assert_eq!(job.url.as_str(), "http://a/?x=1&b=1&b=2+3&b=true&d=1.50");
    assert_eq!(job.given_url(), "http://a/?x=1");
    let request = &job.request;
    assert_eq!(request.method, "PUT");
    assert_eq!(request.headers.get_all("x-a").iter().collect::<Vec<_>>(), ["1", "2"]);
    assert_eq!(request.headers.get_all(USER_AGENT).iter().collect::<Vec<_>>(), ["me"]);
    assert!(!request.headers.contains_key("accept-encoding"));
    assert_eq!(request.headers[AUTHORIZATION], "Basic YW5uOnA6dw==");
    assert_eq!(request.headers[COOKIE], "s=1; t=2");
    assert_eq!(
        (sent(&job).as_str(), &request.headers_to_send()[CONTENT_TYPE]),
        (r#"{"n": 1.000, "ä": [] }"#, &"application/json".parse().unwrap())
    );
    assert_eq!(request.timeout, Some(Duration::from_millis(1500)));
    let tags = job.tags.as_ref().unwrap();
    assert_eq!((tags.id.as_ref().unwrap().get(), tags.meta.as_ref().unwrap().get()), (r#""r-1""#, r#"{"z": 1.0}"#));
    assert_eq!((job.seq, job.place), (7, LinePosition { list: 1, line: 3, offset: 40 }));
}

#[test]
fn a_body_implies_post_and_its_content_type() {
    for (key, body, kind) in [
        (r#""json":[1]"#, "[1]", Some("application/json")),
        (r#""form":{"a":["1","2"],"b c":"ä"}"#, "a=1&a=2&b+c=%C3%A4", Some("application/x-www-form-urlencoded")),
        (r#""body":"a\nb""#, "a\nb", None),
        (r#""body_base64":"aGk=""#, "hi", None),
    ] {
        let job = job(&format!(r#"{{"url":"http://a/",{key}}}"#));
        assert_eq!((job.request.method.as_str(), sent(&job).as_str()), ("POST", body));
        assert_eq!(job.request.headers_to_send().get(CONTENT_TYPE).map(|kind| kind.to_str().unwrap()), kind);
    }
    let job = job(r#"{"url":"http://a/","multipart":{"a":["1",2],"f":{"file":"x.png","filename":"y","type":"a/b"}}}"#);
    let Content::Pieces(pieces) = &job.request.body.as_ref().unwrap().content else { panic!() };
    let [Piece::Bytes(before), Piece::File(file), Piece::Bytes(_)] = &pieces[..] else { panic!("{pieces:?}") };
    let before = String::from_utf8(before.to_vec()).unwrap();
    assert!(before.contains("name=\"a\"\r\n\r\n1\r\n") && before.contains("name=\"a\"\r\n\r\n2\r\n"), "{before}");
    assert!(before.ends_with("name=\"f\"; filename=\"y\"\r\nContent-Type: a/b\r\n\r\n"), "{before}");
    assert_eq!(file, std::path::Path::new("x.png"));
}

#[test]
fn a_line_overrides_the_run() {
    let run = Request::post().header("X-A", "run").unwrap().header("X-B", "run").unwrap().cookie("a", "1").unwrap();
    let run = run.cookie("b", "1").unwrap().bearer("t").unwrap().param("p", "run").form([("run", "1")]);
    let options = options(run);
    let plain = job_with(&options, r#"{"url":"http://a/?u","params":{"l":1}}"#);
    assert!(Arc::ptr_eq(&plain.request, &options.request), "nothing differs but the URL");
    assert_eq!((plain.url.as_str(), plain.given_url()), ("http://a/?u&l=1&p=run", "http://a/?u"));
    let own = job_with(
        &options,
        r#"{"url":"http://a/","headers":{"x-a":"line","X-C":"line"},"cookies":{"b":"2","a":null},"json":1,
            "auth":{"bearer":"line"}}"#,
    );
    let header = |name: &str| own.request.headers.get_all(name).iter().map(|v| v.to_str().unwrap()).collect::<Vec<_>>();
    assert_eq!([header("x-a"), header("x-b"), header("x-c")], [["line"], ["run"], ["line"]]);
    assert_eq!([header("cookie"), header("authorization")], [["b=2"], ["Bearer line"]]);
    assert_eq!(own.request.headers_to_send()[CONTENT_TYPE], "application/json");
    let given = ListOptions { method: Some("PATCH".parse().unwrap()), ..options.clone() };
    assert_eq!(job_with(&given, r#"{"url":"http://a/","json":1}"#).request.method, "PATCH");
    assert_eq!(job_with(&given, r#"{"url":"http://a/","method":"HEAD"}"#).request.method, "HEAD");
    let own = ListOptions { request: Template::default().0, ..given };
    assert_eq!(job_with(&own, r#"{"url":"http://a/"}"#).request.method, "PATCH");
}

#[test]
fn null_counts_as_absent() {
    let keys =
        "method params headers json form multipart body body_base64 body_file auth cookies timeout retry id meta";
    let nulls: String = keys.split(' ').map(|key| format!(r#","{key}":null"#)).collect();
    let options = ListOptions::default();
    let job = job_with(&options, &format!(r#"{{"url":"http://a/"{nulls}}}"#));
    assert!(Arc::ptr_eq(&job.request, &options.request) && job.tags.is_none() && job.given.is_none());
}

#[test]
fn errors_name_the_key() {
    for (more, message) in [
        (r#""header":{}"#, r#""header": unknown key; did you mean "headers"?"#),
        (r#""method":1"#, r#""method": must be a string"#),
        (r#""method":"G T""#, r#""method": "G T" is not a method"#),
        (r#""json":1,"form":{}"#, r#""form": conflicts with "json": a request has only one body"#),
        (r#""headers":[]"#, r#""headers": must be an object of names and values"#),
        (r#""headers":{"a b":"1"}"#, r#""headers": "a b" is not a header name"#),
        (
            r#""headers":{"X":"a\r\nY: b"}"#,
            r#""headers": x: its value has a character that is not allowed in a header"#,
        ),
        (r#""headers":{"X":{}}"#, r#""headers": x must be a string, a number, true, false, or a list of them"#),
        (
            r#""headers":{"Transfer-Encoding":"x"}"#,
            r#""headers": transfer-encoding cannot be set: haul sets it for each connection"#,
        ),
        (r#""params":{"a":[[1]]}"#, r#""params": "a" must be a string, a number, true, false, or a list of them"#),
        (r#""cookies":{"a":"1;2"}"#, r#""cookies": the cookie a contains a semicolon or a control character"#),
        (r#""cookies":{"a":["1","2"]}"#, r#""cookies": "a" has several values, but a cookie has only one"#),
        (r#""cookies":{"a":"1"},"headers":{"cookie":"b=1"}"#, r#""cookies": "headers" sets Cookie, too"#),
        (r#""auth":["a","b"],"headers":{"AUTHORIZATION":"x"}"#, r#""auth": "headers" sets Authorization, too"#),
        (r#""auth":["a:b","c"]"#, r#""auth": a user name cannot contain a colon"#),
        (r#""body_base64":"?""#, r#""body_base64": is not valid base64"#),
        (r#""body":{}"#, r#""body": must be a string"#),
        (r#""body_file":"""#, r#""body_file": must be a string"#),
        (r#""id":1.5"#, r#""id": must be a string or an integer"#),
        (r#""id":[1]"#, r#""id": must be a string or an integer"#),
        (r#""url":"http://b/""#, r#""url": is given twice"#),
        (r#""meta":1,}"#, "not JSON: trailing comma at byte 29"),
        (
            r#""multipart":{"f":{"path":"x"}}"#,
            r#""multipart": "f" must be a string, a number, true, false, or {"file": …, "filename": …, "type": …}"#,
        ),
    ] {
        assert_eq!(error(more), message, "{more}");
    }
    for auth in [r#""a""#, "[\"a\"]", r#"["a",1]"#, r#"{"user":"a"}"#, r#"{"bearer":"a","user":"b"}"#, "1"] {
        assert!(error(&format!(r#""auth":{auth}"#)).starts_with(r#""auth": must be ["user", "password"], "#), "{auth}");
    }
    for time in ["0", "-1", "1e9", "\"soon\"", "[1,2]", "true", "1e400", "\"25h\""] {
        assert!(
            error(&format!(r#""timeout":{time}"#)).starts_with(r#""timeout": must be a number of seconds"#),
            "{time}"
        );
    }
    for number in ["-1", "1.5", "101", "\"2\"", "[]"] {
        let message = r#""retry": must be a whole number from 0 to 100"#;
        assert_eq!(error(&format!(r#""retry":{number}"#)), message, "{number}");
    }
    assert_eq!(job(r#"{"url":"http://a/","retry":0}"#).request.retries, Some(0));
    assert_eq!(job(r#"{"url":"http://a/","timeout":"500ms"}"#).request.timeout, Some(Duration::from_millis(500)));
    for (line, message) in [
        (&b"[1]"[..], "not a JSON object: a list needs one per line"),
        (b"{}", r#"missing "url""#),
        (br#"{"url":"ftp://a/"}"#, r#""url": scheme "ftp" is not http or https"#),
        (br#"{"url":"http://a/ b"}"#, r#""url": a URL cannot contain a space; write %20"#),
        (br#"{"url":["http://a/"]}"#, r#""url": must be a string"#),
        (b"{\"url\":\"\xff\"}", "not UTF-8"),
        (br#"{"url":"http://a/\ud83d"}"#, r#""url": contains an unpaired surrogate"#),
        (br#"{"url":"http://a/","method":"\udc00"}"#, r#""method": contains an unpaired surrogate"#),
        (br#"{"url":"http://a/","body":"\\\ud83dx"}"#, r#""body": contains an unpaired surrogate"#),
        (br#"{"url":"http://a/","expect":["\ud83d"]}"#, r#""expect": contains an unpaired surrogate"#),
        (br#"{"url":"http://a/","headers":{"a":"\uD83D"}}"#, r#""headers": contains an unpaired surrogate"#),
        (br#"{"url":"http://a/","params":{"\uD83D":1}}"#, r#""params": contains an unpaired surrogate"#),
        (br#"{"url":"http://a/","auth":["a","\ude00\ud83d"]}"#, r#""auth": contains an unpaired surrogate"#),
        (br#"{"url":"http://a/","x\ud83d":1}"#, "\"x\u{fffd}\": unknown key; put data for the record under \"meta\""),
        (
            b"{\"url\":\"http://a/\",\"x\ty\":1}",
            "not JSON: control character (\\u0000-\\u001F) found while parsing a string at byte 21",
        ),
        (b"{\"url\":\"http://a/\"} x", "not JSON: trailing characters at byte 21"),
    ] {
        assert_eq!(invalid(line).message, format!("t.ndjson line 3: {message}"));
    }
    let long = format!(r#"{{"url":"http://a/","body":"{}"}}"#, "x".repeat(MAX_RECORD));
    assert_eq!(invalid(&long).message, "t.ndjson line 3: longer than 1 MiB; use \"body_file\" for a large body");
    let long = format!(r#"{{"url":"http://a/","params":{{"a":"{}"}}}}"#, "x".repeat(70_000));
    assert_eq!(invalid(&long).message, "t.ndjson line 3: the URL is longer than 64000 bytes");
    let many: Vec<_> = (0..2000).map(|n| format!(r#""h{n}":"""#)).collect();
    assert_eq!(error(&format!(r#""headers":{{{}}}"#, many.join(","))), "\"headers\": more than 1000 headers");
}

#[test]
fn an_invalid_line_keeps_what_could_be_read_without_secrets() {
    let invalid = invalid(
        r#"{"id":4,"url":"http://u:hunter2@a/?token=hunter2","method":"delete","colour":1,
            "auth":["a","hunter2"],"headers":{"X":"hunter2"},"body":"hunter2","meta":[1]}"#,
    );
    assert_eq!(invalid.message, r#"t.ndjson line 3: "colour": unknown key; put data for the record under "meta""#);
    assert_eq!((invalid.method.as_str(), invalid.url.as_str()), ("DELETE", "http://REDACTED@a/?token=REDACTED"));
    let tags = invalid.tags.unwrap();
    assert_eq!((tags.id.unwrap().get(), tags.meta.unwrap().get()), ("4", "[1]"));
    for more in [
        r#""auth":["hunter2:","x"]"#,
        r#""auth":"hunter2""#,
        r#""headers":{"X":"hunter2\n"}"#,
        r#""cookies":{"a":"hunter2;"}"#,
        r#""body_base64":"hunter2?""#,
        r#""body":["hunter2"]"#,
        r#""json":"hunter2"x"#,
        r#""form":{"a":{"b":"hunter2"}}"#,
        r#""body":"hunter2"#,
    ] {
        assert!(!error(more).contains("hunter2"), "{more}: {}", error(more));
    }
}

#[test]
fn templates_are_filled_from_meta() {
    let options = ListOptions {
        url: Some(Arc::new(UrlTemplate::parse("http://a/{id}?q={q}", None).unwrap())),
        data: Some(Arc::new(DataTemplate::parse(r#"{"n":{{n}},"q":"{{q}}"}"#, None).unwrap())),
        ..options(Request::post())
    };
    let job = job_with(&options, r#"{"meta":{"id":7,"q":"a \"b\"","n":1.50}}"#);
    assert_eq!(job.url.as_str(), "http://a/7?q=a%20%22b%22");
    assert_eq!((job.request.method.as_str(), sent(&job).as_str()), ("POST", r#"{"n":1.50,"q":"a \"b\""}"#));
    let own = job_with(&options, r#"{"url":"http://b/","json":1}"#);
    assert_eq!((own.url.as_str(), sent(&own).as_str()), ("http://b/", "1"));
    for (line, reason) in [
        (r#"{}"#, r#"no "id" for the template"#),
        (r#"{"meta":{"id":[],"q":1}}"#, r#""id" must be a string, a number, true or false for the template"#),
        (r#"{"url":"http://b/","meta":{"q":1}}"#, r#"no "n" for the template"#),
    ] {
        let Some(Entry::Invalid(invalid)) = entry_with(&options, line) else { panic!("{line}") };
        assert_eq!(invalid.message, format!("t.ndjson line 3: {reason}"));
    }
}

#[test]
fn a_relative_url_is_resolved() {
    let options = ListOptions { base_url: Some(Url::parse("http://a/b/").unwrap()), ..ListOptions::default() };
    let job = job_with(&options, r#"{"url":"c"}"#);
    assert_eq!((job.url.as_str(), job.given_url()), ("http://a/b/c", "c"));
}

/// Arbitrary JSON, known keys included.
fn jsonish() -> impl Strategy<Value = String> {
    let key = prop::sample::select(vec![
        "url",
        "method",
        "params",
        "headers",
        "json",
        "form",
        "multipart",
        "body",
        "body_base64",
        "body_file",
        "auth",
        "cookies",
        "timeout",
        "retry",
        "id",
        "meta",
        "x",
    ]);
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("\"http://a/\"".to_owned()),
        "-?[0-9]{1,3}(\\.[0-9]e[0-9]{1,3})?",
        "\\PC{0,5}".prop_map(|text| Json::from(text).to_string()),
        "[\\[\\]{}\",:\\\\]{0,3}",
    ];
    let value = leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(|list| format!("[{}]", list.join(","))),
            vec(("\\PC{0,4}", inner), 0..3).prop_map(|pairs| {
                let pairs: Vec<_> = pairs.iter().map(|(k, v)| format!("{}:{v}", Json::from(k.as_str()))).collect();
                format!("{{{}}}", pairs.join(","))
            }),
        ]
    });
    vec((key, value), 0..5).prop_map(|pairs| {
        let pairs: Vec<_> = pairs.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
        format!("{{{}}}", pairs.join(","))
    })
}

proptest! {
    #[test]
    fn any_line_that_is_not_blank_is_an_entry(line in prop_oneof![jsonish().prop_map(String::into_bytes), any::<Vec<u8>>()]) {
        let entry = entry_with(&ListOptions::default(), &line);
        prop_assert_eq!(entry.is_none(), is_blank(&line));
        if let Some(Entry::Invalid(invalid)) = entry {
            prop_assert!(invalid.message.starts_with("t.ndjson line 3: "));
        }
    }

    #[test]
    fn a_written_request_reads_back(
        params in vec(("[a-z]{1,3}", vec("\\PC{0,6}", 0..3)), 0..3),
        headers in vec(("x-[a-z]{1,3}", "[!-~]{0,6}"), 0..3),
        body in "\\PC{0,20}", user in "[^:\\pC]{0,6}", password in "\\PC{0,6}", seconds in 1u32..86_400, form: bool,
    ) {
        let unique = |pairs: &[(String, Json)]| pairs.iter().cloned().collect::<Map<_, _>>();
        let params: Vec<(String, Json)> = params.iter().map(|(name, values)| (name.clone(), json!(values))).collect();
        let headers: Vec<(String, Json)> = headers.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        let (params, headers) = (unique(&params), unique(&headers));
        let line = json!({
            "url": "http://a/?z=0", "params": params, "headers": headers, "auth": [user, password],
            "timeout": seconds, if form { "form" } else { "body" }: if form { json!({"b": body}) } else { json!(body) },
        });
        let job = job(&line.to_string());
        let read: Vec<_> = job.url.query_pairs().skip(1).map(|(n, v)| (n.into_owned(), v.into_owned())).collect();
        let each = |(name, values): (&String, &Json)| {
            let name = name.clone();
            values.as_array().unwrap().iter().map(move |v| (name.clone(), v.as_str().unwrap().to_owned())).collect::<Vec<_>>()
        };
        prop_assert_eq!(read, params.iter().flat_map(each).collect::<Vec<_>>());
        for (name, value) in &headers {
            prop_assert_eq!(job.request.headers[name.as_str()].to_str().unwrap(), value.as_str().unwrap());
        }
        let credentials = BASE64_STANDARD.encode(format!("{user}:{password}"));
        prop_assert_eq!(job.request.headers[AUTHORIZATION].to_str().unwrap(), format!("Basic {credentials}"));
        prop_assert_eq!(job.request.timeout, Some(Duration::from_secs(seconds.into())));
        let sent = sent(&job);
        let text = if form { url::form_urlencoded::parse(sent.as_bytes()).next().unwrap().1.into_owned() } else { sent };
        prop_assert_eq!(text, body);
    }
}

#[test]
fn half_a_surrogate_pair_is_not_sent_by_a_template() {
    let options = |url: &str, data: Option<&str>| ListOptions {
        url: Some(Arc::new(UrlTemplate::parse(url, None).unwrap())),
        data: data.map(|data| Arc::new(DataTemplate::parse(data, None).unwrap())),
        ..ListOptions::default()
    };
    for (url, data, line) in [
        ("http://a/?{a}", None, r#"{"meta":{"a":"ok\ud83dx"}}"#),
        ("{a}", None, r#"{"a":"http://a/\ud83dx"}"#),
        ("{a}", None, r#"{"meta":{"a":"http://a/\ud83dx"}}"#),
        ("http://a/", Some("x={{a}}"), r#"{"meta":{"a":"ok\ud83dx"}}"#),
        ("http://a/", Some(r#"{"x":"{{a}}"}"#), r#"{"meta":{"a":"ok\ud83dx"}}"#),
        ("http://a/", Some(r#"{"x":{{a}}}"#), r#"{"meta":{"a":"ok\ud83dx"}}"#),
        ("http://a/", Some(r#"{"x":{{a}}}"#), r#"{"meta":{"a":["ok\ud83dx"]}}"#),
    ] {
        let entry = entry_with(&options(url, data), line);
        let Some(Entry::Invalid(invalid)) = entry else { panic!("{url} {data:?} {line}: {entry:?}") };
        assert_eq!(invalid.message, "t.ndjson line 3: \"a\" contains an unpaired surrogate", "{url} {data:?} {line}");
    }
    for (line, query) in [
        (r#"{"meta":{"\ud83d":1,"a":"q"}}"#, "q"),
        (r#"{"meta":{"a":"q","b":"\ud83d"}}"#, "q"),
        (r#"{"meta":{"a":"\ud83d","a":"q"}}"#, "q"),
        (r#"{"meta":{"a":"1","\u0061":"2"}}"#, "2"),
        (r#"{"meta":{"a":"\ud83d\ude00"}}"#, "%F0%9F%98%80"),
    ] {
        let entry = entry_with(&options("http://a/?{a}", None), line);
        let Some(Entry::Job(job)) = entry else { panic!("{line}: {entry:?}") };
        assert_eq!(job.url.query(), Some(query), "{line}");
    }
}
