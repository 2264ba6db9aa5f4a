//! Crash-safe output: the output is the journal, and a small checkpoint beside it says how much of it is durable.
//!
//! A run can be killed at any instant and resumed: the output then has a record of every input exactly once.
//! `docs/durability.md` says how, and what is promised.

mod begun;
mod behind;
mod checkpoint;
mod create;
mod error;
mod existing;
pub mod fingerprint;
mod intents;
mod judge;
mod ledger;
mod note;
mod open;
mod options;
mod owned;
mod parts;
mod recover;
mod syncer;
#[cfg(test)]
mod tests;

pub use create::{CreateError, create};
pub use error::{Anyway, ResumeError};
pub use existing::holds_records;
pub use fingerprint::RunFingerprint;
pub use intents::IntentLog;
pub use ledger::Ledger;
pub use note::Note;
pub use open::{Recovered, open};
pub use options::LedgerOptions;

/// What the names of the files beside an output add to its own: the checkpoint, the log of started requests, and the
/// new version of each while it is written.
pub const SUFFIXES: [&str; 4] = [checkpoint::SUFFIX, checkpoint::NEW_SUFFIX, intents::SUFFIX, intents::NEW_SUFFIX];
