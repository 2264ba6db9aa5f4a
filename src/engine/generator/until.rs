//! Ends a probe once it has found out what it is to find out.

use crate::model::{Precision, Record, RecordSummary};
use crate::report::load::{PrecisionFacts, Precisions};

/// Follows what a probe is to find out, in the order in which its starts were due.
#[derive(Debug)]
pub(super) struct Until {
    precisions: Precisions,
    /// The number of the first start after the warm-up.
    first: Option<u64>,
}

impl Until {
    pub(super) fn new(targets: &[Precision]) -> Self {
        Until { precisions: Precisions::new(targets), first: None }
    }

    /// A start is due. They come in the order of their numbers.
    pub(super) fn due(&mut self, seq: u64, in_warm_up: bool) {
        if !in_warm_up {
            self.first.get_or_insert(seq);
        }
    }

    /// A start that was due does not happen.
    pub(super) fn missed(&mut self, seq: u64) {
        if let Some(ordinal) = self.ordinal(seq) {
            self.precisions.end(ordinal, None);
        }
    }

    /// A request has ended.
    pub(super) fn finished(&mut self, record: &Record) {
        if let Some(ordinal) = self.ordinal(record.seq()) {
            self.precisions.end(ordinal, Some(&RecordSummary::from(record)));
        }
    }

    /// The number of a start after the warm-up, if anybody wants to know.
    fn ordinal(&self, seq: u64) -> Option<u64> {
        if self.precisions.is_empty() { None } else { seq.checked_sub(self.first?) }
    }

    /// Whether nothing more needs to start.
    pub(super) fn is_reached(&self) -> bool {
        self.precisions.are_reached()
    }

    pub(super) fn facts(&self) -> Vec<PrecisionFacts> {
        self.precisions.facts()
    }
}
