//! What a record contributes.

use std::time::{Duration, SystemTime};

use haul::model::{
    Attempt, Body, ErrorKind, Failure, Head, Invalid, Job, LinePosition, Record, RecordSummary, Redirected, Retried,
    Timings,
};
use http::{Method, StatusCode, Version};
use url::Url;

#[test]
fn a_record_gives_its_summary() {
    let mut job = Job::new(7, "https://a.example/old".parse().unwrap(), Default::default());
    let history = job.history_mut();
    let reset = Some(ErrorKind::Reset);
    history.retries.push(Retried {
        status_code: None,
        error: reset,
        wait_ms: 10,
        unsent: false,
        auth_challenge: false,
        host_unreachable: false,
    });
    let moved = "https://a.example/old".parse().unwrap();
    history.redirects.push(Redirected { url: moved, status_code: StatusCode::FOUND });
    job.url = "https://ann:pw@b.example:8443/new".parse().unwrap();
    let attempt = Attempt {
        timings: Timings { total: Duration::from_nanos(1_234_567), ..Timings::default() },
        head: Some(Head { status: StatusCode::OK, version: Version::HTTP_2, headers: Default::default() }),
        body: Body::None,
        encoded_size: 512,
        decoded_size: 2048,
        truncated: true,
        deferred: true,
        ..Attempt::failed(SystemTime::UNIX_EPOCH, Failure::new(ErrorKind::TooLarge, "over 2048 bytes"))
    };
    let record = Record::Settled { job: Box::new(job), attempt: Box::new(attempt) };
    insta::assert_debug_snapshot!(RecordSummary::from(&record), @r#"
    RecordSummary {
        seq: 7,
        url: "https://a.example/old",
        ok: false,
        duplicate: false,
        status_code: Some(
            200,
        ),
        error: Some(
            (
                TooLarge,
                "over 2048 bytes",
            ),
        ),
        host: Some(
            "https://b.example:8443",
        ),
        encoded_size: 512,
        decoded_size: 2048,
        latency_us: Some(
            1234,
        ),
        service_us: Some(
            1234,
        ),
        connect_us: None,
        wait_us: None,
        started_us: Some(
            0,
        ),
        intended_us: None,
        group: None,
        warm_up: false,
        attempts: 2,
        redirects: 1,
        page: None,
        pages_ended: None,
        items: 0,
        truncated: true,
        redact: Secrets,
        deferred: true,
    }
    "#);
}

#[test]
fn a_malformed_input_gives_its_summary() {
    let (method, url, message) = (Method::GET, "nonsense".to_owned(), "list.txt:3: no URL".to_owned());
    let record =
        Record::Invalid(Box::new(Invalid { seq: 2, place: LinePosition::default(), tags: None, method, url, message }));
    insta::assert_debug_snapshot!(RecordSummary::from(&record), @r#"
    RecordSummary {
        seq: 2,
        url: "nonsense",
        ok: false,
        duplicate: false,
        status_code: None,
        error: Some(
            (
                InvalidInput,
                "list.txt:3: no URL",
            ),
        ),
        host: None,
        encoded_size: 0,
        decoded_size: 0,
        latency_us: None,
        service_us: None,
        connect_us: None,
        wait_us: None,
        started_us: None,
        intended_us: None,
        group: None,
        warm_up: false,
        attempts: 0,
        redirects: 0,
        page: None,
        pages_ended: None,
        items: 0,
        truncated: false,
        redact: Secrets,
        deferred: false,
    }
    "#);
}

#[test]
fn a_duplicate_gives_its_summary() {
    let job = Box::new(Job::new(4, Url::parse("https://a.example/").unwrap(), Default::default()));
    let record = Record::Duplicate { job, of: 1 };
    let summary = RecordSummary::from(&record);
    assert_eq!((summary.seq, summary.url, summary.ok, summary.duplicate), (4, "https://a.example/", false, true));
    assert_eq!((summary.status_code, summary.error, summary.host, summary.attempts), (None, None, None, 0));
}
