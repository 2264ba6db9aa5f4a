//! The loop of a run: what may start, starts; what has ended is judged.

mod admit;
mod finish;
mod judge;
mod load;
mod robots;
mod start;

use std::collections::BTreeMap;
use std::future::pending;
use std::io;
use std::num::NonZeroUsize;
use std::time::{Duration, SystemTime};

use tokio::sync::watch;
use tokio::time::Instant;

use super::bottlenecks::Bottlenecks;
use super::counters::Counters;
use super::duplicates::Duplicates;
use super::endings::cancelled;
use super::fetcher::Completion;
use super::fetchers::{Failures, Fetchers};
use super::generator::Generator;
use super::intake::{Batches, Intake};
use super::memory::AnswerMemory;
use super::outbox::Outbox;
use super::robots::RobotsGate;
use super::session::Session;
use super::targets::TimedBatch;
use super::wake_timer::WakeTimer;
use super::writer::Writer;
use super::{Control, Finish, RunError, RunErrorKind, Stop};
use crate::model::{Blocked, Continuation};
use crate::plan::Plan;
use crate::policy::Policy;
use crate::schedule::Schedule;
use crate::source::Entry;

/// How many batches of completed attempts are judged before anything else starts.
const COMPLETIONS: usize = 64;

/// What a run is joined from.
pub(super) struct LoopParts {
    pub(super) fetchers: Fetchers,
    pub(super) writer: Writer,
    /// None if everything is in memory.
    pub(super) input: Option<Batches>,
    pub(super) failures: Failures,
    /// The next pages of inputs that an earlier run left between two pages.
    pub(super) continuations: BTreeMap<u64, Continuation>,
    /// Makes the load of a probe.
    pub(super) generator: Option<Generator>,
}

/// The time of a run, counted from its start.
pub(super) struct Clock {
    start: Instant,
    started_at: SystemTime,
    timer: WakeTimer,
}

impl Clock {
    pub(super) fn new(start: Instant, timer: WakeTimer) -> Self {
        Clock { start, started_at: SystemTime::now() - start.elapsed(), timer }
    }

    /// When the run began.
    pub(super) fn started_at(&self) -> SystemTime {
        self.started_at
    }
}

/// Whether a run ends early, and why.
struct Shutdown {
    requests: watch::Receiver<Stop>,
    failures: Failures,
    stop: Stop,
    /// What failed first.
    error: Option<RunErrorKind>,
    /// The time for the last answers of a probe is over: the run is complete, not interrupted.
    is_cut_off: bool,
}

/// A run in progress. It owns all state and runs on one thread.
pub(super) struct RunLoop<'a> {
    plan: &'a Plan,
    control: &'a Control,
    clock: Clock,
    policy: Policy,
    intake: Intake,
    duplicates: Option<Duplicates>,
    session: Option<Session>,
    robots: Option<RobotsGate>,
    /// Makes the load of a probe; none if a list is fetched.
    generator: Option<Generator>,
    schedule: Schedule,
    memory: AnswerMemory,
    fetchers: Fetchers,
    /// Attempts that have ended and are not judged yet.
    completed: Vec<Vec<Completion>>,
    outbox: Outbox,
    counters: Counters<'a>,
    bottlenecks: Bottlenecks,
    /// Only the oldest input may go on, and it has to wait.
    oldest_waits: bool,
    /// The next hop of a probe waits for memory, while what is due does not wait.
    hop_needs_memory: bool,
    shutdown: Shutdown,
    /// Told when somebody asks for what the run has come to.
    questions: watch::Receiver<u64>,
}

/// What the loop wakes up for.
enum Event {
    /// Attempts have ended.
    Completed,
    /// The input has another batch, or has ended.
    Read(Option<io::Result<Vec<Entry>>>),
    /// The list that is replayed has more, or has ended.
    Timed(Option<TimedBatch>),
    /// The run is to be stopped.
    Stop(Stop),
    /// Somebody asks for what the run has come to.
    Asked,
    /// The output has failed; the error is here unless the writer has it.
    OutputFailed(Option<io::Error>),
    /// Something may start that could not before.
    Ready,
}

impl<'a> RunLoop<'a> {
    pub(super) fn new(plan: &'a Plan, control: &'a Control, clock: Clock, parts: LoopParts) -> Self {
        let LoopParts { fetchers, writer, input, failures, continuations, generator } = parts;
        let cores = NonZeroUsize::new(fetchers.threads()).unwrap_or(NonZeroUsize::MIN);
        let mut schedule = Schedule::new(&plan.limits, plan.retry.max_time, cores);
        if plan.ordered.is_some() {
            schedule.track_inputs();
        }
        let policy = if generator.is_some() { Policy::for_load(plan) } else { Policy::new(plan) };
        let mut outbox = Outbox::new(plan, clock.start, writer);
        if generator.is_some() {
            schedule.connect_at_once();
            outbox.hand_over_seldom();
        }
        RunLoop {
            plan,
            control,
            policy,
            generator,
            intake: input.map_or_else(Intake::empty, |input| Intake::new(input, continuations)),
            duplicates: Duplicates::new(plan),
            session: Session::new(plan),
            robots: RobotsGate::new(plan),
            schedule,
            memory: AnswerMemory::new(plan),
            fetchers,
            completed: Vec::with_capacity(COMPLETIONS),
            outbox,
            clock,
            counters: Counters::new(&control.gauges),
            bottlenecks: Bottlenecks::default(),
            oldest_waits: false,
            hop_needs_memory: false,
            shutdown: Shutdown {
                requests: control.stop.subscribe(),
                failures,
                stop: Stop::No,
                error: None,
                is_cut_off: false,
            },
            questions: control.interims.questions(),
        }
    }

    /// Runs until every input has its record, or the run is stopped.
    pub(super) async fn run(mut self) -> Result<Finish, RunError> {
        let requested = *self.shutdown.requests.borrow_and_update();
        self.stop(requested);
        self.log_in();
        loop {
            let blocked = self.start_requests();
            self.hand_over();
            if self.is_done() {
                return self.finish().await;
            }
            self.cut_off(self.now());
            match self.next_event(blocked).await {
                Event::Completed => self.judge_completed(),
                Event::Read(Some(batch)) => self.take_in(batch),
                Event::Read(None) => self.intake.end(),
                Event::Timed(batch) => {
                    if let Some(generator) = &mut self.generator {
                        generator.fill(batch);
                    }
                }
                Event::Stop(how) => self.stop(how),
                Event::Asked => self.answer_question(),
                Event::OutputFailed(error) => self.end_early(error.map(RunErrorKind::Output), Stop::Now),
                Event::Ready => {}
            }
        }
    }

    fn is_done(&self) -> bool {
        let is_drained = self.schedule.in_flight() == 0 && self.schedule.waiting() == 0;
        let is_started = match &self.generator {
            Some(generator) => generator.ended().is_some(),
            None => self.intake.is_ended(),
        };
        is_drained && (self.is_stopping() || is_started)
    }

    /// Waits for something to do. What `blocked` the next request says what for.
    async fn next_event(&mut self, blocked: Option<Blocked>) -> Event {
        let needs_memory = matches!(blocked, Some(Blocked::Memory | Blocked::Output));
        let wake_at = self.wake_at(needs_memory);
        tokio::select! {
            biased;
            Ok(()) = self.shutdown.requests.changed() => Event::Stop(*self.shutdown.requests.borrow_and_update()),
            Ok(()) = self.questions.changed() => Event::Asked,
            error = self.shutdown.failures.next() => Event::OutputFailed(error),
            _ = self.fetchers.completions.recv_many(&mut self.completed, COMPLETIONS) => Event::Completed,
            batch = self.intake.recv(), if blocked == Some(Blocked::Input) => Event::Read(batch),
            batch = timed(&mut self.generator), if blocked == Some(Blocked::Input) => Event::Timed(batch),
            () = self.memory.available(), if blocked == Some(Blocked::Memory) || self.hop_needs_memory => Event::Ready,
            // Even without free memory, since the oldest input may start.
            () = self.memory.freed_until(|| self.outbox.keeps_up()), if blocked == Some(Blocked::Output) => Event::Ready,
            () = tokio::task::yield_now(), if blocked.is_none() => Event::Ready,
            () = self.clock.timer.at(wake_at.unwrap_or(self.clock.start)), if wake_at.is_some() => Event::Ready,
        }
    }

    /// When to go on, whatever happens until then. While the schedule may not lease, its timers mean nothing.
    fn wake_at(&self, needs_memory: bool) -> Option<Instant> {
        let may_lease = !needs_memory && !self.outbox.is_full() || self.oldest_waits;
        // In a probe nothing waits for the limits of hosts, except what goes on.
        let may_lease = may_lease && (self.generator.is_none() || self.schedule.waiting() > 0);
        let timer = self.schedule.next_timer().filter(|_| may_lease && !self.is_stopping());
        let load = self.load_wakes_at();
        timer.into_iter().chain(self.outbox.due()).chain(load).min().and_then(|at| self.clock.start.checked_add(at))
    }

    fn hand_over(&mut self) {
        self.counters.show(self.schedule.in_flight(), self.schedule.waiting());
        // Between two requests of a probe the run is idle, but not for long.
        let goes_on = self.generator.as_ref().is_some_and(|generator| generator.ended().is_none());
        let is_idle = self.schedule.in_flight() == 0 && (!goes_on || self.is_stopping());
        self.outbox.hand_over(is_idle);
    }

    /// Starts nothing more. A job that has begun gets its record; one that has not counts as skipped.
    fn stop(&mut self, how: Stop) {
        let is_first = !self.is_stopping() && how > Stop::No;
        self.shutdown.stop = self.shutdown.stop.max(how);
        if is_first {
            let stopped = self.schedule.stop(self.now());
            self.counters.skipped += stopped.skipped;
            for job in stopped.begun {
                self.end_unsent(job, cancelled(SystemTime::now()));
            }
            self.outbox.give_up();
        }
        if self.shutdown.stop == Stop::Now {
            self.fetchers.stop.send_replace(true);
        }
    }

    /// Stops the run because something failed. The first error counts.
    fn end_early(&mut self, error: Option<RunErrorKind>, how: Stop) {
        self.shutdown.error = self.shutdown.error.take().or(error);
        self.stop(how);
    }

    fn is_stopping(&self) -> bool {
        self.shutdown.stop > Stop::No
    }

    fn now(&self) -> Duration {
        self.clock.start.elapsed()
    }
}

/// Waits until more of a list that is replayed has been read.
async fn timed(generator: &mut Option<Generator>) -> Option<TimedBatch> {
    match generator {
        Some(generator) => generator.recv().await,
        None => pending().await,
    }
}
