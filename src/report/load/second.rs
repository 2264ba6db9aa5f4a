//! How a probe kept its pace, second by second.

use serde::{Deserialize, Serialize};

use super::missed::MissedStarts;
use super::share::{Share, Waits};
use crate::report::latency::Latency;
use crate::report::merge::{Merge, add};
use crate::report::series::Series;

/// What happened in the starts that were due in some seconds, and in those seconds.
///
/// Counts and lags add up over machines and over the seconds of an interval; of everything else the worst stays, so that
/// the order of merging does not matter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::report) struct Second {
    pub(in crate::report) asked: u64,
    pub(in crate::report) started: u64,
    pub(in crate::report) missed: MissedStarts,
    #[serde(deserialize_with = "Latency::deserialize_coarse")]
    pub(in crate::report) lag: Latency,
    /// The most on one machine.
    pub(in crate::report) in_flight: u64,
    /// The share of its cores that the busiest process used.
    pub(in crate::report) cpu: Share,
    pub(in crate::report) waits: Waits,
}

impl Default for Second {
    fn default() -> Self {
        Second {
            asked: 0,
            started: 0,
            missed: MissedStarts::default(),
            lag: Latency::coarse(),
            in_flight: 0,
            cpu: Share::default(),
            waits: Waits::default(),
        }
    }
}

impl Merge for Second {
    fn merge(&mut self, other: &Self) {
        add([(&mut self.asked, other.asked), (&mut self.started, other.started)]);
        self.missed.merge(other.missed);
        self.lag.merge(&other.lag);
        self.in_flight = self.in_flight.max(other.in_flight);
        self.cpu = self.cpu.max(other.cpu);
        self.waits = self.waits.max(other.waits);
    }
}

impl Series<Second> {
    /// Whether starts were missed in the time from `from` until `until`.
    pub(in crate::report) fn has_missed(&self, from: u64, until: u64) -> bool {
        self.within(from, until).any(|second| second.missed.total() > 0)
    }
}
