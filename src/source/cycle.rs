//! The targets of a probe, which are sent over and over again.

use std::io;
use std::time::SystemTime;

use url::Url;

use super::{Entry, EntryReader};
use crate::model::Job;

/// Targets in memory, which come again and again.
#[derive(Debug)]
pub struct Cycle {
    targets: Vec<Job>,
}

/// The order in which targets come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// As in the lists.
    #[default]
    Listed,
    /// At random.
    Shuffled,
}

/// Why targets cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CycleError {
    /// A list cannot be read.
    #[error(transparent)]
    Read(#[from] io::Error),
    /// A line is not a request; the message has its place.
    #[error("{0}")]
    Invalid(String),
    /// There is nothing to send.
    #[error("the lists have no request")]
    Empty,
}

impl Cycle {
    /// Reads all targets.
    ///
    /// # Errors
    /// A list cannot be read, has an invalid line, or there is no target at all.
    pub fn read(mut entries: EntryReader, _order: Order, _seed: u64) -> Result<Self, CycleError> {
        let mut targets = Vec::new();
        while let Some(batch) = entries.next_batch()? {
            for entry in batch {
                match entry {
                    Entry::Job(job) => targets.push(*job),
                    Entry::Invalid(invalid) => return Err(CycleError::Invalid(invalid.message)),
                    Entry::Interrupted(_) | Entry::Completed(_) => {}
                }
            }
        }
        if targets.is_empty() { Err(CycleError::Empty) } else { Ok(Cycle { targets }) }
    }

    /// The URLs of all targets.
    pub fn urls(&self) -> impl Iterator<Item = &Url> {
        self.targets.iter().map(|target| &target.url)
    }

    /// The next target as the input numbered `seq`, which is sent at `now`.
    pub(crate) fn next(&mut self, seq: u64, _now: SystemTime) -> Entry {
        let target = &self.targets[(seq % self.targets.len() as u64) as usize];
        Entry::Job(Box::new(Job { seq, ..target.clone() }))
    }
}
