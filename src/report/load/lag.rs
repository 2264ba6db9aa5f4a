//! How late the requests of one second left: small enough to keep for thousands of seconds.

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use crate::report::latency::LONGEST_US;

/// The distribution of the lags of one second, in microseconds. Quantiles are rounded up, by 6 % at most; the maximum
/// is exact. It takes 2 KB.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "LagRepr", into = "LagRepr")]
pub(in crate::report) struct SecondLag {
    max: u64,
    counts: Histogram<u32>,
}

impl Default for SecondLag {
    fn default() -> Self {
        let counts = Histogram::new_with_bounds(1, LONGEST_US, 1).expect("the bounds are in order");
        SecondLag { max: 0, counts }
    }
}

impl SecondLag {
    pub(super) fn add(&mut self, us: u64) {
        let us = us.min(LONGEST_US);
        self.max = self.max.max(us);
        self.counts.saturating_record(us);
    }

    pub(super) fn merge(&mut self, other: &SecondLag) {
        self.max = self.max.max(other.max);
        self.counts.add(&other.counts).expect("all histograms have the same bounds");
    }

    pub(in crate::report) fn at(&self, quantile: f64) -> Option<u64> {
        (!self.counts.is_empty()).then(|| self.counts.value_at_quantile(quantile).min(self.max))
    }

    pub(in crate::report) fn max(&self) -> Option<u64> {
        (!self.counts.is_empty()).then_some(self.max)
    }
}

/// The stored form: the buckets that are not empty, each by its least value.
#[derive(Serialize, Deserialize)]
struct LagRepr {
    max: u64,
    counts: Vec<(u64, u32)>,
}

impl From<SecondLag> for LagRepr {
    fn from(SecondLag { max, counts }: SecondLag) -> Self {
        let buckets = counts.iter_recorded();
        let buckets = buckets.map(|at| (counts.lowest_equivalent(at.value_iterated_to()), at.count_at_value()));
        LagRepr { max, counts: buckets.collect() }
    }
}

impl TryFrom<LagRepr> for SecondLag {
    type Error = &'static str;

    fn try_from(LagRepr { max, counts }: LagRepr) -> Result<Self, Self::Error> {
        let mut lag = SecondLag { max, ..SecondLag::default() };
        for (us, count) in counts {
            if count == 0 {
                return Err("a lag that did not occur");
            }
            lag.counts.record_n(us, count).map_err(|_| "a lag above one hour")?;
        }
        let fits = if lag.counts.is_empty() { max == 0 } else { lag.counts.equivalent(lag.counts.max(), max) };
        fits.then_some(lag).ok_or("the greatest lag is not in the last bucket")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_rounded_up_and_the_maximum_is_exact() {
        let mut lag = SecondLag::default();
        assert_eq!((lag.at(0.99), lag.max()), (None, None));
        (1..=1000).for_each(|us| lag.add(us));
        let (p50, p99) = (lag.at(0.5).unwrap(), lag.at(0.99).unwrap());
        assert!((500..=530).contains(&p50) && (990..=1000).contains(&p99), "{p50} {p99}");
        assert_eq!(lag.max(), Some(1000));
        lag.add(u64::MAX);
        assert_eq!(lag.max(), Some(LONGEST_US));
    }

    #[test]
    fn no_lag_at_all_is_one() {
        let mut lag = SecondLag::default();
        lag.add(0);
        assert_eq!((lag.at(0.99), lag.max()), (Some(0), Some(0)));
        let stored = serde_json::to_string(&lag).unwrap();
        assert_eq!(serde_json::from_str::<SecondLag>(&stored).unwrap(), lag);
    }
}
