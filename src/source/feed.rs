//! The interface of what a source reads from: lists, or jobs made by the caller.

use std::io;

use super::resume::Numbering;
use super::{Entry, ListNote};
use crate::model::{InputFingerprint, LinePosition};

/// Where a source gets its entries.
pub(super) trait Feed: Send {
    /// Reads at most `limit` entries, blocking only for the first. The batch is empty if what was read contains only
    /// comments or completed entries. Returns `None` at the end, and after an error.
    fn read(&mut self, numbering: &mut Numbering, limit: usize) -> io::Result<Option<Vec<Entry>>>;

    /// Moves to a position where an entry starts. Returns false if it cannot.
    fn seek(&mut self, _: LinePosition) -> io::Result<bool> {
        Ok(false)
    }

    /// The fingerprint of each input.
    fn fingerprints(&mut self) -> io::Result<Vec<InputFingerprint>> {
        Ok(Vec::new())
    }

    /// What is worth telling about a list whose end has just been read.
    fn take_note(&mut self) -> Option<ListNote> {
        None
    }

    /// The bytes of input consumed so far.
    fn bytes(&self) -> u64 {
        0
    }

    /// The bytes of all inputs, if known.
    fn total_bytes(&self) -> Option<u64> {
        None
    }
}
