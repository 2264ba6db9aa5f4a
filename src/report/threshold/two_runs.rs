//! What a threshold on a difference looks at.

use crate::report::difference::Difference;

/// A figure of two runs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::report) struct Change {
    pub(in crate::report) before: f64,
    pub(in crate::report) after: f64,
    pub(in crate::report) is: Difference,
}

/// Which of two runs had another load than was asked for, so that their figures may be too good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::report) struct Doubted {
    pub(in crate::report) before: bool,
    pub(in crate::report) after: bool,
}
