//! What came of the pauses that servers asked for.

use serde::Serialize;

/// What came of a pause that an answer asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
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
pub struct Pauses {
    /// Those whose pause was kept.
    pub heeded: u64,
    /// Those whose pause was over already.
    pub past: u64,
    /// Those whose pause was longer than is waited for.
    pub too_long: u64,
    /// Those of which nothing could be understood.
    pub garbled: u64,
}

impl Pauses {
    /// Counts one more.
    pub fn count(&mut self, said: Said) {
        *match said {
            Said::Heeded => &mut self.heeded,
            Said::Past => &mut self.past,
            Said::TooLong => &mut self.too_long,
            Said::Garbled => &mut self.garbled,
        } += 1;
    }
}
