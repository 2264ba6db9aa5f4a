//! Where records go.

pub mod bodies;
mod durable;
mod encoder;
pub mod ndjson;
mod selector;
#[cfg(test)]
mod tests;

use std::io;
use std::time::Duration;

use crate::model::{Record, Selection};
use crate::storage::compression::Coding;

pub use durable::{DurableSink, SyncHandle};
pub use selector::Selector;

/// Takes the records of a run, one by one, on a thread of its own. It may block that thread.
pub trait Sink: Send + 'static {
    /// Takes one record.
    ///
    /// # Errors
    /// The output failed, which ends the run.
    fn put(&mut self, record: &Record) -> io::Result<Put>;

    /// How much memory [`Sink::put`] takes for a moment for a large record, in bytes: a run counts it with its bodies.
    fn memory_for(&self, record: &Record) -> usize {
        let _ = record;
        0
    }

    /// Passes on everything that is buffered. Called after a pause in the stream of records, and often enough that
    /// none stays in the buffer for long: see [`FlushPolicy`].
    ///
    /// # Errors
    /// The output failed, which ends the run.
    fn flush(&mut self) -> io::Result<()>;

    /// What [`Output::record_filter`](crate::plan::Output::record_filter) has left out so far.
    fn selection(&self) -> Selection {
        Selection::default()
    }

    /// Completes the output after the last record.
    ///
    /// # Errors
    /// The output failed.
    fn finish(&mut self) -> io::Result<()> {
        self.flush()
    }
}

/// Where a record is once a [`Sink`] has taken it. A run has the memory of a record back when it is delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// In a buffer, until the next [`Sink::flush`].
    Buffered,
    /// Passed on, and so is every record before it.
    Delivered,
}

/// When a buffer that is not full is flushed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FlushPolicy {
    /// After no record has come for this long.
    pub idle: Duration,
    /// After a record has been in the buffer for this long.
    pub longest: Duration,
}

impl FlushPolicy {
    /// After every batch of records.
    pub const IMMEDIATE: FlushPolicy = FlushPolicy { idle: Duration::ZERO, longest: Duration::ZERO };

    /// Rarely: a compressed block for each short pause would be mostly header.
    const COMPRESSED: FlushPolicy =
        FlushPolicy { idle: Duration::from_millis(100), longest: Duration::from_millis(100) };

    /// What suits an output that is compressed, or not, block by block.
    pub fn of(coding: Coding) -> Self {
        if coding == Coding::Plain { FlushPolicy::default() } else { FlushPolicy::COMPRESSED }
    }
}

impl Default for FlushPolicy {
    fn default() -> Self {
        FlushPolicy { idle: Duration::from_millis(5), longest: Duration::from_millis(100) }
    }
}

/// Calls a function with each record.
#[derive(Debug)]
pub struct Each<F>(pub F);

impl<F: FnMut(&Record) -> io::Result<()> + Send + 'static> Sink for Each<F> {
    fn put(&mut self, record: &Record) -> io::Result<Put> {
        (self.0)(record).map(|()| Put::Delivered)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
