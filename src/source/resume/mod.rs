//! What is left to do of inputs that an earlier run began.

#[cfg(test)]
mod tests;

use roaring::RoaringTreemap;

use super::Entry;
use crate::model::CompletedSet;

/// What an earlier run did of the same inputs.
#[derive(Debug, Clone, Default)]
pub struct Resume {
    /// Those that have their record.
    pub done: CompletedSet,
    /// Those that were started, have no record, and are not safe to repeat.
    pub begun: RoaringTreemap,
    /// Whether places may be trusted: the inputs are unchanged.
    pub seek: bool,
    /// Whether requests that are done are still to be told of, as [`Entry::Completed`].
    pub recall: bool,
}

/// Numbers entries, and leaves out what is done.
#[derive(Debug, Default)]
pub(super) struct Numbering {
    /// The ordinal of the next entry.
    pub seq: u64,
    earlier: Resume,
}

impl Numbering {
    /// From `seq` on, after an earlier run.
    pub(super) fn resumed(seq: u64, earlier: Resume) -> Self {
        Numbering { seq, earlier }
    }

    /// Whether the next entry is done, and need not be made.
    pub(super) fn is_passed(&self) -> bool {
        !self.earlier.recall && self.is_done()
    }

    fn is_done(&self) -> bool {
        self.earlier.done.contains(self.seq)
    }

    /// Passes the next entry by.
    pub(super) fn skip(&mut self) {
        self.seq += 1;
    }

    /// Counts the next entry; what was begun before comes out as interrupted, and what is done as such, if it is a
    /// request.
    pub(super) fn take(&mut self, entry: Entry) -> Option<Entry> {
        let (done, begun) = (self.is_done(), self.earlier.begun.contains(self.seq));
        self.seq += 1;
        match entry {
            Entry::Job(job) if done => Some(Entry::Completed(job)),
            _ if done => None,
            Entry::Job(job) if begun => Some(Entry::Interrupted(job)),
            entry => Some(entry),
        }
    }
}
