//! The document for programs.

use haul::model::{ErrorKind, RecordSummary};
use haul::report::{Report, RunFacts, json};

use super::{answered, failed, report, run};

fn document(report: &Report, run: &RunFacts) -> String {
    let mut out = Vec::new();
    json::write(&mut out, report, run).unwrap();
    let text = String::from_utf8(out).unwrap();
    // The cookie of HDR's compressed form; what follows depends on the compressor.
    let Some((before, after)) = text.split_once("\"HISTF") else { return text };
    format!("{before}\"HISTF…{}", &after[after.find('"').unwrap()..])
}

#[test]
fn a_run_as_json() {
    let mut report = report([
        answered(2, "https://b.example", 200),
        RecordSummary { redirects: 1, ..answered(1, "https://b.example", 200) },
        answered(0, "https://a.example", 503),
    ]);
    for seq in (3..6).rev() {
        report.add(&failed(seq, ErrorKind::Dns, "https://down.example/?token=abc", "no address for host"));
    }
    insta::assert_snapshot!(document(&report, &run()), @r#"
    {
      "schema": 1,
      "run": {
        "version": "0.1.0",
        "started_at": "2026-01-31T12:00:00.123Z",
        "wall_s": 3.411235,
        "rate": 352.94,
        "resumed": null,
        "admitted": 1204,
        "settled": 1204,
        "skipped": 0,
        "records": 1204,
        "robots": null,
        "requests": 0,
        "rate_limit": null,
        "peak_in_flight": 64,
        "threads": 2,
        "window": 10000,
        "window_stall_s": 0.0,
        "stalled_on": null,
        "memory_stall_s": 0.0,
        "sink_stall_s": 0.0,
        "order_stall_s": 0.0,
        "late": null,
        "bounded_by": [],
        "job_ms": null,
        "pauses": {
          "heeded": 0,
          "past": 0,
          "too_long": 0,
          "garbled": 0,
          "ignored": 0
        },
        "retries_withheld": 0,
        "unused_rules": [],
        "where": null,
        "load": null,
        "interrupted": false
      },
      "totals": {
        "records": 6,
        "ok": 2,
        "failed": 4,
        "duplicates": 0,
        "no_response": 3,
        "attempts": 12,
        "retries": 6,
        "redirects": 1,
        "pages": 0,
        "pages_ended": {
          "max_pages": 0,
          "loop": 0,
          "blocked": 0,
          "failed": 0,
          "no_next": 0,
          "stopped": 0
        },
        "items": 0,
        "truncated": 0,
        "deferred": 0,
        "warm_up": 0,
        "encoded_bytes": 3000,
        "decoded_bytes": 10500
      },
      "statuses": {
        "200": 2,
        "503": 1
      },
      "errors": {
        "dns": {
          "count": 3,
          "samples": [
            {
              "seq": 3,
              "url": "https://down.example/?token=REDACTED",
              "message": "no address for host"
            },
            {
              "seq": 4,
              "url": "https://down.example/?token=REDACTED",
              "message": "no address for host"
            }
          ]
        }
      },
      "latency_ms": {
        "count": 3,
        "min": 1.0,
        "mean": 2.0,
        "p50": 2.0,
        "p90": 3.0,
        "p95": 3.0,
        "p99": 3.0,
        "p99.9": 3.0,
        "max": 3.0
      },
      "latency_us": {
        "count": 3,
        "sum": 6000,
        "min": 1000,
        "max": 3000
      },
      "latency_histogram": "HISTF…",
      "service_time_ms": {
        "count": 0,
        "min": null,
        "mean": null,
        "p50": null,
        "p90": null,
        "p95": null,
        "p99": null,
        "p99.9": null,
        "max": null
      },
      "service_time_us": null,
      "service_time_histogram": null,
      "connect_ms": {
        "count": 0,
        "min": null,
        "mean": null,
        "p50": null,
        "p90": null,
        "p95": null,
        "p99": null,
        "p99.9": null,
        "max": null
      },
      "connect_us": null,
      "connect_histogram": null,
      "wait_ms": {
        "count": 0,
        "min": null,
        "mean": null,
        "p50": null,
        "p90": null,
        "p95": null,
        "p99": null,
        "p99.9": null,
        "max": null
      },
      "wait_us": null,
      "wait_histogram": null,
      "hosts": [
        {
          "host": "https://down.example",
          "requests": 3,
          "ok": 0,
          "failed": 3,
          "bytes": 0,
          "mean_ms": null,
          "max_ms": null,
          "latency_us": null,
          "ordinal": 2
        },
        {
          "host": "https://b.example",
          "requests": 2,
          "ok": 2,
          "failed": 0,
          "bytes": 2000,
          "mean_ms": 2.5,
          "max_ms": 3.0,
          "latency_us": {
            "count": 2,
            "sum": 5000,
            "min": 2000,
            "max": 3000
          },
          "ordinal": 0
        },
        {
          "host": "https://a.example",
          "requests": 1,
          "ok": 0,
          "failed": 1,
          "bytes": 1000,
          "mean_ms": 1.0,
          "max_ms": 1.0,
          "latency_us": {
            "count": 1,
            "sum": 1000,
            "min": 1000,
            "max": 1000
          },
          "ordinal": 1
        }
      ],
      "other_hosts": null,
      "groups": [],
      "other_groups": null,
      "series": null
    }
    "#);
}

#[test]
fn no_records_as_json() {
    insta::assert_snapshot!(document(&Report::default(), &RunFacts::default()), @r#"
    {
      "schema": 1,
      "run": {
        "version": "",
        "started_at": "",
        "wall_s": 0.0,
        "rate": 0.0,
        "resumed": null,
        "admitted": 0,
        "settled": 0,
        "skipped": 0,
        "records": 0,
        "robots": null,
        "requests": 0,
        "rate_limit": null,
        "peak_in_flight": 0,
        "threads": 0,
        "window": 0,
        "window_stall_s": 0.0,
        "stalled_on": null,
        "memory_stall_s": 0.0,
        "sink_stall_s": 0.0,
        "order_stall_s": 0.0,
        "late": null,
        "bounded_by": [],
        "job_ms": null,
        "pauses": {
          "heeded": 0,
          "past": 0,
          "too_long": 0,
          "garbled": 0,
          "ignored": 0
        },
        "retries_withheld": 0,
        "unused_rules": [],
        "where": null,
        "load": null,
        "interrupted": false
      },
      "totals": {
        "records": 0,
        "ok": 0,
        "failed": 0,
        "duplicates": 0,
        "no_response": 0,
        "attempts": 0,
        "retries": 0,
        "redirects": 0,
        "pages": 0,
        "pages_ended": {
          "max_pages": 0,
          "loop": 0,
          "blocked": 0,
          "failed": 0,
          "no_next": 0,
          "stopped": 0
        },
        "items": 0,
        "truncated": 0,
        "deferred": 0,
        "warm_up": 0,
        "encoded_bytes": 0,
        "decoded_bytes": 0
      },
      "statuses": {},
      "errors": {},
      "latency_ms": {
        "count": 0,
        "min": null,
        "mean": null,
        "p50": null,
        "p90": null,
        "p95": null,
        "p99": null,
        "p99.9": null,
        "max": null
      },
      "latency_us": null,
      "latency_histogram": null,
      "service_time_ms": {
        "count": 0,
        "min": null,
        "mean": null,
        "p50": null,
        "p90": null,
        "p95": null,
        "p99": null,
        "p99.9": null,
        "max": null
      },
      "service_time_us": null,
      "service_time_histogram": null,
      "connect_ms": {
        "count": 0,
        "min": null,
        "mean": null,
        "p50": null,
        "p90": null,
        "p95": null,
        "p99": null,
        "p99.9": null,
        "max": null
      },
      "connect_us": null,
      "connect_histogram": null,
      "wait_ms": {
        "count": 0,
        "min": null,
        "mean": null,
        "p50": null,
        "p90": null,
        "p95": null,
        "p99": null,
        "p99.9": null,
        "max": null
      },
      "wait_us": null,
      "wait_histogram": null,
      "hosts": [],
      "other_hosts": null,
      "groups": [],
      "other_groups": null,
      "series": null
    }
    "#);
}

#[test]
fn hosts_without_a_name_as_json() {
    let names: Vec<_> = (0..1002).map(|n| format!("https://{n}.example")).collect();
    let report =
        report(names.iter().map(|name| RecordSummary { host: Some(name.as_str().into()), ..answered(4, "", 200) }));
    let document: serde_json::Value = serde_json::from_str(&document(&report, &run())).unwrap();
    assert_eq!(document["hosts"].as_array().unwrap().len(), 1000);
    insta::assert_snapshot!(document["other_hosts"], @r#"
    {"bytes":2000,"failed":0,"latency_us":{"count":2,"max":5000,"min":5000,"sum":10000},"max_ms":5.0,"mean_ms":5.0,"ok":2,"requests":2}
    "#);
}
