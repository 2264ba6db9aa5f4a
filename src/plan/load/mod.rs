//! When a probe starts requests: at a pace that does not depend on answers, at the times of a list, or in loops.

mod excerpt;
mod find;
mod stages;

use std::num::{NonZeroU64, NonZeroUsize};
use std::time::Duration;

use super::Rate;
use crate::model::Precision;

pub use find::FindRate;
pub use stages::{Stage, Stages};

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
    /// Stop starting once all of these are known precisely enough, if that is before any other end.
    pub until: Vec<Precision>,
    /// The seed of all random choices: the same one gives the same targets, values and arrivals.
    pub seed: u64,
}

impl Load {
    /// The same load with at most `most` loops.
    #[must_use]
    pub fn with_workers_up_to(&self, most: NonZeroUsize) -> Self {
        let mut load = self.clone();
        if let LoadModel::Closed { workers, .. } = &mut load.model {
            *workers = most.min(*workers);
        }
        load
    }

    /// The most requests per second that it can start; `None` if that depends on the answers, or on a list. A replay
    /// has its `busiest` second, if that is known.
    pub fn highest_rate(&self, busiest: Option<usize>) -> Option<f64> {
        let by_pace = match &self.model {
            LoadModel::Open { pace: Pace::Constant(rate), .. } => Some(rate.per_second()),
            LoadModel::Open { pace: Pace::Stages(stages), .. } => {
                stages.stages().iter().map(|stage| stage.from.max(stage.to)).reduce(f64::max)
            }
            LoadModel::Open { pace: Pace::Find(find), .. } => Some(find.to.per_second()),
            LoadModel::Replay => busiest.map(|requests| requests as f64),
            LoadModel::Closed { think_time, .. } if think_time.is_zero() => None,
            LoadModel::Closed { workers, think_time } => {
                Some(workers.get() as f64 / think_time.as_secs_f64().min(1.0)) // all start at once
            }
        };
        // No second can have more requests than the whole probe.
        let by_number = self.requests.filter(|_| self.warm_up.is_zero()).map(|requests| requests.get() as f64);
        by_pace.into_iter().chain(by_number).reduce(f64::min)
    }
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
    /// Numbers that follow from the answers, in search of the highest one that the server can take.
    Find(FindRate),
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
