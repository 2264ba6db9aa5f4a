//! Where records go.

pub mod bodies;
mod encoder;
pub mod ndjson;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io;
use std::time::{Duration, Instant};

use crate::durable::IntentLog;
use crate::model::{Continuation, Record};
use crate::report::Report;

/// Takes records, in the order in which they were settled, on the writer's thread.
pub trait Sink: Send + 'static {
    /// Takes in one record. It may stay in a buffer.
    ///
    /// # Errors
    /// The output failed, which ends the run.
    fn put(&mut self, record: &Record) -> io::Result<()>;

    /// Bytes taken in and not handed on yet.
    fn buffered(&self) -> usize;

    /// Hands on what is buffered.
    ///
    /// # Errors
    /// The output failed, which ends the run.
    fn flush(&mut self) -> io::Result<()>;

    /// How long records may stay in the buffer.
    fn linger(&self) -> FlushPolicy {
        FlushPolicy::default()
    }

    /// The report of what earlier runs gave to this sink; asked for once, before all else.
    fn earlier(&mut self) -> Report {
        Report::default()
    }

    /// Whether a record is to be put here at all; an input whose record is not counts as skipped.
    fn takes(&self, _record: &Record) -> bool {
        true
    }

    /// When [`Sink::checkpoint`] wants to be called, if it does.
    fn checkpoint_due(&self) -> Option<Instant> {
        None
    }

    /// Makes durable what was taken in, and `so_far`, the report of all of it.
    ///
    /// # Errors
    /// The output failed, which ends the run.
    fn checkpoint(&mut self, _so_far: &Report) -> io::Result<()> {
        Ok(())
    }

    /// Hands on what is buffered, after the last record; `report` is of all of them.
    ///
    /// # Errors
    /// The output failed.
    fn finish(&mut self, _report: &Report) -> io::Result<()> {
        self.flush()
    }

    /// The log in which a request that is not safe to repeat must stand before it is sent.
    fn starts(&self) -> Option<IntentLog> {
        None
    }

    /// The inputs that have records of their first pages from earlier runs, and what each goes on with.
    fn chains(&self) -> BTreeMap<u64, Continuation> {
        BTreeMap::new()
    }
}

/// When what is buffered is handed on, though the buffer is not full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FlushPolicy {
    /// A pause in the stream of records this long makes what is buffered visible.
    pub idle: Duration,
    /// Nothing stays in the buffer for longer.
    pub longest: Duration,
}

impl Default for FlushPolicy {
    fn default() -> Self {
        FlushPolicy { idle: Duration::from_millis(5), longest: Duration::from_millis(100) }
    }
}

impl Sink for Box<dyn Sink> {
    fn put(&mut self, record: &Record) -> io::Result<()> {
        (**self).put(record)
    }

    fn buffered(&self) -> usize {
        (**self).buffered()
    }

    fn flush(&mut self) -> io::Result<()> {
        (**self).flush()
    }

    fn linger(&self) -> FlushPolicy {
        (**self).linger()
    }

    fn earlier(&mut self) -> Report {
        (**self).earlier()
    }

    fn takes(&self, record: &Record) -> bool {
        (**self).takes(record)
    }

    fn checkpoint_due(&self) -> Option<Instant> {
        (**self).checkpoint_due()
    }

    fn checkpoint(&mut self, so_far: &Report) -> io::Result<()> {
        (**self).checkpoint(so_far)
    }

    fn finish(&mut self, report: &Report) -> io::Result<()> {
        (**self).finish(report)
    }

    fn starts(&self) -> Option<IntentLog> {
        (**self).starts()
    }

    fn chains(&self) -> BTreeMap<u64, Continuation> {
        (**self).chains()
    }
}

/// Calls a function with each record.
#[derive(Debug)]
pub struct Each<F>(pub F);

impl<F: FnMut(&Record) -> io::Result<()> + Send + 'static> Sink for Each<F> {
    fn put(&mut self, record: &Record) -> io::Result<()> {
        (self.0)(record)
    }

    fn buffered(&self) -> usize {
        0
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
