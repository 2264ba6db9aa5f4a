//! Failures that no server has a part in: the fetcher's own, and those of a run that is stopped.

use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use haul::engine::fetcher::{self, Completion, Dispatch};
use haul::fetch::memory::{MemoryBudget, MemoryPermit};
use haul::fetch::{Http, Transport};
use haul::model::{Attempt, ErrorKind, Job, Request};
use haul::plan::{Limits, Plan};
use haul::schedule::{Schedule, Step};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use url::Url;

use crate::peers::Peer;
use crate::{LONG, SHORT};

/// What becomes of a job depends on the last part of its path.
#[derive(Clone)]
struct Scripted;

impl Transport for Scripted {
    type Client = ();

    fn client(&self) -> io::Result<()> {
        Ok(())
    }

    fn attempt(&self, _: &(), job: &Job, room: &mut MemoryPermit) -> impl Future<Output = Attempt> {
        let path = job.url.path();
        assert_ne!(path, "/panic-at-once");
        async move {
            room.grow(1000);
            assert_ne!(path, "/panic");
            if path == "/never" {
                std::future::pending().await
            }
            Attempt::empty(SystemTime::now())
        }
    }
}

/// Has no client to give.
#[derive(Clone)]
struct Unarmed;

impl Transport for Unarmed {
    type Client = ();

    fn client(&self) -> io::Result<()> {
        Err(io::Error::other("no certificates"))
    }

    async fn attempt(&self, _: &(), _: &Job, _: &mut MemoryPermit) -> Attempt {
        unreachable!("without a client")
    }
}

/// A run of one fetcher.
struct Run {
    schedule: Schedule,
    budget: Arc<MemoryBudget>,
    errands: mpsc::UnboundedSender<Dispatch>,
    waiting: Option<mpsc::UnboundedReceiver<Dispatch>>,
    done: mpsc::UnboundedReceiver<Vec<Completion>>,
    finished: mpsc::UnboundedSender<Vec<Completion>>,
    stop: watch::Sender<bool>,
    ended: Vec<(u64, Option<ErrorKind>)>,
    last: Option<Attempt>,
}

impl Run {
    /// Hands out one errand for each URL.
    fn new<'a>(urls: impl IntoIterator<Item = &'a str>) -> Run {
        let limits = Limits { host_concurrency: NonZeroUsize::MAX, ..Limits::default() };
        let (errands, waiting) = mpsc::unbounded_channel();
        let (finished, done) = mpsc::unbounded_channel();
        let mut run = Run {
            schedule: Schedule::new(&limits, Duration::MAX, NonZeroUsize::MIN),
            budget: MemoryBudget::new(1 << 20),
            errands,
            waiting: Some(waiting),
            done,
            finished,
            stop: watch::channel(false).0,
            ended: Vec::new(),
            last: None,
        };
        for (seq, url) in urls.into_iter().enumerate() {
            run.send(seq as u64, url);
        }
        run
    }

    fn send(&mut self, seq: u64, url: &str) {
        let job = Job::new(seq, Url::parse(url).unwrap(), Arc::new(Request::default()));
        self.schedule.admit(Box::new(job), Duration::ZERO);
        let Step::Go(lease) = self.schedule.step(Duration::ZERO) else { panic!("{url} may not go") };
        let room = self.budget.lease(100).unwrap();
        self.errands.send(Dispatch::new(lease, room, &self.finished)).unwrap();
    }

    /// The fetcher, at work on up to `concurrency` errands.
    fn fetcher<T: Transport>(&mut self, transport: T, concurrency: usize) -> impl Future<Output = ()> + use<T> {
        let (waiting, finished) = (self.waiting.take().unwrap(), self.finished.clone());
        fetcher::run(transport, Instant::now(), waiting, finished, self.stop.subscribe(), concurrency)
    }

    /// Waits until `count` errands are back, and gives all that they held back.
    async fn collect(&mut self, count: usize) {
        while self.ended.len() < count {
            let Some(batch) = self.done.recv().await else { panic!("only {:?} came back", self.ended) };
            for done in batch {
                self.schedule.settle(done.ticket, Duration::ZERO);
                self.ended.push((done.job.seq, done.attempt.error.as_ref().map(|error| error.kind)));
                self.last = Some(*done.attempt);
            }
        }
        self.ended.sort();
    }

    /// That every slot and every byte is free again, and nothing came back twice.
    async fn check_end(mut self) {
        drop(self.finished);
        assert!(self.done.recv().await.is_none());
        assert_eq!((self.schedule.in_flight(), self.budget.used()), (0, 0));
    }
}

const OK: Option<ErrorKind> = None;
const INTERNAL: Option<ErrorKind> = Some(ErrorKind::Internal);
const CANCELLED: Option<ErrorKind> = Some(ErrorKind::Cancelled);

#[tokio::test]
async fn internal_is_a_panic_that_others_do_not_notice() {
    let paths = ["", "panic", "panic-at-once", ""].map(|path| format!("http://a.test/{path}"));
    let mut run = Run::new(paths.iter().map(String::as_str));
    let fetcher = run.fetcher(Scripted, 8);
    tokio::join!(fetcher, async {
        run.collect(4).await;
        run.send(4, "http://a.test/");
        run.collect(5).await;
        run.stop.send_replace(true);
    });
    assert_eq!(run.ended, [(0, OK), (1, INTERNAL), (2, INTERNAL), (3, OK), (4, OK)]);
    run.check_end().await;
}

#[tokio::test]
async fn internal_is_a_fetcher_that_cannot_begin() {
    let mut run = Run::new(["http://a.test/", "http://b.test/"]);
    let fetcher = run.fetcher(Unarmed, 8);
    tokio::join!(fetcher, async {
        run.collect(2).await;
        run.stop.send_replace(true);
    });
    assert_eq!(run.ended, [(0, INTERNAL), (1, INTERNAL)]);
    let error = run.last.take().unwrap().error.unwrap();
    assert_eq!((error.message.as_str(), error.phase), ("no certificates", None));
    run.check_end().await;
}

#[tokio::test]
async fn cancelled_is_what_was_in_flight() {
    let peer = Peer::saying_no_more_than("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nbegun").await;
    let mut run = Run::new([peer.url().as_str(); 3]);
    let fetcher = run.fetcher(Http::new(&Plan::default()), 8);
    tokio::join!(fetcher, async {
        while peer.heads().len() < 3 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        run.stop.send_replace(true);
        run.collect(3).await;
    });
    assert_eq!(run.ended, [(0, CANCELLED), (1, CANCELLED), (2, CANCELLED)]);
    let attempt = run.last.take().unwrap();
    let error = attempt.error.unwrap();
    assert_eq!((error.message.as_str(), error.phase), ("the run was stopped", None));
    assert!(attempt.timings.total > Duration::ZERO && attempt.timings.total < LONG);
    run.check_end().await;
}

/// Errands that no slot was free for have not begun, but their slots and their room in memory are taken.
#[tokio::test]
async fn cancelled_is_also_what_still_waited() {
    let mut run = Run::new(["http://a.test/never"; 5]);
    let fetcher = run.fetcher(Scripted, 2);
    tokio::join!(fetcher, async {
        tokio::task::yield_now().await;
        run.stop.send_replace(true);
        run.collect(5).await;
    });
    assert_eq!(run.ended, [0, 1, 2, 3, 4].map(|seq| (seq, CANCELLED)));
    run.check_end().await;
}

#[tokio::test]
async fn cancelled_is_all_of_a_run_that_was_stopped_before() {
    let mut run = Run::new(["http://a.test/never"; 3]);
    run.stop.send_replace(true);
    run.fetcher(Scripted, 1).await;
    run.collect(3).await;
    assert_eq!(run.ended, [0, 1, 2].map(|seq| (seq, CANCELLED)));
    run.check_end().await;
}

#[tokio::test]
async fn without_errands_a_fetcher_ends_by_itself() {
    let mut run = Run::new(["http://a.test/"; 50]);
    let fetcher = run.fetcher(Scripted, 8);
    run.errands = mpsc::unbounded_channel().0;
    tokio::time::timeout(LONG, fetcher).await.unwrap();
    run.collect(50).await;
    assert!(run.ended.iter().all(|(_, error)| error.is_none()));
    run.check_end().await;
}

/// From its admission to its attempt a job waits, also in the fetcher's own queue.
#[tokio::test]
async fn the_wait_for_a_slot_is_part_of_the_queue() {
    for (path, error) in [("http://a.test/", OK), ("http://a.test/never", CANCELLED)] {
        let mut run = Run::new([path]);
        let fetcher = run.fetcher(Scripted, 1);
        tokio::time::sleep(SHORT).await;
        tokio::join!(fetcher, async {
            tokio::task::yield_now().await;
            run.stop.send_replace(true);
            run.collect(1).await;
        });
        let queue = run.last.take().unwrap().timings.queue;
        assert_eq!(run.ended, [(0, error)]);
        assert!(queue >= SHORT && queue < LONG, "{queue:?}");
    }
}
