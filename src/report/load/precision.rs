//! How precisely the percentiles are known that a probe is to find out.

use serde::{Deserialize, Serialize};

use crate::model::{Precision, RecordSummary};
use crate::statistics::quantile::{Interval, QuantileBatches};

/// How precisely a percentile is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PrecisionFacts {
    /// How precisely it is to be known.
    pub target: Precision,
    /// Whether it is.
    pub reached: bool,
    /// Starts after the warm-up whose requests have ended, or which were missed.
    pub ended: u64,
    /// How many there have to be before it is known as precisely as that: an estimate, and at least what the method takes.
    pub expected: u64,
    /// What is known; none before there are enough.
    pub known: Option<KnownPercentile>,
}

/// The confidence interval of a percentile, at 95 %: the estimate, plus or minus a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownPercentile {
    /// The percentile in microseconds.
    pub estimate_us: u64,
    /// Half of the interval's width in microseconds.
    pub within_us: u64,
    /// How many batches it is made of.
    pub batches: u64,
    /// How many starts are in each.
    pub batch_size: u64,
    /// How many times were measured in all of them.
    pub samples: u64,
}

impl From<Interval> for KnownPercentile {
    fn from(interval: Interval) -> Self {
        KnownPercentile {
            estimate_us: interval.estimate.round() as u64,
            within_us: interval.within.ceil() as u64,
            batches: interval.batches,
            batch_size: interval.size,
            samples: interval.values,
        }
    }
}

/// Follows the percentiles that a probe is to find out.
#[derive(Debug, Default)]
pub struct Precisions(Vec<Followed>);

#[derive(Debug)]
struct Followed {
    target: Precision,
    batches: QuantileBatches,
    ended: u64,
    /// What was known when it was precise enough. Nothing is added from then on.
    reached: Option<KnownPercentile>,
}

impl Precisions {
    /// Nothing measured yet.
    pub fn new(targets: &[Precision]) -> Self {
        let followed = |target: &Precision| Followed {
            target: target.clone(),
            batches: QuantileBatches::new(target.quantile()),
            ended: 0,
            reached: None,
        };
        Precisions(targets.iter().map(followed).collect())
    }

    /// Whether nothing is to be found out.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The start with the number `ordinal`, from 0 after the warm-up, has ended with a record, or was missed.
    pub fn end(&mut self, ordinal: u64, record: Option<&RecordSummary<'_>>) {
        for followed in self.0.iter_mut().filter(|followed| followed.reached.is_none()) {
            followed.ended += 1;
            let time = record.and_then(|record| followed.target.time_of(record));
            let known = followed.batches.end(ordinal, time).map(KnownPercentile::from);
            followed.reached = known.filter(|known| followed.target.is_met(known.estimate_us, known.within_us));
        }
    }

    /// Whether everything that was to be found out is known precisely enough.
    pub fn are_reached(&self) -> bool {
        !self.is_empty() && self.0.iter().all(|followed| followed.reached.is_some())
    }

    /// How many starts after the warm-up it takes at least to find out `target`.
    pub fn least_starts(target: &Precision) -> u64 {
        QuantileBatches::new(target.quantile()).first_look()
    }

    /// What is known so far.
    pub fn facts(&self) -> Vec<PrecisionFacts> {
        self.0.iter().map(Followed::facts).collect()
    }
}

impl Followed {
    fn facts(&self) -> PrecisionFacts {
        let known = self.reached.or_else(|| self.batches.interval().map(KnownPercentile::from));
        PrecisionFacts {
            target: self.target.clone(),
            reached: self.reached.is_some(),
            ended: self.ended,
            expected: if self.reached.is_some() { self.ended } else { self.expected(known) },
            known,
        }
    }

    /// The width of an interval falls with the root of the number of measurements.
    fn expected(&self, known: Option<KnownPercentile>) -> u64 {
        let needed = known.map_or(0.0, |known| {
            let times = known.within_us as f64 / self.target.allowed_us(known.estimate_us).max(f64::EPSILON);
            (known.batches * known.batch_size) as f64 * times * times
        });
        self.batches.look_after(needed.max(self.ended as f64 + 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end_all(precisions: &mut Precisions, ordinals: std::ops::Range<u64>, time: impl Fn(u64) -> u64) {
        for ordinal in ordinals {
            let latency_us = Some(time(ordinal));
            precisions.end(ordinal, Some(&RecordSummary { latency_us, ..RecordSummary::default() }));
        }
    }

    /// From 10 to 20 ms, without a pattern.
    fn spread(n: u64) -> u64 {
        10_000 + n.wrapping_mul(0x9E37_79B9_7F4A_7C15) % 10_000
    }

    fn targets(texts: &[&str]) -> Vec<Precision> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn all_percentiles_must_be_precise_enough() {
        let mut precisions = Precisions::new(&targets(&["p50±10%", "p90±10%"]));
        end_all(&mut precisions, 0..19_999, spread);
        let facts = precisions.facts();
        assert_eq!([facts[0].reached, facts[1].reached], [true, false]);
        assert_eq!((facts[0].ended, facts[0].expected, facts[1].expected), (4_000, 4_000, 20_000));
        assert!(facts[1].known.is_none() && !precisions.are_reached());
        end_all(&mut precisions, 19_999..20_000, spread);
        assert!(precisions.are_reached());
        let known = precisions.facts()[1].known.unwrap();
        assert!(known.estimate_us.abs_diff(19_000) < 100 && known.within_us < 100, "{known:?}");
        assert_eq!((known.batches, known.batch_size, known.samples), (20, 1_000, 20_000));
        assert!(!Precisions::default().are_reached(), "a probe without an aim goes on to its end");
    }

    #[test]
    fn what_is_not_precise_enough_tells_how_much_it_takes() {
        // Every batch has another level, so that more of the same would not help soon.
        let mut precisions = Precisions::new(&targets(&["p50±1%"]));
        end_all(&mut precisions, 0..5_000, |n| spread(n) * (1 + n / 200 * 7 % 4));
        let facts = &precisions.facts()[0];
        let known = facts.known.unwrap();
        let times = known.within_us as f64 / facts.target.allowed_us(known.estimate_us);
        assert!(!facts.reached && times > 1.0 && known.batches == 25);
        let needed = 5_000.0 * times * times;
        assert!(facts.expected as f64 >= needed && (facts.expected as f64) < 2.0 * needed, "{facts:?}");
    }

    #[test]
    fn what_was_missed_has_no_time() {
        let mut precisions = Precisions::new(&targets(&["p50±10%"]));
        (0..200).for_each(|ordinal| precisions.end(ordinal, None));
        end_all(&mut precisions, 200..4_000, spread);
        assert!(!precisions.are_reached() && precisions.facts()[0].known.is_none());
    }
}
