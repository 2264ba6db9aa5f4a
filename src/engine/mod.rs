//! EntryReader, schedule, fetch, verdict, sink: a run from its first line to its report.

mod bottlenecks;
mod control;
mod counters;
mod destination;
mod duplicates;
mod endings;
pub mod fetcher;
mod fetchers;
mod fingerprint;
mod generator;
mod intake;
mod intents;
mod interim;
mod login;
mod memory;
mod outbox;
mod outcome;
mod publisher;
mod reorder;
mod robots;
mod run_loop;
mod session;
mod targets;
#[cfg(test)]
mod tests;
mod wake_timer;
mod writer;

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread::available_parallelism;

use tokio::task::LocalSet;
use tokio::time::Instant;

use crate::durable::Ledger;
use crate::fetch::{self, Http, Transport};
use crate::plan::{Load, Plan};
use crate::report::threshold::Threshold;
use crate::source::EntryReader;
use writer::Writer;

pub use control::{Control, Gauges, Stop};
pub use destination::Destination;
pub use fingerprint::fingerprint;
pub use interim::Interim;
pub use login::LoginError;
pub use outcome::{Adjustment, Finish, RunError, RunErrorKind};
pub use targets::LoadTargets;

use fetchers::{Failures, current_thread, spawn_fetchers, with_gate};
use generator::Generator;
use intake::{Batches, SOURCE_AHEAD};
use outcome::adjusted;
use run_loop::{Clock, LoopParts, RunLoop};
use targets::Targets;
use wake_timer::WakeTimer;

/// Up to this many requests a second, one thread does everything: to wake a second one for each request costs more time
/// than it saves.
const MAX_RATE_OF_ONE_THREAD: f64 = 6_000.0;

/// Fetches everything that `source` yields, as `plan` says, and hands the records to `destination`: to any
/// [`Sink`](crate::Sink), or to a [`Ledger`](crate::durable::Ledger). Blocks the calling thread until the run is over.
///
/// A concurrency that needs more connections than the limit on open files allows is lowered: see [`Adjustment`].
///
/// # Errors
/// An input, the output or the login failed. A request that fails is a record.
pub fn run(
    plan: &Plan,
    source: EntryReader,
    destination: impl Into<Destination>,
    control: &Control,
) -> Result<Finish, RunError> {
    with_descriptors(plan, |plan| run_over(Http::new(plan), plan, source, destination, control))
}

/// Makes `load` out of `targets`, and hands the records to `destination`. Blocks the calling thread until the last answer
/// has come, or its time is over: see [`Fetch::timeout`](crate::plan::Fetch::timeout).
///
/// Every request is sent once: failures are not retried, and pauses that servers ask for are counted, but not kept. Starts
/// that the limits of `plan` prevent are missed, and counted in [`RunFacts::load`](crate::report::RunFacts::load).
///
/// # Errors
/// An input, the output or the login failed. A request that fails is a record.
pub fn probe(
    plan: &Plan,
    load: &Load,
    targets: LoadTargets,
    destination: impl Into<Destination>,
    control: &Control,
) -> Result<Finish, RunError> {
    find_rate(plan, load, &[], targets, destination, control)
}

/// Looks for the highest rate at which no threshold is crossed: [`probe`] with a load whose pace is
/// [`Find`](crate::plan::Pace::Find). What came of it is in [`LoadFacts::find`](crate::report::LoadFacts::find). Without
/// thresholds, a rate fails only if requests pile up or none is answered. They mean nothing to a load with another pace.
///
/// # Errors
/// The same.
pub fn find_rate(
    plan: &Plan,
    load: &Load,
    thresholds: &[Threshold],
    targets: LoadTargets,
    destination: impl Into<Destination>,
    control: &Control,
) -> Result<Finish, RunError> {
    let mut plan = plan.clone();
    if load.highest_rate(None).is_some_and(|rate| rate <= MAX_RATE_OF_ONE_THREAD) {
        plan.fetch.threads.get_or_insert(NonZeroUsize::MIN);
    }
    with_descriptors(&plan, |plan| {
        let load = load.with_workers_up_to(plan.limits.concurrency);
        find_rate_over(Http::new(plan), plan, (&load, thresholds, targets), destination, control)
    })
}

/// Runs with a concurrency that the limit on open files allows.
fn with_descriptors(plan: &Plan, run: impl FnOnce(&Plan) -> Result<Finish, RunError>) -> Result<Finish, RunError> {
    let requested = plan.limits.concurrency;
    match NonZeroUsize::new(fetch::for_connections()).filter(|allowed| *allowed < requested) {
        None => run(plan),
        Some(used) => {
            let mut plan = plan.clone();
            plan.limits.concurrency = used;
            adjusted(run(&plan), Adjustment::Concurrency { requested, used })
        }
    }
}

/// [`run`] over another transport.
///
/// # Errors
/// The same.
pub fn run_over<T: Transport>(
    transport: T,
    plan: &Plan,
    source: EntryReader,
    destination: impl Into<Destination>,
    control: &Control,
) -> Result<Finish, RunError> {
    let input = source.spawn(SOURCE_AHEAD, Arc::clone(&control.input));
    join(transport, plan, Work { input: Some(input), load: None }, destination.into(), control)
}

/// [`probe`] over another transport.
///
/// # Errors
/// The same.
pub fn probe_over<T: Transport>(
    transport: T,
    plan: &Plan,
    (load, targets): (&Load, LoadTargets),
    destination: impl Into<Destination>,
    control: &Control,
) -> Result<Finish, RunError> {
    find_rate_over(transport, plan, (load, &[], targets), destination, control)
}

/// [`find_rate`] over another transport.
///
/// # Errors
/// The same.
pub fn find_rate_over<T: Transport>(
    transport: T,
    plan: &Plan,
    (load, thresholds, targets): (&Load, &[Threshold], LoadTargets),
    destination: impl Into<Destination>,
    control: &Control,
) -> Result<Finish, RunError> {
    let work = Work { input: None, load: Some((load, thresholds, targets.into())) };
    join(transport, plan, work, destination.into(), control)
}

/// How many cores a probe can use: one if one thread does everything, or else one for the loop and each fetcher.
fn usable_cores(fetchers: NonZeroUsize) -> usize {
    let threads = if fetchers.get() == 1 { 1 } else { fetchers.get() + 1 };
    available_parallelism().map_or(threads, |cores| cores.get().min(threads))
}

/// What a run has to do.
struct Work<'a> {
    /// The entries of lists.
    input: Option<Batches>,
    /// What a probe is made from.
    load: Option<(&'a Load, &'a [Threshold], Targets)>,
}

/// Joins the stages of a run, and waits for its end.
fn join<T: Transport>(
    transport: T,
    plan: &Plan,
    Work { input, load }: Work<'_>,
    destination: Destination,
    control: &Control,
) -> Result<Finish, RunError> {
    let _answers = control.answers_at_end();
    let system = |why| RunError::before_start(RunErrorKind::System(why));
    let start = Instant::now();
    let intents = destination.ledger().and_then(Ledger::intents);
    let continuations = destination.ledger().map(Ledger::continuations).unwrap_or_default();
    let cores = fetch::fetchers(&plan.fetch);
    let (writer, failure) = Writer::spawn(destination, plan.output.redact, control).map_err(system)?;
    let runtime = current_thread().map_err(system)?;
    let local = LocalSet::new();
    let fetchers = spawn_fetchers(&transport, start, plan.limits.concurrency, cores, &local);
    let end = fetchers.and_then(|fetchers| with_gate(fetchers, intents)).map(|(fetchers, gate)| {
        runtime.block_on(local.run_until(async {
            let failures = Failures::new(failure, gate);
            let timer = if load.is_some() { WakeTimer::without_busy_wait() } else { WakeTimer::finest() };
            let clock = Clock::new(start, timer);
            let generator = load.map(|(load, thresholds, targets)| {
                let generator = Generator::new(load, targets, clock.started_at(), usable_cores(cores));
                generator.with_thresholds(thresholds)
            });
            let parts = LoopParts { fetchers, writer, input, failures, continuations, generator };
            RunLoop::new(plan, control, clock, parts).run().await
        }))
    });
    drop(local);
    runtime.shutdown_background(); // a name look-up that hangs must not hold us up
    end.unwrap_or_else(|why| Err(system(why)))
}
