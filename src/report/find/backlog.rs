//! Whether requests pile up.

use std::time::Duration;

/// How many intervals a step is divided into.
const INTERVALS: u32 = 64;

/// A backlog has at least so many requests.
const LEAST: f64 = 8.0;

/// How many requests were in flight over the time of a step, as those that started saw it.
#[derive(Debug)]
pub(super) struct Backlog {
    width: Duration,
    intervals: Vec<Interval>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Interval {
    starts: u64,
    in_flight: u64,
}

/// How a backlog grew.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Growth {
    /// How many requests were in flight in the first quarter of the time, and in the last.
    pub(super) from: f64,
    pub(super) to: f64,
    /// The share of the requests in between that was not answered.
    pub(super) share: f64,
}

impl Backlog {
    /// Of a step that takes `time`.
    pub(super) fn new(time: Duration) -> Self {
        Backlog { width: (time / INTERVALS).max(Duration::from_nanos(1)), intervals: Vec::new() }
    }

    /// A request started at `time`, when so many others were in flight.
    pub(super) fn start(&mut self, time: Duration, in_flight: u64) {
        let at = (time.as_nanos() / self.width.as_nanos()).min(u128::from(INTERVALS)) as usize;
        if self.intervals.len() <= at {
            self.intervals.resize(at + 1, Interval::default());
        }
        self.intervals[at].starts += 1;
        self.intervals[at].in_flight += in_flight;
    }

    /// How it grew: none if it did not in each quarter of the time.
    pub(super) fn growth(&self) -> Option<Growth> {
        let quarter = self.intervals.len() / 4;
        if quarter == 0 {
            return None;
        }
        let mut means = [0.0; 4];
        for (mean, part) in means.iter_mut().zip(self.intervals.chunks(quarter)) {
            let starts: u64 = part.iter().map(|interval| interval.starts).sum();
            *mean = part.iter().map(|interval| interval.in_flight).sum::<u64>() as f64 / starts.max(1) as f64;
        }
        let starts: u64 = self.intervals[..4 * quarter].iter().map(|interval| interval.starts).sum();
        let grown = means[3] - means[0];
        let share = grown / (starts as f64 * 0.75).max(1.0);
        (means.is_sorted_by(|one, next| one < next) && grown >= LEAST).then_some(Growth {
            from: means[0],
            to: means[3],
            share,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The backlog of ten seconds at 100 requests per second, of which so many are in flight.
    fn growth(in_flight: impl Fn(u64) -> u64) -> Option<Growth> {
        let mut backlog = Backlog::new(Duration::from_secs(10));
        (0..1000).for_each(|n| backlog.start(Duration::from_millis(n * 10), in_flight(n)));
        backlog.growth()
    }

    #[test]
    fn what_is_not_answered_adds_up() {
        let growth = growth(|n| n / 10).unwrap();
        assert!((growth.share - 0.1).abs() < 0.01, "{growth:?}");
        assert!((growth.from - 12.0).abs() < 1.0 && (growth.to - 87.0).abs() < 1.0, "{growth:?}");
    }

    #[test]
    fn what_stays_or_swings_does_not_grow() {
        assert_eq!(growth(|_| 50), None);
        assert_eq!(growth(|n| if (n / 100) % 2 == 0 { 10 } else { 200 }), None);
        assert_eq!(growth(|n| n / 200), None);
        assert_eq!(Backlog::new(Duration::from_secs(1)).growth(), None);
    }
}
