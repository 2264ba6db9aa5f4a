//! A report read back from its document, equal to the one that was written.

use std::io::{self, Read};

use serde::{Deserialize, Deserializer, de};

use super::SCHEMA;
use super::probe::{SavedGroup, SavedSeries, read_groups, read_series};
use super::times::{LatencyUs, SavedTimes};
use crate::report::errors::Errors;
use crate::report::hosts::{HostTotals, Hosts};
use crate::report::series::Series;
use crate::report::statuses::Statuses;
use crate::report::times::Times;
use crate::report::{Report, Totals};

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
pub fn read(mut input: impl Read) -> Result<Report, ReportReadError> {
    let mut text = Vec::new();
    input.read_to_end(&mut text)?;
    match serde_json::from_slice(&text)? {
        SavedSchema { schema: SCHEMA } => {
            Ok(serde_json::from_slice::<SavedReport>(&text)?.try_into().map_err(wrong)?)
        }
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

/// Null, but not missing: a document without the key lacks what merging needs.
pub(super) fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    Option::deserialize(deserializer)
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

impl TryFrom<SavedRequests> for HostTotals {
    type Error = &'static str;

    fn try_from(saved: SavedRequests) -> Result<Self, Self::Error> {
        let SavedRequests { requests, ok, failed, bytes, latency_us } = saved;
        Ok(HostTotals { requests, ok, failed, bytes, latency: LatencyUs::stats(latency_us)? })
    }
}
