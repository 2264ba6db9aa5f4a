//! Pauses that servers ask for, and whether they are kept.

use serde::{Deserialize, Serialize};

/// What came of a pause that a server asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PauseOutcome {
    /// The run keeps it.
    Honoured,
    /// It was over already.
    Past,
    /// It is longer than the run waits.
    TooLong,
    /// It could not be read.
    Unreadable,
    /// The run makes load, and keeps none.
    Ignored,
}

/// How many answers asked for a pause, by what came of it. Answers that were retried or redirected count as well.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PauseOutcomes {
    /// Pauses that the run kept.
    #[serde(rename = "heeded")]
    pub honoured: u64,
    /// Pauses that were over already.
    pub past: u64,
    /// Pauses that were longer than the run waits.
    pub too_long: u64,
    /// Pauses that could not be read.
    #[serde(rename = "garbled")]
    pub unreadable: u64,
    /// Pauses that a probe did not keep.
    pub ignored: u64,
}

impl PauseOutcomes {
    /// Counts one more.
    pub fn count(&mut self, outcome: PauseOutcome) {
        *match outcome {
            PauseOutcome::Honoured => &mut self.honoured,
            PauseOutcome::Past => &mut self.past,
            PauseOutcome::TooLong => &mut self.too_long,
            PauseOutcome::Unreadable => &mut self.unreadable,
            PauseOutcome::Ignored => &mut self.ignored,
        } += 1;
    }
}
