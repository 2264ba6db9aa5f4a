//! Load: requests that start at a pace, whatever the answers do, or in loops.

mod excerpt;
mod stages;

use std::num::{NonZeroU64, NonZeroUsize};
use std::time::Duration;

use super::Rate;

pub use stages::{Stage, Stages, StagesError};

/// How `haul probe` makes load.
#[derive(Debug, Clone)]
pub struct Load {
    /// When requests start.
    pub model: LoadModel,
    /// Stop starting after this many requests, those of the warm-up not counted.
    pub requests: Option<NonZeroU64>,
    /// Stop starting after this time, which begins after the warm-up.
    pub duration: Option<Duration>,
    /// Requests that are due in this time are sent, but left out of the report.
    pub warm_up: Duration,
    /// What random choices are made from: the same seed gives the same targets, values and arrivals.
    pub seed: u64,
}

/// When the requests of a probe start.
#[derive(Debug, Clone)]
pub enum LoadModel {
    /// At times that do not depend on answers.
    Open {
        /// How many requests start a second.
        pace: Pace,
        /// How their starts are spread.
        arrivals: Arrivals,
    },
    /// At the times that the list gives.
    Replay,
    /// In loops, each of which waits for its answer.
    Closed {
        /// The number of loops.
        workers: NonZeroUsize,
        /// How long a loop waits after an answer.
        think_time: Duration,
    },
}

/// How many requests start a second.
#[derive(Debug, Clone, PartialEq)]
pub enum Pace {
    /// Always the same number.
    Constant(Rate),
    /// A number that changes over time.
    Stages(Stages),
}

/// How starts are spread.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Arrivals {
    /// Evenly.
    #[default]
    Constant,
    /// At random and independently of each other, as those of many users are.
    Poisson,
}
