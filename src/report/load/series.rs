//! How a probe kept its pace, second by second.

use serde::{Deserialize, Serialize};

use super::missed::MissedStarts;
use super::share::{Share, Waits};
use crate::report::latency::Latency;

/// The most buckets of a series. Beyond, a bucket covers two seconds, then four, and so on.
pub const MAX_SECONDS: usize = 4096;

/// What happened in the starts that were due in some seconds, and in those seconds.
///
/// Counts and lags add up over machines and over the seconds of a bucket; of everything else the worst stays, so that
/// the order of merging does not matter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::report) struct Second {
    pub(in crate::report) asked: u64,
    pub(in crate::report) started: u64,
    pub(in crate::report) missed: MissedStarts,
    #[serde(deserialize_with = "Latency::deserialize_coarse")]
    pub(in crate::report) lag: Latency,
    /// The most on one machine.
    pub(in crate::report) in_flight: u64,
    /// The share of its cores that the busiest process used.
    pub(in crate::report) cpu: Share,
    pub(in crate::report) waits: Waits,
}

impl Default for Second {
    fn default() -> Self {
        Second {
            asked: 0,
            started: 0,
            missed: MissedStarts::default(),
            lag: Latency::coarse(),
            in_flight: 0,
            cpu: Share::default(),
            waits: Waits::default(),
        }
    }
}

impl Second {
    fn merge(&mut self, other: &Second) {
        self.asked = self.asked.saturating_add(other.asked);
        self.started = self.started.saturating_add(other.started);
        self.missed.merge(other.missed);
        self.lag.merge(&other.lag);
        self.in_flight = self.in_flight.max(other.in_flight);
        self.cpu = self.cpu.max(other.cpu);
        self.waits = self.waits.max(other.waits);
    }
}

/// Seconds since 1970, in buckets of one or more: 1, 2, 4, … seconds that begin at a multiple of that.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "SeriesRepr", into = "SeriesRepr")]
pub(in crate::report) struct LoadSeries {
    width: u64,
    /// The number of the first bucket: its first second over the width.
    first: u64,
    buckets: Vec<Option<Second>>,
}

impl Default for LoadSeries {
    fn default() -> Self {
        LoadSeries { width: 1, first: 0, buckets: Vec::new() }
    }
}

impl LoadSeries {
    /// The seconds of a bucket.
    pub(in crate::report) fn width(&self) -> u64 {
        self.width
    }

    /// The buckets that are not empty, each with its first second.
    pub(in crate::report) fn iter(&self) -> impl Iterator<Item = (u64, &Second)> {
        let numbered = (self.first..).zip(&self.buckets);
        numbered.filter_map(|(number, bucket)| Some((number * self.width, bucket.as_ref()?)))
    }

    /// Whether starts were missed in the buckets of the seconds from `from` until `until`.
    pub(in crate::report) fn has_missed(&self, from: u64, until: u64) -> bool {
        let index = |number: u64| usize::try_from(number.saturating_sub(self.first)).unwrap_or(usize::MAX);
        let until = index(until.div_ceil(self.width)).min(self.buckets.len());
        let buckets = self.buckets.get(index(from / self.width)..until).unwrap_or_default();
        buckets.iter().flatten().any(|bucket| bucket.missed.total() > 0)
    }

    /// The bucket of a second.
    pub(super) fn at(&mut self, second: u64) -> &mut Second {
        if self.buckets.is_empty() {
            self.first = second / self.width;
        }
        while !self.fits(second) {
            self.widen();
        }
        let number = second / self.width;
        if let missing @ 1.. = self.first.saturating_sub(number) {
            self.buckets.splice(0..0, (0..missing).map(|_| None));
            self.first = number;
        }
        let index = (number - self.first) as usize;
        if index >= self.buckets.len() {
            self.buckets.resize_with(index + 1, || None);
        }
        self.buckets[index].get_or_insert_default()
    }

    fn fits(&self, second: u64) -> bool {
        let number = second / self.width;
        let last = self.first + self.buckets.len().saturating_sub(1) as u64;
        number.max(last) - number.min(self.first) < MAX_SECONDS as u64
    }

    /// Doubles the width.
    fn widen(&mut self) {
        let (from, narrow) = (self.first, std::mem::take(&mut self.buckets));
        self.width *= 2;
        self.first /= 2;
        for (number, second) in (from..).zip(narrow) {
            let index = (number / 2 - self.first) as usize;
            if index == self.buckets.len() {
                self.buckets.push(None);
            }
            match (&mut self.buckets[index], second) {
                (Some(into), Some(second)) => into.merge(&second),
                (into @ None, second) => *into = second,
                (_, None) => {}
            }
        }
    }

    pub(super) fn merge(&mut self, other: &LoadSeries) {
        while self.width < other.width {
            self.widen();
        }
        for (second, bucket) in other.iter() {
            self.at(second).merge(bucket);
        }
    }

    /// Without the empty buckets at its ends.
    pub(super) fn trimmed(mut self) -> Self {
        let empty = self.buckets.iter().take_while(|bucket| bucket.is_none()).count();
        self.buckets.drain(..empty);
        self.first = if self.buckets.is_empty() { 0 } else { self.first + empty as u64 };
        while let Some(None) = self.buckets.last() {
            self.buckets.pop();
        }
        self
    }
}

/// The stored form.
#[derive(Serialize, Deserialize)]
struct SeriesRepr {
    width_s: u64,
    /// Each with its first second.
    seconds: Vec<(u64, Second)>,
}

impl From<LoadSeries> for SeriesRepr {
    fn from(series: LoadSeries) -> Self {
        let LoadSeries { width, first, buckets } = series.trimmed();
        let numbered = (first..).zip(buckets);
        let seconds = numbered.filter_map(|(number, second)| Some((number * width, second?)));
        SeriesRepr { width_s: width, seconds: seconds.collect() }
    }
}

impl TryFrom<SeriesRepr> for LoadSeries {
    type Error = &'static str;

    fn try_from(SeriesRepr { width_s: width, seconds }: SeriesRepr) -> Result<Self, Self::Error> {
        if !width.is_power_of_two() || width > 1 << 32 {
            return Err("a width that is not a power of two");
        }
        let mut series = LoadSeries { width, ..LoadSeries::default() };
        let mut last = None;
        for (at, second) in seconds {
            if at % width != 0 || last.is_some_and(|last| at <= last) || !(series.buckets.is_empty() || series.fits(at))
            {
                return Err("seconds that are out of order, or too far apart");
            }
            last = Some(at);
            *series.at(at) = second;
        }
        Ok(series)
    }
}
