//! Outputs that were begun and are still without a checkpoint.
//!
//! Where only the checkpoint says what is complete, an empty output without one may be a finished run, unless it was
//! begun a moment ago. The temporary file of the checkpoint tells: it is created before the output, and renamed when the
//! first checkpoint is written.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use super::checkpoint::{self, Checkpoint, CheckpointFile, beside};
use super::error::ResumeError;

/// Marks the output at `path` as begun. The first checkpoint removes the mark.
pub(super) fn mark(path: &Path) -> Result<(), ResumeError> {
    let mark = file(path);
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    if mark.is_symlink() {
        fs::remove_file(&mark).map_err(ResumeError::failed("cannot replace", &mark))?;
    }
    options.open(&mark).map(drop).map_err(ResumeError::failed("cannot create", &mark))
}

/// Removes the mark, because the output could not be created.
pub(super) fn unmark(path: &Path) {
    let _ = fs::remove_file(file(path));
}

/// Whether the output at `path`, whose checkpoint is missing, cannot have complete inputs.
pub(super) fn is_marked(path: &Path) -> io::Result<bool> {
    Ok(match Checkpoint::read(&file(path))? {
        CheckpointFile::Damaged(_) => true,
        CheckpointFile::Valid(found) => found.state().completed.is_empty() && found.continuations.is_empty(),
        CheckpointFile::Missing | CheckpointFile::Newer(_) => false,
    })
}

fn file(path: &Path) -> PathBuf {
    beside(path, checkpoint::NEW_SUFFIX)
}
