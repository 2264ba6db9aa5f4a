//! The requests of each group, for a bounded number of groups.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::merge::{Merge, add};
use super::named::{Counted, MAX_NAMES, Names};
use super::statuses::Statuses;
use super::times::Times;
use crate::model::{ErrorKind, RecordSummary};

/// How many groups a report names; the rest are counted together.
pub const MAX_GROUPS: usize = MAX_NAMES;

/// The requests of one group, or of several.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct GroupTotals {
    pub(super) requests: u64,
    pub(super) failed: u64,
    pub(super) statuses: Statuses,
    pub(super) errors: ErrorCounts,
    #[serde(deserialize_with = "Times::deserialize_sparse")]
    pub(super) times: Times,
}

impl Default for GroupTotals {
    fn default() -> Self {
        GroupTotals {
            requests: 0,
            failed: 0,
            statuses: Statuses::default(),
            errors: ErrorCounts::default(),
            times: Times::sparse(),
        }
    }
}

impl GroupTotals {
    pub(super) fn add(&mut self, record: &RecordSummary<'_>) {
        self.requests += 1;
        self.failed += u64::from(!record.ok);
        if let Some(status) = record.status_code {
            self.statuses.add(status.as_u16(), 1);
        }
        if let Some((kind, _)) = record.error {
            self.errors.0[kind as usize] += 1;
        }
        self.times.add(record);
    }
}

impl Counted for GroupTotals {
    fn requests(&self) -> u64 {
        self.requests
    }
}

impl Merge for GroupTotals {
    fn merge(&mut self, other: &GroupTotals) {
        add([(&mut self.requests, other.requests), (&mut self.failed, other.failed)]);
        self.statuses.merge(&other.statuses);
        self.errors.merge(&other.errors);
        self.times.merge(&other.times);
    }
}

/// How often each kind of error occurred, at the index of the kind; checkpoints and documents have them by name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(into = "BTreeMap<ErrorKind, u64>", from = "BTreeMap<ErrorKind, u64>")]
pub(super) struct ErrorCounts(pub(super) [u64; ErrorKind::ALL.len()]);

impl Merge for ErrorCounts {
    fn merge(&mut self, other: &ErrorCounts) {
        for (sum, more) in self.0.iter_mut().zip(other.0) {
            *sum = sum.saturating_add(more);
        }
    }
}

impl From<ErrorCounts> for BTreeMap<ErrorKind, u64> {
    fn from(ErrorCounts(counts): ErrorCounts) -> Self {
        ErrorKind::ALL.into_iter().zip(counts).filter(|(_, count)| *count > 0).collect()
    }
}

impl From<BTreeMap<ErrorKind, u64>> for ErrorCounts {
    fn from(saved: BTreeMap<ErrorKind, u64>) -> Self {
        let mut counts = ErrorCounts::default();
        saved.into_iter().for_each(|(kind, count)| counts.0[kind as usize] = count);
        counts
    }
}

/// The first [`MAX_GROUPS`] groups by name, and the rest as one.
pub(super) type Groups = Names<GroupTotals>;

impl Groups {
    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
