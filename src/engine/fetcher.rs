//! A fetcher: attempts, as many at once as it is given leases, on one thread.

use std::cell::OnceCell;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, SystemTime};

use futures::{FutureExt, StreamExt};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use crate::fetch::Transport;
use crate::fetch::memory::MemoryPermit;
use crate::model::{Attempt, ErrorKind, Failure, Job};
use crate::schedule::{Lease, Ticket};

/// Completions handed over at once.
const BATCH: usize = 64;

/// An errand that came to an end.
#[derive(Debug)]
pub struct Completion {
    /// The slot to give back.
    pub ticket: Ticket,
    /// The job.
    pub job: Box<Job>,
    /// What the answer fills.
    pub room: MemoryPermit,
    /// How it ended.
    pub attempt: Box<Attempt>,
}

/// Fetches until `errands` ends or `stop` turns true; then what has not come to its end ends as cancelled.
///
/// `start` is when the run began; at most `concurrency` attempts are under way.
pub async fn run<T: Transport>(
    transport: T,
    start: Instant,
    mut errands: mpsc::UnboundedReceiver<Dispatch>,
    done: mpsc::UnboundedSender<Vec<Completion>>,
    mut stop: watch::Receiver<bool>,
    concurrency: usize,
) {
    let client = OnceCell::new(); // built for the first job: a fetcher without one costs nothing
    let completions = futures::stream::poll_fn(move |cx| errands.poll_recv(cx))
        .map(|errand| fetch(&transport, &client, start, errand))
        .buffer_unordered(concurrency)
        .ready_chunks(BATCH);
    let mut completions = std::pin::pin!(completions);
    let mut stopped = std::pin::pin!(stop.wait_for(|stop| *stop));
    loop {
        tokio::select! {
            biased;
            batch = completions.next() => match batch.map(|batch| done.send(batch)) {
                Some(Ok(())) => {}
                Some(Err(_)) | None => return,
            },
            _ = &mut stopped => return,
        }
    }
}

async fn fetch<T: Transport>(
    transport: &T,
    client: &OnceCell<Result<T::Client, String>>,
    start: Instant,
    mut errand: Dispatch,
) -> Completion {
    let (started, job, room) = errand.begin(start);
    let attempt = AssertUnwindSafe(async {
        match client.get_or_init(|| transport.client().map_err(|why| why.to_string())) {
            Ok(client) => Ok(transport.attempt(client, job, room).await),
            Err(why) => Err(why.clone()),
        }
    });
    let attempt = attempt.catch_unwind().await.unwrap_or_else(|_| Err("the attempt panicked".to_owned()));
    errand.end(attempt.unwrap_or_else(|why| Attempt::failed(started, Failure::new(ErrorKind::Internal, why))))
}

/// A lease on its way. Dropped at any point, sent or not, it still comes to an end: as cancelled.
#[derive(Debug)]
pub struct Dispatch {
    parts: Option<(Lease, MemoryPermit)>,
    done: mpsc::UnboundedSender<Vec<Completion>>,
    begun: Option<Begun>,
}

#[derive(Debug, Clone, Copy)]
struct Begun {
    at: Instant,
    started: SystemTime,
    queue: Duration,
}

impl Dispatch {
    /// An errand that reports to `done`. Its answer may fill `room`, until its record is written.
    pub fn new(lease: Lease, room: MemoryPermit, done: &mpsc::UnboundedSender<Vec<Completion>>) -> Self {
        Dispatch { parts: Some((lease, room)), done: done.clone(), begun: None }
    }

    /// The input's ordinal.
    pub fn seq(&self) -> u64 {
        self.parts.as_ref().map_or(0, |(lease, _)| lease.job.seq)
    }

    /// The fetcher that it is for.
    pub fn fetcher(&self) -> usize {
        self.parts.as_ref().map_or(0, |(lease, _)| lease.ticket.fetcher())
    }

    fn begin(&mut self, start: Instant) -> (SystemTime, &Job, &mut MemoryPermit) {
        let (lease, room) = self.parts.as_mut().expect("set until it ends");
        let (at, started) = (Instant::now(), SystemTime::now());
        self.begun = Some(Begun { at, started, queue: (at - start).saturating_sub(lease.job.admitted) });
        (started, &lease.job, room)
    }

    fn end(mut self, attempt: Attempt) -> Completion {
        let parts = self.parts.take().expect("ends once");
        self.done(parts, attempt)
    }

    fn done(&self, (Lease { ticket, job }, room): (Lease, MemoryPermit), mut attempt: Attempt) -> Completion {
        attempt.timings.queue = self.begun.map_or(Duration::ZERO, |begun| begun.queue);
        Completion { ticket, job, room, attempt: Box::new(attempt) }
    }
}

impl Drop for Dispatch {
    fn drop(&mut self) {
        let Some(parts) = self.parts.take() else { return };
        let mut attempt = cancelled(self.begun.map_or_else(SystemTime::now, |begun| begun.started));
        attempt.timings.total = self.begun.map_or(Duration::ZERO, |begun| begun.at.elapsed());
        let _ = self.done.send(vec![self.done(parts, attempt)]);
    }
}

/// The end of a job that the run did not wait for.
pub fn cancelled(started: SystemTime) -> Attempt {
    Attempt::failed(started, Failure::new(ErrorKind::Cancelled, "the run was stopped"))
}
