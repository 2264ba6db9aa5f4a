//! Starts at times that do not depend on answers.

use std::time::Duration;

use super::arrivals::Process;
use super::ramps::Ramps;
use super::timetable::Timetable;
use crate::plan::{Arrivals, Pace, Stage};

/// Gives the warm-up its own random sequence, so that the other arrivals do not depend on its length.
const WARM_UP_SEED: u64 = 0x7761_726d_2d75_7021;

/// The starts of an open model.
#[derive(Debug)]
pub(super) struct Open {
    warm_up: Duration,
    /// Starts per second in the warm-up.
    warm_up_rate: f64,
    warm_up_starts: Option<Starts>,
    starts: Starts,
    /// When the next start is due: `Duration::MAX` after the last one.
    due: Duration,
}

#[derive(Debug)]
struct Starts {
    timetable: Timetable,
    process: Process,
}

impl Starts {
    fn next(&mut self) -> Option<Duration> {
        let time = self.timetable.time_of(self.process.position());
        self.process.advance();
        time
    }
}

impl Open {
    pub(super) fn new(pace: &Pace, arrivals: Arrivals, warm_up: Duration, seed: u64) -> Self {
        let warm_up_starts = (!warm_up.is_zero()).then(|| Starts {
            timetable: warm_up_timetable(pace, warm_up),
            process: Process::new(arrivals, seed ^ WARM_UP_SEED),
        });
        let starts = Starts { timetable: Timetable::new(pace), process: Process::new(arrivals, seed) };
        let warm_up_rate = warm_up_starts.as_ref().map_or(0.0, |starts| starts.timetable.rate_at(Duration::ZERO));
        let mut open = Open { warm_up, warm_up_rate, warm_up_starts, starts, due: Duration::ZERO };
        open.advance();
        open
    }

    /// When the next start is due: `Duration::MAX` if the pace has ended.
    pub(super) fn due(&self) -> Duration {
        self.due
    }

    /// Moves on to the start after the one that is due.
    pub(super) fn advance(&mut self) {
        let next = self.next_of_warm_up().or_else(|| self.starts.next().map(|due| self.warm_up.saturating_add(due)));
        self.due = next.map_or(Duration::MAX, |next| next.max(self.due)); // rounding may swap two that are close
    }

    fn next_of_warm_up(&mut self) -> Option<Duration> {
        let due = self.warm_up_starts.as_mut()?.next().filter(|due| *due < self.warm_up);
        if due.is_none() {
            self.warm_up_starts = None;
        }
        due
    }

    /// How many starts are due before `end`, without those of the warm-up: with random arrivals, on average.
    pub(super) fn starts_before(&self, end: Duration) -> u64 {
        self.starts.timetable.starts_before(end.saturating_sub(self.warm_up))
    }

    /// How many of those have not been returned.
    pub(super) fn remaining(&self, end: Duration) -> u64 {
        if self.due >= end {
            return 0;
        }
        let later = self.starts_before(end).saturating_sub(self.starts.process.position().whole);
        later + u64::from(self.due >= self.warm_up)
    }

    /// Requests per second at `time`.
    pub(super) fn rate_at(&self, time: Duration) -> f64 {
        match time.checked_sub(self.warm_up) {
            Some(time) => self.starts.timetable.rate_at(time),
            None => self.warm_up_rate,
        }
    }
}

/// A warm-up has one rate: the one at which the pace begins. Stages that begin at zero would not warm anything, so for
/// those it is the average of the first stage with a rate above zero.
fn warm_up_timetable(pace: &Pace, warm_up: Duration) -> Timetable {
    let Pace::Stages(stages) = pace else { return Timetable::new(pace) };
    let first = stages.stages().iter().find(|stage| stage.from + stage.to > 0.0);
    let begin = stages.stages().first().map_or(0.0, |stage| stage.from);
    let rate = if begin > 0.0 { begin } else { first.map_or(0.0, |stage| (stage.from + stage.to) / 2.0) };
    Timetable::Stages(Ramps::new(&[Stage { from: rate, to: rate, over: warm_up }]))
}
