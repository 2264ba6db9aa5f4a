//! Entries of the input: they come in batches, and go one by one.

use std::collections::BTreeMap;
use std::future::pending;
use std::io;
use std::vec;

use tokio::sync::mpsc;

use crate::model::Continuation;
use crate::source::Entry;

/// Batches of inputs that are read ahead of the schedule.
pub(super) const SOURCE_AHEAD: usize = 4;

/// The entries that the source reads ahead.
pub(super) type Batches = mpsc::Receiver<io::Result<Vec<Entry>>>;

/// What is still to be read.
#[derive(Debug)]
pub(super) struct Intake {
    batches: Option<Batches>,
    entries: vec::IntoIter<Entry>,
    /// The next pages of inputs that an earlier run left between two pages.
    continuations: BTreeMap<u64, Continuation>,
}

/// What an [`Intake`] has at hand.
pub(super) enum NextEntry {
    Ready(Entry),
    /// A batch of entries, to be given back by [`Intake::fill`].
    Batch(io::Result<Vec<Entry>>),
    /// The source is still reading.
    Pending,
    /// The input has ended.
    Ended,
}

impl Intake {
    pub(super) fn new(batches: Batches, continuations: BTreeMap<u64, Continuation>) -> Self {
        Intake { batches: Some(batches), entries: Vec::new().into_iter(), continuations }
    }

    /// Nothing to read.
    pub(super) fn empty() -> Self {
        Intake { batches: None, entries: Vec::new().into_iter(), continuations: BTreeMap::new() }
    }

    /// Takes what is at hand, without waiting.
    pub(super) fn next(&mut self) -> NextEntry {
        if let Some(entry) = self.entries.next() {
            return NextEntry::Ready(entry);
        }
        match self.batches.as_mut().map(mpsc::Receiver::try_recv) {
            Some(Ok(batch)) => NextEntry::Batch(batch),
            Some(Err(_)) => NextEntry::Pending,
            None => NextEntry::Ended,
        }
    }

    /// Waits for the next batch; `None` at the end of the input.
    pub(super) async fn recv(&mut self) -> Option<io::Result<Vec<Entry>>> {
        match &mut self.batches {
            Some(batches) => batches.recv().await,
            None => pending().await,
        }
    }

    /// Takes in a batch.
    pub(super) fn fill(&mut self, entries: Vec<Entry>) {
        self.entries = entries.into_iter();
    }

    /// Notes that no batch comes any more.
    pub(super) fn end(&mut self) {
        self.batches = None;
    }

    /// Whether everything has been read and taken.
    pub(super) fn is_ended(&self) -> bool {
        self.batches.is_none() && self.entries.len() == 0
    }

    /// Where an input goes on, if an earlier run left it between two pages.
    pub(super) fn continuation_of(&mut self, seq: u64) -> Option<Continuation> {
        self.continuations.remove(&seq)
    }

    /// Takes what has been read; says how many inputs of it have no record yet.
    pub(super) fn skip_rest(&mut self) -> u64 {
        let open = |entries: &[Entry]| entries.iter().filter(|entry| !entry.is_completed()).count() as u64;
        let mut skipped = open(std::mem::take(&mut self.entries).as_slice());
        if let Some(mut batches) = self.batches.take() {
            batches.close();
            let batches = std::iter::from_fn(|| batches.try_recv().ok());
            skipped += batches.flatten().map(|entries| open(&entries)).sum::<u64>();
        }
        skipped
    }
}
