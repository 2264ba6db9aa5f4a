//! Crash-safe output: the output is the journal, and a small checkpoint beside it says how much of it is durable.
//!
//! A run can be killed at any instant and gone on with: every input has its record in the output exactly once.
//! `docs/durability.md` tells how, and what is promised.

mod checkpoint;
pub mod fingerprint;
mod intents;
mod open;
mod recover;
mod syncer;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::model::{CompletedSet, Continuation, ErrorKind, InputFingerprint, Record};
use crate::report::Report;
use crate::sink::ndjson::Ndjson;
use crate::sink::{FlushPolicy, Sink};
use crate::storage::compression::Coding;
use crate::storage::{Appender, Position, Tail};

pub use fingerprint::RunFingerprint;
pub use intents::IntentLog;
pub use open::{OpenError, Opened, Setup, open};

use checkpoint::{Checkpoint, Ordinals};
use syncer::{Failed, Order, Syncer};

/// How often the output is made durable.
const INTERVAL: Duration = Duration::from_secs(1);

/// How much may be written before it is made durable, in bytes.
const MAX_UNSYNCED: u64 = 64 << 20;

/// How often a disk that is still busy with the last checkpoint is looked at.
const BUSY: Duration = Duration::from_millis(50);

/// Forgets what earlier runs noted beside an output, which is about to be begun anew.
///
/// # Errors
/// Something could not be removed.
pub fn forget(output: &Path) -> io::Result<()> {
    for suffix in [".haul", ".haul-starts"] {
        intents::remove(&checkpoint::beside(output, suffix))?;
    }
    Ok(())
}

/// A sink that can be killed at any instant and opened again.
#[derive(Debug)]
pub struct Ledger {
    lines: Ndjson<Appender>,
    done: CompletedSet,
    /// Inputs that have records of their first pages. There are no more than jobs: in flight, and in the window.
    chains: BTreeMap<u64, Continuation>,
    /// What earlier runs came to, until it is asked for.
    earlier: Report,
    inputs: Vec<InputFingerprint>,
    asked: RunFingerprint,
    syncer: Syncer,
    starts: Option<IntentLog>,
    /// Requests that are not safe to repeat and got their record since the last checkpoint.
    ended: Vec<u64>,
    /// What the output ends with, where nothing has been written since it was opened.
    tail: Option<Tail>,
    /// What the last checkpoint that is durable says, and the one under way.
    durable: Position,
    ordered: Position,
    /// There is something that no checkpoint has.
    changed: bool,
    next: Instant,
    /// When to see whether the disk is still busy.
    look: Instant,
    opened: Instant,
}

impl Sink for Ledger {
    fn put(&mut self, record: &Record) -> io::Result<()> {
        self.lines.put(record)?;
        self.changed = true;
        if let Some(chain) = record.onward() {
            self.chains.insert(record.seq(), chain.clone());
            return Ok(());
        }
        self.chains.remove(&record.seq());
        self.done.insert(record.seq(), Some(record.place()));
        if self.starts.is_some() && !record.is_safe_to_repeat() {
            self.ended.push(record.seq());
        }
        Ok(())
    }

    fn buffered(&self) -> usize {
        self.lines.buffered()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.lines.flush()
    }

    /// What is not written is lost by a kill, so lines are not kept back; to be compressed, there must be some.
    fn linger(&self) -> FlushPolicy {
        match self.lines.get_ref().layout().coding {
            Coding::Plain => FlushPolicy { idle: Duration::ZERO, longest: Duration::ZERO },
            _ => self.lines.linger(),
        }
    }

    fn earlier(&mut self) -> Report {
        std::mem::take(&mut self.earlier)
    }

    /// What was cancelled is not done: it is left to the run that goes on.
    fn takes(&self, record: &Record) -> bool {
        record.error_kind() != Some(ErrorKind::Cancelled)
    }

    fn starts(&self) -> Option<IntentLog> {
        self.starts.clone()
    }

    fn chains(&self) -> BTreeMap<u64, Continuation> {
        self.chains.clone()
    }

    fn checkpoint_due(&self) -> Option<Instant> {
        match (self.syncer.is_busy(), self.changed) {
            _ if self.lines.get_ref().is_due() => Some(self.opened), // a new part begins with a checkpoint
            (_, true) if self.unsynced() >= MAX_UNSYNCED => Some(self.opened),
            (true, _) => Some(self.look),
            (false, changed) => changed.then_some(self.next),
        }
    }

    fn checkpoint(&mut self, report: &Report) -> io::Result<()> {
        if self.lines.get_ref().is_due() {
            return self.rotate(report);
        }
        if self.unsynced() >= MAX_UNSYNCED {
            self.wait()?; // a disk this slow has to be waited for, or a crash could damage any amount
        }
        if !self.poll()? {
            self.look = Instant::now() + BUSY;
            return Ok(());
        }
        let due = self.checkpoint_due().is_some_and(|due| due <= Instant::now());
        if due { self.order(report) } else { Ok(()) }
    }

    fn finish(&mut self, report: &Report) -> io::Result<()> {
        self.wait()?;
        self.lines.flush()?;
        if self.changed || self.lines.get_ref().position() != self.ordered {
            self.order(report)?;
            self.wait()?;
        }
        self.starts.as_ref().map_or(Ok(()), IntentLog::close)
    }
}

impl Ledger {
    fn unsynced(&self) -> u64 {
        let now = self.lines.get_ref().position();
        if now.part == self.ordered.part { now.length.saturating_sub(self.ordered.length) } else { now.length }
    }

    /// Has all that was taken in made durable, and a checkpoint after it.
    fn order(&mut self, report: &Report) -> io::Result<()> {
        if self.lines.buffered() > 0 {
            self.lines.flush()?;
        }
        let output = self.lines.get_ref();
        let position = output.position();
        let checkpoint = Checkpoint {
            program: env!("CARGO_PKG_VERSION").to_owned(),
            inputs: Cow::Borrowed(&self.inputs),
            asked: Cow::Borrowed(&self.asked),
            position,
            tail: output.tail().or(self.tail),
            done: Ordinals::of(&self.done),
            chains: Cow::Borrowed(&self.chains),
            report: Cow::Borrowed(report),
        };
        let (output, ended) = (output.file().try_clone()?, std::mem::take(&mut self.ended));
        self.syncer.order(Order { output, checkpoint: checkpoint.encode(), ended });
        (self.ordered, self.changed) = (position, false);
        self.look = Instant::now() + BUSY;
        self.next = Instant::now() + INTERVAL;
        Ok(())
    }

    /// Has the first checkpoint made durable.
    fn begin(&mut self) -> io::Result<()> {
        let earlier = self.earlier.clone();
        self.order(&earlier)?;
        self.wait()
    }

    /// Begins the next part, when all of this one is known to be durable: from then on it may be taken away.
    fn rotate(&mut self, report: &Report) -> io::Result<()> {
        self.wait()?;
        self.order(report)?;
        self.wait()?;
        self.lines.get_mut().rotate()?;
        self.tail = None;
        self.order(report)?;
        self.wait()
    }

    fn wait(&mut self) -> io::Result<()> {
        let end = self.syncer.wait();
        self.noted(end)
    }

    /// Whether the last order has been carried out.
    fn poll(&mut self) -> io::Result<bool> {
        let end = self.syncer.poll();
        let free = *end.as_ref().unwrap_or(&false);
        self.noted(end.map(drop))?;
        Ok(free)
    }

    fn noted(&mut self, end: Result<(), Failed>) -> io::Result<()> {
        match end {
            Ok(()) if self.syncer.is_busy() => Ok(()),
            Ok(()) => {
                self.durable = self.ordered;
                Ok(())
            }
            Err(Failed::Output(why)) => {
                self.cut();
                Err(why)
            }
            Err(Failed::Checkpoint(why)) => Err(why),
        }
    }

    /// What could not be made durable may be in memory alone: it is not left for a later run to rely on.
    fn cut(&self) {
        let output = self.lines.get_ref();
        let begun_since = output.position().part > self.durable.part;
        let _ = output.file().set_len(if begun_since { 0 } else { self.durable.length });
    }
}
