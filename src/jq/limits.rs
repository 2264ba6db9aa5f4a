//! The limits of a filter, and the errors of an evaluation.

use std::time::Duration;

/// The limits of one evaluation of a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FilterLimits {
    /// The steps allowed: one per term evaluated, and one per 16 elements compared or copied.
    pub steps: u64,
    /// The time, in case steps are slow. It is checked between steps.
    pub time: Duration,
    /// The part of the time that an earlier evaluation took.
    pub spent: Duration,
    /// The memory that values, outputs and the state of the evaluation take at most at any time, in bytes. The document
    /// itself does not count.
    pub memory: usize,
    /// The size of all outputs in bytes, plus one for each output.
    pub bytes: usize,
}

impl FilterLimits {
    /// The steps allowed on any document.
    const STEPS: u64 = 1 << 20;

    /// The additional steps for each byte of the document: a few for each of the smallest elements.
    const STEPS_PER_BYTE: u64 = 8;

    /// The time allowed.
    const TIME: Duration = Duration::from_secs(2);

    /// The memory allowed on any document.
    const MEMORY: usize = 48 << 20;

    /// The additional memory for each byte of the document.
    const MEMORY_PER_BYTE: usize = 2;

    /// These limits, with `memory` capped at that many bytes.
    pub fn within(self, memory: usize) -> Self {
        FilterLimits { memory: self.memory.min(memory), ..self }
    }

    /// The limits for a document of `len` bytes with at most `bytes` of output.
    pub fn for_document(len: usize, bytes: usize) -> Self {
        FilterLimits {
            steps: Self::STEPS + Self::STEPS_PER_BYTE * len as u64,
            time: Self::TIME,
            spent: Duration::ZERO,
            memory: Self::MEMORY.saturating_add(Self::MEMORY_PER_BYTE.saturating_mul(len)),
            bytes,
        }
    }
}

/// An evaluation failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// The document is not JSON.
    #[error("the body is not JSON: {0}")]
    NotJson(String),
    /// The document is nested too deeply, or has a number with too many digits.
    #[error("the body {0}")]
    Unfit(String),
    /// The filter raised an error.
    #[error("{0}")]
    Failed(String),
    /// The filter needs more memory than this, in bytes.
    #[error("the filter needs more than {} MiB of memory", .0.div_ceil(1 << 20))]
    OutOfMemory(usize),
    /// The filter exceeded another of its limits.
    #[error("{0}")]
    Unbounded(String),
}
