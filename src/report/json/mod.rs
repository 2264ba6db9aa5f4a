//! A report for programs: one JSON document, which reads back.

mod read;

use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use super::errors::Errors;
use super::hosts::HostTotals;
use super::latency::LatencyStats;
use super::latency_ms::{LatencyMs, millis};
use super::statuses::Statuses;
use super::threshold::Judged;
use super::{Provenance, Report, RunFacts, Totals};

pub use self::read::{ReportReadError, read};

/// The version of the document's form.
pub const SCHEMA: u32 = 1;

/// Writes `report` as indented JSON with a line break at its end. What was not measured is null.
pub fn write<'a>(out: impl Write, report: &Report, from: impl Into<Provenance<'a>>) -> io::Result<()> {
    write_judged(out, report, from, &[])
}

/// The same with thresholds.
pub fn write_judged<'a>(
    mut out: impl Write,
    report: &Report,
    from: impl Into<Provenance<'a>>,
    thresholds: &[Judged],
) -> io::Result<()> {
    let document = Document { thresholds, ..Document::new(report, from.into())? };
    serde_json::to_writer_pretty(&mut out, &document)?;
    out.write_all(b"\n")
}

#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    run: Option<&'a RunFacts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    wrong_lines: Option<u64>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    thresholds: &'a [Judged],
    totals: &'a Totals,
    statuses: &'a Statuses,
    errors: &'a Errors,
    latency_ms: LatencyMs,
    latency_us: Option<LatencyUs>,
    latency_histogram: Option<String>,
    hosts: Vec<Host<'a>>,
    other_hosts: Option<Requests>,
}

impl<'a> Document<'a> {
    fn new(report: &'a Report, from: Provenance<'a>) -> io::Result<Self> {
        let hosts = report.hosts.ranked().into_iter();
        let (other, latency) = (&report.hosts.other, &report.latency);
        let wrong_lines = if let Provenance::Saved { wrong_lines } = from { Some(wrong_lines) } else { None };
        let histogram = (latency.stats.count > 0).then(|| latency.to_hdr()).transpose();
        Ok(Document {
            schema: SCHEMA,
            run: from.run(),
            wrong_lines,
            thresholds: &[],
            totals: &report.totals,
            statuses: &report.statuses,
            errors: &report.errors,
            latency_ms: LatencyMs::from(latency),
            latency_us: LatencyUs::of(latency.stats),
            latency_histogram: histogram.map_err(|error| io::Error::other(format!("the histogram: {error}")))?,
            hosts: hosts
                .map(|(host, named)| Host { host, requests: (&named.totals).into(), ordinal: named.ordinal })
                .collect(),
            other_hosts: (other.requests > 0).then(|| other.into()),
        })
    }
}

/// For merging: exact.
#[derive(Serialize, Deserialize)]
struct LatencyUs {
    count: u64,
    sum: u64,
    min: u64,
    max: u64,
}

impl LatencyUs {
    /// None if there are no latencies.
    fn of(stats: LatencyStats) -> Option<Self> {
        let numbers: Option<[u64; 4]> = stats.into();
        numbers.map(|[count, sum, min, max]| LatencyUs { count, sum, min, max })
    }

    fn stats(saved: Option<Self>) -> Result<LatencyStats, &'static str> {
        saved.map(|LatencyUs { count, sum, min, max }| [count, sum, min, max]).try_into()
    }
}

#[derive(Serialize)]
struct Host<'a> {
    host: &'a str,
    #[serde(flatten)]
    requests: Requests,
    ordinal: usize,
}

#[derive(Serialize)]
struct Requests {
    requests: u64,
    ok: u64,
    failed: u64,
    bytes: u64,
    mean_ms: Option<f64>,
    max_ms: Option<f64>,
    latency_us: Option<LatencyUs>,
}

impl From<&HostTotals> for Requests {
    fn from(totals: &HostTotals) -> Self {
        Requests {
            requests: totals.requests,
            ok: totals.ok,
            failed: totals.failed,
            bytes: totals.bytes,
            mean_ms: totals.latency.mean().map(millis),
            max_ms: totals.latency.max().map(millis),
            latency_us: LatencyUs::of(totals.latency),
        }
    }
}
