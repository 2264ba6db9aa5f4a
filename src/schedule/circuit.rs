//! A host that cannot be reached is left alone, and then asked by one request at a time whether it is back.

use std::time::Duration;

/// Failures to connect in a row that open it.
pub(super) const FAILURES: u32 = 10;

/// The pause before the first probe; each one that fails doubles the next.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// The longest pause between two probes.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// How long past its last probe a host that has no job is remembered as unreachable.
const REMEMBERED: Duration = Duration::from_secs(300);

/// What is kept of a host whose last connections failed. One that answers has none.
#[derive(Debug, Clone, Default)]
pub(super) struct Circuit {
    failures: u32,
    open: Option<Open>,
}

#[derive(Debug, Clone, Copy)]
struct Open {
    since: Duration,
    pause: Duration,
    /// When it may be probed.
    until: Duration,
}

impl Circuit {
    /// Takes in a failure to connect. `probe`: of the request that was to see whether the host is back. True where
    /// the circuit opens, or opens again.
    pub(super) fn failed(&mut self, probe: bool, now: Duration) -> bool {
        self.failures = self.failures.saturating_add(1);
        let pause = match self.open {
            None if self.failures >= FAILURES => FIRST_PAUSE,
            Some(open) if probe => (open.pause * 2).min(LONGEST_PAUSE),
            _ => return false,
        };
        let since = self.open.map_or(now, |open| open.since);
        self.open = Some(Open { since, pause, until: now + pause });
        true
    }

    /// Whether requests are withheld, or one is out to see.
    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// When the next probe may leave; zero where it is closed.
    pub(super) fn until(&self) -> Duration {
        self.open.map_or(Duration::ZERO, |open| open.until)
    }

    /// From when on jobs no longer wait for it to close.
    pub(super) fn hopeless_from(&self, patience: Duration) -> Option<Duration> {
        self.open.map(|open| open.since.saturating_add(patience))
    }

    /// When it may be forgotten.
    pub(super) fn forgotten_at(&self) -> Duration {
        self.open.map_or(Duration::ZERO, |open| open.until + REMEMBERED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn it_opens_after_so_many_failures_in_a_row() {
        let mut circuit = Circuit::default();
        assert_eq!((1..10).filter(|_| circuit.failed(false, SECOND)).count(), 0);
        assert!(!circuit.is_open() && circuit.until().is_zero() && circuit.hopeless_from(SECOND).is_none());
        assert!(circuit.failed(false, SECOND));
        assert_eq!((circuit.is_open(), circuit.until()), (true, 2 * SECOND));
        assert_eq!(circuit.hopeless_from(60 * SECOND), Some(61 * SECOND));
    }

    #[test]
    fn pauses_between_probes_grow_to_a_bound() {
        let mut circuit = Circuit::default();
        let mut now = Duration::ZERO;
        let mut pauses = Vec::new();
        (0..FAILURES).for_each(|_| assert!(!circuit.is_open() && circuit.failed(false, now) == circuit.is_open()));
        for _ in 0..7 {
            assert!(!circuit.failed(false, now), "one that left before tells nothing new");
            pauses.push((circuit.until() - now).as_secs());
            now = circuit.until();
            assert!(circuit.failed(true, now));
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 30, 30]);
        assert_eq!(circuit.hopeless_from(SECOND), Some(SECOND), "since it was opened first");
    }
}
