//! Why a ledger cannot be opened.

use std::io;
use std::path::{Path, PathBuf};

/// A ledger cannot be opened. Except where I/O failed, nothing has changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResumeError {
    /// The output, its checkpoint and the run do not match.
    #[error("cannot resume: {why}")]
    Mismatch {
        /// What does not match.
        why: String,
        /// What [`LedgerOptions::anyway`](super::LedgerOptions::anyway) would do.
        anyway: Anyway,
    },
    /// The output has something else than whole records, by which a run could be resumed.
    #[error("cannot resume: the output must contain whole records")]
    PartialRecords,
    /// The output is a device or a pipe.
    #[error("cannot resume: {} is not a regular file", .0.display())]
    SpecialFile(PathBuf),
    /// The output is a symbolic link to nothing.
    #[error("cannot resume: {} is a symbolic link to a file that does not exist", .0.display())]
    BrokenLink(PathBuf),
    /// The output is in parts, and the run writes a single file.
    #[error("{} was written in parts", .0.display())]
    InParts(PathBuf),
    /// The output is a single file, and the run writes parts.
    #[error("{} was not written in parts", .0.display())]
    NotInParts(PathBuf),
    /// A file has the number of a part that this run needs, and nothing shows that haul wrote it.
    #[error("cannot resume: nothing shows that haul wrote {}", .0.display())]
    Foreign(PathBuf),
    /// Another run is writing the output.
    #[error("{0}")]
    Busy(io::Error),
    /// A file cannot be read or written.
    #[error("{what}: {reason}")]
    Failed {
        /// What was tried.
        what: String,
        /// What the system said.
        reason: io::Error,
    },
}

/// What resuming regardless of a mismatch does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anyway {
    /// It continues with the records that can be read.
    Continues,
    /// It removes the bytes that do not match.
    Removes,
    /// It continues with the records that can be read, and removes what follows them.
    RemovesAfter {
        /// Where they end, in the last file.
        valid: u64,
        /// How many bytes follow.
        rest: u64,
    },
    /// It reads the whole output, and removes what follows its last record.
    ReadsWhole,
    /// It starts the output from scratch, whose content is lost.
    StartsOver,
    /// It replaces the file, whose content is lost.
    Replaces,
}

impl ResumeError {
    pub(super) fn failed(what: &str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let what = format!("{what} {}", path.display());
        move |reason| ResumeError::Failed { what, reason }
    }
}

/// Why a checkpoint does not match.
pub(super) enum Mismatch {
    /// The inputs or the options are others.
    Run(String),
    /// Other records were selected, so that it does not say which inputs are complete now.
    Selection(String),
    /// The output is not the one that it is of.
    Output(String),
}
