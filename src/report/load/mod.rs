//! What the records of a probe cannot tell: what was asked for, what was missed, and how late the generator was.

mod recorder;

use serde::{Deserialize, Serialize};

pub use recorder::LoadRecorder;

/// What the records of a probe cannot tell.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LoadFacts {
    /// Starts that were due, without those of the warm-up.
    pub asked: u64,
    /// Starts that happened.
    pub started: u64,
}
