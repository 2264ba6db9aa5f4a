//! The records of a run as a stream.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures::Stream;
use tokio::sync::mpsc;

use super::running::Running;
use crate::engine::{Finish, RunError};
use crate::model::Record;

/// The records of a run, as its requests end: see [`Haul::stream`](super::Haul::stream).
#[derive(Debug)]
#[must_use = "dropping the stream stops the run"]
pub struct Records {
    records: mpsc::Receiver<Record>,
    running: Result<Running, RunError>,
}

impl Records {
    pub(super) fn new(records: mpsc::Receiver<Record>, running: Result<Running, RunError>) -> Self {
        Records { records, running }
    }

    /// The next record; none once the run has ended.
    pub async fn next(&mut self) -> Option<Record> {
        self.records.recv().await
    }

    /// Skips what has not been read, and waits for the end of the run.
    ///
    /// # Errors
    /// The run ended early: see [`Haul::run`](super::Haul::run).
    pub async fn finish(mut self) -> Result<Finish, RunError> {
        while self.records.recv().await.is_some() {}
        self.running?.await
    }
}

impl Stream for Records {
    type Item = Record;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Record>> {
        self.records.poll_recv(cx)
    }
}
