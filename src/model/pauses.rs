//! What came of the pauses that servers asked for.

use serde::Serialize;

/// What came of a pause that an answer asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PauseOutcome {
    /// It is kept.
    Heeded,
    /// It was over already.
    Past,
    /// It is longer than is waited for.
    TooLong,
    /// It could not be understood.
    Garbled,
}

/// How many answers asked for a pause, by what came of it. Those of attempts that were retried or redirected are
/// among them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct PauseOutcomes {
    /// Those whose pause was kept.
    pub heeded: u64,
    /// Those whose pause was over already.
    pub past: u64,
    /// Those whose pause was longer than is waited for.
    pub too_long: u64,
    /// Those of which nothing could be understood.
    pub garbled: u64,
}

impl PauseOutcomes {
    /// Counts one more.
    pub fn count(&mut self, said: PauseOutcome) {
        *match said {
            PauseOutcome::Heeded => &mut self.heeded,
            PauseOutcome::Past => &mut self.past,
            PauseOutcome::TooLong => &mut self.too_long,
            PauseOutcome::Garbled => &mut self.garbled,
        } += 1;
    }
}
