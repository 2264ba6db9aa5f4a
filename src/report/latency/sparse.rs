//! A histogram that grows with what it holds.

/// A histogram with the buckets of an HDR histogram, of which it keeps those that are not empty: 12 bytes for each.
///
/// An HDR histogram has all its buckets from the start: 188 KB with three digits up to an hour.
#[derive(Debug, Clone)]
pub(super) struct Sparse {
    /// Values of so many bits have a bucket of their own; above, a bucket takes values that differ only in lower bits.
    bits: u32,
    /// The least value of each bucket, in order.
    lowest: Vec<u32>,
    counts: Vec<u64>,
}

impl Sparse {
    pub(super) fn new(digits: u8) -> Self {
        let bits = (2 * 10u32.pow(digits.into())).next_power_of_two().ilog2();
        Sparse { bits, lowest: Vec::new(), counts: Vec::new() }
    }

    pub(super) fn add(&mut self, us: u32, times: u64) {
        let lowest = us & !self.within(us);
        match self.lowest.binary_search(&lowest) {
            Ok(at) => self.counts[at] = self.counts[at].saturating_add(times),
            Err(at) => {
                if self.lowest.len() == self.lowest.capacity() {
                    // Doubling would leave half of it unused.
                    let more = (self.lowest.len() / 4).max(8);
                    self.lowest.reserve_exact(more);
                    self.counts.reserve_exact(more);
                }
                self.lowest.insert(at, lowest);
                self.counts.insert(at, times);
            }
        }
    }

    /// Each bucket by its least value, in order, and how many values it has.
    pub(super) fn buckets(&self) -> impl Iterator<Item = (u64, u64)> {
        self.lowest.iter().map(|&us| us.into()).zip(self.counts.iter().copied())
    }

    /// The greatest value of the bucket that has the fraction `quantile` of `total` values at or below it; its least
    /// value for a fraction of 0.
    pub(super) fn at(&self, quantile: f64, total: u64) -> u64 {
        let wanted = ((quantile.clamp(0.0, 1.0) * total as f64).ceil() as u64).max(1);
        let mut sum = 0u64;
        let reached = self.counts.iter().position(|&count| {
            sum = sum.saturating_add(count);
            sum >= wanted
        });
        match reached.map(|at| self.lowest[at]) {
            Some(us) if quantile == 0.0 => us.into(),
            Some(us) => (us | self.within(us)).into(),
            None => 0,
        }
    }

    /// The bits in which the values of one bucket differ.
    fn within(&self, us: u32) -> u32 {
        let shift = (u32::BITS - us.leading_zeros()).saturating_sub(self.bits);
        (1 << shift) - 1
    }
}
