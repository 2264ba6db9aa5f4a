//! How long requests took, and the parts of it.

use serde::{Deserialize, Deserializer, Serialize};

use super::latency::Latency;
use crate::model::RecordSummary;

/// How long some requests took, and the parts of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Times {
    /// From the intended start in a probe, otherwise that of the last attempt.
    pub(super) latency: Latency,
    /// The time on the wire, of the requests of a probe.
    #[serde(default, skip_serializing_if = "Latency::is_empty")]
    pub(super) service_time: Latency,
    #[serde(default, skip_serializing_if = "Latency::is_empty")]
    pub(super) connect: Latency,
    #[serde(default, skip_serializing_if = "Latency::is_empty")]
    pub(super) wait: Latency,
}

impl Times {
    pub(super) fn sparse() -> Self {
        let [latency, service_time, connect, wait] = [(); 4].map(|()| Latency::sparse());
        Times { latency, service_time, connect, wait }
    }

    pub(super) fn coarse() -> Self {
        let [latency, service_time, connect, wait] = [(); 4].map(|()| Latency::coarse());
        Times { latency, service_time, connect, wait }
    }

    pub(super) fn deserialize_sparse<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut times = Times::sparse();
        times.merge(&Times::deserialize(deserializer)?);
        Ok(times)
    }

    pub(super) fn add(&mut self, record: &RecordSummary<'_>) {
        if let Some(us) = record.latency_us {
            self.latency.add(us);
            if record.intended_us.is_some() {
                self.service_time.add(record.service_us.unwrap_or(us));
            }
        }
        record.connect_us.into_iter().for_each(|us| self.connect.add(us));
        record.wait_us.into_iter().for_each(|us| self.wait.add(us));
    }

    pub(super) fn merge(&mut self, other: &Times) {
        self.latency.merge(&other.latency);
        self.service_time.merge(&other.service_time);
        self.connect.merge(&other.connect);
        self.wait.merge(&other.wait);
    }

    /// The time on the wire: without a pace, it is the latency.
    pub(super) fn service_time(&self) -> &Latency {
        if self.service_time.is_empty() { &self.latency } else { &self.service_time }
    }

    /// Each distribution and its name.
    pub(super) fn named(&self) -> [(&'static str, &Latency); 4] {
        let Times { latency, service_time, connect, wait } = self;
        [("latency", latency), ("service_time", service_time), ("connect", connect), ("wait", wait)]
    }
}
