use std::sync::Arc;
use std::time::SystemTime;

use http::header::{HeaderMap, HeaderValue};
use http::{StatusCode, Version};
use proptest::prelude::*;
use serde_json::Value;
use url::Url;

use super::RecordEncoder;
use crate::jq::{Filter, FilterLimits};
use crate::model::{Attempt, Body, ErrorKind, Failure, Head, Invalid, Job, Record, Request};
use crate::schema::field::Field;
use crate::schema::{Output, OutputFormat};

const FIELDS: &str = "seq,url,ok,status_code,error,error.message,deferred,note,body,json,json.a,json.a.0,headers.x-a,extract,\
                      body_base64,attempts,redirects,timings_ms.dns";

/// What would break a table, and some other text.
fn text() -> impl Strategy<Value = String> {
    "[a\",;\t\n\r\\\\ é=+@{}\\[\\]:0]{0,12}"
}

fn body() -> impl Strategy<Value = Body> {
    prop_oneof![
        Just(Body::None),
        text().prop_map(Body::utf8),
        text().prop_map(|text| Body::Binary(text.into())),
        text().prop_map(|text| {
            let json = format!("{{ \"a\" : [{}, 1.50 ,null] , \"b\": {{}} }}", Value::from(text));
            Body::Json(json.into())
        }),
    ]
}

prop_compose! {
    fn settled()(
        seq: u64,
        body in body(),
        texts in (text(), text()),
        noted: bool,
        failed: bool,
        headers in prop::collection::vec("[ -~]{0,6}", 0..3),
    ) -> Record {
        let url = Url::parse("http://h.test/?q=,").unwrap();
        let values = headers.iter().map(|value| ("x-a".parse().unwrap(), HeaderValue::from_str(value).unwrap()));
        let mut head = Head { status: StatusCode::OK, version: Version::HTTP_11, headers: HeaderMap::new() };
        values.for_each(|(name, value): (http::header::HeaderName, _)| { head.headers.append(name, value); });
        let json = Value::from(vec![texts.0.clone()]).to_string();
        let picked = Filter::compile(".[]").unwrap().run(json.as_bytes(), FilterLimits::for_document(json.len(), 1 << 20));
        let attempt = Attempt {
            head: Some(head),
            body,
            extract: picked.ok(),
            deferred: noted,
            note: noted.then(|| texts.1.clone()),
            error: failed.then(|| Failure::new(ErrorKind::Closed, texts.0.clone())),
            ..Attempt::empty(SystemTime::UNIX_EPOCH)
        };
        Record::Settled { job: Box::new(Job::new(seq, url, Arc::new(Request::default()))), attempt: Box::new(attempt) }
    }
}

fn invalid() -> impl Strategy<Value = Record> {
    (any::<u64>(), text(), text()).prop_map(|(seq, url, message)| {
        let (place, method) = Default::default();
        Record::Invalid(Box::new(Invalid { seq, place, tags: None, method, url, message }))
    })
}

fn written(record: &Record, format: OutputFormat, fields: &str) -> String {
    let fields = if fields.is_empty() { Vec::new() } else { Field::list(fields).unwrap() };
    let mut lines = RecordEncoder::new(Output { all_headers: true, format, fields, ..Output::default() });
    let mut out = Vec::new();
    lines.header(&mut out);
    lines.append(record, &mut out, |_| Ok(())).unwrap();
    String::from_utf8(out).unwrap()
}

/// The value of a field in a whole record.
fn value_of(record: &Value, field: &Field) -> Value {
    let key = record.get(field.key().name()).cloned().unwrap_or_default();
    field.path().iter().fold(key, |value, step| match &value {
        Value::Array(_) => step.parse().ok().and_then(|at: usize| value.get(at).cloned()).unwrap_or_default(),
        value => value.get(step).cloned().unwrap_or_default(),
    })
}

/// The text of a cell for a value.
fn shown(field: &Field, value: Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text,
        Value::Array(values) if field.key().name() == "headers" && values.len() == 1 => shown(field, values[0].clone()),
        value => value.to_string(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn fields_have_the_values_of_the_record(record in prop_oneof![settled(), invalid()]) {
        let whole: Value = serde_json::from_str(&written(&record, OutputFormat::Ndjson, "")).unwrap();
        let line = written(&record, OutputFormat::Ndjson, FIELDS);
        prop_assert_eq!(line.matches('\n').count(), 1);
        let part: Value = serde_json::from_str(&line).unwrap();
        for field in Field::list(FIELDS).unwrap() {
            prop_assert_eq!(&part[field.name()], &value_of(&whole, &field), "{}", field.name());
        }
    }

    #[test]
    fn any_record_reads_back_from_a_table(record in prop_oneof![settled(), invalid()]) {
        let whole: Value = serde_json::from_str(&written(&record, OutputFormat::Ndjson, "")).unwrap();
        let fields = Field::list(FIELDS).unwrap();
        let expected: Vec<String> = fields.iter().map(|field| {
            let cell = shown(field, value_of(&whole, field));
            cell.replace("[1.5,null]", "[1.50,null]").replace(",1.5,null]", ",1.50,null]") // serde_json rewrites it
        }).collect();

        let csv = written(&record, OutputFormat::Csv, FIELDS);
        let mut reader = csv::Reader::from_reader(csv.as_bytes());
        prop_assert_eq!(reader.headers().unwrap().iter().collect::<Vec<_>>().join(","), FIELDS);
        let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
        prop_assert_eq!(rows.len(), 1);
        prop_assert_eq!(rows[0].iter().collect::<Vec<_>>(), expected.iter().map(String::as_str).collect::<Vec<_>>());

        let tsv = written(&record, OutputFormat::Tsv, FIELDS);
        let lines: Vec<_> = tsv.lines().collect();
        prop_assert_eq!(lines.len(), 2);
        prop_assert_eq!(lines[1].split('\t').count(), expected.len());
    }
}

#[test]
fn a_record_that_is_written_in_part_leaves_no_memory_behind() {
    let url = Url::parse("http://h.test/").unwrap();
    let body = Body::utf8(vec![b'a'; 4 << 20]);
    let attempt = Box::new(Attempt { body, ..Attempt::empty(SystemTime::UNIX_EPOCH) });
    let record = Record::Settled { job: Box::new(Job::new(0, url, Arc::new(Request::default()))), attempt };
    let mut lines = RecordEncoder::new(Output { fields: Field::list("body").unwrap(), ..Output::default() });
    lines.append(&record, &mut Vec::new(), |_| Ok(())).unwrap();
    assert!(lines.scratch.capacity() <= super::MAX_KEPT);
}
