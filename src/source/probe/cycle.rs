//! Targets in memory, sent over and over again.

use std::mem;
use std::time::SystemTime;

use url::Url;

use super::error::TargetError;
use super::invalid_lines::InvalidLines;
use super::order::{Order, Picker};
use super::target::ProbeTarget;
use crate::source::template::has_encoded_braces;
use crate::source::{Entry, EntryReader, Input, ListOptions, Source, open};

/// The most targets in memory.
pub const MAX_TARGETS: usize = 1_000_000;

/// How much may be in memory.
#[derive(Debug, Clone, Copy)]
pub(super) struct Capacity {
    pub(super) targets: usize,
    pub(super) mib: usize,
}

impl Default for Capacity {
    fn default() -> Self {
        Capacity { targets: MAX_TARGETS, mib: 512 }
    }
}

/// Targets in memory, sent over and over again.
///
/// In the order of the list, a target of weight 3 comes three times as often as one of weight 1, evenly spread: after
/// any number of starts each target has had its exact share, rounded up or down. Shuffled, they come in rounds: in each
/// round every target comes as often as its weight says (all weights divided by what divides them all), in a new random
/// order. A target of weight 0 never comes.
#[derive(Debug)]
pub struct Cycle {
    targets: Vec<ProbeTarget>,
    picker: Picker,
}

/// The options of a probe whose generated values follow from `seed`.
pub(super) fn in_probe(options: &ListOptions, seed: u64) -> Result<ListOptions, TargetError> {
    match options.base_url.as_ref().filter(|base| has_encoded_braces(base.as_str())) {
        Some(base) => Err(TargetError::BaseUrl(base.clone())),
        None => Ok(ListOptions { value_seed: Some(seed), ..options.clone() }),
    }
}

impl Cycle {
    /// Reads all targets of `inputs`. What is generated for their requests follows from `seed`.
    ///
    /// # Errors
    /// A list cannot be read or has an invalid line, or the lists have too many targets or none.
    pub fn open(
        inputs: impl IntoIterator<Item = Input>,
        options: &ListOptions,
        order: Order,
        seed: u64,
    ) -> Result<Self, TargetError> {
        Cycle::read(open(inputs, &in_probe(options, seed)?)?, order, Capacity::default())
    }

    /// The same for a program's own targets.
    ///
    /// # Errors
    /// See [`Cycle::open`].
    pub fn from_source(
        source: Box<dyn Source>,
        options: &ListOptions,
        order: Order,
        seed: u64,
    ) -> Result<Self, TargetError> {
        Cycle::read(EntryReader::from_source(source, &in_probe(options, seed)?), order, Capacity::default())
    }

    pub(super) fn read(mut entries: EntryReader, order: Order, most: Capacity) -> Result<Self, TargetError> {
        let (mut targets, mut invalid, mut read, mut bytes) = (Vec::new(), InvalidLines::default(), 0, 0);
        while let Some(batch) = entries.next_batch()? {
            for entry in batch {
                let target = match entry.into_target() {
                    Ok(target) => target,
                    Err(message) => {
                        invalid.add(message);
                        continue;
                    }
                };
                read += 1;
                if target.weight() == 0 {
                    continue;
                }
                bytes += target.size();
                targets.push(*target);
                if targets.len() > most.targets {
                    return Err(TargetError::TooMany { most: most.targets });
                }
                if bytes > most.mib << 20 {
                    return Err(TargetError::TooLarge { count: read, mib: most.mib });
                }
            }
        }
        if let Some(report) = invalid.report() {
            return Err(TargetError::Invalid(report));
        }
        if targets.is_empty() {
            return Err(if read > 0 { TargetError::NoWeight } else { TargetError::Empty });
        }
        targets.shrink_to_fit();
        let weights: Vec<u32> = targets.iter().map(ProbeTarget::weight).collect();
        Ok(Cycle { picker: Picker::new(&weights, order), targets })
    }

    /// The number of targets whose weight is above 0.
    pub fn count(&self) -> usize {
        self.targets.len()
    }

    /// Whether requests have values that depend on the seed.
    pub fn has_random_values(&self) -> bool {
        self.targets.iter().any(ProbeTarget::has_random_values)
    }

    /// The URLs of all targets. Placeholders in them are filled with examples: they are never in the host.
    pub fn urls(&self) -> impl Iterator<Item = &Url> {
        self.targets.iter().map(ProbeTarget::url)
    }

    /// The request of the next target, as the input numbered `seq`, which is to start at `now`.
    pub fn next(&mut self, seq: u64, now: SystemTime) -> Entry {
        let target = &self.targets[self.picker.next()];
        Entry::Job(Box::new(target.job(seq, now)))
    }
}

// There may be a million of them.
const _: () = assert!(mem::size_of::<ProbeTarget>() < 400);
