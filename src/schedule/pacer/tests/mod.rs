//! The pacer's promises, on a clock that only the test moves.

mod closed;
mod open;
mod paused;
mod queue;
mod replay;

use std::num::{NonZeroU64, NonZeroUsize};
use std::time::Duration;

use super::{Pacer, PacerStep, START_GRACE};
use crate::plan::{Arrivals, Load, LoadModel, Pace, Rate};

const SECOND: Duration = Duration::from_secs(1);

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn load(model: LoadModel) -> Load {
    Load { model, requests: None, duration: None, warm_up: Duration::ZERO, until: Vec::new(), seed: 7 }
}

fn constant(rate: &str) -> Load {
    let rate: Rate = rate.parse().unwrap();
    load(LoadModel::Open { pace: Pace::Constant(rate), arrivals: Arrivals::Constant })
}

fn stages(stages: &str) -> Load {
    let pace = Pace::Stages(stages.parse().unwrap());
    load(LoadModel::Open { pace, arrivals: Arrivals::Constant })
}

fn closed(workers: usize, think_time: Duration) -> Load {
    load(LoadModel::Closed { workers: NonZeroUsize::new(workers).unwrap(), think_time })
}

impl Load {
    fn requests(self, requests: u64) -> Self {
        Load { requests: NonZeroU64::new(requests), ..self }
    }

    fn lasting(self, duration: Duration) -> Self {
        Load { duration: Some(duration), ..self }
    }

    fn after(self, warm_up: Duration) -> Self {
        Load { warm_up, ..self }
    }

    fn seeded(self, seed: u64) -> Self {
        Load { seed, ..self }
    }

    fn at_random(mut self) -> Self {
        if let LoadModel::Open { arrivals, .. } = &mut self.model {
            *arrivals = Arrivals::Poisson;
        }
        self
    }
}

/// All starts of an open model, on a clock that jumps from one to the next; and when the pacer stopped.
fn starts(load: &Load) -> (Vec<Duration>, Duration) {
    let (mut pacer, mut now, mut starts) = (Pacer::new(load), Duration::ZERO, Vec::new());
    loop {
        match pacer.next(now) {
            PacerStep::Start(due) => {
                assert_eq!(due, now, "a start is returned when it is due");
                starts.push(due);
            }
            PacerStep::Wait(until) => {
                assert!(until > now, "a wait takes time");
                now = until;
            }
            PacerStep::Stop => return (starts, now),
            step @ (PacerStep::Miss(_) | PacerStep::WaitForAnswer | PacerStep::Read) => {
                panic!("{step:?} in an open model")
            }
        }
    }
}

/// How many of `starts` are due in the second that begins at `from`.
fn in_second(starts: &[Duration], from: Duration) -> usize {
    starts.iter().filter(|due| (from..from + SECOND).contains(*due)).count()
}
