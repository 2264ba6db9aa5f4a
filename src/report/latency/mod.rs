//! How long something took: exact sums and extremes, and a histogram.

mod hdr;
mod sparse;
mod stats;
#[cfg(test)]
mod tests;

use hdrhistogram::Histogram;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use self::sparse::Sparse;
pub(super) use self::stats::LatencyStats;

/// The longest latency in microseconds: one hour. What takes longer counts as this.
pub const LONGEST_US: u64 = 3_600_000_000;

/// The significant digits of a histogram, and those of a [coarse](Latency::coarse) one.
const DIGITS: u8 = 3;
const COARSE_DIGITS: u8 = 2;

/// The distribution of some times, to three significant digits.
#[derive(Debug, Clone)]
pub(super) struct Latency {
    pub(super) stats: LatencyStats,
    counts: Counts,
}

#[derive(Debug, Clone)]
enum Counts {
    /// Fast, and large.
    Dense(Box<Histogram<u64>>),
    Sparse(Sparse, u8),
}

fn empty(digits: u8) -> Histogram<u64> {
    Histogram::new_with_bounds(1, LONGEST_US, digits).expect("the bounds are in order")
}

impl Default for Latency {
    fn default() -> Self {
        Latency { stats: LatencyStats::default(), counts: Counts::Dense(Box::new(empty(DIGITS))) }
    }
}

/// How its memory is laid out makes no difference.
impl PartialEq for Latency {
    fn eq(&self, other: &Self) -> bool {
        self.stats == other.stats && self.buckets().eq(other.buckets())
    }
}

impl Latency {
    /// As exact, in little memory while the values are few.
    pub(super) fn sparse() -> Self {
        Latency { stats: LatencyStats::default(), counts: Counts::Sparse(Sparse::new(DIGITS), DIGITS) }
    }

    /// With an error below 1 %, in a tenth of the memory.
    pub(super) fn coarse() -> Self {
        Latency { stats: LatencyStats::default(), counts: Counts::Sparse(Sparse::new(COARSE_DIGITS), COARSE_DIGITS) }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.stats.count == 0
    }

    pub(super) fn add(&mut self, us: u64) {
        let us = us.min(LONGEST_US);
        self.stats.merge(&LatencyStats::of(us));
        self.count(us, 1);
    }

    pub(super) fn merge(&mut self, other: &Latency) {
        self.stats.merge(&other.stats);
        match (&mut self.counts, &other.counts) {
            (Counts::Dense(counts), Counts::Dense(others)) => counts.add(&**others).expect("the same bounds"),
            _ => other.buckets().for_each(|(us, times)| self.count(us, times)),
        }
    }

    /// The time that the fraction `quantile` of them did not exceed.
    pub(super) fn at(&self, quantile: f64) -> Option<u64> {
        let max = self.stats.max()?;
        // A histogram answers with the upper end of a bucket, which may lie above every latency in it.
        Some(max.min(match &self.counts {
            Counts::Dense(counts) => counts.value_at_quantile(quantile),
            Counts::Sparse(counts, _) => counts.at(quantile, self.stats.count),
        }))
    }

    /// How many of them were longer than a time, as far as buckets tell.
    pub(super) fn above(&self, us: u64) -> u64 {
        self.buckets().filter(|(lowest, _)| *lowest > us).fold(0, |sum, (_, count)| sum.saturating_add(count))
    }

    /// Each bucket that is not empty, by its least value and in order, and how many values it has.
    pub(super) fn buckets(&self) -> Box<dyn Iterator<Item = (u64, u64)> + '_> {
        match &self.counts {
            Counts::Sparse(counts, _) => Box::new(counts.buckets()),
            Counts::Dense(counts) => {
                let lowest = |us| counts.lowest_equivalent(us);
                Box::new(counts.iter_recorded().map(move |at| (lowest(at.value_iterated_to()), at.count_at_value())))
            }
        }
    }

    fn count(&mut self, us: u64, times: u64) {
        match &mut self.counts {
            Counts::Dense(counts) => counts.saturating_record_n(us, times),
            Counts::Sparse(counts, _) => counts.add(u32::try_from(us).unwrap_or(u32::MAX), times),
        }
    }

    fn digits(&self) -> u8 {
        match &self.counts {
            Counts::Dense(_) => DIGITS,
            Counts::Sparse(_, digits) => *digits,
        }
    }

    fn dense(&self) -> Option<&Histogram<u64>> {
        if let Counts::Dense(counts) = &self.counts { Some(counts) } else { None }
    }

    /// An empty distribution, filled with what was read back.
    fn filled(mut self, stats: LatencyStats, histogram: Histogram<u64>) -> Self {
        self.stats = stats;
        match &mut self.counts {
            Counts::Dense(counts) => **counts = histogram,
            Counts::Sparse(counts, _) => {
                for at in histogram.iter_recorded() {
                    counts.add(u32::try_from(at.value_iterated_to()).unwrap_or(u32::MAX), at.count_at_value());
                }
            }
        }
        self
    }
}

/// The form of a latency in a checkpoint: the buckets that are not empty, each by its least value.
#[derive(Serialize, Deserialize)]
struct LatencyRepr {
    spread: LatencyStats,
    counts: Vec<(u64, u64)>,
}

const WRONG_TOTAL: &str = "latency buckets do not add up";

impl Serialize for Latency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        LatencyRepr { spread: self.stats, counts: self.buckets().collect() }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Latency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Latency::default().read(deserializer)
    }
}

impl Latency {
    pub(super) fn deserialize_coarse<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Latency::coarse().read(deserializer)
    }

    fn read<'de, D: Deserializer<'de>>(mut self, deserializer: D) -> Result<Self, D::Error> {
        let LatencyRepr { spread: stats, counts } = LatencyRepr::deserialize(deserializer)?;
        let total = counts.iter().try_fold(0u64, |sum, &(_, count)| sum.checked_add(count));
        if total != Some(stats.count) {
            return Err(de::Error::custom(WRONG_TOTAL));
        }
        self.stats = stats;
        for (us, times) in counts {
            if us > LONGEST_US {
                return Err(de::Error::custom("an invalid latency"));
            }
            self.count(us, times);
        }
        Ok(self)
    }
}
