//! Crash-safe output: the output is the journal, and a small checkpoint beside it says how much of it is durable.
//!
//! A run can be killed at any instant and resumed: the output then has a record of every input exactly once.
//! `docs/durability.md` says how, and what is promised.

mod checkpoint;
mod error;
mod existing;
pub mod fingerprint;
mod intents;
mod ledger;
mod open;
mod options;
mod recover;
mod syncer;
#[cfg(test)]
mod tests;

use std::io;
use std::path::Path;

pub use error::{Anyway, ResumeError};
pub use fingerprint::RunFingerprint;
pub use intents::IntentLog;
pub use ledger::Ledger;
pub use open::{Recovered, open};
pub use options::LedgerOptions;

/// Removes the files that earlier runs left beside an output that is about to be replaced.
///
/// # Errors
/// A file could not be removed.
pub fn forget(output: &Path) -> io::Result<()> {
    for suffix in [checkpoint::SUFFIX, intents::SUFFIX] {
        intents::remove(&checkpoint::beside(output, suffix))?;
    }
    Ok(())
}
