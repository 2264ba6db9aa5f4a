//! What is wrong with a threshold, and where.

use std::ops::Range;

/// A text that is not a threshold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
#[non_exhaustive]
pub struct ThresholdError {
    /// What is wrong.
    pub reason: String,
    /// The bytes of the text that are; empty where something is missing.
    pub at: Range<usize>,
}

pub(super) fn wrong(reason: impl Into<String>, at: Range<usize>) -> ThresholdError {
    ThresholdError { reason: reason.into(), at }
}
