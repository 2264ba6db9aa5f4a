//! Sums over all records.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use super::RecordSummary;
use super::merge::add;
use crate::model::PagesEnded;

/// Sums over all records.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Records.
    pub records: u64,
    /// Records of a complete response with a status below 400.
    pub ok: u64,
    /// All other records, except duplicates.
    pub failed: u64,
    /// Records of inputs with the same request as an earlier one: haul sent nothing for them.
    #[serde(default)]
    pub duplicates: u64,
    /// Records without a status, except duplicates: no response's head came.
    pub no_response: u64,
    /// Attempts, the retries among them.
    pub attempts: u64,
    /// Attempts after the first.
    pub retries: u64,
    /// Redirects followed.
    pub redirects: u64,
    /// Records of pages.
    #[serde(default)]
    pub pages: u64,
    /// Lists whose pages end before the last one, by cause.
    #[serde(default)]
    pub pages_ended: PagesEnded,
    /// Items that pages were split into.
    #[serde(default)]
    pub items: u64,
    /// Incomplete bodies.
    pub truncated: u64,
    /// Records of inputs that were deferred: a server asked for a longer pause than the run waits for.
    #[serde(default)]
    pub deferred: u64,
    /// Records of a probe's warm-up, of which nothing else is counted.
    #[serde(default)]
    pub warm_up: u64,
    /// Body bytes on the wire, without those of attempts that were retried or redirected.
    pub encoded_bytes: u64,
    /// The same bytes once decoded.
    pub decoded_bytes: u64,
}

impl From<&RecordSummary<'_>> for Totals {
    fn from(record: &RecordSummary<'_>) -> Self {
        Totals {
            records: 1,
            ok: record.ok.into(),
            failed: (!record.ok && !record.duplicate).into(),
            duplicates: record.duplicate.into(),
            no_response: (record.status_code.is_none() && !record.duplicate).into(),
            attempts: record.attempts,
            retries: record.attempts.saturating_sub(1),
            redirects: record.redirects,
            pages: record.page.is_some().into(),
            pages_ended: record.pages_ended.into(),
            items: record.items,
            truncated: record.truncated.into(),
            deferred: record.deferred.into(),
            warm_up: 0,
            encoded_bytes: record.encoded_size,
            decoded_bytes: record.decoded_size,
        }
    }
}

impl AddAssign for Totals {
    fn add_assign(&mut self, other: Totals) {
        self.pages_ended += other.pages_ended;
        add([
            (&mut self.records, other.records),
            (&mut self.ok, other.ok),
            (&mut self.failed, other.failed),
            (&mut self.duplicates, other.duplicates),
            (&mut self.no_response, other.no_response),
            (&mut self.attempts, other.attempts),
            (&mut self.retries, other.retries),
            (&mut self.redirects, other.redirects),
            (&mut self.pages, other.pages),
            (&mut self.items, other.items),
            (&mut self.truncated, other.truncated),
            (&mut self.deferred, other.deferred),
            (&mut self.warm_up, other.warm_up),
            (&mut self.encoded_bytes, other.encoded_bytes),
            (&mut self.decoded_bytes, other.decoded_bytes),
        ]);
    }
}
