//! A fetcher: attempts, as many at once as it is given leases, on one thread.

use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use futures::{FutureExt, Stream, StreamExt};
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

/// Fetches until `errands` ends or `stop` turns true; then what has not come to its end ends as cancelled.
pub async fn run<T: Transport>(
    transport: T,
    start: Instant,
    errands: mpsc::UnboundedReceiver<Errand>,
    done: mpsc::UnboundedSender<Vec<Done>>,
    mut stop: watch::Receiver<bool>,
    concurrency: usize,
) {
    let client = std::cell::OnceCell::new(); // built for the first job: a fetcher without one costs nothing
    let completions = Arrivals { errands, start, done: done.clone() }
        .map(|flight| fetch(&transport, &client, flight))
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
    mut flight: InFlight,
) -> Done {
    let started = flight.started;
    let (job, room) = flight.parts();
    let attempt = AssertUnwindSafe(async {
        match client.get_or_init(|| transport.client().map_err(|why| why.to_string())) {
            Ok(client) => Ok(transport.attempt(client, job, room).await),
            Err(why) => Err(why.clone()),
        }
    });
    let attempt = attempt.catch_unwind().await.unwrap_or_else(|_| Err("the attempt panicked".to_owned()));
    flight.land(attempt.unwrap_or_else(|why| Attempt::failed(started, Failure::new(ErrorKind::Internal, why))))
}

/// The errands that come in. Those that nobody takes before it is dropped come to an end, too: as cancelled.
struct Arrivals {
    errands: mpsc::UnboundedReceiver<Errand>,
    start: Instant,
    done: mpsc::UnboundedSender<Vec<Done>>,
}

impl Stream for Arrivals {
    type Item = InFlight;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<InFlight>> {
        self.errands.poll_recv(cx).map(|errand| Some(InFlight::new(errand?, self.start, &self.done)))
    }
}

impl Drop for Arrivals {
    fn drop(&mut self) {
        self.errands.close();
        while let Ok(errand) = self.errands.try_recv() {
            drop(InFlight::new(errand, self.start, &self.done));
        }
    }
}

/// An errand on the wire. Dropped before it landed, it still comes to an end: as cancelled.
struct InFlight {
    errand: Option<Errand>,
    done: mpsc::UnboundedSender<Vec<Done>>,
    begun: Instant,
    started: SystemTime,
    queue: Duration,
}

impl InFlight {
    fn new(errand: Errand, start: Instant, done: &mpsc::UnboundedSender<Vec<Done>>) -> Self {
        let begun = Instant::now();
        let queue = (begun - start).saturating_sub(errand.lease.job.admitted);
        InFlight { errand: Some(errand), done: done.clone(), begun, started: SystemTime::now(), queue }
    }

    fn parts(&mut self) -> (&Job, &mut Room) {
        let errand = self.errand.as_mut().expect("set until it lands");
        (&errand.lease.job, &mut errand.room)
    }

    fn land(mut self, attempt: Attempt) -> Done {
        let errand = self.errand.take().expect("lands once");
        self.done(errand, attempt)
    }

    fn done(&self, errand: Errand, mut attempt: Attempt) -> Done {
        let Errand { lease: Lease { ticket, job }, room } = errand;
        attempt.timings.queue = self.queue;
        Done { ticket, job, room, attempt: Box::new(attempt) }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        let Some(errand) = self.errand.take() else { return };
        let mut attempt = cancelled(self.started);
        attempt.timings.total = self.begun.elapsed();
        let _ = self.done.send(vec![self.done(errand, attempt)]);
    }
}

/// The end of a job that the run did not wait for.
pub fn cancelled(started: SystemTime) -> Attempt {
    let mut attempt = Attempt::failed(started, Failure::new(ErrorKind::Cancelled, "the run was stopped"));
    attempt.timings.total = Duration::ZERO;
    attempt
}
