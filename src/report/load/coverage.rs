//! Whether records are those of a run.

use serde::{Deserialize, Serialize};

/// How many of a run's records are there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Coverage {
    /// All of them.
    #[default]
    Complete,
    /// Not all: a filter left some out, or they could not be read.
    Partial,
    /// None: the records are of another run.
    Foreign,
}
