//! What only the loop of a run knows, for what is drawn on a terminal.

use std::io;
use std::time::{Duration, Instant};

use haul::engine::{Control, Interim};
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

/// How often the loop is asked, once a run is as old as that, and how long an answer is waited for.
const EVERY: Duration = Duration::from_secs(1);
const WITHIN: Duration = Duration::from_millis(100);

/// Asks the loop of a run from time to time.
pub(crate) struct Asking {
    runtime: Runtime,
    last: Option<Instant>,
}

impl Asking {
    /// Fails if the system does not give a runtime.
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Asking { runtime: Builder::new_current_thread().enable_time().build()?, last: None })
    }

    /// What the run under `control`, which is so old, has come to. `None` if it is not time to ask again, or if the loop
    /// is too busy to answer at once.
    pub(crate) fn ask(&mut self, control: &Control, elapsed: Duration) -> Option<Interim> {
        if elapsed >= EVERY && self.last.is_some_and(|last| last.elapsed() < EVERY) {
            return None;
        }
        self.last = Some(Instant::now());
        self.runtime.block_on(async { timeout(WITHIN, control.interim()).await.ok() })
    }
}
