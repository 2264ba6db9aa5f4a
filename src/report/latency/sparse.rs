//! A histogram that grows with what it holds.

/// How many neighbouring buckets a chunk has.
const CHUNK: usize = 16;

/// A histogram with the buckets of an HDR histogram, of which it keeps the chunks that are not empty: 132 bytes each.
///
/// An HDR histogram has all its buckets from the start: 188 KB with three digits up to an hour.
#[derive(Debug, Clone)]
pub(super) struct Sparse {
    /// Values of up to this many bits have a bucket each; above, values that differ only in lower bits share one.
    bits: u32,
    /// The number of each chunk, in order: that of its first bucket over [`CHUNK`].
    numbers: Vec<u16>,
    /// Where each of them is in `chunks`.
    places: Vec<u16>,
    /// In the order in which they came.
    chunks: Vec<[u64; CHUNK]>,
}

impl Sparse {
    pub(super) fn new(digits: u8) -> Self {
        let bits = (2 * 10u32.pow(digits.into())).next_power_of_two().ilog2();
        Sparse { bits, numbers: Vec::new(), places: Vec::new(), chunks: Vec::new() }
    }

    pub(super) fn add(&mut self, us: u32, times: u64) {
        let bucket = self.bucket(us);
        let number = u16::try_from(bucket / CHUNK).unwrap_or(u16::MAX);
        let place = match self.numbers.binary_search(&number) {
            Ok(at) => self.places[at],
            Err(at) => self.insert(at, number),
        };
        let count = &mut self.chunks[usize::from(place)][bucket % CHUNK];
        *count = count.saturating_add(times);
    }

    /// Inserts an empty chunk.
    fn insert(&mut self, at: usize, number: u16) -> u16 {
        let place = u16::try_from(self.chunks.len()).unwrap_or(u16::MAX);
        if self.chunks.len() == self.chunks.capacity() {
            // Doubling would leave half of it unused.
            self.chunks.reserve_exact((self.chunks.len() / 4).max(4));
        }
        self.chunks.push([0; CHUNK]);
        self.numbers.insert(at, number);
        self.places.insert(at, place);
        place
    }

    /// Each bucket that is not empty, by its least value and in order, and how many values it has.
    pub(super) fn buckets(&self) -> impl Iterator<Item = (u64, u64)> {
        self.counts().map(|(bucket, count)| (self.lowest(bucket), count))
    }

    /// The greatest value of the bucket that has the fraction `quantile` of `total` values at or below it; its least
    /// value for a fraction of 0.
    pub(super) fn at(&self, quantile: f64, total: u64) -> u64 {
        let wanted = ((quantile.clamp(0.0, 1.0) * total as f64).ceil() as u64).max(1);
        let mut sum = 0u64;
        let reached = self.counts().find(|&(_, count)| {
            sum = sum.saturating_add(count);
            sum >= wanted
        });
        match reached {
            Some((bucket, _)) if quantile == 0.0 => self.lowest(bucket),
            Some((bucket, _)) => self.lowest(bucket + 1) - 1,
            None => 0,
        }
    }

    fn counts(&self) -> impl Iterator<Item = (usize, u64)> {
        let buckets = self
            .numbers
            .iter()
            .zip(&self.places)
            .flat_map(|(&number, &place)| (usize::from(number) * CHUNK..).zip(self.chunks[usize::from(place)]));
        buckets.filter(|&(_, count)| count > 0)
    }

    /// The number of the bucket of a value.
    fn bucket(&self, us: u32) -> usize {
        let shift = (u32::BITS - us.leading_zeros()).saturating_sub(self.bits);
        ((shift << (self.bits - 1)) + (us >> shift)) as usize
    }

    /// The least value of a bucket.
    fn lowest(&self, bucket: usize) -> u64 {
        let half = 1 << (self.bits - 1);
        let shift = (bucket / half).saturating_sub(1);
        ((bucket - shift * half) as u64) << shift
    }
}
