//! A report for programs: one JSON document, which reads back.

mod probe;
mod read;
mod times;

use std::io::{self, Write};

use serde::Serialize;

use self::probe::{Group, GroupRequests, SeriesDocument, Timeline};
pub use self::read::{ReportReadError, SavedDocument, read, read_whole};
use self::times::Distributions;
use super::errors::Errors;
use super::hosts::HostTotals;
use super::latency::Latency;
use super::latency_ms::millis;
use super::latency_us::LatencyUs;
use super::load::{Coverage, DoubtDocument, LoadDocument};
use super::statuses::Statuses;
use super::threshold::Judged;
use super::{Provenance, Report, RunFacts, Totals};

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
    run: Option<Run<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    wrong_lines: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    load: Option<LoadDocument<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    coverage: Option<Coverage>,
    #[serde(skip_serializing_if = "Option::is_none")]
    doubt: Option<DoubtDocument>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    thresholds: &'a [Judged],
    totals: &'a Totals,
    statuses: &'a Statuses,
    errors: &'a Errors,
    #[serde(flatten)]
    times: Distributions<'a>,
    hosts: Vec<Host<'a>>,
    other_hosts: Option<HostRequests>,
    groups: Vec<Group<'a>>,
    other_groups: Option<GroupRequests<'a>>,
    series: Option<SeriesDocument>,
}

impl<'a> Document<'a> {
    fn new(report: &'a Report, from: Provenance<'a>) -> io::Result<Self> {
        let hosts = report.hosts.ranked().into_iter();
        let (other, censored) = (&report.hosts.other, from.is_censored());
        let timeline = Timeline::new(report, from);
        let load =
            from.load().map(|load| LoadDocument::new(load, &timeline.pace, from.answer_rate(report))).transpose()?;
        let (run, wrong_lines, load) = match from {
            Provenance::Run(facts) | Provenance::Running(facts) => (Some(Run::new(facts, load)?), None, None),
            Provenance::Saved { wrong_lines, .. } => (None, Some(wrong_lines), load),
        };
        let (groups, other_groups) = probe::groups(&report.groups, censored);
        Ok(Document {
            schema: SCHEMA,
            run,
            wrong_lines,
            coverage: match from {
                Provenance::Saved { load: Some(_), coverage, .. } => Some(coverage),
                _ => None,
            },
            load,
            doubt: from.load().map(|load| DoubtDocument::from(&report.verdict(load))),
            thresholds: &[],
            totals: &report.totals,
            statuses: &report.statuses,
            errors: &report.errors,
            times: Distributions { times: &report.times, censored },
            hosts: hosts
                .map(|(host, named)| Host { host, requests: (&named.sum).into(), ordinal: named.ordinal })
                .collect(),
            other_hosts: (other.requests > 0).then(|| other.into()),
            groups,
            other_groups,
            series: probe::series(&timeline)?,
        })
    }
}

#[derive(Serialize)]
struct Run<'a> {
    #[serde(flatten)]
    facts: &'a RunFacts,
    job_us: Option<LatencyUs>,
    job_histogram: Option<String>,
    load: Option<LoadDocument<'a>>,
}

impl<'a> Run<'a> {
    fn new(facts: &'a RunFacts, load: Option<LoadDocument<'a>>) -> io::Result<Self> {
        let times = facts.job_ms.latency();
        Ok(Run {
            facts,
            job_us: times.and_then(|times| LatencyUs::of(times.stats)),
            job_histogram: times.map_or(Ok(None), Latency::to_hdr)?,
            load,
        })
    }
}

#[derive(Serialize)]
struct Host<'a> {
    host: &'a str,
    #[serde(flatten)]
    requests: HostRequests,
    ordinal: usize,
}

#[derive(Serialize)]
struct HostRequests {
    requests: u64,
    ok: u64,
    failed: u64,
    bytes: u64,
    mean_ms: Option<f64>,
    max_ms: Option<f64>,
    latency_us: Option<LatencyUs>,
}

impl From<&HostTotals> for HostRequests {
    fn from(totals: &HostTotals) -> Self {
        HostRequests {
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
