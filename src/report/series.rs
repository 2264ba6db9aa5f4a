//! How a probe went over time: intervals of one or more seconds, whose number has a bound.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};

use super::merge::Merge;

/// How many intervals a series keeps.
pub const MAX_INTERVALS: usize = 4096;

/// The widest interval in seconds: with it all times fit.
const MAX_WIDTH_S: u64 = 1 << 40;

/// Intervals of time by their start, in seconds since 1970, so that those of several machines merge.
///
/// Their width is the least power of two, in seconds, with which the first and the last are fewer than
/// [`MAX_INTERVALS`] apart: so it does not depend on the order in which things happen. A copy shares its intervals with
/// the original, so that a run in progress can be asked how it is going.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "SeriesRepr<I>", bound(deserialize = "I: Merge + Clone + Deserialize<'de>"))]
pub(super) struct Series<I> {
    width_s: u64,
    intervals: BTreeMap<u64, Arc<I>>,
}

impl<I> Default for Series<I> {
    fn default() -> Self {
        Series { width_s: 1, intervals: BTreeMap::new() }
    }
}

impl<I> Series<I> {
    pub(super) fn width_s(&self) -> u64 {
        self.width_s
    }

    pub(super) fn is_empty(&self) -> bool {
        self.intervals.is_empty()
    }

    /// Each interval in which something happened, by its start, in order.
    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = (u64, &I)> {
        self.intervals.iter().map(|(&start, interval)| (start, &**interval))
    }

    /// The interval of a second since 1970, if something happened in it.
    #[cfg(feature = "html")]
    pub(super) fn of(&self, second: u64) -> Option<&I> {
        self.intervals.get(&self.start_of(second)).map(|interval| &**interval)
    }

    /// The intervals that share a second with the time from `from` until `until`.
    pub(super) fn within(&self, from: u64, until: u64) -> impl Iterator<Item = &I> {
        self.intervals.range(self.start_of(from)..until.max(from)).map(|(_, interval)| &**interval)
    }

    /// The starts of the first interval and of the last.
    #[cfg(feature = "html")]
    pub(super) fn ends(&self) -> Option<(u64, u64)> {
        Some((*self.intervals.first_key_value()?.0, *self.intervals.last_key_value()?.0))
    }

    fn start_of(&self, second: u64) -> u64 {
        second & !(self.width_s - 1)
    }

    fn has_room_for(&self, second: u64, most: usize) -> bool {
        let first = self.intervals.first_key_value().map_or(second, |(&first, _)| first.min(second));
        let last = self.intervals.last_key_value().map_or(second, |(&last, _)| last.max(second));
        last / self.width_s - first / self.width_s < most as u64
    }
}

impl<I: Merge + Clone> Series<I> {
    /// The interval of a second since 1970.
    pub(super) fn at(&mut self, second: u64) -> &mut I {
        self.at_within(second, MAX_INTERVALS)
    }

    /// The same in a series of at most `most` intervals.
    pub(super) fn at_within(&mut self, second: u64, most: usize) -> &mut I {
        while !self.has_room_for(second, most) {
            self.widen(self.width_s * 2);
        }
        Arc::make_mut(self.intervals.entry(self.start_of(second)).or_default())
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.widen(other.width_s);
        for (start, interval) in other.iter() {
            self.at(start).merge(interval);
        }
    }

    /// Adds the intervals that only another series has, with nothing in them. If each of two series covers the other,
    /// both have the same intervals, of the same width.
    pub(super) fn cover<J>(&mut self, other: &Series<J>) {
        self.widen(other.width_s);
        other.iter().for_each(|(start, _)| _ = self.at(start));
    }

    /// The same in fewer, wider intervals: at most so many from the first to the last.
    #[cfg(feature = "html")]
    pub(super) fn in_at_most(&self, intervals: u64) -> Self {
        let mut series = self.clone();
        while series.ends().is_some_and(|(first, last)| (last - first) / series.width_s >= intervals) {
            series.widen(series.width_s * 2);
        }
        series
    }

    pub(super) fn widen(&mut self, width_s: u64) {
        if width_s > self.width_s {
            self.width_s = width_s;
            for (start, interval) in std::mem::take(&mut self.intervals) {
                Arc::make_mut(self.intervals.entry(self.start_of(start)).or_default()).merge(&interval);
            }
        }
    }

    /// Intervals as they were read back.
    pub(super) fn restore(width_s: u64, intervals: impl IntoIterator<Item = (u64, I)>) -> Result<Self, &'static str> {
        if !width_s.is_power_of_two() || width_s > MAX_WIDTH_S {
            return Err("an invalid width of intervals");
        }
        let mut series = Series { width_s, intervals: BTreeMap::new() };
        for (start, interval) in intervals {
            if start % width_s != 0 || !series.has_room_for(start, MAX_INTERVALS) {
                return Err("an invalid start of an interval");
            }
            if series.intervals.insert(start, Arc::new(interval)).is_some() {
                return Err("a duplicate interval");
            }
        }
        Ok(series)
    }
}

/// The stored form.
#[derive(Serialize, Deserialize)]
struct SeriesRepr<I> {
    width_s: u64,
    /// Each with its first second.
    seconds: Vec<(u64, I)>,
}

impl<I: Serialize> Serialize for Series<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        SeriesRepr { width_s: self.width_s, seconds: self.iter().collect() }.serialize(serializer)
    }
}

impl<I: Merge + Clone> TryFrom<SeriesRepr<I>> for Series<I> {
    type Error = &'static str;

    fn try_from(SeriesRepr { width_s, seconds }: SeriesRepr<I>) -> Result<Self, Self::Error> {
        Series::restore(width_s, seconds)
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    /// How often something happened.
    #[derive(Debug, Clone, Default, PartialEq)]
    struct Count(u64);

    impl Merge for Count {
        fn merge(&mut self, other: &Self) {
            self.0 += other.0;
        }
    }

    fn fold(seconds: &[u64]) -> Series<Count> {
        let mut series: Series<Count> = Series::default();
        seconds.iter().for_each(|second| series.at(*second).0 += 1);
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
        assert!(whole.iter().all(|(_, interval)| interval.0 == 4));
    }

    #[test]
    fn a_copy_stays_as_it_was() {
        let mut series = fold(&[1, 2, 2]);
        let copy = series.clone();
        series.at(2).0 += 1;
        assert_eq!((copy, series), (fold(&[1, 2, 2]), fold(&[1, 2, 2, 2])));
    }

    #[test]
    fn a_time_has_the_intervals_that_share_a_second_with_it() {
        let series = fold(&[0, 1, 2, 3, 5_000, 5_001, 5_002]); // two seconds each
        let within = |from, until| series.within(from, until).map(|interval| interval.0).sum::<u64>();
        assert_eq!([within(0, 1), within(1, 2), within(1, 3), within(3, 3), within(4, 5_000)], [2, 2, 4, 2, 0]);
        assert_eq!([within(4_999, 5_001), within(5_001, 9_000), within(9_000, 1)], [2, 3, 0]);
    }

    #[test]
    fn series_that_cover_each_other_have_the_same_intervals() {
        for [one, other] in
            [[&[1, 2][..], &[2, 4]], [&[1, 9_000], &[3, 5]], [&[2], &[]], [&[1, 4_000], &[5_000, 20_000]]]
        {
            let [whole, mut one, mut other] = [&[one, other].concat(), one, other].map(fold);
            one.cover(&other);
            other.cover(&one);
            let shape =
                |series: &Series<Count>| (series.width_s(), series.iter().map(|(at, _)| at).collect::<Vec<_>>());
            assert_eq!((shape(&one), shape(&other)), (shape(&whole), shape(&whole)));
            one.merge(&other);
            assert_eq!(one, whole, "nothing is counted twice");
        }
    }

    proptest! {
        #[test]
        fn the_order_makes_no_difference(
            mut seconds in vec(prop_oneof![4 => 0..20u64, 2 => 0..20_000u64, 1 => 0..u64::MAX / 1_000_000], 1..40),
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
