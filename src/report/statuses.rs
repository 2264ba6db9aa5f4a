//! Responses by their status.

use std::collections::BTreeMap;

use http::StatusCode;
use serde::{Deserialize, Serialize};

/// How often each status came: 900 at most.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<u16, u64>")]
pub(super) struct Statuses(BTreeMap<u16, u64>);

impl Statuses {
    pub(super) fn add(&mut self, status: u16, times: u64) {
        let sum = self.0.entry(status).or_default();
        *sum = sum.saturating_add(times);
    }

    pub(super) fn merge(&mut self, other: &Statuses) {
        other.iter().for_each(|(status, times)| self.add(status, times));
    }

    /// How many responses there were.
    pub(super) fn total(&self) -> u64 {
        self.0.values().fold(0, |sum, times| sum.saturating_add(*times))
    }

    /// Each status and how often it came, the least status first.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u16, u64)> {
        self.0.iter().map(|(&status, &times)| (status, times))
    }
}

impl TryFrom<BTreeMap<u16, u64>> for Statuses {
    type Error = &'static str;

    fn try_from(saved: BTreeMap<u16, u64>) -> Result<Self, Self::Error> {
        match saved.keys().all(|&status| StatusCode::from_u16(status).is_ok()) {
            true => Ok(Statuses(saved)),
            false => Err("an invalid status"),
        }
    }
}
