//! When the k-th start is due: the inverse of the cumulative rate.

use std::time::Duration;

use super::arrivals::Position;
use super::ramps::Ramps;
use crate::plan::{Pace, Rate};

/// When starts are due at a pace that begins at zero.
#[derive(Debug)]
pub(super) enum Timetable {
    Constant(Steady),
    Stages(Ramps),
}

impl Timetable {
    pub(super) fn new(pace: &Pace) -> Self {
        match pace {
            Pace::Constant(rate) => Timetable::Constant(Steady::new(*rate)),
            Pace::Stages(stages) => Timetable::Stages(Ramps::new(stages.stages())),
            Pace::Find(find) => Timetable::Constant(Steady::new(find.to)), // each step has a pacer of its own
        }
    }

    /// When the start at `position` is due, if the pace lasts that long. Positions never go back.
    pub(super) fn time_of(&mut self, position: Position) -> Option<Duration> {
        match self {
            Timetable::Constant(steady) => Some(steady.time_of(position)),
            Timetable::Stages(ramps) => ramps.time_of(position),
        }
    }

    /// How many evenly spaced starts are due before `end`.
    pub(super) fn starts_before(&self, end: Duration) -> u64 {
        match self {
            Timetable::Constant(steady) => steady.starts_before(end),
            Timetable::Stages(ramps) => ramps.starts_before(end),
        }
    }

    /// Requests per second at `time`.
    pub(super) fn rate_at(&self, time: Duration) -> f64 {
        match self {
            Timetable::Constant(steady) => steady.per_second(),
            Timetable::Stages(ramps) => ramps.rate_at(time),
        }
    }
}

/// A rate that stays the same. Whole positions are exact, so that no drift adds up.
#[derive(Debug)]
pub(super) struct Steady {
    count: u128,
    per: u128,
}

impl Steady {
    fn new(rate: Rate) -> Self {
        Steady { count: rate.count.get().into(), per: rate.per.as_nanos().max(1) }
    }

    fn time_of(&self, position: Position) -> Duration {
        let whole = self.per.saturating_mul(position.whole.into()) / self.count;
        let part = (position.fraction * self.per as f64 / self.count as f64) as u128;
        from_nanos(whole.saturating_add(part))
    }

    fn starts_before(&self, end: Duration) -> u64 {
        let starts = end.as_nanos().saturating_mul(self.count).div_ceil(self.per);
        starts.try_into().unwrap_or(u64::MAX)
    }

    fn per_second(&self) -> f64 {
        self.count as f64 / self.per as f64 * 1e9
    }
}

fn from_nanos(nanos: u128) -> Duration {
    const SECOND: u128 = 1_000_000_000;
    let seconds = u64::try_from(nanos / SECOND);
    seconds.map_or(Duration::MAX, |seconds| Duration::new(seconds, (nanos % SECOND) as u32))
}
