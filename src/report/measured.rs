//! What thresholds look at: the figures of all requests, or of one group.

use super::Report;
use super::groups::GroupTotals;
use super::latency::Latency;
use super::statuses::Statuses;
use crate::model::ErrorKind;

/// The figures of all requests, or of one group.
#[derive(Debug, Clone, Copy)]
pub(super) struct Measured<'a> {
    pub(super) records: u64,
    pub(super) failed: u64,
    pub(super) statuses: &'a Statuses,
    /// How often each kind of error occurred, at the index of the kind.
    pub(super) errors: [u64; ErrorKind::ALL.len()],
    /// From the intended start, or from the start of the attempt in a run without a pace.
    pub(super) latency: &'a Latency,
    /// The time on the wire.
    pub(super) service_time: &'a Latency,
    pub(super) connect: &'a Latency,
    pub(super) wait: &'a Latency,
}

impl Report {
    /// The figures of a group, or of all requests; `None` if no record is of that group.
    pub(super) fn measured(&self, group: Option<&str>) -> Option<Measured<'_>> {
        match group {
            Some(name) => self.groups.get(name).map(Measured::of),
            None => Some(self.measured_whole()),
        }
    }

    /// How many requests got an answer, whatever it says.
    pub(super) fn answers(&self) -> u64 {
        self.statuses.total()
    }

    fn measured_whole(&self) -> Measured<'_> {
        let mut errors = [0; ErrorKind::ALL.len()];
        self.errors.iter().for_each(|(kind, group)| errors[kind as usize] = group.count);
        Measured {
            records: self.totals.records,
            failed: self.totals.failed,
            statuses: &self.statuses,
            errors,
            latency: &self.times.latency,
            service_time: self.times.service_time(),
            connect: &self.times.connect,
            wait: &self.times.wait,
        }
    }
}

impl<'a> Measured<'a> {
    /// How many requests got an answer, whatever it says.
    pub(super) fn answers(&self) -> u64 {
        self.statuses.total()
    }

    fn of(group: &'a GroupTotals) -> Self {
        Measured {
            records: group.requests,
            failed: group.failed,
            statuses: &group.statuses,
            errors: group.errors.0,
            latency: &group.times.latency,
            service_time: group.times.service_time(),
            connect: &group.times.connect,
            wait: &group.times.wait,
        }
    }
}
