//! How far a source is, for others to see.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// How far a source is: written by its thread, read by any other.
#[derive(Debug, Default)]
pub struct Progress {
    entries: AtomicU64,
    bytes: AtomicU64,
    total_bytes: OnceLock<u64>,
    resumed: OnceLock<u64>,
    finished: AtomicBool,
}

impl Progress {
    /// The entries so far, the invalid ones included, and those that an earlier run did.
    pub fn entries(&self) -> u64 {
        self.entries.load(Ordering::Relaxed)
    }

    /// The bytes of input that they were made of, as they are stored.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// The bytes of all inputs; known if each is a regular file or was given as text.
    pub fn total_bytes(&self) -> Option<u64> {
        self.total_bytes.get().copied()
    }

    /// The entries that an earlier run did; none where nothing is resumed.
    pub fn resumed(&self) -> Option<u64> {
        self.resumed.get().copied()
    }

    /// Whether every input was read to its end.
    pub fn is_finished(&self) -> bool {
        self.finished.load(Ordering::Acquire)
    }

    /// How many entries there will be: exact once finished, before that as many as lines of the mean length so far
    /// would make, and none where not even that is known.
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

    pub(super) fn finish(&self, bytes: u64) {
        self.bytes.store(bytes, Ordering::Relaxed);
        self.finished.store(true, Ordering::Release);
    }
}
