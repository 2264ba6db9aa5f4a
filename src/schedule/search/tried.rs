//! What became of each rate.

use std::collections::BTreeMap;

use super::rate::StepRate;
use crate::model::StepOutcome;

/// How often a rate is tried until its outcomes agree.
const MAX_TRIES: u32 = 5;

/// The steps so far.
#[derive(Debug, Default)]
pub(super) struct Tried {
    rates: BTreeMap<StepRate, Outcomes>,
    steps: usize,
}

/// The outcomes of all steps at one rate.
#[derive(Debug, Default, Clone, Copy)]
struct Outcomes {
    held: u32,
    failed: u32,
    inconclusive: u32,
    in_doubt: u32,
}

/// What is thought of a rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Held,
    Failed,
    Inconclusive,
    InDoubt,
}

impl Tried {
    pub(super) fn add(&mut self, rate: StepRate, outcome: StepOutcome) {
        self.steps += 1;
        let of = self.rates.entry(rate).or_default();
        let count = match outcome {
            StepOutcome::Held => &mut of.held,
            StepOutcome::Failed => &mut of.failed,
            StepOutcome::Inconclusive => &mut of.inconclusive,
            StepOutcome::InDoubt => &mut of.in_doubt,
        };
        *count += 1;
    }

    pub(super) fn steps(&self) -> usize {
        self.steps
    }

    pub(super) fn times(&self, rate: StepRate) -> u32 {
        self.rates.get(&rate).map_or(0, |outcomes| outcomes.times())
    }

    pub(super) fn lowest(&self) -> Option<StepRate> {
        self.rates.keys().next().copied()
    }

    pub(super) fn highest(&self) -> Option<StepRate> {
        self.rates.keys().next_back().copied()
    }

    /// The rates of which this is thought, the lowest first.
    pub(super) fn with(&self, standing: Standing) -> impl DoubleEndedIterator<Item = StepRate> {
        self.rates.iter().filter(move |(_, outcomes)| outcomes.standing() == standing).map(|(rate, _)| *rate)
    }

    /// A rate of which nothing can be thought before it is tried again.
    pub(super) fn to_repeat(&self) -> Option<StepRate> {
        self.rates.iter().find(|(_, outcomes)| outcomes.are_unsettled()).map(|(rate, _)| *rate)
    }
}

impl Outcomes {
    fn times(self) -> u32 {
        self.held + self.failed + self.inconclusive + self.in_doubt
    }

    /// Held and failed as often, or only disturbed once: the next step may go undisturbed.
    fn are_unsettled(self) -> bool {
        let differ = self.held == self.failed && self.held > 0;
        let was_disturbed = self.in_doubt == 1 && self.times() == 1;
        (differ || was_disturbed) && self.times() < MAX_TRIES
    }

    fn standing(self) -> Standing {
        match self.held.cmp(&self.failed) {
            std::cmp::Ordering::Greater => Standing::Held,
            std::cmp::Ordering::Less => Standing::Failed,
            std::cmp::Ordering::Equal if self.in_doubt > self.inconclusive => Standing::InDoubt,
            std::cmp::Ordering::Equal => Standing::Inconclusive,
        }
    }
}
