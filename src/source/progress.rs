//! The progress of a source, shared between threads.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use super::ListNote;

/// How much a source has read. Its thread writes it; any other thread reads it.
#[derive(Debug, Default)]
pub struct Progress {
    entries: AtomicU64,
    bytes: AtomicU64,
    total_bytes: OnceLock<u64>,
    resumed: OnceLock<u64>,
    finished: AtomicBool,
    notes: Mutex<Vec<ListNote>>,
}

impl Progress {
    /// The entries so far, including invalid ones and those that an earlier run completed.
    pub fn entries(&self) -> u64 {
        self.entries.load(Ordering::Relaxed)
    }

    /// The stored bytes of input read for these entries.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// The stored bytes of all inputs, if each is a regular file or in memory.
    pub fn total_bytes(&self) -> Option<u64> {
        self.total_bytes.get().copied()
    }

    /// The entries that an earlier run completed, if this run resumes one.
    pub fn resumed(&self) -> Option<u64> {
        self.resumed.get().copied()
    }

    /// The lists so far that had no request.
    pub fn notes(&self) -> Vec<ListNote> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether every input was read to its end.
    pub fn is_finished(&self) -> bool {
        self.finished.load(Ordering::Acquire)
    }

    /// The total number of entries: exact once finished, until then an estimate from the mean length of an entry, or
    /// `None` while the total size is unknown.
    pub fn estimated_total(&self) -> Option<u64> {
        if self.is_finished() {
            return Some(self.entries());
        }
        let bytes = self.bytes();
        // A file may have grown since it was opened.
        let total = self.total_bytes()?.max(bytes);
        let estimate = (u128::from(self.entries()) * u128::from(total)).checked_div(u128::from(bytes))?;
        u64::try_from(estimate).ok()
    }

    pub(super) fn begin(&self, total_bytes: Option<u64>, resumed: Option<u64>) {
        for (known, value) in [(&self.total_bytes, total_bytes), (&self.resumed, resumed)] {
            if let Some(value) = value {
                known.get_or_init(|| value);
            }
        }
    }

    pub(super) fn reach(&self, entries: u64, bytes: u64) {
        self.entries.store(entries, Ordering::Relaxed);
        self.bytes.store(bytes, Ordering::Relaxed);
    }

    pub(super) fn note(&self, note: Option<ListNote>) {
        if let Some(note) = note {
            self.notes.lock().unwrap_or_else(PoisonError::into_inner).push(note);
        }
    }

    pub(super) fn finish(&self, bytes: u64) {
        self.bytes.store(bytes, Ordering::Relaxed);
        self.finished.store(true, Ordering::Release);
    }
}
