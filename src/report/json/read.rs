//! A report read back from its document, equal to the one that was written.

use std::io::{self, Read};

use serde::{Deserialize, de};

use super::SCHEMA;
use super::probe::{SavedGroup, SavedSeries, read_groups, read_series};
use super::times::SavedTimes;
use crate::report::errors::Errors;
use crate::report::hosts::{HostTotals, Hosts};
use crate::report::job_times::JobTimes;
use crate::report::latency::Latency;
use crate::report::latency_us::{LatencyUs, filled, present};
use crate::report::load::{Coverage, LoadFacts, SavedLoad};
use crate::report::series::Series;
use crate::report::statuses::Statuses;
use crate::report::times::Times;
use crate::report::{Provenance, Report, RunFacts, Totals};

/// Why a document cannot be read back.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportReadError {
    /// Reading failed.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The document is not a report, or is from a version that did not write all of it.
    #[error("not a report: {0}")]
    NotAReport(#[from] serde_json::Error),
    /// The document has a form that this version does not know.
    #[error("unsupported report schema {0}")]
    UnknownSchema(u32),
}

/// Reads what [`write`](super::write) wrote, without what it says of the run.
///
/// Merging reports that were read back gives the report of all their records.
///
/// # Errors
/// Reading fails, or the document is not a report.
pub fn read(input: impl Read) -> Result<Report, ReportReadError> {
    report(&text(input)?)
}

/// Reads what [`write`](super::write) wrote, with what it says of the run.
///
/// # Errors
/// Reading fails, or the document is not a report.
pub fn read_whole(input: impl Read) -> Result<SavedDocument, ReportReadError> {
    let text = text(input)?;
    let report = report(&text)?;
    let SavedRest { run, wrong_lines, load, coverage } = serde_json::from_slice(&text)?;
    let run = run.map(RunFacts::try_from).transpose().map_err(wrong)?;
    let load = load.map(LoadFacts::try_from).transpose().map_err(wrong)?;
    Ok(SavedDocument { report, run, wrong_lines, load, coverage })
}

/// A report, and what its document says besides.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SavedDocument {
    /// The sum of the records.
    pub report: Report,
    /// How the run went; none in a report of saved records.
    pub run: Option<RunFacts>,
    /// How many lines of saved records were not records.
    pub wrong_lines: u64,
    /// How the probe that wrote saved records kept its pace.
    pub load: Option<LoadFacts>,
    /// How many of the records of that probe were there.
    pub coverage: Coverage,
}

impl SavedDocument {
    /// The origin of the records.
    pub fn provenance(&self) -> Provenance<'_> {
        match &self.run {
            Some(run) => Provenance::Run(run),
            None => {
                Provenance::Saved { wrong_lines: self.wrong_lines, load: self.load.as_ref(), coverage: self.coverage }
            }
        }
    }
}

fn text(mut input: impl Read) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    input.read_to_end(&mut text)?;
    Ok(text)
}

fn report(text: &[u8]) -> Result<Report, ReportReadError> {
    match serde_json::from_slice(text)? {
        SavedSchema { schema: SCHEMA } => Ok(serde_json::from_slice::<SavedReport>(text)?.try_into().map_err(wrong)?),
        SavedSchema { schema } => Err(ReportReadError::UnknownSchema(schema)),
    }
}

fn wrong(reason: &'static str) -> serde_json::Error {
    de::Error::custom(reason)
}

#[derive(Deserialize)]
struct SavedSchema {
    schema: u32,
}

/// What is not of the records.
#[derive(Deserialize)]
struct SavedRest {
    run: Option<SavedRun>,
    #[serde(default)]
    wrong_lines: u64,
    load: Option<SavedLoad>,
    #[serde(default)]
    coverage: Coverage,
}

#[derive(Deserialize)]
struct SavedRun {
    #[serde(flatten)]
    facts: RunFacts,
    job_us: Option<LatencyUs>,
    job_histogram: Option<String>,
    load: Option<SavedLoad>,
}

#[derive(Deserialize)]
struct SavedReport {
    totals: Totals,
    statuses: Statuses,
    errors: Errors,
    #[serde(flatten)]
    times: SavedTimes,
    hosts: Vec<SavedHost>,
    other_hosts: Option<SavedRequests>,
    #[serde(default)]
    groups: Vec<SavedGroup>,
    other_groups: Option<SavedGroup>,
    series: Option<SavedSeries>,
}

#[derive(Deserialize)]
struct SavedHost {
    host: Box<str>,
    ordinal: usize,
    #[serde(flatten)]
    requests: SavedRequests,
}

#[derive(Deserialize)]
struct SavedRequests {
    requests: u64,
    ok: u64,
    failed: u64,
    bytes: u64,
    #[serde(deserialize_with = "present")]
    latency_us: Option<LatencyUs>,
}

impl TryFrom<SavedReport> for Report {
    type Error = &'static str;

    fn try_from(saved: SavedReport) -> Result<Self, Self::Error> {
        let mut hosts = saved.hosts;
        hosts.sort_by_key(|host| host.ordinal);
        let named = hosts.into_iter().map(|SavedHost { host, requests, .. }| Ok((host, requests.try_into()?)));
        let named: Result<_, &'static str> = named.collect();
        let other = saved.other_hosts.map_or(Ok(HostTotals::default()), SavedRequests::try_into)?;
        Ok(Report {
            totals: saved.totals,
            statuses: saved.statuses,
            errors: saved.errors,
            times: saved.times.into(Times::default())?,
            hosts: Hosts::restore(named?, other)?,
            groups: read_groups(saved.groups, saved.other_groups)?,
            series: saved.series.map_or(Ok(Series::default()), read_series)?,
        })
    }
}

impl TryFrom<SavedRun> for RunFacts {
    type Error = &'static str;

    fn try_from(saved: SavedRun) -> Result<Self, Self::Error> {
        let SavedRun { facts, job_us, job_histogram, load } = saved;
        let job_ms = JobTimes::of(filled(Latency::default(), job_us, job_histogram)?);
        Ok(RunFacts { job_ms, load: load.map(LoadFacts::try_from).transpose()?, ..facts })
    }
}

impl TryFrom<SavedRequests> for HostTotals {
    type Error = &'static str;

    fn try_from(saved: SavedRequests) -> Result<Self, Self::Error> {
        let SavedRequests { requests, ok, failed, bytes, latency_us } = saved;
        Ok(HostTotals { requests, ok, failed, bytes, latency: LatencyUs::stats(latency_us)? })
    }
}
