//! How precisely a quantile is known, by batches of measurements.
//!
//! Measurements one after another depend on each other: behind a slow request, others wait. So their number alone says
//! little about precision. The quantiles of long stretches, the batches, depend on each other far less, and how much they
//! scatter tells how far off the quantile of the whole may be.
//!
//! Whoever looks after each measurement whether it is enough stops when the scatter happens to be small, and is wrong
//! too often. So an interval is made only when the number of measurements has doubled.

#[cfg(test)]
mod coverage;
#[cfg(test)]
mod tests;
mod width;

use hdrhistogram::Histogram;

use self::width::half_width;

/// How many batches make an interval.
pub(crate) const BATCHES: u64 = 20;

/// How many measurements of each batch are beyond the quantile.
const BEYOND: f64 = 100.0;

/// A batch has values for at least this share of what it takes: the others failed, and have none.
const LEAST_FILLED: f64 = 0.95;

/// A histogram has an error of half of this, which no interval is narrower than.
const RESOLUTION: f64 = 1e-3;
const DIGITS: u8 = 3;

/// Measurements in batches of the same size, by the order in which they began.
///
/// When so many batches are full that pairs of them make the number that it takes, they are merged. So the memory does not
/// grow with the number of measurements.
#[derive(Debug, Clone)]
pub(crate) struct QuantileBatches {
    quantile: f64,
    /// How many values a batch needs.
    needed: u64,
    size: u64,
    batches: Vec<Batch>,
}

#[derive(Debug, Clone)]
struct Batch {
    /// Measurements that have ended, with or without a value.
    ended: u64,
    values: Histogram<u64>,
}

/// A confidence interval of a quantile, at 95 %: `estimate` plus or minus `within`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Interval {
    /// The quantile of all values.
    pub(crate) estimate: f64,
    /// Half of the interval's width.
    pub(crate) within: f64,
    /// The number of batches.
    pub(crate) batches: u64,
    /// How many measurements are in each.
    pub(crate) size: u64,
    /// How many values there are in all.
    pub(crate) values: u64,
}

impl Default for Batch {
    fn default() -> Self {
        Batch { ended: 0, values: Histogram::new(DIGITS).expect("a histogram may have three digits") }
    }
}

impl Batch {
    fn merge(&mut self, other: &Batch) {
        self.ended += other.ended;
        self.values += &other.values;
    }
}

impl QuantileBatches {
    /// No batch yet, for the fraction `quantile`, which is above 0 and below 1.
    pub(crate) fn new(quantile: f64) -> Self {
        let needed = (BEYOND / quantile.min(1.0 - quantile)).round() as u64;
        QuantileBatches { quantile, needed, size: needed, batches: Vec::new() }
    }

    /// How many measurements there are before the first interval.
    pub(crate) fn first_look(&self) -> u64 {
        BATCHES * self.needed
    }

    /// The number of measurements at the next look, if `count` would be enough by themselves.
    pub(crate) fn look_after(&self, count: f64) -> u64 {
        let mut look = self.first_look();
        while (look as f64) < count && look < u64::MAX / 2 {
            look *= 2;
        }
        look
    }

    /// The measurement that began as number `ordinal`, from 0, has ended: with a value, or without one. Returns an interval
    /// if this completes the batches for one.
    ///
    /// Measurements end in any order. A batch is those that began together, since those that end early are the short ones.
    pub(crate) fn end(&mut self, ordinal: u64, value: Option<u64>) -> Option<Interval> {
        while ordinal / self.size >= 2 * BATCHES {
            self.merge_pairs();
        }
        let at = (ordinal / self.size) as usize;
        if at >= self.batches.len() {
            self.batches.resize_with(at + 1, Batch::default);
        }
        let batch = &mut self.batches[at];
        batch.ended += 1;
        value.into_iter().for_each(|value| batch.values.record(value).expect("a histogram that grows takes any value"));
        if batch.ended < self.size {
            return None;
        }
        match self.full() {
            full if full == 2 * BATCHES as usize => {
                self.merge_pairs();
                self.look()
            }
            // The last of the first batches to end: those after it may have ended before.
            full if full >= BATCHES as usize && at < BATCHES as usize => self.look(),
            _ => None,
        }
    }

    fn look(&self) -> Option<Interval> {
        self.interval_of(BATCHES as usize)
    }

    /// The interval by all batches that are full, whether it is time to look or not.
    pub(crate) fn interval(&self) -> Option<Interval> {
        let full = self.full();
        if full >= BATCHES as usize { self.interval_of(full) } else { None }
    }

    /// How many batches are full, from the first one on.
    fn full(&self) -> usize {
        self.batches.iter().take_while(|batch| batch.ended == self.size).count()
    }

    fn interval_of(&self, count: usize) -> Option<Interval> {
        let batches = &self.batches[..count];
        let least = self.needed as f64 * LEAST_FILLED;
        if batches.iter().any(|batch| (batch.values.len() as f64) < least) {
            return None;
        }
        let mut whole = Batch::default();
        batches.iter().for_each(|batch| whole.merge(batch));
        let quantiles: Vec<f64> = batches.iter().map(|batch| self.quantile_of(batch)).collect();
        let estimate = self.quantile_of(&whole);
        let within = half_width(&quantiles, estimate)?.max(estimate * RESOLUTION / 2.0);
        Some(Interval { estimate, within, batches: count as u64, size: self.size, values: whole.values.len() })
    }

    fn quantile_of(&self, batch: &Batch) -> f64 {
        let values = &batch.values;
        values.median_equivalent(values.value_at_quantile(self.quantile)) as f64 // in the middle of its bucket
    }

    fn merge_pairs(&mut self) {
        let mut merged: Vec<Batch> = Vec::with_capacity(self.batches.len());
        for (at, batch) in std::mem::take(&mut self.batches).into_iter().enumerate() {
            match merged.last_mut().filter(|_| at % 2 == 1) {
                Some(first) => first.merge(&batch),
                None => merged.push(batch),
            }
        }
        self.batches = merged;
        self.size *= 2;
    }
}
