//! Stopping and watching a run from outside.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};

use tokio::sync::watch;

use super::interim::{AnswersAtEnd, Interim, Interims};
use super::publisher::SnapshotSender;
use crate::report::Snapshot;
use crate::source::Progress;

/// How to stop a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
#[non_exhaustive]
pub enum Stop {
    /// Keep running.
    #[default]
    No,
    /// Start nothing new, and wait for the requests in flight.
    Drain,
    /// Cancel the requests in flight.
    Now,
}

/// A handle that stops and watches a run. Clones share one run.
#[derive(Debug, Clone)]
pub struct Control {
    /// What the run is doing right now.
    #[doc(hidden)]
    pub gauges: Arc<Gauges>,
    /// How much of the input has been read.
    #[doc(hidden)]
    pub input: Arc<Progress>,
    pub(super) stop: watch::Sender<Stop>,
    pub(super) snapshots: SnapshotSender,
    pub(super) interims: Interims,
}

impl Default for Control {
    fn default() -> Self {
        Control {
            gauges: Arc::default(),
            input: Arc::default(),
            stop: watch::Sender::new(Stop::No),
            snapshots: SnapshotSender::default(),
            interims: Interims::default(),
        }
    }
}

impl Control {
    /// Stops the run. A later call can only stop it harder.
    pub fn stop(&self, how: Stop) {
        self.stop.send_if_modified(|stop| {
            let harder = how > *stop;
            *stop = how.max(*stop);
            harder
        });
    }

    /// Subscribes to snapshots of the run: five a second at most while records are written, and one when the run has
    /// ended. They are made only while somebody subscribes; a late subscriber gets its first one with the next record.
    pub fn snapshots(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.snapshots.subscribe()
    }

    /// Answers all questions once the result is dropped.
    pub(crate) fn answers_at_end(&self) -> AnswersAtEnd<'_> {
        AnswersAtEnd(&self.interims)
    }

    /// What the run has come to so far, and what bounds it: more than a [`Snapshot`] has, and made only when asked for.
    /// It also comes while the output is stuck. Before the run begins, this waits until it does.
    pub async fn interim(&self) -> Interim {
        self.interims.ask().await
    }
}

/// What a run in progress is doing right now; a [`Snapshot`] says what it has done.
#[doc(hidden)]
#[derive(Debug, Default)]
pub struct Gauges {
    /// Requests in flight.
    pub in_flight: AtomicU64,
    /// Jobs that wait in the schedule.
    pub waiting: AtomicU64,
    /// Whether a step of a search has sent all of its requests and waits for their answers.
    pub draining: AtomicBool,
}
