//! Counts of a filter that picks the records to write.

use serde::{Deserialize, Serialize};

/// What a filter has done to the records of a run. The names are in checkpoints.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selection {
    /// Records that were not written.
    pub left_out: u64,
    /// Records that were written because the filter failed on them.
    pub failed: u64,
    /// The first failure.
    pub failure: Option<String>,
}

impl Selection {
    /// Whether nothing was left out and the filter never failed.
    pub fn is_empty(&self) -> bool {
        *self == Selection::default()
    }

    /// Adds what came later.
    pub fn add(&mut self, later: &Selection) {
        self.left_out += later.left_out;
        self.failed += later.failed;
        if self.failure.is_none() {
            self.failure.clone_from(&later.failure);
        }
    }
}
