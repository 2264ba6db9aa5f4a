//! How long responses took.

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize, Serializer};

/// The longest latency that is told apart, in microseconds: one hour. What took longer counts as this.
pub const LONGEST_US: u64 = 3_600_000_000;

/// The most latencies that a stored report may claim: far above any run, and low enough for no sum to overflow.
const MAX_STORED: u64 = 1 << 53;

/// Count, sum and extremes of some latencies in microseconds: exact, and small enough to keep for every host.
///
/// It is stored as these four numbers, or as null if there are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Option<[u64; 4]>", try_from = "Option<[u64; 4]>")]
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
        self.sum = self.sum.saturating_add(other.sum);
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }

    pub(super) fn mean(&self) -> Option<u64> {
        (self.count > 0).then(|| self.sum.saturating_add(self.count / 2) / self.count)
    }

    pub(super) fn min(&self) -> Option<u64> {
        (self.count > 0).then_some(self.min)
    }

    pub(super) fn max(&self) -> Option<u64> {
        (self.count > 0).then_some(self.max)
    }
}

impl From<Spread> for Option<[u64; 4]> {
    fn from(spread: Spread) -> Self {
        (spread.count > 0).then_some([spread.count, spread.sum, spread.min, spread.max])
    }
}

impl TryFrom<Option<[u64; 4]>> for Spread {
    type Error = &'static str;

    fn try_from(stored: Option<[u64; 4]>) -> Result<Self, Self::Error> {
        match stored {
            None => Ok(Spread::default()),
            Some([1..=MAX_STORED, _, min, max]) if min > max || max > LONGEST_US => Err("invalid latency extremes"),
            Some([count @ 1..=MAX_STORED, sum, min, max]) => Ok(Spread { count, sum, min, max }),
            Some(_) => Err("an invalid latency count"),
        }
    }
}

/// The distribution of latencies, to three significant digits.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "Stored")]
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

/// A distribution as it is stored: its buckets that are not empty, each by its least value.
#[derive(Serialize, Deserialize)]
struct Stored {
    spread: Spread,
    counts: Vec<(u64, u64)>,
}

impl Serialize for Latency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let buckets = self.counts.iter_recorded();
        let counts = buckets.map(|at| (self.counts.lowest_equivalent(at.value_iterated_to()), at.count_at_value()));
        Stored { spread: self.spread, counts: counts.collect() }.serialize(serializer)
    }
}

impl TryFrom<Stored> for Latency {
    type Error = &'static str;

    fn try_from(Stored { spread, counts }: Stored) -> Result<Self, Self::Error> {
        let total = counts.iter().try_fold(0u64, |sum, &(_, count)| sum.checked_add(count));
        if total != Some(spread.count) {
            return Err("latency buckets do not add up");
        }
        let mut latency = Latency { spread, ..Latency::default() };
        for (us, count) in counts {
            latency.counts.record_n(us, count).map_err(|_| "an invalid latency")?;
        }
        Ok(latency)
    }
}
