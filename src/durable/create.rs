//! Outputs that begin anew, perhaps in place of an earlier one.

use std::io;
use std::path::{Path, PathBuf};

use super::checkpoint::{self, Checkpoint, CheckpointFile, beside};
use super::intents;
use super::owned::{FirstLine, may_be_checkpoint, may_be_intents};
use super::parts::{has_checkpoint, vouches_for};
use crate::storage::{Appender, Layout};

/// An output cannot be created. Nothing has changed, unless I/O failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CreateError {
    /// There is a file already.
    #[error("{} already exists", .0.display())]
    Exists(PathBuf),
    /// There is a file already, which is not recognised as an output, so that it is not removed.
    #[error("{} already exists, and nothing in it shows that haul wrote it", .0.display())]
    Foreign(PathBuf),
    /// There is a part without the ones before it: it may belong to another output.
    #[error("{} may be a part of another output: the part before it is missing", .0.display())]
    Detached(PathBuf),
    /// Another run is writing it.
    #[error("{0}")]
    Busy(io::Error),
    /// The system refuses.
    #[error(transparent)]
    Failed(io::Error),
}

impl From<io::Error> for CreateError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ResourceBusy => CreateError::Busy(error),
            _ => CreateError::Failed(error),
        }
    }
}

impl From<CreateError> for io::Error {
    fn from(error: CreateError) -> Self {
        match error {
            CreateError::Busy(error) | CreateError::Failed(error) => error,
            error => io::Error::new(io::ErrorKind::AlreadyExists, error.to_string()),
        }
    }
}

/// Begins an output that is not a [`Ledger`](super::Ledger). With `force`, it replaces the file at its path, whatever it
/// is; of numbered parts it replaces those that are proven to be of an earlier output, by a checkpoint, their first
/// record, or their `header`. The checkpoint of the earlier output is removed.
///
/// # Errors
/// There is an earlier output that must not be replaced, or the system refuses.
pub fn create(layout: Layout, force: bool, header: &[u8]) -> Result<Appender, CreateError> {
    let path = layout.path.clone();
    let out = match (&layout.rotate, force) {
        _ if layout.is_special() => return Ok(Appender::create(layout)?),
        (None, true) => Appender::overwrite(layout)?,
        (None, false) => Appender::create(layout).map_err(|error| exists(error, path.clone()))?,
        (Some(_), _) => {
            let locks = layout.claim(None)?;
            let earlier = earlier_parts(&layout, header)?;
            if let Some(&first) = earlier.first().filter(|_| !force) {
                return Err(CreateError::Exists(layout.part_path(first)));
            }
            Appender::replace_parts(layout, &earlier, locks)?
        }
    };
    forget(&path)?;
    Ok(out)
}

fn exists(error: io::Error, path: PathBuf) -> CreateError {
    match error.kind() {
        io::ErrorKind::AlreadyExists => CreateError::Exists(path),
        _ => error.into(),
    }
}

/// Removes the files that an earlier run left beside `output`.
fn forget(output: &Path) -> io::Result<()> {
    let checkpoint = beside(output, checkpoint::SUFFIX);
    if may_be_checkpoint(&checkpoint)? {
        intents::remove(&checkpoint)?;
    }
    let new = beside(output, checkpoint::NEW_SUFFIX);
    if !new.is_symlink() && may_be_checkpoint(&new)? {
        intents::remove(&new)?;
    }
    let log = beside(output, intents::SUFFIX);
    if may_be_intents(&log)? { intents::remove(&log) } else { Ok(()) }
}

/// The parts of an earlier output; part 0 is the file without a number. Parts are numbered without gaps, except that
/// those a checkpoint knows may have been moved away, and that a stranger's file may have one of their numbers.
///
/// # Errors
/// A file stands in the way that may be somebody else's.
fn earlier_parts(layout: &Layout, header: &[u8]) -> Result<Vec<u32>, CreateError> {
    let checkpoint = match Checkpoint::read(&beside(&layout.path, checkpoint::SUFFIX)) {
        Ok(CheckpointFile::Valid(checkpoint)) => Some(checkpoint),
        _ => None,
    };
    let known = checkpoint.as_ref().map_or(0, |checkpoint| checkpoint.position.part);
    let mut earlier = Vec::new();
    let whole = layout.path.is_file().then_some(0);
    for part in whole.into_iter().chain(layout.parts()?) {
        let path = layout.part_path(part);
        let in_the_way = part < 2;
        let attached = in_the_way || part <= known || earlier.last() == Some(&(part - 1));
        match () {
            () if part > 0 && has_checkpoint(&path) => {}
            () if part > 0 && vouches_for(checkpoint.as_deref(), part, layout) => earlier.push(part),
            () if is_proven(&path, layout, header)
                .or_else(|error| if in_the_way { Err(error) } else { Ok(false) })? =>
            {
                match attached {
                    true => earlier.push(part),
                    false if layout.is_likely(part) && !is_empty(&path, layout) => {
                        return Err(CreateError::Detached(path));
                    }
                    false => {}
                }
            }
            () if in_the_way => return Err(CreateError::Foreign(path)),
            () => {}
        }
    }
    Ok(earlier)
}

fn is_empty(path: &Path, layout: &Layout) -> bool {
    FirstLine::of(path, layout.coding).is_ok_and(|first| first == FirstLine::Nothing)
}

fn is_proven(path: &Path, layout: &Layout, header: &[u8]) -> io::Result<bool> {
    Ok(match FirstLine::of(path, layout.coding)? {
        FirstLine::Nothing | FirstLine::Record | FirstLine::Item => true,
        FirstLine::Foreign(line) => !header.is_empty() && line == header,
        FirstLine::Torn => false,
    })
}
