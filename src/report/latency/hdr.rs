//! The histogram in HDR's own form: V2, compressed, in base64. Every HDR tool reads it.

use std::io::{self, Read};
use std::ops::Range;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use flate2::read::ZlibDecoder;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer, Serializer, V2DeflateSerializer, V2Serializer};

use super::{Latency, LatencyStats, WRONG_TOTAL, empty};

/// The longest histogram once decompressed, in bytes: more than all buckets can take.
const MAX_PLAIN: u64 = 1 << 20;

impl Latency {
    /// All buckets.
    pub(in crate::report) fn to_histogram(&self) -> Histogram<u64> {
        let mut histogram = empty(self.digits());
        for (us, count) in self.buckets() {
            histogram.record_n(us, count).expect("a value of a histogram with the same bounds");
        }
        histogram
    }

    /// `None` without latencies.
    pub(in crate::report) fn to_hdr(&self) -> io::Result<Option<String>> {
        if self.is_empty() {
            return Ok(None);
        }
        let mut bytes = Vec::new();
        let mut serializer = V2DeflateSerializer::new();
        let written = match self.dense() {
            Some(histogram) => serializer.serialize(histogram, &mut bytes),
            None => serializer.serialize(&self.to_histogram(), &mut bytes),
        };
        written.map_err(|error| io::Error::other(format!("the histogram: {error}")))?;
        Ok(Some(BASE64_STANDARD.encode(bytes)))
    }

    /// Fills an empty histogram.
    pub(in crate::report) fn with_hdr(self, stats: LatencyStats, hdr: &str) -> Result<Self, &'static str> {
        let counts = decode(hdr, self.digits()).ok_or("a histogram that is damaged, or has other bounds")?;
        if counts.len() != stats.count {
            return Err(WRONG_TOTAL);
        }
        Ok(self.filled(stats, counts))
    }
}

fn decode(hdr: &str, digits: u8) -> Option<Histogram<u64>> {
    /// The cookie and the length of what is compressed.
    const COMPRESSED_HEADER: usize = 8;
    /// Offset, digits, bounds and ratio: the same for all our histograms of so many digits.
    const PARAMETERS: Range<usize> = 8..40;
    let bytes = BASE64_STANDARD.decode(hdr).ok()?;
    let mut plain = Vec::new();
    let compressed = ZlibDecoder::new(bytes.get(COMPRESSED_HEADER..)?);
    compressed.take(MAX_PLAIN).read_to_end(&mut plain).ok()?;
    let mut expected = Vec::new();
    V2Serializer::new().serialize(&empty(digits), &mut expected).ok()?;
    let length = plain.get(4..8)?.try_into().map(u32::from_be_bytes).ok()?;
    // The decoder allocates whatever the length and the bounds ask for.
    let fits = plain.get(PARAMETERS)? == &expected[PARAMETERS] && length as usize == plain.len() - PARAMETERS.end;
    fits.then(|| Deserializer::new().deserialize(&mut &plain[..]).ok())?
}
