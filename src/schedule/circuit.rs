//! A host that cannot be reached gets no requests, and then one at a time that probes whether it is back.

use std::time::Duration;

/// How many failed connections in a row open the circuit.
pub(super) const FAILURES: u32 = 10;

/// The pause before the first probe; each one that fails doubles the next.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// The longest pause between two probes.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// How long an unreachable host without jobs is remembered after its last probe.
const REMEMBERED: Duration = Duration::from_secs(300);

/// The state of a host whose last connections failed. A host that answers has none.
#[derive(Debug, Clone, Default)]
pub(super) struct Circuit {
    failures: u32,
    outage: Option<Outage>,
}

#[derive(Debug, Clone, Copy)]
struct Outage {
    since: Duration,
    pause: Duration,
    /// When it may be probed.
    until: Duration,
}

impl Circuit {
    /// Counts a failed connection, which was a `probe` or not. True if that opens the circuit, or opens it again.
    pub(super) fn failed(&mut self, probe: bool, now: Duration) -> bool {
        self.failures = self.failures.saturating_add(1);
        let pause = match self.outage {
            None if self.failures >= FAILURES => FIRST_PAUSE,
            Some(outage) if probe => (outage.pause * 2).min(LONGEST_PAUSE),
            _ => return false,
        };
        let since = self.outage.map_or(now, |outage| outage.since);
        self.outage = Some(Outage { since, pause, until: now + pause });
        true
    }

    /// Whether no request may start, or only a probe.
    pub(super) fn is_open(&self) -> bool {
        self.outage.is_some()
    }

    /// When the next probe may start; zero if the circuit is closed.
    pub(super) fn until(&self) -> Duration {
        self.outage.map_or(Duration::ZERO, |outage| outage.until)
    }

    /// From when on jobs do not wait for it to close.
    pub(super) fn given_up_from(&self, max_outage: Duration) -> Option<Duration> {
        self.outage.map(|outage| outage.since.saturating_add(max_outage))
    }

    /// When it is out of date.
    pub(super) fn outdated_at(&self) -> Duration {
        self.outage.map_or(Duration::ZERO, |outage| outage.until + REMEMBERED)
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
        assert!(!circuit.is_open() && circuit.until().is_zero() && circuit.given_up_from(SECOND).is_none());
        assert!(circuit.failed(false, SECOND));
        assert_eq!((circuit.is_open(), circuit.until()), (true, 2 * SECOND));
        assert_eq!(circuit.given_up_from(60 * SECOND), Some(61 * SECOND));
    }

    #[test]
    fn pauses_between_probes_grow_to_a_bound() {
        let mut circuit = Circuit::default();
        let mut now = Duration::ZERO;
        let mut pauses = Vec::new();
        (0..FAILURES).for_each(|_| assert!(!circuit.is_open() && circuit.failed(false, now) == circuit.is_open()));
        for _ in 0..7 {
            assert!(!circuit.failed(false, now), "one that started before tells nothing new");
            pauses.push((circuit.until() - now).as_secs());
            now = circuit.until();
            assert!(circuit.failed(true, now));
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 30, 30]);
        assert_eq!(circuit.given_up_from(SECOND), Some(SECOND), "since it was opened first");
    }
}
