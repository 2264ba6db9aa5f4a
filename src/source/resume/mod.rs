//! Skips the entries that an earlier run has completed.

#[cfg(test)]
mod tests;

use roaring::RoaringTreemap;

use super::Entry;
use crate::model::CompletedSet;

/// The state in which an earlier run left the same inputs.
#[derive(Debug, Clone, Default)]
pub struct Resume {
    /// The inputs that have a record.
    pub completed: CompletedSet,
    /// The inputs whose request was sent but has no record, and is not safe to repeat.
    pub interrupted: RoaringTreemap,
    /// Whether the inputs are unchanged, so that reading may start at a stored position.
    pub seek: bool,
    /// Whether the source yields completed requests too, as [`Entry::Completed`].
    pub replay: bool,
}

/// Numbers entries, and skips those that an earlier run has completed.
#[derive(Debug, Default)]
pub(super) struct Numbering {
    /// The ordinal of the next entry.
    pub seq: u64,
    earlier: Resume,
}

impl Numbering {
    /// Continues at `seq`, after an earlier run.
    pub(super) fn resumed(seq: u64, earlier: Resume) -> Self {
        Numbering { seq, earlier }
    }

    /// Whether to skip the next entry without parsing it.
    pub(super) fn is_skipped(&self) -> bool {
        !self.earlier.replay && self.is_completed()
    }

    fn is_completed(&self) -> bool {
        self.earlier.completed.contains(self.seq)
    }

    /// Counts the next entry without looking at it.
    pub(super) fn skip(&mut self) {
        self.seq += 1;
    }

    /// Counts the next entry, and marks a request that an earlier run has completed or left interrupted. Returns
    /// nothing for a completed entry that is not a request.
    pub(super) fn take(&mut self, entry: Entry) -> Option<Entry> {
        let (completed, interrupted) = (self.is_completed(), self.earlier.interrupted.contains(self.seq));
        self.seq += 1;
        match entry {
            Entry::Job(job) if completed => Some(Entry::Completed(job)),
            _ if completed => None,
            Entry::Job(job) if interrupted => Some(Entry::Interrupted(job)),
            entry => Some(entry),
        }
    }
}
