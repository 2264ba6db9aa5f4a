//! A fetcher makes attempts, as many at once as it has leases, on one thread.

use std::cell::OnceCell;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, SystemTime};

use futures::{FutureExt, StreamExt};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::endings::cancelled;
use crate::fetch::Transport;
use crate::fetch::memory::MemoryPermit;
use crate::model::{Attempt, ErrorKind, Failure, Job};
use crate::schedule::{Lease, Ticket};

/// Completions handed over at once.
const BATCH: usize = 64;

/// How often the client closes what it does not need any more. The timer has a second use: as long as one is set, tokio
/// sets others without waking itself up.
const SWEEP_INTERVAL: Duration = Duration::from_millis(500);

/// A dispatch that has ended.
#[derive(Debug)]
pub struct Completion {
    /// The slot to release.
    pub ticket: Ticket,
    /// The job.
    pub job: Box<Job>,
    /// The memory of the answer.
    pub memory: MemoryPermit,
    /// How it ended.
    pub attempt: Box<Attempt>,
}

/// Fetches until `dispatches` ends or `stop` turns true; attempts that are not done then end as cancelled.
///
/// `start` is when the run began; at most `concurrency` attempts are in flight.
pub async fn run<T: Transport>(
    transport: T,
    start: Instant,
    mut dispatches: mpsc::UnboundedReceiver<Dispatch>,
    done: mpsc::UnboundedSender<Vec<Completion>>,
    mut stop: watch::Receiver<bool>,
    concurrency: usize,
) {
    let client = OnceCell::new(); // built for the first job: an unused fetcher costs nothing
    let completions = futures::stream::poll_fn(move |cx| dispatches.poll_recv(cx))
        .map(|dispatch| fetch(&transport, &client, start, dispatch))
        .buffer_unordered(concurrency)
        .ready_chunks(BATCH);
    let mut completions = std::pin::pin!(completions);
    let mut stopped = std::pin::pin!(stop.wait_for(|stop| *stop));
    let mut sweeps = interval(SWEEP_INTERVAL);
    sweeps.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            batch = completions.next() => match batch.map(|batch| done.send(batch)) {
                Some(Ok(())) => {}
                Some(Err(_)) | None => return,
            },
            _ = sweeps.tick() => {
                if let Some(Ok(client)) = client.get() {
                    transport.sweep(client);
                }
            }
            _ = &mut stopped => return,
        }
    }
}

async fn fetch<T: Transport>(
    transport: &T,
    client: &OnceCell<Result<T::Client, String>>,
    start: Instant,
    mut dispatch: Dispatch,
) -> Completion {
    let (started, job, memory) = dispatch.begin(start);
    let attempt = AssertUnwindSafe(async {
        match client.get_or_init(|| transport.client().map_err(|why| why.to_string())) {
            Ok(client) => Ok(transport.attempt(client, job, memory).await),
            Err(why) => Err(why.clone()),
        }
    });
    let attempt = attempt.catch_unwind().await.unwrap_or_else(|_| Err("the attempt panicked".to_owned()));
    dispatch.end(attempt.unwrap_or_else(|why| Attempt::failed(started, Failure::new(ErrorKind::Internal, why))))
}

/// A lease on its way to a fetcher. Wherever it is dropped, it still ends: as cancelled.
#[derive(Debug)]
pub struct Dispatch {
    parts: Option<(Lease, MemoryPermit)>,
    done: mpsc::UnboundedSender<Vec<Completion>>,
    start: Option<AttemptStart>,
}

#[derive(Debug, Clone, Copy)]
struct AttemptStart {
    at: Instant,
    started: SystemTime,
    queue: Duration,
}

impl Dispatch {
    /// A dispatch that reports to `done`. `memory` is for its answer, until the record is written.
    pub fn new(lease: Lease, memory: MemoryPermit, done: &mpsc::UnboundedSender<Vec<Completion>>) -> Self {
        Dispatch { parts: Some((lease, memory)), done: done.clone(), start: None }
    }

    /// The input's ordinal.
    pub fn seq(&self) -> u64 {
        self.parts.as_ref().map_or(0, |(lease, _)| lease.job.seq)
    }

    /// The fetcher that it goes to.
    pub fn fetcher(&self) -> usize {
        self.parts.as_ref().map_or(0, |(lease, _)| lease.ticket.fetcher())
    }

    fn begin(&mut self, start: Instant) -> (SystemTime, &Job, &mut MemoryPermit) {
        let (lease, memory) = self.parts.as_mut().expect("set until it ends");
        let (at, started) = (Instant::now(), SystemTime::now());
        self.start = Some(AttemptStart { at, started, queue: (at - start).saturating_sub(lease.job.admitted) });
        (started, &lease.job, memory)
    }

    fn end(mut self, attempt: Attempt) -> Completion {
        let parts = self.parts.take().expect("ends once");
        self.done(parts, attempt)
    }

    fn done(&self, (Lease { ticket, job }, memory): (Lease, MemoryPermit), mut attempt: Attempt) -> Completion {
        attempt.timings.queue = self.start.map_or(Duration::ZERO, |start| start.queue);
        Completion { ticket, job, memory, attempt: Box::new(attempt) }
    }
}

impl Drop for Dispatch {
    fn drop(&mut self) {
        let Some(parts) = self.parts.take() else { return };
        let mut attempt = cancelled(self.start.map_or_else(SystemTime::now, |start| start.started));
        attempt.timings.total = self.start.map_or(Duration::ZERO, |start| start.at.elapsed());
        let _ = self.done.send(vec![self.done(parts, attempt)]);
    }
}
