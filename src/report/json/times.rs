//! Distributions of times: for readers, and for merging.

use std::io;

use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer, ser};

use crate::report::latency::Latency;
use crate::report::latency_ms::LatencyMs;
use crate::report::latency_us::{LatencyUs, filled, present};
use crate::report::times::Times;

/// One distribution.
#[derive(Serialize)]
pub(super) struct Distribution {
    #[serde(rename = "latency_ms")]
    ms: LatencyMs,
    #[serde(rename = "latency_us")]
    us: Option<LatencyUs>,
    #[serde(rename = "latency_histogram")]
    histogram: Option<String>,
}

impl Distribution {
    /// Marks it if requests were left out that would have waited.
    pub(super) fn censored(self, censored: bool) -> Self {
        Distribution { ms: self.ms.censored(censored), ..self }
    }

    pub(super) fn new(times: &Latency) -> io::Result<Self> {
        Ok(Distribution { ms: LatencyMs::from(times), us: LatencyUs::of(times.stats), histogram: times.to_hdr()? })
    }
}

/// Each distribution under its name.
pub(super) struct Distributions<'a> {
    pub(super) times: &'a Times,
    /// Whether requests were left out that would have waited.
    pub(super) censored: bool,
}

impl Serialize for Distributions<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, times) in self.times.named() {
            let distribution = Distribution::new(times).map_err(ser::Error::custom)?;
            let Distribution { ms, us, histogram } = distribution.censored(self.censored && name == "latency");
            map.serialize_entry(&format!("{name}_ms"), &ms)?;
            map.serialize_entry(&format!("{name}_us"), &us)?;
            map.serialize_entry(&format!("{name}_histogram"), &histogram)?;
        }
        map.end()
    }
}

/// What is read back of them. Earlier versions wrote only the latency.
#[derive(Deserialize)]
pub(super) struct SavedTimes {
    #[serde(deserialize_with = "present")]
    latency_us: Option<LatencyUs>,
    #[serde(deserialize_with = "present")]
    latency_histogram: Option<String>,
    service_time_us: Option<LatencyUs>,
    service_time_histogram: Option<String>,
    connect_us: Option<LatencyUs>,
    connect_histogram: Option<String>,
    wait_us: Option<LatencyUs>,
    wait_histogram: Option<String>,
}

impl SavedTimes {
    /// Fills empty distributions.
    pub(super) fn into(self, empty: Times) -> Result<Times, &'static str> {
        Ok(Times {
            latency: filled(empty.latency, self.latency_us, self.latency_histogram)?,
            service_time: filled(empty.service_time, self.service_time_us, self.service_time_histogram)?,
            connect: filled(empty.connect, self.connect_us, self.connect_histogram)?,
            wait: filled(empty.wait, self.wait_us, self.wait_histogram)?,
        })
    }
}
