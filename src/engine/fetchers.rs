//! The threads of the fetchers, and the channels to them and back.

use std::future::pending;
use std::io;
use std::num::NonZeroUsize;
use std::thread::Builder;
use std::time::Duration;

use futures::FutureExt;
use futures::future::Fuse;
use tokio::runtime::{self, Runtime};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::LocalSet;
use tokio::time::Instant;

use super::fetcher::{self, Completion, Dispatch};
use super::intents::IntentGate;
use crate::durable::IntentLog;
use crate::fetch::Transport;
use crate::fetch::memory::MemoryPermit;
use crate::schedule::Lease;

/// How long a thread for filters and name resolution waits for more work. While it waits, the allocator keeps for it what
/// filters have taken.
const MAX_IDLE: Duration = Duration::from_millis(10);

/// The channels to the fetchers and back.
pub(super) struct Fetchers {
    senders: Vec<mpsc::UnboundedSender<Dispatch>>,
    threads: usize,
    gate: Option<IntentGate>,
    done: mpsc::UnboundedSender<Vec<Completion>>,
    pub(super) completions: mpsc::UnboundedReceiver<Vec<Completion>>,
    pub(super) stop: watch::Sender<bool>,
}

impl Fetchers {
    /// The number of fetchers.
    pub(super) fn threads(&self) -> usize {
        self.threads
    }

    /// Lets the fetchers end, and their connections with them.
    pub(super) fn close(&mut self) {
        self.senders.clear();
        self.gate = None;
    }

    /// Sends a lease to its fetcher. If that has panicked, the lease comes back as cancelled.
    pub(super) fn send(&self, lease: Lease, memory: MemoryPermit) {
        let gate = self.gate.as_ref().filter(|_| lease.job.is_input() && !lease.job.request.is_idempotent());
        let fetcher = lease.ticket.fetcher();
        let dispatch = Dispatch::new(lease, memory, &self.done);
        match gate {
            Some(gate) => gate.send(dispatch),
            None => drop(self.senders[fetcher].send(dispatch)),
        }
    }
}

/// Failures of the threads beside the loop.
pub(super) struct Failures {
    output: Fuse<oneshot::Receiver<()>>,
    gate: Fuse<oneshot::Receiver<io::Error>>,
}

impl Failures {
    pub(super) fn new(output: oneshot::Receiver<()>, gate: Option<oneshot::Receiver<io::Error>>) -> Self {
        Failures { output: output.fuse(), gate: gate.map_or_else(Fuse::terminated, FutureExt::fuse) }
    }

    /// Waits until the output has failed; the error is here unless the writer has it.
    pub(super) async fn next(&mut self) -> Option<io::Error> {
        tokio::select! {
            Ok(()) = &mut self.output => None,
            Ok(why) = &mut self.gate => Some(why),
            else => pending().await,
        }
    }
}

/// A thread for each core; on a single core a task beside the loop, which saves the way between threads.
pub(super) fn spawn_fetchers<T: Transport>(
    transport: &T,
    start: Instant,
    concurrency: NonZeroUsize,
    cores: NonZeroUsize,
    local: &LocalSet,
) -> io::Result<Fetchers> {
    let (done, completions) = mpsc::unbounded_channel();
    let mut fetchers = Fetchers {
        senders: Vec::new(),
        threads: cores.get(),
        gate: None,
        done,
        completions,
        stop: watch::Sender::new(false),
    };
    for core in 0..cores.get() {
        let (sender, dispatches) = mpsc::unbounded_channel();
        let (transport, done, stop) = (transport.clone(), fetchers.done.clone(), fetchers.stop.subscribe());
        let fetching = move || fetcher::run(transport, start, dispatches, done, stop, concurrency.get());
        if cores.get() == 1 {
            local.spawn_local(fetching());
        } else {
            let runtime = current_thread()?;
            Builder::new().name(format!("haul-fetch-{core}")).spawn(move || {
                runtime.block_on(fetching());
                runtime.shutdown_background();
            })?;
        }
        fetchers.senders.push(sender);
    }
    Ok(fetchers)
}

/// Puts a gate before the fetchers, if a log of intents is kept.
pub(super) fn with_gate(
    mut fetchers: Fetchers,
    intents: Option<IntentLog>,
) -> io::Result<(Fetchers, Option<oneshot::Receiver<io::Error>>)> {
    let Some(intents) = intents else { return Ok((fetchers, None)) };
    let (gate, failure) = IntentGate::spawn(intents, fetchers.senders.clone())?;
    fetchers.gate = Some(gate);
    Ok((fetchers, Some(failure)))
}

/// A runtime for one thread.
pub(super) fn current_thread() -> io::Result<Runtime> {
    runtime::Builder::new_current_thread().enable_all().thread_keep_alive(MAX_IDLE).build()
}
