//! How long a probe took.

use std::time::Duration;

use super::{LoadFacts, Model};

impl LoadFacts {
    /// The time that passed until the last answer, as far as the pace tells. The starts of a replay have no even
    /// interval that could follow the last one.
    pub(in crate::report) fn elapsed(&self) -> Option<Duration> {
        match self.model {
            Model::Replay => Some(Duration::from_micros(self.active.covered())).filter(|time| !time.is_zero()),
            _ => self.duration(),
        }
    }
}
