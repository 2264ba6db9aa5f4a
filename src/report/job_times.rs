//! How long jobs took, which their records do not say.

use std::time::Duration;

use serde::{Serialize, Serializer};

use super::latency::Latency;
use super::latency_ms::LatencyMs;

/// How long jobs took, from the start of the first attempt to the end of the last.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct JobTimes(Option<Box<Latency>>);

impl JobTimes {
    /// Adds the time of one job.
    pub fn add(&mut self, time: Duration) {
        let times = self.0.get_or_insert_default();
        times.add(u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
    }

    /// The times of a distribution that was read back.
    pub(super) fn of(times: Latency) -> Self {
        JobTimes((!times.is_empty()).then(|| times.into()))
    }

    pub(super) fn latency(&self) -> Option<&Latency> {
        self.0.as_deref()
    }
}

impl Serialize for JobTimes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.latency().map(LatencyMs::from).serialize(serializer)
    }
}
