//! Where records go.

mod line;
mod lines;
pub mod ndjson;
mod render;
pub mod store;
mod table;
mod value;

use std::io;

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
