//! A fetcher: attempts, as many at once as it is given leases, on one thread.

use std::panic::AssertUnwindSafe;
use std::time::{Duration, SystemTime};

use futures::{FutureExt, StreamExt};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::Transport;
use crate::budget::Room;
use crate::job::Job;
use crate::outcome::{Attempt, ErrorKind, Failure, Timings};
use crate::schedule::{Lease, Ticket};

/// Completions handed over at once.
const BATCH: usize = 64;

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
///
/// `start` is when the run began; at most `concurrency` attempts are under way.
pub async fn run<T: Transport>(
    transport: T,
    start: Instant,
    mut errands: mpsc::UnboundedReceiver<Errand>,
    done: mpsc::UnboundedSender<Vec<Done>>,
    mut stop: watch::Receiver<bool>,
    concurrency: usize,
) {
    let client = std::cell::OnceCell::new(); // built for the first job: a fetcher without one costs nothing
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
    client: &std::cell::OnceCell<Result<T::Client, String>>,
    start: Instant,
    mut errand: Errand,
) -> Done {
    let queue = (Instant::now() - start).saturating_sub(errand.parts().0.admitted);
    errand.begun = Some((SystemTime::now(), queue));
    let (job, room) = errand.parts();
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
    errand.end(attempt)
}

/// A lease on its way. Dropped at any point, it still comes to an end: as cancelled.
#[derive(Debug)]
pub struct Errand {
    parts: Option<(Lease, Room)>,
    /// When its attempt began, and how long the job had waited for that.
    begun: Option<(SystemTime, Duration)>,
    done: mpsc::UnboundedSender<Vec<Done>>,
}

impl Errand {
    /// An errand that reports to `done`. Its answer may fill `room`, until its record is written.
    pub fn new(lease: Lease, room: Room, done: &mpsc::UnboundedSender<Vec<Done>>) -> Self {
        Errand { parts: Some((lease, room)), begun: None, done: done.clone() }
    }

    fn parts(&mut self) -> (&Job, &mut Room) {
        let (lease, room) = self.parts.as_mut().expect("set until it ends");
        (&lease.job, room)
    }

    fn end(mut self, attempt: Attempt) -> Done {
        let (Lease { ticket, job }, room) = self.parts.take().expect("ends once");
        Done { ticket, job, room, attempt: Box::new(attempt) }
    }
}

impl Drop for Errand {
    fn drop(&mut self) {
        let Some((Lease { ticket, job }, room)) = self.parts.take() else { return };
        let (started, queue) = self.begun.unwrap_or_else(|| (SystemTime::now(), Duration::ZERO));
        let mut attempt = Box::new(cancelled(started));
        attempt.timings = Timings { queue, total: started.elapsed().unwrap_or_default(), ..Timings::default() };
        let _ = self.done.send(vec![Done { ticket, job, room, attempt }]);
    }
}

/// The end of a job that the run did not wait for.
pub fn cancelled(started: SystemTime) -> Attempt {
    Attempt::failed(started, Failure::new(ErrorKind::Cancelled, "the run was stopped"))
}
