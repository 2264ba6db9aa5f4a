//! Where records go.

pub mod file;
pub mod ndjson;
#[cfg(test)]
mod tests;

use std::io;
use std::time::Duration;

use crate::record::Record;

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
    fn linger(&self) -> Linger {
        Linger::default()
    }
}

/// When what is buffered is handed on, though the buffer is not full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Linger {
    /// A pause in the stream of records this long makes what is buffered visible.
    pub idle: Duration,
    /// Nothing stays in the buffer for longer.
    pub longest: Duration,
}

impl Default for Linger {
    fn default() -> Self {
        Linger { idle: Duration::from_millis(5), longest: Duration::from_millis(100) }
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

    fn linger(&self) -> Linger {
        (**self).linger()
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
