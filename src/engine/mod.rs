//! Source, schedule, fetch, verdict, sink: a run from its first line to its report.

mod bottlenecks;
mod counters;
mod destination;
mod duplicates;
mod endings;
pub mod fetcher;
mod fetchers;
mod fingerprint;
mod intake;
mod intents;
mod login;
mod memory;
mod outbox;
mod publisher;
mod reorder;
mod robots;
mod run_loop;
mod session;
#[cfg(test)]
mod tests;
mod wake_timer;
mod writer;

use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::thread::available_parallelism;

use tokio::runtime::{self, Runtime};
use tokio::sync::watch;
use tokio::task::LocalSet;
use tokio::time::Instant;

use crate::durable::Ledger;
use crate::fetch::{Http, Transport};
use crate::plan::Plan;
use crate::report::{Report, RunFacts, Snapshot};
use crate::site::cookies::Jar;
use crate::site::dedup::DedupSetFull;
use crate::source::{Progress, Source};
use writer::Writer;

pub use destination::Destination;
pub use fingerprint::fingerprint;
pub use login::LoginError;

use fetchers::{Failures, spawn_fetchers, with_gate};
use publisher::SnapshotSender;
use run_loop::{Clock, Parts, RunLoop};
use wake_timer::WakeTimer;

/// Batches of inputs that are read ahead of the schedule.
const SOURCE_AHEAD: usize = 4;

/// Whether a run goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Stop {
    /// It does.
    #[default]
    No,
    /// Nothing further starts; what is on the wire comes to its end.
    Drain,
    /// What is on the wire ends as cancelled.
    Now,
}

/// What can be seen of a run, and done to it, from outside while it goes on.
#[derive(Debug, Clone)]
pub struct Control {
    /// What the run is doing right now.
    pub gauges: Arc<Gauges>,
    /// How much of the input has been read.
    pub input: Arc<Progress>,
    stop: watch::Sender<Stop>,
    snapshots: SnapshotSender,
}

impl Default for Control {
    fn default() -> Self {
        Control {
            gauges: Arc::default(),
            input: Arc::default(),
            stop: watch::Sender::new(Stop::No),
            snapshots: SnapshotSender::default(),
        }
    }
}

impl Control {
    /// Stops the run, or stops it harder.
    pub fn stop(&self, how: Stop) {
        self.stop.send_if_modified(|stop| {
            let harder = how > *stop;
            *stop = how.max(*stop);
            harder
        });
    }

    /// Subscribes to snapshots of the run: five a second at most while records are written, and one when the run has
    /// ended. They are made only while somebody subscribes; a subscriber that comes late has its first one with the
    /// next record.
    pub fn snapshots(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.snapshots.subscribe()
    }
}

/// What a run in progress is doing right now; a [`Snapshot`] says what it has done.
#[derive(Debug, Default)]
pub struct Gauges {
    /// Requests on the wire.
    pub in_flight: AtomicU64,
    /// Jobs that wait in the schedule.
    pub waiting: AtomicU64,
}

/// Why a run did not reach its end. Requests that fail are no reason.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// An input could not be read to its end.
    #[error("{0}")]
    Input(io::Error),
    /// The output took no more.
    #[error("cannot write the output: {0}")]
    Output(io::Error),
    /// The login came to nothing, so nothing else was sent.
    #[error("the login failed: {0}")]
    Login(LoginError),
    /// More different requests than may be remembered: what comes after them was not read.
    #[error("{0}")]
    Dedup(DedupSetFull),
    /// This machine did not give us what we need.
    #[error("cannot start: {0}")]
    System(io::Error),
}

/// What a run came to.
#[derive(Debug)]
pub struct Finish {
    /// The fold over all records that were written.
    pub report: Report,
    /// What records cannot tell.
    pub run: RunFacts,
    /// Why it ended early, if it failed.
    pub error: Option<RunError>,
    /// The cookies that the run ended with, if it kept any.
    pub cookies: Option<Jar>,
}

impl Finish {
    fn never_began(why: io::Error) -> Self {
        let error = Some(RunError::System(why));
        Finish { report: Report::default(), run: RunFacts::default(), error, cookies: None }
    }
}

/// Fetches everything that `source` yields, as `plan` says, and hands the records to `destination`: to any
/// [`Sink`](crate::Sink), or to a [`Ledger`](crate::durable::Ledger). Blocks until the run is done; an asynchronous
/// caller gives it a thread of its own.
pub fn run(plan: &Plan, source: Source, destination: impl Into<Destination>, control: &Control) -> Finish {
    run_over(Http::new(plan), plan, source, destination, control)
}

/// [`run`], over another transport.
pub fn run_over<T: Transport>(
    transport: T,
    plan: &Plan,
    source: Source,
    destination: impl Into<Destination>,
    control: &Control,
) -> Finish {
    let start = Instant::now();
    let destination = destination.into();
    let intents = destination.ledger().and_then(Ledger::intents);
    let continuations = destination.ledger().map(Ledger::continuations).unwrap_or_default();
    let cores = plan.fetch.threads.or(available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN);
    let parts = Writer::spawn(destination, plan.output.redact, control.snapshots.clone())
        .and_then(|writer| Ok((writer, current_thread()?)));
    let ((writer, failure), runtime) = match parts {
        Ok(parts) => parts,
        Err(why) => return Finish::never_began(why),
    };
    let input = source.spawn(SOURCE_AHEAD, Arc::clone(&control.input));
    let local = LocalSet::new();
    let fetchers = spawn_fetchers(&transport, start, plan.limits.concurrency, cores, &local);
    let end = fetchers.and_then(|fetchers| with_gate(fetchers, intents)).map(|(fetchers, gate)| {
        runtime.block_on(local.run_until(async {
            let failures = Failures::new(failure, gate);
            let parts = Parts { fetchers, writer, input, failures, continuations };
            RunLoop::new(plan, control, Clock::new(start, WakeTimer::finest()), parts).run().await
        }))
    });
    drop(local);
    runtime.shutdown_background(); // a name look-up that hangs must not hold us up
    end.unwrap_or_else(Finish::never_began)
}

fn current_thread() -> io::Result<Runtime> {
    runtime::Builder::new_current_thread().enable_all().build()
}
