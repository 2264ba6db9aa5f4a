//! How long responses took.

use hdrhistogram::Histogram;

/// The longest latency that is told apart, in microseconds: one hour. What took longer counts as this.
pub const LONGEST_US: u64 = 3_600_000_000;

/// Count, sum and extremes of some latencies in microseconds: exact, and small enough to keep for every host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spread {
    pub(super) count: u64,
    sum: u64,
    min: u64,
    max: u64,
}

impl Default for Spread {
    fn default() -> Self {
        Spread { count: 0, sum: 0, min: u64::MAX, max: 0 }
    }
}

impl Spread {
    pub(super) fn of(us: u64) -> Self {
        let us = us.min(LONGEST_US);
        Spread { count: 1, sum: us, min: us, max: us }
    }

    pub(super) fn merge(&mut self, other: &Spread) {
        self.count += other.count;
        self.sum += other.sum;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }

    pub(super) fn mean(&self) -> Option<u64> {
        (self.count > 0).then(|| (self.sum + self.count / 2) / self.count)
    }

    pub(super) fn min(&self) -> Option<u64> {
        (self.count > 0).then_some(self.min)
    }

    pub(super) fn max(&self) -> Option<u64> {
        (self.count > 0).then_some(self.max)
    }
}

/// The distribution of latencies, to three significant digits.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Latency {
    pub(super) spread: Spread,
    counts: Histogram<u64>,
}

impl Default for Latency {
    fn default() -> Self {
        let counts = Histogram::new_with_bounds(1, LONGEST_US, 3).expect("the bounds are in order");
        Latency { spread: Spread::default(), counts }
    }
}

impl Latency {
    pub(super) fn add(&mut self, us: u64) {
        let one = Spread::of(us);
        self.spread.merge(&one);
        self.counts.saturating_record(one.sum);
    }

    pub(super) fn merge(&mut self, other: &Latency) {
        self.spread.merge(&other.spread);
        self.counts.add(&other.counts).expect("all histograms have the same bounds");
    }

    /// The latency that the fraction `quantile` of responses did not exceed.
    pub(super) fn at(&self, quantile: f64) -> Option<u64> {
        // A histogram answers with the upper end of a bucket, which may lie above every latency in it.
        self.spread.max().map(|max| self.counts.value_at_quantile(quantile).min(max))
    }
}
