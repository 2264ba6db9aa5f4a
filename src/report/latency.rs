//! How long responses took: exact sums and extremes, and a histogram.

use std::io::Read;
use std::ops::Range;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use flate2::read::ZlibDecoder;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{
    Deserializer, Serializer as _, V2DeflateSerializeError, V2DeflateSerializer, V2Serializer,
};
use serde::{Deserialize, Serialize, Serializer};

/// The longest latency in microseconds: one hour. What takes longer counts as this.
pub const LONGEST_US: u64 = 3_600_000_000;

/// The most latencies that a saved report may claim: far above any run, and low enough that sums do not overflow.
const MAX_SAVED: u64 = 1 << 53;

/// The longest histogram once decompressed, in bytes: more than all buckets can take.
const MAX_PLAIN: u64 = 1 << 20;

/// Count, sum and extremes of some latencies in microseconds: exact, and small enough to keep for every host.
///
/// A checkpoint has these four numbers, or null if there are no latencies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Option<[u64; 4]>", try_from = "Option<[u64; 4]>")]
pub(super) struct LatencyStats {
    pub(super) count: u64,
    sum: u64,
    min: u64,
    max: u64,
}

impl Default for LatencyStats {
    fn default() -> Self {
        LatencyStats { count: 0, sum: 0, min: u64::MAX, max: 0 }
    }
}

impl LatencyStats {
    pub(super) fn of(us: u64) -> Self {
        let us = us.min(LONGEST_US);
        LatencyStats { count: 1, sum: us, min: us, max: us }
    }

    pub(super) fn merge(&mut self, other: &LatencyStats) {
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

impl From<LatencyStats> for Option<[u64; 4]> {
    fn from(stats: LatencyStats) -> Self {
        (stats.count > 0).then_some([stats.count, stats.sum, stats.min, stats.max])
    }
}

impl TryFrom<Option<[u64; 4]>> for LatencyStats {
    type Error = &'static str;

    fn try_from(saved: Option<[u64; 4]>) -> Result<Self, Self::Error> {
        match saved {
            None => Ok(LatencyStats::default()),
            Some([1..=MAX_SAVED, _, min, max]) if min > max || max > LONGEST_US => Err("invalid latency extremes"),
            Some([count @ 1..=MAX_SAVED, sum, min, max]) => Ok(LatencyStats { count, sum, min, max }),
            Some(_) => Err("an invalid latency count"),
        }
    }
}

/// The distribution of latencies, to three significant digits.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "LatencyRepr")]
pub(super) struct Latency {
    pub(super) stats: LatencyStats,
    counts: Histogram<u64>,
}

impl Default for Latency {
    fn default() -> Self {
        let counts = Histogram::new_with_bounds(1, LONGEST_US, 3).expect("the bounds are in order");
        Latency { stats: LatencyStats::default(), counts }
    }
}

impl Latency {
    pub(super) fn add(&mut self, us: u64) {
        let one = LatencyStats::of(us);
        self.stats.merge(&one);
        self.counts.saturating_record(one.sum);
    }

    pub(super) fn merge(&mut self, other: &Latency) {
        self.stats.merge(&other.stats);
        self.counts.add(&other.counts).expect("all histograms have the same bounds");
    }

    /// The latency that the fraction `quantile` of responses did not exceed.
    pub(super) fn at(&self, quantile: f64) -> Option<u64> {
        // A histogram answers with the upper end of a bucket, which may lie above every latency in it.
        self.stats.max().map(|max| self.counts.value_at_quantile(quantile).min(max))
    }
}

/// The form of a latency in a checkpoint: the buckets that are not empty, each by its least value.
#[derive(Serialize, Deserialize)]
struct LatencyRepr {
    spread: LatencyStats,
    counts: Vec<(u64, u64)>,
}

impl Serialize for Latency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let buckets = self.counts.iter_recorded();
        let counts = buckets.map(|at| (self.counts.lowest_equivalent(at.value_iterated_to()), at.count_at_value()));
        LatencyRepr { spread: self.stats, counts: counts.collect() }.serialize(serializer)
    }
}

impl TryFrom<LatencyRepr> for Latency {
    type Error = &'static str;

    fn try_from(LatencyRepr { spread: stats, counts }: LatencyRepr) -> Result<Self, Self::Error> {
        let total = counts.iter().try_fold(0u64, |sum, &(_, count)| sum.checked_add(count));
        if total != Some(stats.count) {
            return Err(WRONG_TOTAL);
        }
        let mut latency = Latency { stats, ..Latency::default() };
        for (us, count) in counts {
            latency.counts.record_n(us, count).map_err(|_| "an invalid latency")?;
        }
        Ok(latency)
    }
}

const WRONG_TOTAL: &str = "latency buckets do not add up";

/// The histogram in HDR's own form: V2, compressed, in base64. Every HDR tool reads it.
impl Latency {
    pub(super) fn to_hdr(&self) -> Result<String, V2DeflateSerializeError> {
        let mut bytes = Vec::new();
        V2DeflateSerializer::new().serialize(&self.counts, &mut bytes)?;
        Ok(BASE64_STANDARD.encode(bytes))
    }

    pub(super) fn from_hdr(stats: LatencyStats, hdr: &str) -> Result<Self, &'static str> {
        let counts = decode(hdr).ok_or("a histogram that is damaged, or has other bounds")?;
        if counts.len() != stats.count {
            return Err(WRONG_TOTAL);
        }
        Ok(Latency { stats, counts })
    }
}

fn decode(hdr: &str) -> Option<Histogram<u64>> {
    /// The cookie and the length of what is compressed.
    const COMPRESSED_HEADER: usize = 8;
    /// Offset, digits, bounds and ratio: the same for all our histograms.
    const PARAMETERS: Range<usize> = 8..40;
    let bytes = BASE64_STANDARD.decode(hdr).ok()?;
    let mut plain = Vec::new();
    let compressed = ZlibDecoder::new(bytes.get(COMPRESSED_HEADER..)?);
    compressed.take(MAX_PLAIN).read_to_end(&mut plain).ok()?;
    let mut empty = Vec::new();
    V2Serializer::new().serialize(&Latency::default().counts, &mut empty).ok()?;
    let length = plain.get(4..8)?.try_into().map(u32::from_be_bytes).ok()?;
    // The decoder allocates whatever the length and the bounds ask for.
    let fits = plain.get(PARAMETERS)? == &empty[PARAMETERS] && length as usize == plain.len() - PARAMETERS.end;
    fits.then(|| Deserializer::new().deserialize(&mut &plain[..]).ok())?
}
