use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use http::header::{HeaderName, HeaderValue};
use http::{Method, StatusCode, Version};
use proptest::prelude::*;
use url::Url;

use super::*;
use crate::jq::{Filter, FilterLimits};
use crate::model::{ErrorKind, Failure, Head, Redirected, Request};
use crate::schema::render::{render, render_item};

/// One of each kind of character that takes more room in JSON, and one that does not.
const KINDS: [&str; 7] = ["a", "\"", "\n", "\u{1}", "\u{85}", "\u{2028}", "漢"];

const SIZE: usize = 30_000;

fn job() -> Job {
    Job::new(u64::MAX, Url::parse("http://h.test/").unwrap(), Arc::new(Request::default()))
}

fn record(job: Job, attempt: Attempt) -> Record {
    Record::Settled { job: Box::new(job), attempt: Box::new(attempt) }
}

fn attempt() -> Attempt {
    Attempt::empty(SystemTime::now())
}

/// The length of the line of a record, which is within its bound.
fn line_len(record: &Record, format: &Output) -> usize {
    let mut line = Vec::new();
    render(record, format, &mut line);
    let bound = line_bound(record, format);
    assert!(line.len() <= bound, "{} > {bound}: {}", line.len(), String::from_utf8_lossy(&line));
    line.len()
}

fn all() -> Output {
    Output { all_headers: true, verbose: true, ..Output::default() }
}

#[test]
fn the_bound_of_a_body_is_tight() {
    for kind in KINDS {
        let text = kind.repeat(SIZE);
        let json = format!("\"{}\"", text.replace(['\"', '\n', '\u{1}'], " "));
        for body in [Body::utf8(text.clone()), Body::Json(json.into()), Body::Binary(text.clone().into())] {
            let record = record(job(), Attempt { body, ..attempt() });
            let len = line_len(&record, &Output::default());
            assert!(line_bound(&record, &Output::default()) - len < FIXED + 8 * ENTRY, "{kind:?}");
        }
    }
}

#[test]
fn messages_remarks_and_urls_are_cut() {
    for kind in KINDS {
        let text = kind.repeat(SIZE);
        let error = Failure::new(ErrorKind::Closed, text.clone());
        let job = Job { given: Some(text.clone().into()), ..job() };
        let sent = record(job, Attempt { error: Some(error), note: Some(text.clone()), ..attempt() });
        let (place, method, tags) = Default::default();
        let invalid = Invalid { seq: 0, place, tags, method, url: text.clone(), message: text };
        for record in [sent, Record::Invalid(Box::new(invalid))] {
            let len = line_len(&record, &all());
            assert!(len <= FIXED + ESCAPE * (MAX_SHOWN_URL + 2 * MAX_SHOWN_MESSAGE + 8), "{len}");
        }
    }
}

#[test]
fn header_fields_take_six_bytes_a_byte_at_most() {
    for byte in [b'a', b'"', b'\t', 0x85, 0xff] {
        let mut headers = HeaderMap::new();
        for n in 0..50 {
            let name = HeaderName::from_bytes(format!("x{n}").as_bytes()).unwrap();
            headers.append(name, HeaderValue::from_bytes(&[byte; 100]).unwrap());
            headers.append("set-cookie", HeaderValue::from_static("a"));
        }
        let head = Some(Head { status: StatusCode::OK, version: Version::HTTP_11, headers });
        assert!(line_len(&record(job(), Attempt { head, ..attempt() }), &all()) < 50 * (6 * 100 + 40) + FIXED);
    }
}

#[test]
fn what_an_input_and_a_filter_give_takes_three_times_its_size_at_most() {
    for kind in KINDS {
        let json = serde_json::to_string(&kind.repeat(SIZE)).unwrap();
        let raw = || Some(RawValue::from_string(json.clone()).unwrap());
        let tags = Some(Box::new(Tags { id: raw(), meta: raw(), note: Some("note".into()), group: None }));
        let outputs =
            Filter::compile(".,.").unwrap().run(json.as_bytes(), FilterLimits::for_document(json.len(), 1 << 20));
        let attempt = Attempt { extract: Some(outputs.unwrap()), ..attempt() };
        let duplicate = Record::Duplicate { job: Box::new(Job { tags: tags.clone(), ..job() }), of: 0 };
        assert!(line_len(&duplicate, &all()) <= 6 * json.len() + FIXED);
        assert!(line_len(&record(Job { tags, ..job() }, attempt), &all()) <= 12 * json.len() + FIXED);
    }
}

#[test]
fn a_group_takes_six_bytes_a_byte_at_most() {
    for kind in KINDS {
        let tags = Some(Box::new(Tags { group: Some(kind.repeat(SIZE).into()), ..Tags::default() }));
        assert!(line_len(&record(Job { tags, ..job() }, attempt()), &all()) <= 6 * kind.len() * SIZE + FIXED);
    }
}

#[test]
fn items_repeat_the_id_of_their_input() {
    let id = RawValue::from_string(format!("{:?}", "i".repeat(1000))).ok();
    let job = Job { tags: Some(Box::new(Tags { id, ..Tags::default() })), ..job() };
    for item in ["1", "\"\u{85}\u{85}\u{85}\"", "{\"a\":[1,2,3]}"] {
        let mut line = Vec::new();
        render_item(&job, item, &mut line);
        assert!((1000..=item_bound(&job, item)).contains(&line.len()), "{item}");
    }
}

#[test]
fn every_hop_counts() {
    let url = Url::parse(&format!("http://h.test/?{}", "token=a&".repeat(3000))).unwrap();
    let hop = || Redirected { url: url.clone(), status_code: StatusCode::FOUND };
    let mut job = Job { url: url.clone(), given: Some(url.as_str().into()), ..job() };
    job.history_mut().redirects = vec![hop(), hop(), hop()];
    job.history_mut().method = Method::from_bytes(&[b'M'; 5000]).unwrap();
    assert!(line_len(&record(job, attempt()), &all()) > 4 * url.as_str().len());
}

proptest! {
    #[test]
    fn a_bound_holds_for_any_text(text: String, other in "([\"\\\\\u{1}\u{85}é?&=]|token=|sig=|http://u:p@h/){0,60}", bytes: Vec<u8>) {
        let body = Body::Binary(Bytes::from(bytes));
        let error = Some(Failure::new(ErrorKind::Closed, format!("{other}{text}")));
        let note = Some(format!("{text}{other}"));
        let job = Job { given: Some(format!("http://h/?{other}{text}").into()), ..job() };
        line_len(&record(job, Attempt { body, error, note, ..attempt() }), &all());
    }
}
