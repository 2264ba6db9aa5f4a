//! Which numbered files are the parts of an output.

use std::io;
use std::path::Path;

use super::checkpoint::{self, Checkpoint, beside};
use super::error::ResumeError;
use super::options::LedgerOptions;
use super::owned::{FirstLine, may_be_checkpoint};
use crate::schema::OutputFormat;
use crate::storage::Layout;

/// Whether a file is an output of its own.
pub(super) fn has_checkpoint(path: &Path) -> bool {
    let checkpoint = beside(path, checkpoint::SUFFIX);
    checkpoint.is_file() && may_be_checkpoint(&checkpoint).unwrap_or(false)
}

/// Whether the checkpoint proves that this part is ours, which it can only of the one it is in. It knows the end of that,
/// unless it has no record yet; a first record may then have been torn.
pub(super) fn vouches_for(checkpoint: Option<&Checkpoint<'_>>, part: u32, layout: &Layout) -> bool {
    let path = layout.part_path(part);
    checkpoint.filter(|found| found.position.part == part).is_some_and(|found| match found.tail {
        Some(tail) => tail.is_before(found.position.length, &path).unwrap_or(false),
        None => FirstLine::of(&path, layout.coding).is_ok_and(|first| first == FirstLine::Torn),
    })
}

/// Those of `parts` that are ours to change: a number proves nothing, since an output skips those that are taken.
pub(super) fn owned(parts: &[u32], checkpoint: Option<&Checkpoint<'_>>, options: &LedgerOptions) -> Vec<u32> {
    let layout = &options.layout;
    let is_raw = options.format.format == OutputFormat::Raw;
    let is_owned = |&part: &u32| {
        part == 0
            || is_proven_or_empty(&layout.part_path(part), layout)
            || vouches_for(checkpoint, part, layout)
            || is_raw && checkpoint.is_some_and(|found| found.position.part == part && found.tail.is_none())
    };
    parts.iter().copied().filter(is_owned).collect()
}

fn is_proven_or_empty(path: &Path, layout: &Layout) -> bool {
    is_proven(path, layout) || FirstLine::of(path, layout.coding).is_ok_and(|first| first == FirstLine::Nothing)
}

/// The parts of an output. With a checkpoint, `known` is the part that it is in.
pub(super) fn find_parts(layout: &Layout, known: Option<u32>) -> Result<Vec<u32>, ResumeError> {
    let failed = || ResumeError::failed("cannot look for", &layout.path);
    let exists = layout.path.try_exists().map_err(failed())?;
    match (exists, &layout.rotate) {
        (true, None) => Ok(vec![0]),
        (true, Some(_)) => Err(ResumeError::NotInParts(layout.path.clone())),
        (false, None) if known.is_some_and(|part| part > 0) || known.is_none() && begins_with_part(layout) => {
            Err(ResumeError::InParts(layout.path.clone()))
        }
        (false, None) => Ok(Vec::new()),
        (false, Some(_)) => numbered_parts(layout, known).map_err(failed()),
    }
}

/// Whether there is a first part that is a part indeed.
fn begins_with_part(layout: &Layout) -> bool {
    let first = layout.part_path(1);
    first.is_file() && !has_checkpoint(&first) && is_proven(&first, layout)
}

/// The numbered files that are parts. A file behind a gap counts only if it begins with a record: the parts before it may
/// be lost.
fn numbered_parts(layout: &Layout, known: Option<u32>) -> io::Result<Vec<u32>> {
    let mut parts: Vec<u32> = Vec::new();
    for part in layout.parts()? {
        let path = layout.part_path(part);
        let is_next = part == 1 || parts.last() == Some(&(part - 1));
        let is_part = match known {
            Some(known) if part <= known => true,
            // Records are written to a part only once the checkpoint is in it.
            Some(_) => is_next && path.metadata()?.len() == 0 || layout.is_likely(part) && is_proven(&path, layout),
            None => is_next || layout.is_likely(part) && is_proven(&path, layout),
        };
        if is_part && !has_checkpoint(&path) {
            parts.push(part);
        }
    }
    Ok(parts)
}

pub(super) fn is_proven(path: &Path, layout: &Layout) -> bool {
    FirstLine::of(path, layout.coding).is_ok_and(|first| matches!(first, FirstLine::Record | FirstLine::Item))
}
