//! The ledger: records go into a sink, and checkpoints say how much of it is durable.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;
use std::time::{Duration, Instant};

use super::checkpoint::{Checkpoint, Ordinals};
use super::fingerprint::RunFingerprint;
use super::intents::IntentLog;
use super::syncer::{SyncError, SyncRequest, Syncer};
use crate::model::{CompletedSet, Continuation, ErrorKind, InputFingerprint, Record, Selection};
use crate::report::Report;
use crate::sink::{DurableSink, FlushPolicy, Put};
use crate::storage::Position;

/// How often the output is made durable.
const INTERVAL: Duration = Duration::from_secs(1);

/// How many bytes may be written before they are made durable.
pub(super) const MAX_UNSYNCED: u64 = 64 << 20;

/// How often to check whether a slow disk has completed the last checkpoint.
const BUSY: Duration = Duration::from_millis(50);

/// Records what a run has completed, so that it can be killed at any instant and resumed.
///
/// It works over any [`DurableSink`]. `durable::open` opens one over files of records,
/// [`Ledger::open`] over any other sink.
#[derive(Debug)]
pub struct Ledger {
    pub(super) sink: Box<dyn DurableSink>,
    pub(super) flush_policy: FlushPolicy,
    pub(super) completed: CompletedSet,
    /// Inputs that have records of their first pages. As many as there are jobs at most: in flight, and in the window.
    pub(super) continuations: BTreeMap<u64, Continuation>,
    /// The report of earlier runs, until it is taken.
    pub(super) earlier: Report,
    /// What earlier runs left out.
    pub(super) earlier_selection: Selection,
    pub(super) inputs: Vec<InputFingerprint>,
    pub(super) fingerprint: RunFingerprint,
    pub(super) syncer: Syncer,
    pub(super) intents: Option<IntentLog>,
    pub(super) progress: LedgerProgress,
}

/// How far records have come on their way to the disk.
#[derive(Debug)]
pub(super) struct LedgerProgress {
    /// Whether the sink has a record in its buffer.
    buffered: bool,
    /// Whether there are records that no checkpoint has.
    dirty: bool,
    /// Requests that are not safe to repeat, and got their record since the last checkpoint.
    answered_intents: Vec<u64>,
    /// The position in the last checkpoint that is durable.
    durable: Position,
    /// The position in the last checkpoint that was submitted.
    submitted: Position,
    opened: Instant,
    next_checkpoint: Instant,
    /// When to check whether the disk is still busy.
    next_poll: Instant,
}

impl LedgerProgress {
    /// For a sink that ends at `position`, and was durable up to `durable` when the earlier run ended.
    pub(super) fn new(durable: Position, position: Position) -> Self {
        let now = Instant::now();
        LedgerProgress {
            buffered: false,
            dirty: true,
            answered_intents: Vec::new(),
            durable: durable.min(position),
            submitted: position,
            opened: now,
            next_checkpoint: now,
            next_poll: now,
        }
    }
}

impl Ledger {
    /// Whether a record belongs here. A request that was cancelled is left to the run that resumes this one.
    pub fn accepts(&self, record: &Record) -> bool {
        record.error_kind() != Some(ErrorKind::Cancelled)
    }

    /// How much memory it takes for a moment to put a large record.
    pub(crate) fn memory_for(&self, record: &Record) -> usize {
        self.sink.memory_for(record)
    }

    /// Takes one record.
    ///
    /// # Errors
    /// The output failed, which ends the run.
    pub fn put(&mut self, record: &Record) -> io::Result<Put> {
        let put = self.sink.put(record)?;
        self.progress.buffered = put == Put::Buffered;
        self.progress.dirty = true;
        if let Some(continuation) = record.continuation() {
            self.continuations.insert(record.seq(), continuation.clone());
            return Ok(put);
        }
        self.continuations.remove(&record.seq());
        self.completed.insert(record.seq(), Some(record.place()));
        if self.intents.is_some() && !record.is_safe_to_repeat() {
            self.progress.answered_intents.push(record.seq());
        }
        Ok(put)
    }

    /// Passes on everything that is buffered.
    ///
    /// # Errors
    /// The output failed, which ends the run.
    pub fn flush(&mut self) -> io::Result<()> {
        self.sink.flush()?;
        self.progress.buffered = false;
        Ok(())
    }

    /// Whether records wait for the next flush.
    pub fn is_buffered(&self) -> bool {
        self.progress.buffered
    }

    /// When to flush. A kill loses what is buffered.
    pub fn flush_policy(&self) -> FlushPolicy {
        self.flush_policy
    }

    /// Takes the report of what earlier runs recorded.
    pub fn take_report(&mut self) -> Report {
        std::mem::take(&mut self.earlier)
    }

    /// What the filter of records has left out, in earlier runs too.
    pub fn selection(&self) -> Selection {
        let mut selection = self.earlier_selection.clone();
        selection.add(&self.sink.selection());
        selection
    }

    /// The log that every request that is not safe to repeat must be in before it is sent.
    pub fn intents(&self) -> Option<IntentLog> {
        self.intents.clone()
    }

    /// The inputs that have records of their first pages only, and what each continues with.
    pub fn continuations(&self) -> BTreeMap<u64, Continuation> {
        self.continuations.clone()
    }

    /// When to call [`Ledger::checkpoint`] next.
    pub fn checkpoint_due(&self) -> Option<Instant> {
        match (self.syncer.is_busy(), self.progress.dirty) {
            _ if self.sink.part_is_full() => Some(self.progress.opened), // a part ends with a checkpoint
            (_, true) if self.unsynced() >= MAX_UNSYNCED => Some(self.progress.opened),
            (true, _) => Some(self.progress.next_poll),
            (false, dirty) => dirty.then_some(self.progress.next_checkpoint),
        }
    }

    /// Makes the records durable, and then `report`, which is of all of them. Waits for the disk only if that is far
    /// behind, or if a new part begins.
    ///
    /// # Errors
    /// The output failed, which ends the run.
    pub fn checkpoint(&mut self, report: &Report) -> io::Result<()> {
        if self.sink.part_is_full() {
            return self.begin_part(report);
        }
        if self.unsynced() >= MAX_UNSYNCED {
            self.wait()?; // or a crash could damage any amount
        }
        if !self.poll()? {
            self.progress.next_poll = Instant::now() + BUSY;
            return Ok(());
        }
        let is_due = self.checkpoint_due().is_some_and(|due| due <= Instant::now());
        if is_due { self.submit(report) } else { Ok(()) }
    }

    /// Makes everything durable after the last record; `report` is of all of them.
    ///
    /// # Errors
    /// The output failed.
    pub fn finish(&mut self, report: &Report) -> io::Result<()> {
        self.wait()?;
        self.sink.finish()?;
        self.progress.buffered = false;
        if self.progress.dirty || self.sink.position() != self.progress.submitted {
            self.submit(report)?;
            self.wait()?;
        }
        self.intents.as_ref().map_or(Ok(()), IntentLog::close)
    }

    /// Writes the first checkpoint, so that a run is never killed too early to be resumed.
    pub(super) fn write_first_checkpoint(&mut self) -> io::Result<()> {
        let earlier = self.earlier.clone();
        self.submit(&earlier)?;
        self.wait()
    }

    fn unsynced(&self) -> u64 {
        let (position, submitted) = (self.sink.position(), self.progress.submitted);
        if position.part == submitted.part { position.length.saturating_sub(submitted.length) } else { position.length }
    }

    /// Hands everything so far to the syncer: first the output is made durable, then a checkpoint is written.
    fn submit(&mut self, report: &Report) -> io::Result<()> {
        if self.progress.buffered {
            self.flush()?;
        }
        let position = self.sink.position();
        let checkpoint = Checkpoint {
            program: env!("CARGO_PKG_VERSION").to_owned(),
            inputs: Cow::Borrowed(&self.inputs),
            fingerprint: Cow::Borrowed(&self.fingerprint),
            position,
            tail: self.sink.tail(),
            completed: Ordinals::of(&self.completed),
            continuations: Cow::Borrowed(&self.continuations),
            selection: Cow::Owned(self.selection()),
            report: Cow::Borrowed(report),
        };
        self.syncer.submit(SyncRequest {
            output: self.sink.sync_handle()?,
            checkpoint: checkpoint.encode(),
            answered_intents: std::mem::take(&mut self.progress.answered_intents),
        });
        let now = Instant::now();
        (self.progress.submitted, self.progress.dirty) = (position, false);
        self.progress.next_poll = now + BUSY;
        self.progress.next_checkpoint = now + INTERVAL;
        Ok(())
    }

    /// Begins the next part once all of this one is known to be durable: from then on it may be taken away.
    fn begin_part(&mut self, report: &Report) -> io::Result<()> {
        self.wait()?;
        self.submit(report)?;
        self.wait()?;
        self.sink.begin_part()?;
        self.submit(report)?;
        self.wait()
    }

    fn wait(&mut self) -> io::Result<()> {
        let result = self.syncer.wait();
        self.note(result)
    }

    /// Whether the syncer has completed the last request.
    fn poll(&mut self) -> io::Result<bool> {
        let result = self.syncer.poll();
        let is_idle = *result.as_ref().unwrap_or(&false);
        self.note(result.map(drop))?;
        Ok(is_idle)
    }

    fn note(&mut self, result: Result<(), SyncError>) -> io::Result<()> {
        match result {
            Ok(()) if self.syncer.is_busy() => Ok(()),
            Ok(()) => {
                self.progress.durable = self.progress.submitted;
                Ok(())
            }
            Err(SyncError::Output(error)) => {
                self.remove_unsynced();
                Err(error)
            }
            Err(SyncError::Checkpoint(error)) => Err(error),
        }
    }

    /// After a failed sync, records may be in memory only: none of them is left for a later run to rely on.
    fn remove_unsynced(&mut self) {
        let (durable, part) = (self.progress.durable, self.sink.position().part);
        let to = if part > durable.part { Position { part, length: 0 } } else { durable };
        let _ = self.sink.truncate(to); // the error to report is that of the sync
    }
}
