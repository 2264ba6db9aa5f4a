//! Every kind of record in every format, byte for byte: what users have on disk must stay readable.

use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use haul::jq::{Filter, FilterLimits, Outputs};
use haul::model::request::Request;
use haul::model::{
    Attempt, Body, ErrorKind, Failure, Head, Invalid, Job, LinePosition, LoadState, PageInfo, PageState, Phase, Record,
    Redirected, Retried, Tags, Timings,
};
use haul::plan::{BodyMode, Output, OutputFormat};
use haul::schema::field::Field;
use haul::sink::Sink;
use haul::sink::ndjson::Ndjson;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::{Method, StatusCode, Version};
use serde_json::value::RawValue;
use url::Url;

const FIELDS: &str = "url,seq,id,meta.a,error,error.kind,error.phase,timings_ms,timings_ms.total,headers,headers.X-A,\
                      headers.set-cookie.0,json.b.0,json,body,body_base64,extract.0,retries.0.status_code,\
                      redirects.0.url,page,next_url,note,deferred,duplicate_of,item,intended_at,http_version";

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

fn raw(json: &str) -> Option<Box<RawValue>> {
    Some(RawValue::from_string(json.to_owned()).unwrap())
}

fn tags() -> Option<Box<Tags>> {
    Some(Box::new(Tags {
        id: raw("\"row\\u002d9\""),
        meta: raw("{\"a\": 1.50,\n \"b\": [null]}"),
        note: None,
        group: None,
    }))
}

fn outputs(filter: &str, json: &str) -> Outputs {
    Filter::compile(filter).unwrap().run(json.as_bytes(), FilterLimits::for_document(json.len(), 1 << 20)).unwrap()
}

fn head(status: u16, version: Version, headers: &[(&str, &str)]) -> Option<Head> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(name.parse::<HeaderName>().unwrap(), HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    Some(Head { status: StatusCode::from_u16(status).unwrap(), version, headers: map })
}

fn attempt() -> Attempt {
    let started = SystemTime::UNIX_EPOCH + Duration::from_micros(1_769_860_800_123_456);
    let total = Duration::from_nanos(45_400_600);
    Attempt { timings: Timings { total, ..Timings::default() }, ..Attempt::empty(started) }
}

fn settled(job: Job, attempt: Attempt) -> Record {
    Record::Settled { job: Box::new(job), attempt: Box::new(attempt) }
}

fn job(seq: u64, text: &str) -> Job {
    Job::new(seq, url(text), Arc::new(Request::default()))
}

fn pages(number: u64, method: Method) -> PageState {
    let mut pages = PageState::default();
    (pages.number, pages.method) = (number, method);
    pages
}

/// A record with as many keys as one of a request can have.
fn full() -> Record {
    let mut job =
        Job { tags: tags(), given: Some("A.example:443/old?token=abc".into()), ..job(17, "https://a.example/old") };
    let history = job.history_mut();
    let retry = |status: Option<u16>, error, wait_ms| Retried {
        status_code: status.map(|status| StatusCode::from_u16(status).unwrap()),
        error,
        wait_ms,
        unsent: false,
        auth_challenge: false,
        host_unreachable: false,
    };
    history.retries = vec![retry(Some(503), None, 1000), retry(None, Some(ErrorKind::ReadTimeout), 17)];
    history.redirects =
        vec![Redirected { url: url("https://ann:pw@a.example/old"), status_code: StatusCode::MOVED_PERMANENTLY }];
    job.url = url("https://a.example/new?token=abc");
    job.pages = Some(Box::new(pages(2, Method::POST)));
    let body = "{ \"a\" : \"\u{e9}\",\r\n\t\"b\": [1.50e300, {}] }";
    let headers = [
        ("content-type", "application/json"),
        ("x-a", "1"),
        ("set-cookie", "s=1"),
        ("x-a", "\u{e9}"),
        ("location", "/next?token=abc"),
    ];
    let paging = PageInfo { next_url: Some(url("https://a.example/new?page=3&token=abc")), ..PageInfo::default() };
    let timings = Timings {
        queue: Duration::from_micros(3_100),
        dns: Some(Duration::from_micros(1)),
        connect: Some(Duration::ZERO),
        wait: Some(Duration::from_micros(40_200)),
        receive: Some(Duration::from_secs(5)),
        total: Duration::from_micros(5_045_400),
    };
    let attempt = Attempt {
        timings,
        remote_addr: Some(([192, 0, 2, 7], 443).into()),
        head: head(200, Version::HTTP_2, &headers),
        encoded_size: 512,
        decoded_size: 2048,
        truncated: true,
        extract: Some(outputs(".b[]", body)),
        body: Body::Json(body.into()),
        paging: Some(Box::new(paging)),
        deferred: true,
        note: Some("see https://ann:pw@a.example/".to_owned()),
        ..attempt()
    };
    settled(job, attempt)
}

/// A page whose items are picked.
fn page() -> Record {
    let mut job = Job { tags: tags(), ..job(3, "http://a.example/?page=1") };
    job.pages = Some(Box::new(pages(1, Method::GET)));
    let body = "{\"items\": [{\"n\": 1}, \"two\", null]}";
    let paging = PageInfo { items: Some(Ok(outputs(".items[]", body))), ..PageInfo::default() };
    let attempt = Attempt {
        head: head(200, Version::HTTP_11, &[("content-type", "application/json")]),
        remote_addr: Some("[2001:db8::7]:80".parse().unwrap()),
        body: Body::Json(body.into()),
        paging: Some(Box::new(paging)),
        ..attempt()
    };
    settled(job, attempt)
}

fn body(seq: u64, body: Body) -> Record {
    let size = body.len() as u64;
    let head = head(404, Version::HTTP_10, &[("content-type", "text/plain; charset=utf-8"), ("x-a", "a,\"b\"")]);
    let attempt = Attempt { head, encoded_size: size, decoded_size: size, body, ..attempt() };
    settled(job(seq, "http://a.example/?q=a,b"), attempt)
}

fn records() -> Vec<Record> {
    let refused =
        Failure::new(ErrorKind::ConnectRefused, "connection\trefused: http://u:p@a.example/").during(Phase::Connect);
    let blocked = Failure::new(ErrorKind::Blocked, "\"a.example\" is denied");
    vec![
        full(),
        page(),
        body(4, Body::None),
        body(5, Body::utf8("line\n\ttab, \"quotes\" and \\ \u{1f600}\u{1b}")),
        body(6, Body::Binary(vec![0, 159, 146, 150].into())),
        body(7, Body::Json("null".into())),
        body(8, Body::Json("[\"a\"]".into())),
        settled(job(9, "http://a.example/"), Attempt { error: Some(refused), ..attempt() }),
        settled(job(10, "http://a.example/"), Attempt { made: false, error: Some(blocked), ..attempt() }),
        Record::Invalid(Box::new(Invalid {
            seq: 11,
            place: LinePosition::default(),
            tags: tags(),
            method: Method::PUT,
            url: format!("https://{}", "\u{e9}".repeat(1100)),
            message: "list.txt:3: no URL".to_owned(),
        })),
        Record::Duplicate { job: Box::new(job(12, "http://ann:pw@a.example/")), of: 9 },
    ]
}

/// What makes lines differ, each with a name.
fn outputs_to_try(dir: &Path) -> Vec<(String, Output)> {
    let fields = Field::list(FIELDS).unwrap();
    let filter = || Some(Filter::compile(".b[]").unwrap());
    let items = || Some(Filter::compile(".items[]").unwrap());
    let formats = [
        ("ndjson", OutputFormat::Ndjson),
        ("csv", OutputFormat::Csv),
        ("tsv", OutputFormat::Tsv),
        ("raw", OutputFormat::Raw),
    ];
    let mut all = Vec::new();
    for (name, format) in formats {
        let plain = Output { format, ..Output::default() };
        let in_files = BodyMode::Dir(dir.to_owned());
        all.extend([
            (name.to_owned(), plain.clone()),
            (format!("{name} verbose"), Output { verbose: true, ..plain.clone() }),
            (format!("{name} all headers"), Output { all_headers: true, ..plain.clone() }),
            (format!("{name} fields"), Output { fields: fields.clone(), ..plain.clone() }),
            (format!("{name} verbose fields"), Output { verbose: true, fields: fields.clone(), ..plain.clone() }),
            (
                format!("{name} no redact"),
                Output { redact: haul::guard::redact::Redact::Nothing, all_headers: true, ..plain.clone() },
            ),
            (format!("{name} extract"), Output { extract: filter(), ..plain.clone() }),
            (format!("{name} items"), Output { items: items(), ..plain.clone() }),
            (format!("{name} bodies in files"), Output { body: in_files.clone(), ..plain.clone() }),
            (format!("{name} verbose bodies in files"), Output { body: in_files, verbose: true, ..plain }),
        ]);
    }
    all
}

fn written(records: &[Record], format: Output) -> String {
    let mut lines = Ndjson::new(Vec::new(), format);
    records.iter().for_each(|record| _ = lines.put(record).unwrap());
    lines.flush().unwrap();
    String::from_utf8(lines.into_inner()).unwrap()
}

#[test]
fn every_record_is_written_as_it_always_was() {
    let dir = tempfile::tempdir().unwrap();
    let (records, mut all) = (records(), String::new());
    for (name, format) in outputs_to_try(dir.path()) {
        let lines = written(&records, format).replace(dir.path().to_str().unwrap(), "DIR");
        let lines = lines.replace(&"\u{e9}".repeat(1020), "<\u{e9} 1020 times>");
        let _ = write!(all, "== {name}\n{}\n", lines.replace('\u{1b}', "\\x1b").replace('\t', "<TAB>"));
    }
    insta::assert_snapshot!("records", all);
}

/// The fields of a probe, which other records do not have.
const PROBE_FIELDS: &str = "seq,group,intended_at,warm_up,timings_ms.latency,timings_ms.service_time";

#[test]
fn a_probe_tells_when_a_request_was_due_and_how_long_its_user_waited() {
    let tags = Tags { group: Some("check \"out\"".into()), ..Tags::default() };
    let load = LoadState {
        intended_at: SystemTime::UNIX_EPOCH + Duration::from_nanos(1_769_860_800_123_456_789),
        warm_up: true,
        has_left: true,
        earlier_attempts: Duration::from_micros(40_600),
    };
    let timings = Timings { queue: Duration::from_millis(1_000), ..attempt().timings };
    let attempt = || Attempt { timings, head: head(200, Version::HTTP_11, &[]), ..attempt() };
    let due =
        |load: LoadState| Job { tags: tags.clone().boxed(), load: Some(Box::new(load)), ..job(0, "http://a.example/") };
    let records =
        [settled(due(load), attempt()), settled(due(LoadState { warm_up: false, ..load }), attempt()), full()];
    let fields = Output { fields: Field::list(PROBE_FIELDS).unwrap(), ..Output::default() };
    let table = Output { format: OutputFormat::Csv, ..fields.clone() };
    let all = [Output::default(), fields, table].map(|format| written(&records[..2], format)).concat();
    insta::assert_snapshot!(all, @r#"
    {"seq":0,"group":"check \"out\"","method":"GET","url":"http://a.example/","ok":true,"status_code":200,"error":null,"http_version":"1.1","started_at":"2026-01-31T12:00:00.123Z","timings_ms":{"queue":1000.0,"dns":null,"connect":null,"wait":null,"receive":null,"total":45.4,"latency":1045.4,"service_time":86.0},"attempts":1,"encoded_body_size":0,"decoded_body_size":0,"intended_at":"2026-01-31T12:00:00.123456Z","warm_up":true}
    {"seq":0,"group":"check \"out\"","method":"GET","url":"http://a.example/","ok":true,"status_code":200,"error":null,"http_version":"1.1","started_at":"2026-01-31T12:00:00.123Z","timings_ms":{"queue":1000.0,"dns":null,"connect":null,"wait":null,"receive":null,"total":45.4,"latency":1045.4,"service_time":86.0},"attempts":1,"encoded_body_size":0,"decoded_body_size":0,"intended_at":"2026-01-31T12:00:00.123456Z"}
    {"seq":0,"group":"check \"out\"","intended_at":"2026-01-31T12:00:00.123456Z","warm_up":true,"timings_ms.latency":1045.4,"timings_ms.service_time":86.0}
    {"seq":0,"group":"check \"out\"","intended_at":"2026-01-31T12:00:00.123456Z","warm_up":null,"timings_ms.latency":1045.4,"timings_ms.service_time":86.0}
    seq,group,intended_at,warm_up,timings_ms.latency,timings_ms.service_time
    0,"check ""out""",2026-01-31T12:00:00.123456Z,true,1045.4,86.0
    0,"check ""out""",2026-01-31T12:00:00.123456Z,,1045.4,86.0
    "#);
    let other = written(&records[2..], Output::default());
    assert!(["group", "intended_at", "warm_up", "latency", "service_time"].iter().all(|key| !other.contains(key)));
}
