//! Rates that change evenly, stage by stage.

use std::time::Duration;

use super::arrivals::Position;
use crate::plan::Stage;

/// Numbers of starts that differ by less than this count as the same: adding up rates and times is not exact.
const ROUNDING: f64 = 1e-9;

/// When starts are due in a sequence of stages.
#[derive(Debug)]
pub(super) struct Ramps {
    ramps: Vec<Ramp>,
    /// The ramp of the latest start.
    current: usize,
}

/// A stage in its place.
#[derive(Debug)]
struct Ramp {
    begins: Duration,
    length: Duration,
    /// Starts per second.
    from: f64,
    /// How much that changes each second.
    slope: f64,
    /// The starts of all stages before it.
    before: Position,
    /// Its own starts.
    starts: f64,
}

impl Ramps {
    pub(super) fn new(stages: &[Stage]) -> Self {
        let (mut begins, mut before) = (Duration::ZERO, Position::default());
        let place = |stage: &Stage| {
            let seconds = stage.over.as_secs_f64();
            let starts = snap((stage.from + stage.to) / 2.0 * seconds);
            let slope = if seconds > 0.0 { (stage.to - stage.from) / seconds } else { 0.0 };
            let ramp = Ramp { begins, length: stage.over, from: stage.from, slope, before, starts };
            begins = begins.saturating_add(stage.over);
            before = ramp.position(starts);
            ramp
        };
        Ramps { ramps: stages.iter().map(place).collect(), current: 0 }
    }

    /// When the start at `position` is due. One that falls between two stages belongs to the later one, so that a rate
    /// of zero has no start.
    pub(super) fn time_of(&mut self, position: Position) -> Option<Duration> {
        while let Some(ramp) = self.ramps.get(self.current) {
            if let Some(time) = ramp.time_of(position) {
                return Some(time);
            }
            self.current += 1;
        }
        None
    }

    pub(super) fn starts_before(&self, end: Duration) -> u64 {
        let Some(ramp) = self.ramps.iter().rfind(|ramp| ramp.begins < end) else { return 0 };
        let position = ramp.position(ramp.starts_in(end - ramp.begins));
        position.whole + u64::from(position.fraction > 0.0)
    }

    pub(super) fn rate_at(&self, time: Duration) -> f64 {
        let ramp = self.ramps.iter().rfind(|ramp| ramp.begins <= time);
        let ramp = ramp.filter(|ramp| time < ramp.begins.saturating_add(ramp.length));
        ramp.map_or(0.0, |ramp| ramp.from + ramp.slope * (time - ramp.begins).as_secs_f64())
    }
}

impl Ramp {
    fn time_of(&self, position: Position) -> Option<Duration> {
        let starts = position.beyond(self.before).max(0.0);
        if starts >= self.starts {
            return None;
        }
        // Solves from·t + slope·t²/2 = starts, in the form that loses nothing when the slope is small.
        let root = (self.from * self.from + 2.0 * self.slope * starts).max(0.0).sqrt();
        let seconds = if starts > 0.0 { 2.0 * starts / (self.from + root) } else { 0.0 };
        let nanos = (seconds * 1e9).round() as u64; // saturates
        let last = self.length.saturating_sub(Duration::from_nanos(1));
        Some(self.begins.saturating_add(Duration::from_nanos(nanos).min(last)))
    }

    /// How many starts are due in the first `time` of it.
    fn starts_in(&self, time: Duration) -> f64 {
        if time >= self.length {
            return self.starts;
        }
        let seconds = time.as_secs_f64();
        snap(self.from * seconds + self.slope * seconds * seconds / 2.0)
    }

    /// The position of its start numbered `starts`.
    fn position(&self, starts: f64) -> Position {
        let fraction = snap(self.before.fraction + starts.fract());
        Position { whole: self.before.whole + starts as u64 + fraction as u64, fraction: fraction.fract() }
    }
}

/// Rounds a number that is almost whole.
fn snap(starts: f64) -> f64 {
    let whole = starts.round();
    if (starts - whole).abs() < ROUNDING * whole.max(1.0) { whole } else { starts }
}
