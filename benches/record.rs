//! Checks JSON, renders records as lines, by kind of body, adds them to the report, and parses them back.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use haul::guard::json::{IN_RECORD, embeddable};
use haul::model::{Attempt, Body, Head, Job, Record, RecordSummary, Request, Timings};
use haul::plan::Output;
use haul::report::Report;
use haul::schema::saved::SavedRecord;
use haul::sink::ndjson::render;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use http::{StatusCode, Version};
use serde::de::IgnoredAny;
use url::Url;

fn record(body: Body) -> Record {
    let url = Url::parse("http://127.0.0.1:8080/items/42?page=7").expect("a URL");
    let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
    let ms = |n: u64| Some(Duration::from_micros(n * 1_234));
    let attempt = Attempt {
        head: Some(Head { status: StatusCode::OK, version: Version::HTTP_11, headers }),
        remote_addr: Some(([127, 0, 0, 1], 8080).into()),
        timings: Timings { wait: ms(3), receive: ms(1), total: Duration::from_micros(4_936), ..Timings::default() },
        encoded_size: body.len() as u64,
        decoded_size: body.len() as u64,
        body,
        ..Attempt::empty(SystemTime::now())
    };
    Record::Settled { job: Box::new(Job::new(17, url, Arc::new(Request::default()))), attempt: Box::new(attempt) }
}

fn bodies() -> [(&'static str, Body); 5] {
    let json: String = (0..128)
        .map(|n| format!("{{\"id\":{n},\"name\":\"item {n}\",\"tags\":[\"a\",\"b\"],\"score\":0.{n}}},"))
        .collect();
    let json = format!("[{}]", json.trim_end_matches(','));
    let pretty = json.replace("},", "},\n  ");
    [
        ("no body", Body::None),
        ("JSON", Body::Json(Bytes::from(json.clone()))),
        ("JSON on many lines", Body::Json(Bytes::from(pretty))),
        ("text", Body::utf8(json.clone())),
        ("bytes", Body::Binary(Bytes::from(json))),
    ]
}

fn line(c: &mut Criterion) {
    let mut group = c.benchmark_group("record");
    let (format, mut out) = (Output::default(), Vec::new());
    for (name, body) in bodies() {
        let record = record(body);
        render(&record, &format, &mut out);
        group.throughput(Throughput::Bytes(out.len() as u64));
        group.bench_function(name, |b| {
            b.iter(|| {
                out.clear();
                render(black_box(&record), &format, &mut out);
            });
        });
    }
    group.throughput(Throughput::Elements(1));
    let (record, mut report) = (record(Body::None), Report::default());
    group.bench_function("into the report", |b| b.iter(|| report.add(&RecordSummary::from(black_box(&record)))));
    group.finish();
}

fn back(c: &mut Criterion) {
    let mut group = c.benchmark_group("saved");
    for (name, body) in bodies() {
        let (mut line, mut report) = (Vec::new(), Report::default());
        render(&record(body), &Output::default(), &mut line);
        group.throughput(Throughput::Bytes(line.len() as u64));
        group.bench_function(name, |b| {
            b.iter(|| report.add(&SavedRecord::parse(black_box(&line)).expect("a record").summary()));
        });
    }
    group.finish();
}

/// What is checked of each body that is labelled as JSON.
fn json(c: &mut Criterion) {
    let mut group = c.benchmark_group("json");
    for (name, body) in bodies() {
        let Body::Json(json) = body else { continue };
        let text = std::str::from_utf8(&json).expect("JSON is UTF-8");
        group.throughput(Throughput::Bytes(json.len() as u64));
        group.bench_function(format!("{name}: valid"), |b| {
            b.iter(|| serde_json::from_str::<IgnoredAny>(black_box(text)).expect("JSON"));
        });
        group.bench_function(format!("{name}: for every reader"), |b| {
            b.iter(|| embeddable(black_box(&json), IN_RECORD).expect("readable"));
        });
    }
    group.finish();
}

criterion_group!(benches, line, back, json);
criterion_main!(benches);
