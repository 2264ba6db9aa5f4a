//! What the records of a probe cannot tell: what was asked for, what was missed, how late the generator was, and
//! whether its figures can be trusted.

mod coverage;
mod document;
mod doubt;
mod elapsed;
mod facts;
mod missed;
mod precision;
mod recorder;
mod run_file;
mod saved;
mod second;
mod share;
mod spans;
#[cfg(test)]
mod tests;
mod verdict;

pub use coverage::Coverage;
pub(super) use document::{DoubtDocument, LoadDocument};
pub use doubt::{Doubt, DoubtfulSecond};
pub use facts::{LoadFacts, Model};
pub use missed::MissedStarts;
pub use precision::{KnownPercentile, PrecisionFacts, Precisions};
pub use recorder::LoadRecorder;
pub use run_file::{RunFile, RunReadError, read, write};
pub(super) use saved::SavedLoad;
pub(super) use second::Second;
pub use share::{Cpu, Share, Waits};
pub use verdict::Verdict;
