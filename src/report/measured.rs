//! What thresholds look at: the figures of all requests, or of one group.

use std::time::Duration;

use super::Report;
use super::groups::GroupTotals;
use super::statuses::Statuses;
use super::times::Times;
use crate::model::ErrorKind;

/// The figures of all requests, or of one group.
#[derive(Debug, Clone, Copy)]
pub(super) struct Measured<'a> {
    pub(super) records: u64,
    pub(super) failed: u64,
    pub(super) statuses: &'a Statuses,
    /// How often each kind of error occurred, at the index of the kind.
    pub(super) errors: [u64; ErrorKind::ALL.len()],
    pub(super) times: &'a Times,
}

impl Report {
    /// The figures of a group, or of all requests; `None` if no record is of that group.
    pub(super) fn measured(&self, group: Option<&str>) -> Option<Measured<'_>> {
        match group {
            Some(name) => self.groups.get(name).map(Measured::of),
            None => Some(self.measured_whole()),
        }
    }

    /// The figures of all requests.
    pub(super) fn measured_whole(&self) -> Measured<'_> {
        let mut errors = [0; ErrorKind::ALL.len()];
        self.errors.iter().for_each(|(kind, failures)| errors[kind as usize] = failures.count);
        Measured {
            records: self.totals.records,
            failed: self.totals.failed,
            statuses: &self.statuses,
            errors,
            times: &self.times,
        }
    }
}

impl<'a> Measured<'a> {
    /// How many requests got an answer, whatever it says.
    pub(super) fn answers(&self) -> u64 {
        self.statuses.total()
    }

    /// Answers per second, over `duration`.
    pub(super) fn answer_rate(&self, duration: Duration) -> Option<f64> {
        let seconds = duration.as_secs_f64();
        (seconds > 0.0).then(|| self.answers() as f64 / seconds)
    }

    pub(super) fn of(group: &'a GroupTotals) -> Self {
        Measured {
            records: group.requests,
            failed: group.failed,
            statuses: &group.statuses,
            errors: group.errors.0,
            times: &group.times,
        }
    }
}
