//! Decides which rate to try next, in search of the highest one that holds.
//!
//! It doubles the rate until a step fails, bisects between the highest rate that held and the lowest one that failed, and
//! tries both again once they are close. A rate whose outcomes differ is tried a third time, and the majority counts.
//! Rates that are inconclusive are tried again, too; what stays so between two ends that are close is the limit itself.
//!
//! The next rate follows from the outcomes so far, and from nothing else.

mod rate;
#[cfg(test)]
mod tests;
mod tried;

use crate::model::{FindEnd, StepOutcome};
use crate::plan::FindRate;
pub use rate::StepRate;
use tried::{Standing, Tried};

/// More steps than any search needs whose outcomes make sense.
const MAX_STEPS: usize = 50;

/// So many inconclusive rates are tried again. If there are more, the steps are too short.
const MAX_RETRIED: usize = 3;

/// The first rate is this part of the highest one, unless the lowest is given.
const FIRST_PART: u64 = 64;

/// Looks for the highest rate that holds.
#[derive(Debug)]
pub struct Search {
    first: StepRate,
    lowest: StepRate,
    highest: StepRate,
    resolution: f64,
    tried: Tried,
}

/// The last bracket, and how the search ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Knee {
    /// The highest rate that held, below any that did not.
    pub held: Option<StepRate>,
    /// The lowest rate that failed.
    pub failed: Option<StepRate>,
    /// The lowest rate that haul itself could not send.
    pub unsent: Option<StepRate>,
    /// How the search ended.
    pub end: FindEnd,
}

impl Search {
    /// A search within the bounds of `find`.
    pub fn new(find: &FindRate) -> Self {
        let highest = StepRate::of(find.to);
        let least = || StepRate::from_millis(1000.min(highest.millis() / 1000));
        let lowest = find.from.map_or_else(least, StepRate::of).min(highest);
        let first = StepRate::rounded(highest.millis() / FIRST_PART).max(lowest);
        let first = if find.from.is_some() { lowest } else { first };
        Search { first, lowest, highest, resolution: find.resolution, tried: Tried::default() }
    }

    /// The lowest and the highest rate that it may try.
    pub fn bounds(&self) -> (StepRate, StepRate) {
        (self.lowest, self.highest)
    }

    /// The rate of the next step; none once the search has ended.
    pub fn next(&self) -> Option<StepRate> {
        if self.tried.steps() >= MAX_STEPS {
            return None;
        }
        if let Some(rate) = self.tried.to_repeat() {
            return Some(rate);
        }
        match (self.held(), self.barrier()) {
            (_, None) => self.up(),
            (None, Some(barrier)) => self.down(barrier),
            (Some(held), Some(barrier)) => self.between(held, barrier),
        }
    }

    /// Whether a step at `rate` has ended before.
    pub fn has_tried(&self, rate: StepRate) -> bool {
        self.tried.times(rate) > 0
    }

    /// The step at `rate` came to `outcome`.
    pub fn tell(&mut self, rate: StepRate, outcome: StepOutcome) {
        self.tried.add(rate, outcome);
    }

    /// What the steps so far have come to. It has ended if [`Search::next`] has no rate.
    pub fn knee(&self) -> Knee {
        let held = self.held();
        let lowest_of = |standing| self.tried.with(standing).next();
        let (failed, unsent) = (lowest_of(Standing::Failed), lowest_of(Standing::InDoubt));
        let is_close = |other: StepRate| held.is_some_and(|held| self.is_closed(held, other));
        let end = match held {
            _ if self.next().is_some() => FindEnd::Stopped,
            None if self.tried.steps() >= MAX_STEPS => FindEnd::Inconclusive,
            _ if unsent.is_some() && self.barrier() == unsent => FindEnd::InDoubt,
            None if failed == Some(self.lowest) => FindEnd::LowestFails,
            Some(held) if held == self.highest => FindEnd::Ceiling,
            Some(_) if failed.is_some_and(is_close) => FindEnd::Found,
            _ => FindEnd::Inconclusive,
        };
        Knee { held, failed, unsent, end }
    }

    /// The lowest rate that did not hold.
    fn barrier(&self) -> Option<StepRate> {
        [Standing::Failed, Standing::InDoubt].into_iter().filter_map(|standing| self.tried.with(standing).next()).min()
    }

    /// The highest rate that held, below any that did not.
    fn held(&self) -> Option<StepRate> {
        let barrier = self.barrier();
        self.tried.with(Standing::Held).rfind(|rate| barrier.is_none_or(|barrier| *rate < barrier))
    }

    /// Nothing has failed.
    fn up(&self) -> Option<StepRate> {
        match (self.tried.highest(), self.held()) {
            (None, _) => Some(self.first),
            (Some(last), _) if last < self.highest => Some(last.doubled().min(self.highest)),
            // The highest rate is inconclusive: it ends the bracket, as one that fails does.
            (Some(last), Some(held)) if held < last => self.between(held, last),
            (Some(_), Some(held)) => self.again(held),
            (Some(last), None) => self.again(last),
        }
    }

    /// Nothing has held.
    fn down(&self, barrier: StepRate) -> Option<StepRate> {
        let least = self.tried.lowest().unwrap_or(barrier);
        if least > self.lowest {
            return Some(least.halved().max(self.lowest));
        }
        // The higher a rate is, the more a step tells of it.
        let mut open = self.tried.with(Standing::Inconclusive).rev().filter(|at| *at < barrier).take(MAX_RETRIED);
        open.find_map(|rate| self.again(rate)).or_else(|| self.again(least))
    }

    fn between(&self, held: StepRate, barrier: StepRate) -> Option<StepRate> {
        if self.are_close(held, barrier) {
            return self.again(held).or_else(|| self.again(barrier));
        }
        let open = self.open(held, barrier);
        let retried = if open.len() <= MAX_RETRIED { &open[..] } else { &[] };
        let again = || retried.iter().copied().chain([held, barrier]).find_map(|rate| self.again(rate));
        self.in_gap(held, &open, barrier).or_else(again)
    }

    /// The rates between two where nobody could tell.
    fn open(&self, held: StepRate, barrier: StepRate) -> Vec<StepRate> {
        self.tried.with(Standing::Inconclusive).filter(|at| held < *at && *at < barrier).collect()
    }

    /// A rate between two, apart from those in `open`, where nobody could tell: on the side of them that has more room.
    fn in_gap(&self, held: StepRate, open: &[StepRate], barrier: StepRate) -> Option<StepRate> {
        let (Some(least), Some(most)) = (open.first(), open.last()) else { return held.middle(barrier) };
        let gaps = [(held, *least), (*most, barrier)];
        let wide = gaps.into_iter().filter(|(from, to)| !self.are_within(*from, *to, self.resolution / 2.0));
        let widest = wide.max_by(|one, other| one.0.ratio(one.1).total_cmp(&other.0.ratio(other.1)));
        widest.and_then(|(from, to)| from.middle(to))
    }

    /// The rate, if it was tried only once.
    fn again(&self, rate: StepRate) -> Option<StepRate> {
        (self.tried.times(rate) < 2).then_some(rate)
    }

    /// Whether nothing is left to find between two rates: they are close, or what is between them is close to both, and
    /// so near the limit that nobody can tell.
    fn is_closed(&self, held: StepRate, barrier: StepRate) -> bool {
        let open = self.open(held, barrier);
        let is_limit = |least: &StepRate, most: &StepRate| {
            self.are_within(held, *most, self.resolution) && self.are_within(*least, barrier, self.resolution)
        };
        self.are_close(held, barrier)
            || open.first().zip(open.last()).is_some_and(|(least, most)| is_limit(least, most))
    }

    fn are_close(&self, held: StepRate, barrier: StepRate) -> bool {
        held.middle(barrier).is_none() || self.are_within(held, barrier, self.resolution)
    }

    fn are_within(&self, lower: StepRate, upper: StepRate, share: f64) -> bool {
        lower.ratio(upper) <= 1.0 + share
    }
}
