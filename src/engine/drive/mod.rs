//! The loop at the heart: what may leave, leaves; what ends, is judged.

mod admit;
mod finish;
mod judge;
mod ordered;
mod repeats;
mod robots;

use std::collections::BTreeMap;
use std::future::pending;
use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use tokio::sync::mpsc;
use tokio::time::Instant;

use super::alarm::WakeTimer;
use super::bottlenecks::Bottlenecks;
use super::fetcher::cancelled;
use super::fetchers::{Failures, Fetchers};
use super::order::{Late, Order};
use super::robots::RobotsGate;
use super::session::Session;
use super::writer::{Finished, Writer};
use super::{Control, Finish, RunError, RunErrorKind, Stop};
use crate::fetch::memory::{MemoryBudget, MemoryPermit};
use crate::model::{Attempt, Blocked, Continuation, ErrorKind, Failure, Job, PauseOutcomes, host_key};
use crate::plan::Plan;
use crate::policy::Policy;
use crate::schedule::{Lease, Schedule, Step};
use crate::site::dedup::DedupSet;
use crate::source::Entry;

/// The least memory that is kept free for an answer.
const LEAST_ROOM: usize = 8 << 10;

/// Completions that are judged before anything leaves again.
const COMPLETIONS: usize = 64;

/// Finished records wait this long, or for so many others, before the writer is woken for them.
const HAND_OVER: (Duration, usize) = (Duration::from_millis(1), 64);

type Input = mpsc::Receiver<io::Result<Vec<Entry>>>;

/// A run in progress. It owns all state and runs on one thread.
pub(super) struct Drive<'a> {
    plan: &'a Plan,
    policy: Policy,
    schedule: Schedule,
    budget: Arc<MemoryBudget>,
    start: Instant,
    alarm: WakeTimer,
    began: SystemTime,
    fetchers: Fetchers,
    writer: Writer,
    control: &'a Control,
    session: Option<Session>,
    robots: Option<RobotsGate>,
    /// Nothing is read until the login has come to its end.
    logging_in: bool,
    /// Inputs that an earlier run left between two pages.
    continuations: BTreeMap<u64, Continuation>,
    /// What has been asked for, if none of it is to be asked for twice.
    seen: Option<DedupSet>,
    /// What waits for earlier records, if they come in the order of the inputs.
    order: Option<Order<Finished>>,
    late: Late,
    /// The oldest job alone may leave, and may not yet.
    oldest_waits: bool,
    /// Entries read and not admitted yet.
    unread: std::vec::IntoIter<Entry>,
    finished: Vec<Finished>,
    /// When what has been finished is handed to the writer at the latest.
    hand_over_at: Option<Duration>,
    bottlenecks: Bottlenecks,
    /// What an answer is likely to fill, judged by the largest of late.
    expected: usize,
    admitted: u64,
    settled: u64,
    /// Records of pages that were not the last of their inputs.
    turned: u64,
    skipped: u64,
    peak_in_flight: usize,
    pauses: PauseOutcomes,
    /// Retries that were not made.
    withheld: u64,
    stop: Stop,
    error: Option<RunErrorKind>,
}

impl<'a> Drive<'a> {
    pub(super) fn new(
        plan: &'a Plan,
        start: Instant,
        alarm: WakeTimer,
        fetchers: Fetchers,
        writer: Writer,
        control: &'a Control,
    ) -> Self {
        let cores = NonZeroUsize::new(fetchers.errands.len()).unwrap_or(NonZeroUsize::MIN);
        Drive {
            plan,
            policy: Policy::new(plan),
            schedule: Schedule::new(&plan.limits, plan.retry.max_time, cores),
            budget: MemoryBudget::new(usable_memory(plan, cores.get())),
            start,
            alarm,
            began: SystemTime::now(),
            fetchers,
            writer,
            control,
            session: Session::new(plan),
            robots: RobotsGate::new(plan),
            logging_in: false,
            continuations: BTreeMap::new(),
            seen: plan.dedup.map(DedupSet::new),
            order: plan.order_window().map(Order::new),
            late: Late::default(),
            oldest_waits: false,
            unread: Vec::new().into_iter(),
            finished: Vec::with_capacity(HAND_OVER.1),
            hand_over_at: None,
            bottlenecks: Bottlenecks::default(),
            expected: LEAST_ROOM,
            admitted: 0,
            settled: 0,
            turned: 0,
            skipped: 0,
            peak_in_flight: 0,
            pauses: PauseOutcomes::default(),
            withheld: 0,
            stop: Stop::No,
            error: None,
        }
    }

    /// Resumes inputs that an earlier run left between two pages.
    pub(super) fn with_continuations(self, continuations: BTreeMap<u64, Continuation>) -> Self {
        Drive { continuations, ..self }
    }

    /// Runs until every input has its record, or the run is stopped.
    pub(super) async fn run(mut self, input: Input, mut failures: Failures) -> Result<Finish, RunError> {
        let (mut input, mut failed) = (Some(input), false);
        let mut stop = self.control.stop.subscribe();
        let mut batch = Vec::with_capacity(COMPLETIONS);
        self.stop_now(*stop.borrow_and_update()); // it may have been stopped before it began
        if let Some(login) = &self.plan.login {
            self.logging_in = true;
            self.schedule.admit(Box::new(Job::login(login.url.clone(), Arc::clone(&login.request))), self.now());
        }
        loop {
            #[cfg(test)]
            super::tests::turn();
            let blocked = self.send_out(&mut input);
            self.hand_over();
            let drained = self.schedule.in_flight() == 0 && self.schedule.waiting() == 0;
            if drained && (self.stop > Stop::No || input.is_none() && self.unread.len() == 0) {
                self.skip_rest(input);
                break;
            }
            let room = matches!(blocked, Some(Blocked::Memory | Blocked::Output));
            let wake = self.wake(room || self.order.as_ref().is_some_and(Order::is_full));
            tokio::select! {
                biased;
                Ok(()) = stop.changed() => self.stop_now(*stop.borrow_and_update()),
                why = failures.next(), if !failed => {
                    failed = true;
                    self.error = self.error.take().or(why.map(RunErrorKind::Output));
                    self.stop_now(Stop::Now); // there is nobody to work for
                }
                _ = self.fetchers.completions.recv_many(&mut batch, COMPLETIONS) => {
                    let now = self.now();
                    batch.drain(..).flatten().for_each(|done| self.judge(done, now));
                }
                read = next(&mut input), if blocked == Some(Blocked::Input) => match read {
                    Some(read) => self.take_in(read),
                    None => input = None,
                },
                () = self.budget.freed_until(|| room_for_more(&self.budget, &self.writer, self.expected)), if room => {}
                () = tokio::task::yield_now(), if blocked.is_none() => {}
                () = self.alarm.at(wake.unwrap_or(self.start)), if wake.is_some() => {}
            }
        }
        self.finish()
    }

    /// Sends out all that may leave now; says why no more may. Without a reason there is more to read and send, once
    /// others have had their turn.
    fn send_out(&mut self, input: &mut Option<Input>) -> Option<Blocked> {
        let now = self.now();
        let (mut spare, mut idle) = (None, 0);
        self.oldest_waits = false;
        let blocked = loop {
            if self.stop > Stop::No {
                break Some(Blocked::Answers);
            }
            if !self.writer.has_room() {
                break Some(Blocked::Output);
            }
            if self.order.as_ref().is_some_and(Order::is_full) {
                if self.send_oldest(now) {
                    continue;
                }
                break Some(Blocked::Order);
            }
            let Some(room) = spare.take().or_else(|| self.budget.lease(self.expected)) else {
                if self.send_oldest(now) {
                    continue;
                }
                break Some(Blocked::Memory);
            };
            match self.schedule.step(now) {
                Step::Go(lease) => self.send(lease, room),
                Step::Refuse(job) => {
                    spare = Some(room);
                    let end = unreachable(&job, now);
                    self.end_unsent(job, end);
                }
                Step::Read if self.logging_in => break Some(Blocked::Login),
                Step::Read => {
                    spare = Some(room);
                    match (self.unread.next(), &mut *input) {
                        (Some(entry), _) => {
                            let waiting = self.schedule.waiting();
                            self.admit(entry, now);
                            idle += usize::from(self.schedule.waiting() == waiting);
                        }
                        (None, None) if self.schedule.waiting() > 0 => break Some(Blocked::Hosts),
                        (None, None) => break Some(Blocked::Answers),
                        (None, Some(input)) => match input.try_recv() {
                            Ok(read) => self.take_in(read),
                            Err(_) => break Some(Blocked::Input),
                        },
                    }
                }
                Step::Wait(blocked) => break Some(blocked),
            }
            // What is finished without a request (bad lines, repeats, what is refused) is so as soon as it is read: a
            // list of them must not fill memory, or keep the loop from its other work.
            if self.finished.len().max(idle) >= HAND_OVER.1 {
                break None;
            }
        };
        self.peak_in_flight = self.peak_in_flight.max(self.schedule.in_flight());
        self.note_blocked(blocked.unwrap_or(Blocked::Input), now);
        blocked
    }

    fn send(&mut self, mut lease: Lease, room: MemoryPermit) {
        if let Some(session) = self.session.as_mut().filter(|_| !lease.job.is_robots_txt()) {
            session.dress(&mut lease.job, SystemTime::now());
        }
        self.note_out(&lease.job, true);
        self.fetchers.send(lease, room);
    }

    /// When to look again, whatever happens until then. Timers of a schedule that may not lease tell nothing.
    fn wake(&self, held: bool) -> Option<Instant> {
        let tells = !held || self.oldest_waits;
        let timer = self.schedule.next_timer().filter(|_| tells && self.stop == Stop::No);
        timer.into_iter().chain(self.hand_over_at).min().and_then(|at| self.start.checked_add(at))
    }

    /// Gives the writer what has been finished, a few records at a time: waking it costs more than one is worth.
    fn hand_over(&mut self) {
        let gauges = &self.control.gauges;
        gauges.in_flight.store(self.schedule.in_flight() as u64, Ordering::Relaxed);
        gauges.waiting.store(self.schedule.waiting() as u64, Ordering::Relaxed);
        if self.finished.is_empty() {
            return;
        }
        let now = self.now();
        let due = *self.hand_over_at.get_or_insert(now + HAND_OVER.0) <= now;
        if due || self.finished.len() >= HAND_OVER.1 || self.schedule.in_flight() == 0 {
            self.writer.put(std::mem::replace(&mut self.finished, Vec::with_capacity(HAND_OVER.1)));
            self.hand_over_at = None;
        }
    }

    /// Starts nothing more. What has begun gets its record; what has not is counted as skipped.
    fn stop_now(&mut self, how: Stop) {
        let first = self.stop == Stop::No && how > Stop::No;
        self.stop = self.stop.max(how);
        if first {
            let stopped = self.schedule.stop(self.now());
            self.skipped += stopped.skipped;
            for job in stopped.begun {
                self.end_unsent(job, cancelled(SystemTime::now()));
            }
            self.order.iter_mut().for_each(|order| order.give_up(&mut self.finished));
        }
        if self.stop == Stop::Now {
            self.fetchers.stop.send_replace(true);
        }
    }

    fn note_blocked(&mut self, blocked: Blocked, now: Duration) {
        if let Some(order) = &self.order {
            self.late.note(order.oldest().filter(|_| blocked == Blocked::Order), now);
        }
        let schedule = &self.schedule;
        self.bottlenecks.note(blocked, now, schedule.hosts(), || schedule.bottleneck(now));
    }

    fn now(&self) -> Duration {
        self.start.elapsed()
    }
}

/// The end of a job whose host does not come back.
fn unreachable(job: &Job, now: Duration) -> Attempt {
    let why = format!("{} was repeatedly unreachable (--retry-max-time)", host_key(&job.url));
    let mut attempt = Attempt::failed(SystemTime::now(), Failure::new(ErrorKind::CircuitOpen, why));
    attempt.timings.queue = now.saturating_sub(job.admitted);
    attempt
}

/// What bodies may fill, once what may exceed it for a moment is taken off: the elder, and a chunk on each fetcher
/// that decodes to much more than itself.
fn usable_memory(plan: &Plan, fetchers: usize) -> usize {
    let reserve = plan.fetch.max_filesize.saturating_mul(fetchers + 1);
    plan.limits.max_memory.saturating_sub(reserve).max(plan.limits.max_memory / 2)
}

fn room_for_more(budget: &Arc<MemoryBudget>, writer: &Writer, bytes: usize) -> bool {
    writer.has_room() && budget.lease(bytes).is_some()
}

async fn next(input: &mut Option<Input>) -> Option<io::Result<Vec<Entry>>> {
    match input {
        Some(input) => input.recv().await,
        None => pending().await,
    }
}
