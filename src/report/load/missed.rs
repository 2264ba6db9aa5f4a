//! Starts of a probe that did not happen.

use serde::{Deserialize, Serialize};

use crate::model::MissedBy;

/// Starts that haul's own limits prevented, by cause.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissedStarts {
    /// As many requests as allowed were in flight.
    pub in_flight: u64,
    /// No memory was left for another body.
    pub memory: u64,
    /// The output did not keep up.
    pub output: u64,
    /// A limit on the requests to the host.
    pub host_limit: u64,
    /// The generator was so late that the time was over.
    pub late: u64,
}

impl MissedStarts {
    /// Those of one cause.
    pub fn by(&self, cause: MissedBy) -> u64 {
        match cause {
            MissedBy::InFlight => self.in_flight,
            MissedBy::Memory => self.memory,
            MissedBy::Output => self.output,
            MissedBy::HostLimit => self.host_limit,
            MissedBy::Late => self.late,
        }
    }

    /// All of them.
    pub fn total(&self) -> u64 {
        MissedBy::ALL.iter().fold(0, |sum, cause| sum.saturating_add(self.by(*cause)))
    }

    pub(super) fn add(&mut self, cause: MissedBy, count: u64) {
        let starts = match cause {
            MissedBy::InFlight => &mut self.in_flight,
            MissedBy::Memory => &mut self.memory,
            MissedBy::Output => &mut self.output,
            MissedBy::HostLimit => &mut self.host_limit,
            MissedBy::Late => &mut self.late,
        };
        *starts = starts.saturating_add(count);
    }

    pub(super) fn merge(&mut self, other: MissedStarts) {
        MissedBy::ALL.iter().for_each(|cause| self.add(*cause, other.by(*cause)));
    }
}
