//! A search for the highest rate that a service can take.

use std::time::Duration;

use super::Rate;

/// How to look for the highest rate that holds.
#[derive(Debug, Clone, PartialEq)]
pub struct FindRate {
    /// No lower rate is tried; none if rates go down to one a second, or to a thousandth of `to` if that is less.
    pub from: Option<Rate>,
    /// No higher rate is tried.
    pub to: Rate,
    /// How close the rate that holds and the one that fails must come: 0.05 is within 5 %.
    pub resolution: f64,
    /// How long a step sends requests at most, those that it leaves out at its start among them.
    pub step_time: Duration,
    /// What each step leaves out at its start.
    pub warm_up: Duration,
    /// Whether a step counts even if haul did not send what was asked for.
    pub allow_doubt: bool,
}

impl FindRate {
    /// The closest resolution: rates have three digits.
    pub const FINEST: f64 = 0.01;

    /// How long a step takes at most, unless something else is said.
    pub const STEP_TIME: Duration = Duration::from_secs(30);

    /// How close the two rates come, unless something else is said.
    pub const RESOLUTION: f64 = 0.05;

    /// What a step of `step_time` leaves out at its start, unless something else is said.
    pub fn warm_up_of(step_time: Duration) -> Duration {
        step_time / 10
    }
}
