//! A fetcher: attempts, as many at once as it is given leases, on one thread.

use std::panic::AssertUnwindSafe;
use std::time::{Duration, SystemTime};

use futures::{FutureExt, StreamExt};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::Transport;
use crate::budget::Room;
use crate::job::Job;
use crate::outcome::{Attempt, ErrorKind, Failure};
use crate::schedule::{Lease, Ticket};

/// Completions handed over at once.
const BATCH: usize = 64;

/// A lease with its room in memory.
#[derive(Debug)]
pub struct Errand {
    /// What to fetch.
    pub lease: Lease,
    /// What its answer may fill, until its record is written.
    pub room: Room,
}

/// An errand that came to an end.
#[derive(Debug)]
pub struct Done {
    /// The slot to give back.
    pub ticket: Ticket,
    /// The job.
    pub job: Box<Job>,
    /// What the answer fills.
    pub room: Room,
    /// How it ended.
    pub attempt: Box<Attempt>,
}

/// Fetches until `errands` ends or `stop` turns true; then what is still in flight ends as cancelled.
pub async fn run<T: Transport>(
    transport: T,
    start: Instant,
    errands: mpsc::UnboundedReceiver<Errand>,
    done: mpsc::UnboundedSender<Vec<Done>>,
    mut stop: watch::Receiver<bool>,
    concurrency: usize,
) {
    let client = std::cell::OnceCell::new(); // built for the first job: a fetcher without one costs nothing
    let mut errands = errands;
    let completions = futures::stream::poll_fn(move |cx| errands.poll_recv(cx))
        .map(|errand| fetch(&transport, &client, start, InFlight::new(errand, &done)))
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
    client: &std::cell::OnceCell<Result<T::Client, String>>,
    start: Instant,
    mut flight: InFlight,
) -> Done {
    let (job, room) = flight.parts();
    let queue = (Instant::now() - start).saturating_sub(job.admitted);
    let attempt = match client.get_or_init(|| transport.client().map_err(|why| why.to_string())) {
        Ok(client) => {
            let attempt = transport.attempt(client, job, room);
            AssertUnwindSafe(attempt).catch_unwind().await.map_err(|_| "the attempt panicked".to_owned())
        }
        Err(why) => Err(why.clone()),
    };
    let mut attempt =
        attempt.unwrap_or_else(|why| Attempt::failed(SystemTime::now(), Failure::new(ErrorKind::Internal, why)));
    attempt.timings.queue = queue;
    flight.land(attempt)
}

/// An errand on the wire. Dropped before it landed, it still comes to an end: as cancelled.
struct InFlight {
    errand: Option<Errand>,
    done: mpsc::UnboundedSender<Vec<Done>>,
    begun: Instant,
    started: SystemTime,
}

impl InFlight {
    fn new(errand: Errand, done: &mpsc::UnboundedSender<Vec<Done>>) -> Self {
        InFlight { errand: Some(errand), done: done.clone(), begun: Instant::now(), started: SystemTime::now() }
    }

    fn parts(&mut self) -> (&Job, &mut Room) {
        let errand = self.errand.as_mut().expect("set until it lands");
        (&errand.lease.job, &mut errand.room)
    }

    fn land(mut self, attempt: Attempt) -> Done {
        let Errand { lease: Lease { ticket, job }, room } = self.errand.take().expect("lands once");
        Done { ticket, job, room, attempt: Box::new(attempt) }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        let Some(Errand { lease: Lease { ticket, job }, room }) = self.errand.take() else { return };
        let mut attempt = cancelled(self.started);
        attempt.timings.total = self.begun.elapsed();
        let _ = self.done.send(vec![Done { ticket, job, room, attempt: Box::new(attempt) }]);
    }
}

/// The end of a job that the run did not wait for.
pub fn cancelled(started: SystemTime) -> Attempt {
    let mut attempt = Attempt::failed(started, Failure::new(ErrorKind::Cancelled, "the run was stopped"));
    attempt.timings.total = Duration::ZERO;
    attempt
}
