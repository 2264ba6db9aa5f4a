//! The times of a list, replayed at their own pace.

use std::time::Duration;

/// Turns the times that a list gives into times since the replay began.
#[derive(Debug)]
pub(super) struct ReplayClock {
    speed: f64,
    /// The first time of the list, once known.
    first: Option<Duration>,
    /// The latest time that this has returned.
    last: Duration,
}

impl ReplayClock {
    pub(super) fn new(speed: f64) -> Self {
        ReplayClock { speed, first: None, last: Duration::ZERO }
    }

    /// When the request that the list has at `at` is due: the first at once, and none before the one above it.
    pub(super) fn time_of(&mut self, at: Duration) -> Duration {
        let first = *self.first.get_or_insert(at);
        let passed = at.saturating_sub(first);
        // A division would round times that need not change.
        let time = match self.speed {
            1.0 => passed,
            speed => Duration::try_from_secs_f64(passed.as_secs_f64() / speed).unwrap_or(Duration::MAX),
        };
        self.last = self.last.max(time);
        self.last
    }
}
