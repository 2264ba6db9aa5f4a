//! Rates that change over time.

use std::time::Duration;

/// A sequence of stages, of which there is at least one.
#[derive(Debug, Clone, PartialEq)]
pub struct Stages(Vec<Stage>);

/// A time in which the rate stays the same, or changes evenly.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stage {
    /// Requests per second at its start.
    pub from: f64,
    /// Requests per second at its end.
    pub to: f64,
    /// How long it takes. A stage without length is a step: it only sets where the next one begins.
    pub over: Duration,
}

/// Why stages are malformed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct StagesError {
    /// What is wrong.
    pub reason: String,
    /// The bytes of the text that are.
    pub at: std::ops::Range<usize>,
}

impl Stages {
    /// The stages, in order.
    pub fn stages(&self) -> &[Stage] {
        &self.0
    }

    /// How long all stages take.
    pub fn duration(&self) -> Duration {
        self.0.iter().fold(Duration::ZERO, |sum, stage| sum.saturating_add(stage.over))
    }
}
