//! What the requests of a step tell about a criterion.

use crate::report::threshold::Answer;
use crate::statistics::shares::Shares;

/// What the requests of a step tell about a criterion.
///
/// Slow answers come in clusters, and a short step may have few of those beyond the limit, or none. How large they are
/// shows sooner in the requests that take more than half as long as is allowed.
#[derive(Debug, Clone, Default)]
pub(super) struct Evidence {
    bad: Shares,
    half: Shares,
}

impl Evidence {
    pub(super) fn add(&mut self, answer: Answer) {
        self.bad.add(answer == Answer::Yes);
        self.half.add(answer != Answer::No);
    }

    /// How many requests tell something.
    pub(super) fn count(&self) -> u64 {
        self.bad.count()
    }

    /// How many of them are bad.
    pub(super) fn bad(&self) -> u64 {
        self.bad.hits()
    }

    /// Whether the bad ones are spread over the time, and not all in a few clusters.
    pub(super) fn is_spread(&self) -> bool {
        self.bad.are_spread()
    }

    /// The interval that has the share of bad ones in it with this certainty.
    pub(super) fn interval(&self, certainty: f64) -> Option<(f64, f64)> {
        self.bad.interval(certainty, self.bad.likeness().max(self.half.likeness()))
    }
}
