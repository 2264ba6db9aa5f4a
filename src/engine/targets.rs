//! What the requests of a probe are made from.

use std::future::pending;
use std::io;
use std::time::{Duration, SystemTime};
use std::vec;

use tokio::sync::mpsc;

use super::intake::SOURCE_AHEAD;
use crate::source::{Cycle, Entry, Replay, Timed};

/// What the requests of a probe are made from.
pub enum LoadTargets {
    /// Targets that are sent over and over again.
    Cycle(Cycle),
    /// Requests that are sent once, at the times that the list gives.
    Replay(Replay),
}

/// Requests that have been read, or why they could not be.
pub(super) type TimedBatch = io::Result<Vec<Timed>>;

/// What a list that is replayed has next.
pub(super) enum Read {
    /// A request that is due at this time.
    Due(Duration),
    /// The source is still reading.
    Pending,
    /// The list has ended.
    Ended,
}

/// [`LoadTargets`] in use.
pub(super) enum Targets {
    Cycle(Cycle),
    Replay {
        /// None once the list has ended.
        batches: Option<mpsc::Receiver<TimedBatch>>,
        /// What has been read.
        timed: vec::IntoIter<Timed>,
        /// The request whose time is known.
        next: Option<Timed>,
        /// Why the list could not be read.
        failed: Option<io::Error>,
    },
}

impl From<LoadTargets> for Targets {
    fn from(targets: LoadTargets) -> Self {
        match targets {
            LoadTargets::Cycle(cycle) => Targets::Cycle(cycle),
            LoadTargets::Replay(list) => {
                let batches = Some(list.spawn(SOURCE_AHEAD));
                Targets::Replay { batches, timed: Vec::new().into_iter(), next: None, failed: None }
            }
        }
    }
}

impl Targets {
    /// When the next request of the list is due.
    pub(super) fn read(&mut self) -> io::Result<Read> {
        let Targets::Replay { batches, timed, next, failed } = self else { return Ok(Read::Ended) };
        if let Some(why) = failed.take() {
            return Err(why);
        }
        *next = timed.next();
        Ok(match next {
            Some(next) => Read::Due(next.due),
            None if batches.is_some() => Read::Pending,
            None => Read::Ended,
        })
    }

    /// Waits for the next batch; `None` at the end of the list.
    pub(super) async fn recv(&mut self) -> Option<TimedBatch> {
        match self {
            Targets::Replay { batches: Some(batches), .. } => batches.recv().await,
            Targets::Replay { .. } | Targets::Cycle(_) => pending().await,
        }
    }

    /// Takes in a batch.
    pub(super) fn fill(&mut self, batch: Option<TimedBatch>) {
        let Targets::Replay { batches, timed, failed, .. } = self else { return };
        match batch {
            Some(Ok(batch)) => *timed = batch.into_iter(),
            Some(Err(why)) => *failed = Some(why),
            None => *batches = None,
        }
    }

    /// The request that is due now, as the input numbered `seq`.
    pub(super) fn take(&mut self, seq: u64, at: SystemTime) -> Entry {
        match self {
            Targets::Cycle(cycle) => cycle.next(seq, at),
            Targets::Replay { next, .. } => next.take().expect("the pacer was told when it is due").entry(seq, at),
        }
    }
}
