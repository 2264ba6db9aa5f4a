//! The processor time of this process.

use std::time::Duration;

/// The processor time that this process has used so far, if the system tells.
#[cfg(unix)]
pub(super) fn time() -> Option<Duration> {
    use rustix::time::{ClockId, clock_gettime};
    clock_gettime(ClockId::ProcessCPUTime).try_into().ok()
}

#[cfg(not(unix))]
pub(super) fn time() -> Option<Duration> {
    None
}
