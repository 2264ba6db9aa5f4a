//! How a probe went over time.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, Serializer};

use super::latency::{LONGEST_US, Latency};
use crate::model::RecordSummary;

/// How many intervals a report keeps.
pub const MAX_INTERVALS: usize = 4096;

const SECOND_US: u64 = 1_000_000;

/// The widest interval in seconds: with it all times fit.
const MAX_WIDTH_S: u64 = 1 << 40;

/// Intervals of time by their start, in seconds since 1970.
///
/// Their width is the least power of two, in seconds, with which the first and the last are fewer than
/// [`MAX_INTERVALS`] apart: so it does not depend on the order in which requests come.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "SeriesRepr<Interval>")]
pub(super) struct Series {
    width_s: u64,
    intervals: BTreeMap<u64, Interval>,
}

/// The requests of one interval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Interval {
    /// Requests that were to start in it.
    pub(super) requests: u64,
    /// Those of them that failed.
    pub(super) failed: u64,
    /// Responses that ended in it.
    pub(super) answered: u64,
    /// The latency of the requests that were to start in it.
    #[serde(deserialize_with = "Latency::deserialize_coarse")]
    pub(super) latency: Latency,
}

impl Default for Interval {
    fn default() -> Self {
        Interval { requests: 0, failed: 0, answered: 0, latency: Latency::coarse() }
    }
}

impl Interval {
    fn merge(&mut self, other: &Interval) {
        for (sum, more) in [
            (&mut self.requests, other.requests),
            (&mut self.failed, other.failed),
            (&mut self.answered, other.answered),
        ] {
            *sum = sum.saturating_add(more);
        }
        self.latency.merge(&other.latency);
    }
}

impl Default for Series {
    fn default() -> Self {
        Series { width_s: 1, intervals: BTreeMap::new() }
    }
}

impl Series {
    /// Adds a record, if it says when its request was to start.
    pub(super) fn add(&mut self, record: &RecordSummary<'_>) {
        let Some(intended_us) = record.intended_us else { return };
        let interval = self.at(intended_us / SECOND_US);
        interval.requests += 1;
        interval.failed += u64::from(!record.ok);
        if let Some(us) = record.latency_us {
            interval.latency.add(us);
            if record.status_code.is_some() {
                self.at(intended_us.saturating_add(us.min(LONGEST_US)) / SECOND_US).answered += 1;
            }
        }
    }

    pub(super) fn merge(&mut self, other: &Series) {
        self.widen(other.width_s);
        for (&start, interval) in &other.intervals {
            self.at(start).merge(interval);
        }
    }

    pub(super) fn width_s(&self) -> u64 {
        self.width_s
    }

    /// Each interval in which something happened, by its start, in order.
    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = (u64, &Interval)> {
        self.intervals.iter().map(|(&start, interval)| (start, interval))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.intervals.is_empty()
    }

    /// The interval of a second since 1970.
    fn at(&mut self, second: u64) -> &mut Interval {
        while !self.has_room_for(second) {
            self.widen(self.width_s * 2);
        }
        self.intervals.entry(second & !(self.width_s - 1)).or_default()
    }

    fn has_room_for(&self, second: u64) -> bool {
        let first = self.intervals.first_key_value().map_or(second, |(&first, _)| first.min(second));
        let last = self.intervals.last_key_value().map_or(second, |(&last, _)| last.max(second));
        last / self.width_s - first / self.width_s < MAX_INTERVALS as u64
    }

    fn widen(&mut self, width_s: u64) {
        if width_s > self.width_s {
            self.width_s = width_s;
            for (start, interval) in std::mem::take(&mut self.intervals) {
                self.intervals.entry(start & !(width_s - 1)).or_default().merge(&interval);
            }
        }
    }

    /// Intervals as they were read back.
    pub(super) fn restore(
        width_s: u64,
        intervals: impl IntoIterator<Item = (u64, Interval)>,
    ) -> Result<Self, &'static str> {
        let mut series = Series { width_s, intervals: BTreeMap::new() };
        if !width_s.is_power_of_two() || width_s > MAX_WIDTH_S {
            return Err("an invalid width of intervals");
        }
        for (start, interval) in intervals {
            if start % width_s != 0 || !series.has_room_for(start) {
                return Err("an invalid start of an interval");
            }
            if series.intervals.insert(start, interval).is_some() {
                return Err("a duplicate interval");
            }
        }
        Ok(series)
    }
}

/// The form in a checkpoint.
#[derive(Serialize, Deserialize)]
struct SeriesRepr<Interval> {
    width_s: u64,
    intervals: Vec<(u64, Interval)>,
}

impl Serialize for Series {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        SeriesRepr { width_s: self.width_s, intervals: self.iter().collect() }.serialize(serializer)
    }
}

impl TryFrom<SeriesRepr<Interval>> for Series {
    type Error = &'static str;

    fn try_from(SeriesRepr { width_s, intervals }: SeriesRepr<Interval>) -> Result<Self, Self::Error> {
        Series::restore(width_s, intervals)
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn fold(seconds: &[u64]) -> Series {
        let mut series = Series::default();
        for second in seconds {
            series.add(&RecordSummary { intended_us: Some(second * SECOND_US), ..RecordSummary::default() });
        }
        series
    }

    #[test]
    fn intervals_grow_where_they_would_be_too_many() {
        const START: u64 = 1_800_000_000;
        let widths = [0, 4_095, 4_096, 8_191, 8_192, 100_000].map(|after| fold(&[START, START + after]).width_s());
        // The start lies in the middle of an interval of 4096 s.
        assert_eq!(START % 2, 0);
        assert_eq!(widths, [1, 1, 2, 2, 4, 32]);
        let whole = fold(&(0..10_000).map(|after| START + after).collect::<Vec<_>>());
        assert_eq!((whole.width_s(), whole.iter().len()), (4, 2_500));
        assert!(whole.iter().all(|(_, interval)| interval.requests == 4));
    }

    #[test]
    fn answers_count_when_they_end() {
        let mut series = Series::default();
        let [answered, timed_out] = [Some(http::StatusCode::OK), None].map(|status_code| RecordSummary {
            status_code,
            ok: status_code.is_some(),
            intended_us: Some(10 * SECOND_US + 900_000),
            latency_us: Some(2 * SECOND_US),
            ..RecordSummary::default()
        });
        [answered, timed_out].iter().for_each(|record| series.add(record));
        let counts: Vec<_> = series
            .iter()
            .map(|(start, at)| (start, at.requests, at.failed, at.answered, at.latency.stats.count))
            .collect();
        assert_eq!(counts, [(10, 2, 1, 0, 2), (12, 0, 0, 1, 0)]);
    }

    proptest! {
        #[test]
        fn the_order_makes_no_difference(
            mut seconds in vec(prop_oneof![4 => 0..20u64, 2 => 0..20_000u64, 1 => 0..u64::MAX / SECOND_US], 1..40),
            at in any::<prop::sample::Index>(),
        ) {
            let whole = fold(&seconds);
            let (mut sum, rest) = (fold(&seconds[..at.index(seconds.len())]), fold(&seconds[at.index(seconds.len())..]));
            let mut turned = rest.clone();
            turned.merge(&sum);
            sum.merge(&rest);
            prop_assert_eq!(&sum, &whole);
            prop_assert_eq!(&turned, &whole);
            seconds.reverse();
            prop_assert_eq!(fold(&seconds), whole.clone());
            let (first, last) = (seconds.iter().min().unwrap(), seconds.iter().max().unwrap());
            let narrower = whole.width_s() / 2;
            prop_assert!(narrower == 0 || last / narrower - first / narrower >= MAX_INTERVALS as u64, "no wider than needed");
        }
    }
}
