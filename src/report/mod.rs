//! The report of a run: a fold over its records, written as [`json`] or [`text`].
//!
//! [`Report`] begins empty, takes records with [`Report::add`] and other reports with [`Report::merge`], in any
//! grouping. It does not grow with the number of records: whatever it collects has a bound.

mod batches;
pub mod compare;
mod cumulative;
mod difference;
mod errors;
pub mod find;
mod groups;
pub mod hdr;
mod hosts;
#[cfg(feature = "html")]
pub mod html;
mod interval;
mod job_times;
pub mod json;
mod lately;
mod latency;
mod latency_ms;
mod latency_us;
pub mod load;
mod measured;
mod merge;
mod named;
mod progress;
mod quantiles;
mod run;
pub mod saved;
mod series;
mod snapshot;
mod statuses;
#[cfg(test)]
mod tests;
pub mod text;
pub mod threshold;
mod timeline;
mod times;
mod totals;
mod units;
mod vocabulary;

use serde::{Deserialize, Serialize};

pub use self::batches::Batches;
pub use self::cumulative::{Cumulative, GroupCounts};
pub use self::difference::Difference;
use self::errors::Errors;
pub use self::errors::MAX_SAMPLES;
pub use self::find::{FindFacts, FindStep};
use self::groups::Groups;
pub use self::groups::MAX_GROUPS;
pub use self::hosts::MAX_HOSTS;
use self::hosts::{HostTotals, Hosts};
use self::interval::IntervalTotals;
pub use self::job_times::JobTimes;
pub(crate) use self::lately::LiveFold;
pub use self::lately::{BANDS, LATELY_S, Lately, LiveSecond, MAX_SECONDS, band_start};
pub use self::latency::LONGEST_US;
pub use self::load::LoadFacts;
pub use self::progress::{Moment, Progress, Total};
pub use self::quantiles::Quantiles;
pub use self::run::{BoundBy, LateRecord, Provenance, RunFacts, SelectionFacts};
pub use self::series::MAX_INTERVALS;
use self::series::Series;
pub use self::snapshot::{InputCounts, NamedFigures, Snapshot};
use self::statuses::Statuses;
pub use self::timeline::Timeline;
use self::times::Times;
pub use self::totals::Totals;
use crate::model::{ErrorKind, RecordSummary};

/// The sum of any number of records.
///
/// Merging gives what one fold over all the records gives, and in whatever order, with one exception: once there
/// are more than [`MAX_HOSTS`] hosts or [`MAX_GROUPS`] groups, the first to come are named and the rest are counted
/// together, so that the order decides which are named and how much of one was counted before it was.
///
/// A report that is stored with serde reads back equal, and takes in more. Reading checks what it gets: a file that was
/// tampered with may give wrong numbers, but no panic. [`json`] is the form for programs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    totals: Totals,
    statuses: Statuses,
    errors: Errors,
    #[serde(flatten)]
    times: Times,
    hosts: Hosts,
    #[serde(default, skip_serializing_if = "Groups::is_empty")]
    groups: Groups,
    #[serde(default, skip_serializing_if = "Series::is_empty")]
    series: Series<IntervalTotals>,
}

impl Report {
    /// Adds one record.
    pub fn add(&mut self, record: &RecordSummary<'_>) {
        if record.warm_up {
            self.totals += Totals { warm_up: 1, ..Totals::default() };
            return;
        }
        self.totals += Totals::from(record);
        if let Some(status) = record.status_code {
            self.statuses.add(status.as_u16(), 1);
        }
        if let Some((kind, message)) = record.error {
            self.errors.add(kind, message, record);
        }
        self.times.add(record);
        if let Some(host) = &record.host {
            self.hosts.add(host, &HostTotals::from(record));
        }
        if let Some(group) = record.group {
            self.groups.of(group).add(record);
        }
        self.series.add(record);
    }

    /// Adds items of pages that have no record.
    pub fn add_items(&mut self, items: u64) {
        self.totals += Totals { items, ..Totals::default() };
    }

    /// Adds everything that another report has.
    pub fn merge(&mut self, other: &Report) {
        self.totals += other.totals;
        self.statuses.merge(&other.statuses);
        self.errors.merge(&other.errors);
        self.times.merge(&other.times);
        self.hosts.merge(&other.hosts);
        self.groups.merge(&other.groups);
        self.series.merge(&other.series);
    }

    /// How many hosts have records; those beyond the first [`MAX_HOSTS`] count as one.
    pub fn hosts(&self) -> usize {
        self.hosts.count()
    }

    /// How often each status came, the lowest first.
    pub fn statuses(&self) -> impl Iterator<Item = (u16, u64)> {
        self.statuses.iter()
    }

    /// How many requests failed for each reason.
    pub fn errors(&self) -> impl Iterator<Item = (ErrorKind, u64)> {
        self.errors.iter().map(|(kind, failures)| (kind, failures.count))
    }

    /// Sums over all records.
    pub fn totals(&self) -> &Totals {
        &self.totals
    }
}
