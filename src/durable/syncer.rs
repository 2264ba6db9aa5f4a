//! Makes records durable on a thread of its own: a slow disk delays checkpoints, not records.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread::{Builder, JoinHandle};

use super::intents::IntentLog;
use crate::sink::SyncHandle;
use crate::storage::replace_exclusively;

/// What to make durable: first the output, then the checkpoint that says so.
pub(super) struct SyncRequest {
    /// Syncs the output.
    pub output: SyncHandle,
    /// The contents of the checkpoint.
    pub checkpoint: Vec<u8>,
    /// Requests that are not safe to repeat, and have their record before that checkpoint.
    pub answered_intents: Vec<u64>,
}

/// What could not be made durable.
#[derive(Debug)]
pub(super) enum SyncError {
    /// The output: nobody knows what the disk has of it.
    Output(io::Error),
    /// The checkpoint alone.
    Checkpoint(io::Error),
}

/// A handle to the thread that waits for the disk. It has one request at a time.
#[derive(Debug)]
pub(super) struct Syncer {
    requests: Option<Sender<SyncRequest>>,
    results: Receiver<Result<(), SyncError>>,
    busy: bool,
    thread: Option<JoinHandle<()>>,
}

impl Syncer {
    /// Starts the thread; checkpoints go to `path`.
    ///
    /// # Errors
    /// The thread could not be started.
    pub(super) fn spawn(path: PathBuf, intents: Option<IntentLog>) -> io::Result<Self> {
        let (requests, inbox) = channel::<SyncRequest>();
        let (outbox, results) = channel();
        let thread = Builder::new().name("haul-sync".into()).spawn(move || {
            for request in inbox {
                let result = sync(request, &path, intents.as_ref());
                // A repeated fsync may succeed without having written anything: a failure is the end.
                let failed = result.is_err();
                if outbox.send(result).is_err() || failed {
                    return;
                }
            }
        })?;
        Ok(Syncer { requests: Some(requests), results, busy: false, thread: Some(thread) })
    }

    /// Whether a request has been submitted and its result has not been collected.
    pub(super) fn is_busy(&self) -> bool {
        self.busy
    }

    /// Returns whether a request can be submitted now.
    ///
    /// # Errors
    /// The last request failed.
    pub(super) fn poll(&mut self) -> Result<bool, SyncError> {
        if self.busy {
            match self.results.try_recv() {
                Ok(result) => self.busy = result.map(|()| false)?,
                Err(TryRecvError::Empty) => {}
                Err(TryRecvError::Disconnected) => return Err(thread_panicked()),
            }
        }
        Ok(!self.busy)
    }

    /// Waits until a request can be submitted.
    ///
    /// # Errors
    /// The last request failed.
    pub(super) fn wait(&mut self) -> Result<(), SyncError> {
        if std::mem::take(&mut self.busy) {
            self.results.recv().unwrap_or_else(|_| Err(thread_panicked()))?;
        }
        Ok(())
    }

    /// Submits a request. Call this only when the syncer is not busy.
    pub(super) fn submit(&mut self, request: SyncRequest) {
        self.busy = true;
        // The thread ends early only after a failure, which `poll` or `wait` reports.
        let _ = self.requests.as_ref().map(|requests| requests.send(request));
    }
}

impl Drop for Syncer {
    fn drop(&mut self) {
        self.requests = None;
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

fn sync(request: SyncRequest, path: &Path, intents: Option<&IntentLog>) -> Result<(), SyncError> {
    (request.output)().map_err(SyncError::Output)?;
    replace_exclusively(path, &request.checkpoint).map_err(SyncError::Checkpoint)?;
    if let Some(intents) = intents {
        intents.complete(&request.answered_intents);
    }
    Ok(())
}

fn thread_panicked() -> SyncError {
    SyncError::Checkpoint(io::Error::other("the sync thread panicked"))
}
