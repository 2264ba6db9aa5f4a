use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use http::{Method, StatusCode, Version};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use url::Url;

use super::values::{SavedFailure, Text};
use super::*;
use crate::model::{
    Attempt, Body, ErrorKind, Failure, Head, Invalid, Job, LinePosition, LoadState, MAX_SHOWN_URL, PagesEnd, Record,
    Redirected, Retried, Tags, Timings, shown_url,
};
use crate::report::saved::{Saved, fold};
use crate::report::{Report, Timeline};
use crate::schema::Output;
use crate::schema::render::render;

const LINE: &str = concat!(
    r#"{"seq":7,"method":"GET","url":"http://a.example/x","ok":false,"status_code":404,"error":null,"#,
    r#""timings_ms":{"queue":0.0,"dns":null,"connect":null,"wait":1.0,"receive":0.5,"total":1.501},"#,
    r#""attempts":2,"retries":[{"status_code":503,"error":null,"wait_ms":10}],"encoded_body_size":9,"#,
    r#""decoded_body_size":10,"json":{"seq":[1e400]}}"#,
);

#[test]
fn a_line_gives_key_and_summary() {
    let saved = SavedRecord::parse(LINE.as_bytes()).unwrap();
    assert_eq!(saved.key(), RecordKey::only(7));
    let summary = saved.summary();
    assert_eq!((summary.host.as_deref(), summary.latency_us), (Some("http://a.example"), Some(1501)));
    assert_eq!((summary.attempts, summary.encoded_size, summary.decoded_size), (2, 9, 10));
    let paged = LINE.replace(r#""json""#, r#""page":3,"json""#) + "\n";
    assert_eq!(SavedRecord::parse(paged.as_bytes()).unwrap().key(), RecordKey { seq: 7, page: 3, item: 0 });
}

#[test]
fn a_line_of_a_probe_tells_its_times() {
    let line = LINE
        .replace(r#""total":1.501"#, r#""total":1.501,"latency":41.5,"service_time":3.002"#)
        .replace(r#""attempts""#, r#""group":"a b","intended_at":"2026-11-27T21:43:29.123456Z","attempts""#);
    let saved = SavedRecord::parse(line.as_bytes()).unwrap();
    let summary = saved.summary();
    assert_eq!((summary.latency_us, summary.service_us, summary.wait_us), (Some(41_500), Some(3_002), Some(1_000)));
    assert_eq!((summary.group, summary.intended_us), (Some("a b"), Some(1_795_815_809_123_456)));
    let timed_out = line
        .replace(r#""status_code":404,"error":null"#, r#""status_code":null,"error":{"kind":"timeout","message":""}"#);
    let saved = SavedRecord::parse(timed_out.as_bytes()).unwrap();
    assert_eq!(saved.summary().latency_us, Some(41_500));
    let warm_up = line.replace(r#""attempts""#, r#""warm_up":true,"attempts""#);
    let mut report = Report::default();
    report.add(&SavedRecord::parse(warm_up.as_bytes()).unwrap().summary());
    assert_eq!((report.totals().records, report.totals().warm_up), (0, 1));
}

#[test]
fn strings_without_escapes_are_borrowed() {
    let line = LINE.replace(r#""error":null"#, r#""error":{"kind":"dns","message":"none","phase":null}"#);
    let saved = SavedRecord::parse(line.as_bytes()).unwrap();
    assert!(matches!(saved.0.url, Cow::Borrowed(_)));
    assert!(matches!(saved.0.error, Some(SavedFailure { message: Text(Cow::Borrowed(_)), .. })));
}

#[test]
fn errors_name_what_is_wrong() {
    let without = |key: &str| LINE.replace(&format!(r#""{key}":"#), r#""other":"#);
    let with = |from: &str, to: &str| LINE.replacen(from, to, 1);
    let mut messages = String::new();
    for line in [
        String::new(),
        "\0\0\0".to_owned(),
        LINE[..100].to_owned(),
        LINE.to_owned() + "{}",
        with("1e400", "01"),
        "7".to_owned(),
        format!("[{LINE}]"),
        "[7,\"GET\",\"http://a/\",null,true,200,null,null,1,null,0,0,null,null]".to_owned(),
        without("seq"),
        without("method"),
        without("url"),
        without("ok"),
        without("status_code"),
        without("error"),
        with("7", "-7"),
        with("7", "7,\"seq\":7"),
        with("false", "null"),
        with("404", "42"),
        with("404", "\"404\""),
        with("null", r#"{"kind":"gone","message":""}"#),
        with("1.501", "1e999"),
        with(r#""attempts""#, r#""intended_at":"2026-11-27 noon","attempts""#),
    ] {
        messages += &format!("{}\n", SavedRecord::parse(line.as_bytes()).unwrap_err());
    }
    messages += &SavedRecord::parse(b"{\"seq\":\xff}").unwrap_err().to_string();
    insta::assert_snapshot!(messages, @r#"
    not JSON: EOF while parsing a value at column 0
    not JSON: expected value at column 1
    not JSON: EOF while parsing a string at column 100
    not JSON: trailing characters at column 325
    not JSON: invalid number at column 318
    not a record: not an object
    not a record: not an object
    not a record: not an object
    missing "seq"
    missing "method"
    missing "url"
    missing "ok"
    missing "status_code"
    missing "error"
    not a record: invalid value: integer `-7`, expected u64 at column 9
    not a record: duplicate field `seq` at column 14
    not a record: invalid type: null, expected a boolean at column 60
    not a record: expected a status from 100 to 999 at column 78
    not a record: invalid type: string "404", expected u16 at column 81
    not a record: unknown variant `gone`, expected one of `invalid_input`, `dns`, `connect_refused`, `connect_timeout`, `connect`, `tls`, `timeout`, `read_timeout`, `reset`, `closed`, `protocol`, `decode`, `too_large`, `too_many_redirects`, `expectation`, `blocked`, `robots`, `circuit_open`, `interrupted`, `cancelled`, `internal` at column 102
    not JSON: number out of range at column 183
    not a record: expected a time as in RFC 3339 at column 216
    not UTF-8
    "#);
}

fn one_of(texts: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
    prop::sample::select(texts)
}

/// URLs that differ in many ways from how records show them.
fn url() -> impl Strategy<Value = Url> {
    let host = one_of(&["a.example", "[::1]", "grüße.example", "10.1", "xn--bcher-kva.example"]);
    let parts = (
        one_of(&["http", "https"]),
        one_of(&["", "", "ann:pw@", "ann@", "a%40b:p%2Fw@"]),
        prop_oneof![9 => host.prop_map(str::to_owned), 1 => Just("a-rather-long-name-of-a-host.".repeat(100))],
        one_of(&["", ":80", ":443", ":8080"]),
        one_of(&["", "/", "/é/%é/@b:c", "?token=abc", "/a?a=b@c&sig=ä/x#y?key=1", "/??token=a"]),
        prop_oneof![4 => Just(0), 1 => Just(700usize)],
    );
    parts.prop_map(|(scheme, user, host, port, path, longer)| {
        let path = if longer > 0 && path.is_empty() { "/" } else { path };
        let url = format!("{scheme}://{user}{host}{port}{path}{}", "é".repeat(longer));
        Url::parse(&url).unwrap_or_else(|why| panic!("{why}: {url}"))
    })
}

/// What an input may contain: text that is masked or cut, or nearly so.
fn given() -> impl Strategy<Value = Box<str>> {
    let part = one_of(&["://", "/", "@", ":", "?token=", "&key=", "#", "\\", "a", "é", "\u{202e}\"\n"]);
    let long = prop_oneof![3 => Just(1), 1 => 200..3000usize];
    vec((part, long), 0..8).prop_map(|parts| {
        let text: String = parts.into_iter().map(|(part, times)| part.repeat(times)).collect();
        text.into()
    })
}

fn total() -> impl Strategy<Value = Duration> {
    prop_oneof![
        4 => (0..10_000_000_000u64).prop_map(Duration::from_nanos),
        1 => any::<u64>().prop_map(Duration::from_nanos),
        1 => Just(Duration::MAX),
    ]
}

fn failure() -> impl Strategy<Value = Failure> {
    (0..ErrorKind::ALL.len(), any::<String>()).prop_map(|(kind, message)| Failure::new(ErrorKind::ALL[kind], message))
}

fn body() -> impl Strategy<Value = Body> {
    prop_oneof![
        Just(Body::None),
        Just(Body::Json(Bytes::from_static(b"{\"seq\": -1,\n\"url\": [1e999]}"))),
        any::<String>().prop_map(Body::utf8),
        any::<Vec<u8>>().prop_map(|bytes| Body::Binary(bytes.into())),
    ]
}

fn attempt() -> impl Strategy<Value = Attempt> {
    let sizes = (any::<u64>(), any::<u64>(), any::<bool>());
    (option::of(100..1000u16), total(), option::of(failure()), body(), sizes).prop_map(
        |(status, total, error, body, (encoded_size, decoded_size, truncated))| {
            let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("text/plain"))]);
            let head = |status| Head { status, version: Version::HTTP_11, headers };
            Attempt {
                head: status.map(|status| head(StatusCode::from_u16(status).unwrap())),
                timings: Timings { total, ..Timings::default() },
                deferred: decoded_size % 2 == 1,
                note: error.as_ref().map(|error| error.message.clone()),
                ..Attempt { error, body, encoded_size, decoded_size, truncated, ..Attempt::empty(now_in_ms()) }
            }
        },
    )
}

/// What a probe adds to a record.
fn probed() -> impl Strategy<Value = Record> {
    let nanos = |most: u64| (0..most).prop_map(Duration::from_nanos);
    let load = (nanos(4_000_000_000_000_000_000), any::<bool>(), nanos(10_000_000_000));
    let times = (nanos(10_000_000_000), option::of(nanos(1_000_000_000)), option::of(nanos(1_000_000_000)));
    (settled(), option::of(load), times, option::of(given())).prop_map(|(mut record, load, times, group)| {
        let Record::Settled { job, attempt } = &mut record else { unreachable!() };
        let (queue, connect, wait) = times;
        let total = attempt.timings.total.min(Duration::from_secs(1 << 40));
        attempt.timings = Timings { queue, connect, wait, total, ..attempt.timings };
        job.tags = Tags { group: group.map(|group| (&*group).into()), ..Tags::default() }.boxed();
        job.load = load.map(|(since, warm_up, earlier_attempts)| {
            Box::new(LoadState {
                intended_at: SystemTime::UNIX_EPOCH + since,
                warm_up,
                has_left: true,
                earlier_attempts,
            })
        });
        record
    })
}

/// Now, as precisely as records tell when an attempt started.
fn now_in_ms() -> SystemTime {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    SystemTime::UNIX_EPOCH + Duration::from_millis(since.as_millis() as u64)
}

fn settled() -> impl Strategy<Value = Record> {
    let end = option::of(prop::sample::select(&PagesEnd::ALL[..]));
    let history = (0..4usize, vec(url(), 0..3), option::of((1..9u64, end)));
    (0..9u64, option::of(given()), url(), history, attempt()).prop_map(
        |(seq, given, url, (retries, hops, page), mut attempt)| {
            let mut job = Job { given, ..Job::new(seq, url, Default::default()) };
            if retries > 0 || !hops.is_empty() {
                let retried = Retried {
                    status_code: None,
                    error: Some(ErrorKind::Reset),
                    wait_ms: 1,
                    unsent: false,
                    auth_challenge: false,
                    host_unreachable: false,
                };
                job.history_mut().retries = vec![retried; retries];
            }
            for hop in hops {
                let url = std::mem::replace(&mut job.url, hop);
                job.history_mut().redirects.push(Redirected { url, status_code: StatusCode::FOUND });
            }
            if let Some((number, end)) = page {
                end.into_iter().for_each(|end| attempt.note_pages_end(end));
                job.given = Some(job.given_url().into());
                job.pages.insert(Box::default()).number = number;
            }
            Record::Settled { job: Box::new(job), attempt: Box::new(attempt) }
        },
    )
}

fn invalid() -> impl Strategy<Value = Record> {
    (0..9u64, given(), any::<String>()).prop_map(|(seq, url, message)| {
        let (place, method, url) =
            (LinePosition::default(), Method::GET, shown_url(&url, Redact::default()).into_owned());
        Record::Invalid(Box::new(Invalid { seq, place, tags: None, method, url, message }))
    })
}

fn duplicate() -> impl Strategy<Value = Record> {
    (0..9u64, option::of(given()), url(), 0..9u64).prop_map(|(seq, given, url, of)| {
        let job = Box::new(Job { given, ..Job::new(seq, url, Default::default()) });
        Record::Duplicate { job, of }
    })
}

/// Only the whole text shows that what looks like user-info is not.
#[test]
fn a_sample_is_the_same_though_the_url_was_cut() {
    let given = format!("ä:b@{}://x", "c".repeat(MAX_SHOWN_URL));
    let attempt = Attempt::failed(SystemTime::now(), Failure::new(ErrorKind::Dns, "none"));
    let url = Url::parse("http://a.example/").unwrap();
    let job = Job { given: Some(given.into()), ..Job::new(0, url, Default::default()) };
    let record = Record::Settled { job: Box::new(job), attempt: Box::new(attempt) };
    let (mut line, [mut report, mut read_back]) = (Vec::new(), [(); 2].map(|()| Report::default()));
    render(&record, &Output::default(), &mut line);
    report.add(&RecordSummary::from(&record));
    read_back.add(&SavedRecord::parse(&line).unwrap().summary());
    assert_eq!(read_back, report);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn lines_give_the_same_report_as_their_records(
        records in vec(prop_oneof![4 => settled(), 4 => probed(), 1 => invalid(), 1 => duplicate()], 0..12),
        all_headers in any::<bool>(),
        verbose in any::<bool>(),
    ) {
        let format = Output { all_headers, verbose, ..Output::default() };
        let (mut lines, mut report, mut timeline) = (Vec::new(), Report::default(), Timeline::default());
        for record in &records {
            let start = lines.len();
            render(record, &format, &mut lines);
            let page = if let Record::Settled { job, .. } = record { job.page().unwrap_or(0) } else { 0 };
            prop_assert_eq!(SavedRecord::parse(&lines[start..]).unwrap().key(), RecordKey { page, ..RecordKey::only(record.seq()) });
            report.add(&RecordSummary::from(record));
            timeline.add(&RecordSummary::from(record));
        }
        let mut read_back = Saved::default();
        fold(&*lines, &mut read_back, |line, why| panic!("line {line}: {why}")).unwrap();
        prop_assert_eq!(read_back, Saved { report, timeline, batches: None });
    }

    #[test]
    fn a_truncated_line_is_not_a_record(record in settled(), at in any::<prop::sample::Index>()) {
        let mut line = Vec::new();
        render(&record, &Output::default(), &mut line);
        let cut = at.index(line.len());
        prop_assert_eq!(SavedRecord::parse(&line[..cut]).is_ok(), cut == line.len() - 1);
    }

    #[test]
    fn no_line_makes_it_panic(bytes in any::<Vec<u8>>(), marks in vec(one_of(&["{", "}", "[", "\"seq\"", ":", ",", "1"]), 0..20)) {
        prop_assert!(SavedRecord::parse(&bytes).is_err() && SavedRecord::parse(marks.concat().as_bytes()).is_err());
    }
}
