//! What a sink needs for a run into it to be resumed.

use std::fmt::Debug;
use std::io;

use super::Sink;
use crate::storage::{Position, TailChecksum};

/// A sink that keeps what was flushed in order, and can be cut back to an earlier position.
///
/// The ledger remembers a position once everything before it is durable, and cuts the output back to that position
/// after a crash. A sink without parts keeps the defaults of the last three methods.
pub trait DurableSink: Sink + Debug {
    /// Where the next flush writes. It does not move when a flush fails.
    fn position(&self) -> Position;

    /// Returns a function that makes everything before the current position durable. It runs on another thread, while
    /// this sink takes more records.
    ///
    /// # Errors
    /// The output failed, which ends the run.
    fn sync_handle(&self) -> io::Result<SyncHandle>;

    /// Removes everything behind `to`, later parts included. What is buffered is not affected.
    ///
    /// # Errors
    /// The output failed.
    fn truncate(&mut self, to: Position) -> io::Result<()>;

    /// A checksum of the last bytes before the current position, by which the output can be recognised.
    fn tail(&self) -> Option<TailChecksum> {
        None
    }

    /// Whether the current part is full.
    fn part_is_full(&self) -> bool {
        false
    }

    /// Closes the current part for good and begins the next. Called with an empty buffer, when everything in the
    /// current part is durable.
    ///
    /// # Errors
    /// The output failed, which ends the run.
    fn begin_part(&mut self) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// See [`DurableSink::sync_handle`].
pub type SyncHandle = Box<dyn FnOnce() -> io::Result<()> + Send>;
