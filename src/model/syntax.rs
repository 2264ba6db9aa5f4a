//! What is wrong with a text, and where.

use std::ops::Range;

/// A text that cannot be parsed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
#[non_exhaustive]
pub struct SyntaxError {
    /// What is wrong.
    pub reason: String,
    /// The bytes of the text that are wrong; empty where something is missing.
    pub at: Range<usize>,
}

impl SyntaxError {
    /// An error in the bytes `at` of a text.
    pub fn new(reason: impl Into<String>, at: Range<usize>) -> Self {
        SyntaxError { reason: reason.into(), at }
    }
}
