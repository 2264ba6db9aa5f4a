//! Targets in memory, which come again and again.

use std::io;
use std::mem;
use std::time::SystemTime;

use url::Url;

use super::order::Picker;
use super::refused::Refused;
use super::target::ProbeTarget;
use crate::guard::text::grouped;
use crate::source::{Entry, EntryReader, InputError};

/// The most targets that are kept in memory.
pub const MAX_TARGETS: usize = 1_000_000;

/// The most memory for targets, in bytes.
const MAX_BYTES: usize = 512 << 20;

/// Targets in memory, which come again and again.
///
/// In the order of the list, a target of weight 3 comes three times as often as one of weight 1, evenly spread: after any
/// number of starts each target has had its exact share, rounded up or down. Shuffled, they come in rounds: in each round
/// every target comes as often as its weight says (all weights divided by what divides them all), in a random order of its
/// own. A target of weight 0 never comes.
#[derive(Debug)]
pub struct Cycle {
    targets: Vec<ProbeTarget>,
    picker: Picker,
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
#[non_exhaustive]
pub enum CycleError {
    /// A list cannot be opened.
    #[error(transparent)]
    Open(#[from] InputError),
    /// A list cannot be read to its end.
    #[error(transparent)]
    Read(#[from] io::Error),
    /// Lines are not requests; the message has their places.
    #[error("{0}")]
    Invalid(String),
    /// There is nothing to send.
    #[error("the lists have no request")]
    Empty,
    /// No target has a weight above 0.
    #[error("every target has the weight 0, so there is nothing to send")]
    NoWeight,
    /// There are more targets than can be kept.
    #[error("more than {} targets: send a part of the list, such as a sample of it", grouped(MAX_TARGETS as u64))]
    TooMany,
    /// The targets take more memory than is allowed.
    #[error(
        "the first {} targets take more than {} MiB of memory: send a part of the list, or put large bodies into files",
        grouped(*count as u64),
        MAX_BYTES >> 20
    )]
    TooLarge {
        /// How many targets were read.
        count: usize,
    },
}

impl Cycle {
    /// Reads all targets. Their order follows from `seed` if they are shuffled.
    ///
    /// # Errors
    /// A list cannot be read, has an invalid line, or there is no target, or too many of them.
    pub fn read(mut entries: EntryReader, order: Order, seed: u64) -> Result<Self, CycleError> {
        let (mut targets, mut refused, mut read, mut bytes) = (Vec::new(), Refused::default(), 0, 0);
        while let Some(batch) = entries.next_batch()? {
            for entry in batch {
                let target = match entry {
                    Entry::Target(target) => *target,
                    Entry::Job(job) => ProbeTarget::of(*job),
                    Entry::Invalid(invalid) => {
                        refused.add(invalid.message);
                        continue;
                    }
                    Entry::Interrupted(_) | Entry::Completed(_) => continue,
                };
                read += 1;
                if target.weight() > 0 {
                    bytes += target.size();
                    targets.push(target);
                }
                if targets.len() > MAX_TARGETS {
                    return Err(CycleError::TooMany);
                }
                if bytes > MAX_BYTES {
                    return Err(CycleError::TooLarge { count: read });
                }
            }
        }
        if let Some(report) = refused.report() {
            return Err(CycleError::Invalid(report));
        }
        if targets.is_empty() {
            return Err(if read > 0 { CycleError::NoWeight } else { CycleError::Empty });
        }
        targets.shrink_to_fit();
        let weights: Vec<u32> = targets.iter().map(ProbeTarget::weight).collect();
        let picker = match order {
            Order::Listed => Picker::listed(&weights),
            Order::Shuffled => Picker::shuffled(&weights, seed),
        };
        Ok(Cycle { targets, picker })
    }

    /// The number of targets whose weight is above 0.
    pub fn count(&self) -> usize {
        self.targets.len()
    }

    /// Whether requests have values that depend on the seed of [`ListOptions::value_seed`](crate::source::ListOptions).
    pub fn has_random_values(&self) -> bool {
        self.targets.iter().any(ProbeTarget::has_random_values)
    }

    /// The URLs of all targets. Placeholders in them are filled with examples: they are never in the host.
    pub fn urls(&self) -> impl Iterator<Item = &Url> {
        self.targets.iter().map(ProbeTarget::url)
    }

    /// The next target as the input numbered `seq`, which is to start at `now`.
    pub fn next(&mut self, seq: u64, now: SystemTime) -> Entry {
        let target = &self.targets[self.picker.next()];
        Entry::Job(Box::new(target.job(seq, now)))
    }
}

const _: () = assert!(mem::size_of::<ProbeTarget>() < 400);
