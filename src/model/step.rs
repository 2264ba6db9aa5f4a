//! What came of a step of a search for the highest rate.

use serde::{Deserialize, Serialize};

/// What came of a step of a search for the highest rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepOutcome {
    /// No threshold is crossed.
    Held,
    /// A threshold is crossed, or the backlog grew.
    Failed,
    /// The step was too short to tell.
    Inconclusive,
    /// The load was not what was asked for, for a reason that lies with haul or its machine.
    InDoubt,
}

impl StepOutcome {
    /// How a table calls it.
    pub fn as_str(self) -> &'static str {
        match self {
            StepOutcome::Held => "held",
            StepOutcome::Failed => "failed",
            StepOutcome::Inconclusive => "inconclusive",
            StepOutcome::InDoubt => "in doubt",
        }
    }
}

/// How a search for the highest rate ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindEnd {
    /// A rate holds, and one that is only a little higher fails.
    Found,
    /// The highest rate that was to be tried holds.
    Ceiling,
    /// Even the lowest rate fails.
    LowestFails,
    /// Steps were too short to tell, or their outcomes contradict each other.
    Inconclusive,
    /// Above the rate that holds, haul could not send what was asked for.
    InDoubt,
    /// It was stopped before it was done.
    Stopped,
}
