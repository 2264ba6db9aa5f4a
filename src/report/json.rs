//! A report for programs: one JSON document.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::{Serialize, Serializer};

use super::errors::{Errors, Group};
use super::hosts::Tally;
use super::latency::Latency;
use super::{Report, RunFacts, Totals};
use crate::outcome::ErrorKind;

/// The version of the document's form.
pub const SCHEMA: u32 = 1;

/// Writes `report` and `run` as indented JSON with a line break at its end. What was not measured is null.
pub fn write(mut out: impl Write, report: &Report, run: &RunFacts) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut out, &Document::new(report, run))?;
    out.write_all(b"\n")
}

#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    run: &'a RunFacts,
    totals: &'a Totals,
    statuses: BTreeMap<u16, u64>,
    #[serde(serialize_with = "by_kind")]
    errors: &'a Errors,
    latency_ms: LatencyMs,
    hosts: Vec<Host<'a>>,
    other_hosts: Option<Requests>,
}

impl<'a> Document<'a> {
    fn new(report: &'a Report, run: &'a RunFacts) -> Self {
        let named = report.hosts.ranked().into_iter();
        let other = &report.hosts.other;
        Document {
            schema: SCHEMA,
            run,
            totals: &report.totals,
            statuses: report.statuses.iter().map(|(status, &count)| (status.as_u16(), count)).collect(),
            errors: &report.errors,
            latency_ms: LatencyMs::from(&report.latency),
            hosts: named.map(|(host, tally)| Host { host, requests: tally.into() }).collect(),
            other_hosts: (other.requests > 0).then(|| other.into()),
        }
    }
}

fn by_kind<S: Serializer>(errors: &Errors, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map::<ErrorKind, &Group, _>(errors.iter())
}

#[derive(Serialize)]
struct LatencyMs {
    count: u64,
    min: Option<f64>,
    mean: Option<f64>,
    p50: Option<f64>,
    p90: Option<f64>,
    p95: Option<f64>,
    p99: Option<f64>,
    #[serde(rename = "p99.9")]
    p99_9: Option<f64>,
    max: Option<f64>,
}

impl From<&Latency> for LatencyMs {
    fn from(latency: &Latency) -> Self {
        let at = |quantile| latency.at(quantile).map(millis);
        LatencyMs {
            count: latency.spread.count,
            min: latency.spread.min().map(millis),
            mean: latency.spread.mean().map(millis),
            p50: at(0.5),
            p90: at(0.9),
            p95: at(0.95),
            p99: at(0.99),
            p99_9: at(0.999),
            max: latency.spread.max().map(millis),
        }
    }
}

#[derive(Serialize)]
struct Host<'a> {
    host: &'a str,
    #[serde(flatten)]
    requests: Requests,
}

#[derive(Serialize)]
struct Requests {
    requests: u64,
    ok: u64,
    failed: u64,
    bytes: u64,
    mean_ms: Option<f64>,
    max_ms: Option<f64>,
}

impl From<&Tally> for Requests {
    fn from(tally: &Tally) -> Self {
        Requests {
            requests: tally.requests,
            ok: tally.ok,
            failed: tally.failed,
            bytes: tally.bytes,
            mean_ms: tally.latency.mean().map(millis),
            max_ms: tally.latency.max().map(millis),
        }
    }
}

fn millis(us: u64) -> f64 {
    us as f64 / 1e3
}
