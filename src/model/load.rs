//! What a probe knows of a job, and what it counts.

use std::time::{Duration, SystemTime};

/// What a probe knows of a job. [`Job::admitted`](super::Job::admitted) is then the intended start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoadState {
    /// When its first attempt was to start.
    pub intended_at: SystemTime,
    /// Whether the report leaves it out.
    pub warm_up: bool,
    /// Whether an attempt had a connection, so that the request left.
    pub has_left: bool,
    /// How long the attempts before the present one took on the wire.
    pub earlier_attempts: Duration,
}

impl LoadState {
    /// When its first attempt was to start, in microseconds since 1970.
    pub fn intended_us(&self) -> Option<u64> {
        let since = self.intended_at.duration_since(SystemTime::UNIX_EPOCH).ok()?;
        u64::try_from(since.as_micros()).ok()
    }
}

/// What kept a start from happening at its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MissedBy {
    /// As many requests as allowed were in flight.
    InFlight,
    /// No memory was left for another body.
    Memory,
    /// The output did not keep up.
    Output,
    /// A limit on the requests to the host.
    HostLimit,
    /// The generator was so late that the time was over.
    Late,
}

impl MissedBy {
    /// Every cause, in the order above.
    pub const ALL: [MissedBy; 5] =
        [MissedBy::InFlight, MissedBy::Memory, MissedBy::Output, MissedBy::HostLimit, MissedBy::Late];

    /// Its name: `in_flight`, `memory`, `output`, `host_limit` or `late`.
    pub fn as_str(self) -> &'static str {
        match self {
            MissedBy::InFlight => "in_flight",
            MissedBy::Memory => "memory",
            MissedBy::Output => "output",
            MissedBy::HostLimit => "host_limit",
            MissedBy::Late => "late",
        }
    }
}
