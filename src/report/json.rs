//! A report for programs: one JSON document.

use std::io::{self, Write};

use serde::Serialize;

use super::errors::Errors;
use super::hosts::Tally;
use super::latency::Latency;
use super::statuses::Statuses;
use super::{Provenance, Report, RunFacts, Totals};

/// The version of the document's form.
pub const SCHEMA: u32 = 1;

/// Writes `report` as indented JSON with a line break at its end. What was not measured is null.
pub fn write<'a>(mut out: impl Write, report: &Report, from: impl Into<Provenance<'a>>) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut out, &Document::new(report, from.into()))?;
    out.write_all(b"\n")
}

#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    run: Option<&'a RunFacts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    wrong_lines: Option<u64>,
    totals: &'a Totals,
    statuses: &'a Statuses,
    errors: &'a Errors,
    latency_ms: LatencyMs,
    hosts: Vec<Host<'a>>,
    other_hosts: Option<Requests>,
}

impl<'a> Document<'a> {
    fn new(report: &'a Report, from: Provenance<'a>) -> Self {
        let named = report.hosts.ranked().into_iter();
        let other = &report.hosts.other;
        let (run, wrong_lines) = match from {
            Provenance::Run(run) => (Some(run), None),
            Provenance::Saved { wrong_lines } => (None, Some(wrong_lines)),
        };
        Document {
            schema: SCHEMA,
            run,
            wrong_lines,
            totals: &report.totals,
            statuses: &report.statuses,
            errors: &report.errors,
            latency_ms: LatencyMs::from(&report.latency),
            hosts: named.map(|(host, tally)| Host { host, requests: tally.into() }).collect(),
            other_hosts: (other.requests > 0).then(|| other.into()),
        }
    }
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
