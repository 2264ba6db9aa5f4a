//! `docs/record.schema.json` is a JSON Schema, means what `docs/record.md` says, and tells records from other lines.

use haul::model::{ErrorKind, Phase};
use jsonschema::{Validator, draft202012};
use serde_json::{Value, json};

const SCHEMA: &str = include_str!("../../docs/record.schema.json");

fn schema() -> Value {
    serde_json::from_str(SCHEMA).unwrap()
}

fn validator() -> Validator {
    draft202012::new(&schema()).unwrap()
}

/// A record with every key that one of a request can have.
fn full() -> Value {
    json!({
        "seq": 17, "id": "row-9", "meta": {"any": "json"}, "method": "GET",
        "url": "https://a.example/old", "final_url": "https://a.example/new",
        "ok": true, "status_code": 200, "error": null,
        "http_version": "2", "remote_addr": "192.0.2.7:443", "started_at": "2026-01-31T12:00:00.123Z",
        "timings_ms": {"queue": 3.1, "dns": null, "connect": null, "wait": 40.2, "receive": 5.0, "total": 45.4},
        "attempts": 2, "retries": [{"status_code": 503, "error": null, "wait_ms": 1000}],
        "redirects": [{"url": "https://a.example/old", "status_code": 301}],
        "headers": {"content-type": ["application/json"]},
        "encoded_body_size": 512, "decoded_body_size": 2048, "truncated": false,
        "json": {"any": "json"}, "body": null, "body_base64": null, "body_path": null, "body_sha256": null,
        "page": 1, "extract": null
    })
}

fn timings() -> Value {
    json!({"queue": 0.0, "dns": null, "connect": 1.5, "wait": null, "receive": null, "total": 1.5})
}

/// A record of a failed request, with only the keys that it must have.
fn failed() -> Value {
    let error = json!({"kind": "connect_refused", "message": "connection refused", "phase": "connect"});
    json!({"seq": 0, "method": "GET", "url": "http://a.example/", "ok": false, "status_code": null, "error": error,
        "timings_ms": timings(), "attempts": 1})
}

/// A record of a malformed input.
fn invalid() -> Value {
    let error = json!({"kind": "invalid_input", "message": "list.txt:3: no URL", "phase": null});
    json!({"seq": 0, "method": "GET", "url": "nonsense", "ok": false, "status_code": null, "error": error})
}

/// A record of a duplicate.
fn duplicate() -> Value {
    json!({"seq": 4, "method": "GET", "url": "http://a.example/", "ok": false, "status_code": null, "error": null,
        "duplicate_of": 3})
}

/// `record` with the value at `pointer` replaced, or the key added there.
fn with(mut record: Value, pointer: &str, value: Value) -> Value {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    record.pointer_mut(parent).unwrap()[key] = value;
    record
}

fn without(mut record: Value, key: &str) -> Value {
    record.as_object_mut().unwrap().remove(key).unwrap();
    record
}

#[test]
fn the_schema_is_one() {
    draft202012::meta::validate(&schema()).unwrap();
}

#[test]
fn records_are_accepted() {
    let also = json!({"next_url": "https://a.example/?page=2", "item": [1], "deferred": true,
        "intended_at": "2026-01-31T12:00:00.123456Z",
        "group": "checkout", "warm_up": true, "note": "the content coding was not asked for"});
    let mut everything = full();
    everything.as_object_mut().unwrap().extend(also.as_object().unwrap().clone());

    let validator = validator();
    for record in [
        full(),
        everything,
        failed(),
        invalid(),
        with(invalid(), "/timings_ms", Value::Null),
        duplicate(),
        with(duplicate(), "/attempts", Value::Null),
        with(full(), "/duplicate_of", Value::Null),
        with(full(), "/remote_addr", "[2001:db8::7]:443".into()),
        with(without(full(), "json"), "/body", "text".into()),
        with(with(full(), "/json", Value::Null), "/body_base64", "AAE=".into()),
        with(with(failed(), "/error", Value::Null), "/status_code", 404.into()),
        with(full(), "/extract", json!([])),
        with(with(full(), "/timings_ms/latency", 1.5.into()), "/timings_ms/service_time", Value::Null),
        with(full(), "/extract", json!([null, {"a": 1}])),
    ] {
        if let Err(error) = validator.validate(&record) {
            panic!("{error} at {:?} in {record:#}", error.instance_path().as_str());
        }
    }
}

#[test]
fn other_lines_are_rejected() {
    let validator = validator();
    for record in [
        json!([]),
        without(full(), "seq"),
        without(full(), "error"),
        without(full(), "attempts"),
        without(failed(), "timings_ms"),
        with(full(), "/surplus", 1.into()),
        with(full(), "/timings_ms/surplus", 1.into()),
        with(full(), "/timings_ms/wait", "40 ms".into()),
        with(full(), "/timings_ms/total", Value::Null),
        with(full(), "/timings_ms/latency", (-1).into()),
        with(full(), "/group", 1.into()),
        with(full(), "/warm_up", "true".into()),
        with(full(), "/timings_ms", Value::Null),
        with(full(), "/seq", (-1).into()),
        with(full(), "/status_code", 99.into()),
        with(full(), "/status_code", 404.into()),
        with(full(), "/http_version", "HTTP/2".into()),
        with(full(), "/started_at", "2026-01-31 12:00".into()),
        with(full(), "/headers/content-type", "text/html".into()),
        with(full(), "/headers/Server", json!(["x"])),
        with(full(), "/retries/0/error", "bad_luck".into()),
        with(full(), "/redirects/0/status_code", Value::Null),
        with(full(), "/body", "both".into()),
        with(full(), "/body_base64", "AAE=".into()),
        with(full(), "/extract", 1.into()),
        with(full(), "/body_sha256", "ABC".into()),
        with(with(full(), "/json", Value::Null), "/body_base64", "not base64".into()),
        with(full(), "/error", json!({"kind": "decode", "message": "", "phase": "receive"})),
        with(failed(), "/error/kind", "bad_luck".into()),
        with(failed(), "/error/phase", "lunch".into()),
        with(failed(), "/error", "connection refused".into()),
        with(invalid(), "/status_code", 200.into()),
        without(duplicate(), "duplicate_of"),
        with(duplicate(), "/duplicate_of", "3".into()),
        with(duplicate(), "/ok", true.into()),
        with(duplicate(), "/status_code", 200.into()),
        with(duplicate(), "/attempts", 1.into()),
        with(failed(), "/duplicate_of", 3.into()),
    ] {
        assert!(!validator.is_valid(&record), "accepted {record:#}");
    }
}

#[test]
fn the_closed_lists_are_those_of_the_code() {
    let schema = schema();
    assert_eq!(schema["$defs"]["error_kind"]["enum"], json!(ErrorKind::ALL));
    let phases = json!([Phase::Dns, Phase::Connect, Phase::Wait, Phase::Receive, null]);
    assert_eq!(schema["properties"]["error"]["properties"]["phase"]["enum"], phases);
}
