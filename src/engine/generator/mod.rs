//! Makes the load of a probe: says which request is due, and records how well the pace is kept.

mod cpu;
mod finder;
mod recorders;
mod until;

use std::io;
use std::time::{Duration, SystemTime};

use super::targets::{Read, Targets, TimedBatch};
use crate::model::{Attempt, Blocked, ConnectionFault, ErrorKind, Job, LoadState, MissedBy, Record};
use crate::plan::{Load, LoadModel};
use crate::report::LoadFacts;
use crate::report::threshold::Threshold;
use crate::schedule::{Pacer, PacerStep};
use crate::source::Entry;
use finder::{Finder, FinderStep};
use recorders::Recorders;
use until::Until;

/// Starts that are due within this time happen together. To wake up for each of them costs more than it is worth: at
/// 5,000 a second, this saves a third of the processor time and makes every second request 0.2 ms late, which counts.
const TOGETHER: Duration = Duration::from_micros(400);

/// What may happen now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    /// The request that was due at this time starts.
    At(Duration),
    /// Nothing, until [`Generator::wake_at`].
    Later,
    /// Nothing, until a request has ended.
    AfterAnswer,
    /// Nothing, until all requests have ended.
    Drained,
    /// Nothing, until more of the list has been read.
    AfterRead,
    /// Nothing any more.
    Never,
}

/// Makes the load of a probe. Its times are since the run began; the pace begins when the login has ended.
pub(super) struct Generator {
    load: Load,
    cores: usize,
    pacer: Pacer,
    /// When the pacer began, after the pace did: in a search, each step has a pacer of its own.
    pacer_began: Duration,
    finder: Option<Box<Finder>>,
    targets: Targets,
    recorders: Recorders,
    until: Until,
    run_started_at: SystemTime,
    /// When the pace began.
    begin: Option<Duration>,
    /// How many starts were due.
    due: u64,
    wake_at: Option<Duration>,
    /// When the last request started.
    last_start: Duration,
    /// The request of a loop that waits for its host.
    held_back: Option<Box<Job>>,
    /// Until when loops were held back: none of them was ready before.
    ready_since: Duration,
    /// When everything had started, or was missed.
    ended: Option<Duration>,
}

impl Generator {
    /// The load of a run that began at `run_started_at` and can use so many `cores`.
    pub(super) fn new(load: &Load, targets: Targets, run_started_at: SystemTime, cores: usize) -> Self {
        Generator {
            load: load.clone(),
            cores,
            pacer: Pacer::new(load),
            pacer_began: Duration::ZERO,
            finder: None,
            targets,
            recorders: Recorders::new(load, run_started_at, cores),
            until: Until::new(&load.until),
            run_started_at,
            begin: None,
            due: 0,
            wake_at: None,
            last_start: Duration::ZERO,
            held_back: None,
            ready_since: Duration::ZERO,
            ended: None,
        }
    }

    /// If the load is a search for the highest rate, `thresholds` decide on its steps.
    pub(super) fn with_thresholds(self, thresholds: &[Threshold]) -> Self {
        Generator { finder: Finder::of(&self.load, thresholds).map(Box::new), ..self }
    }

    /// Whether starts do not wait for answers.
    pub(super) fn is_open(&self) -> bool {
        !matches!(self.load.model, LoadModel::Closed { .. })
    }

    /// What may happen now. A start that this returns counts, whatever comes of it.
    ///
    /// # Errors
    /// The list cannot be read.
    pub(super) fn next(&mut self, now: Duration) -> io::Result<Due> {
        let begin = self.begin(now);
        self.wake_at = None;
        if self.until.is_reached() {
            self.end(now);
            return Ok(Due::Never);
        }
        let look_at = match self.find(now.saturating_sub(begin)) {
            Ok(look_at) => look_at.map(|at| at.saturating_add(begin)),
            Err(due) => return Ok(due),
        };
        let begin = begin.saturating_add(self.pacer_began);
        loop {
            return Ok(match self.pacer.next(now.saturating_sub(begin)) {
                PacerStep::Start(intended) => {
                    self.count_due(intended);
                    self.last_start = now;
                    Due::At(intended.saturating_add(begin).max(self.ready_since))
                }
                PacerStep::Wait(until) => {
                    let due = until.checked_add(begin).map(|at| at.max(self.last_start + TOGETHER));
                    self.wake_at = due.into_iter().chain(look_at).min();
                    Due::Later
                }
                PacerStep::Miss(due) => {
                    self.count_due(due);
                    self.miss(due.saturating_add(begin), MissedBy::Late);
                    continue;
                }
                PacerStep::WaitForAnswer => {
                    self.wake_at = self.pacer.end().and_then(|end| end.checked_add(begin));
                    Due::AfterAnswer
                }
                PacerStep::Read => match self.targets.read()? {
                    Read::Due(at) => {
                        self.pacer.listed(at);
                        continue;
                    }
                    Read::Ended => {
                        self.pacer.list_ended();
                        continue;
                    }
                    Read::Pending => Due::AfterRead,
                },
                PacerStep::Stop if self.finder.is_some() => {
                    self.miss_rest();
                    self.finder.iter_mut().for_each(|finder| finder.paced_out());
                    return self.next(now);
                }
                PacerStep::Stop => {
                    self.end(now);
                    Due::Never
                }
            });
        }
    }

    fn count_due(&mut self, since_begin: Duration) {
        self.until.due(self.due, since_begin < self.load.warm_up);
        self.due += 1;
    }

    /// Goes on with a search, if this is one: begins its next step if that is due. Returns when to look at the step
    /// again, or what may happen if nothing starts now.
    fn find(&mut self, now: Duration) -> Result<Option<Duration>, Due> {
        let Some(finder) = &mut self.finder else { return Ok(None) };
        match finder.next(now, &mut self.recorders) {
            FinderStep::GoOn(look_at) => Ok(Some(look_at)),
            FinderStep::Begin { pacer, warm_up } => {
                (self.pacer, self.pacer_began) = (pacer, now);
                Ok(Some(warm_up))
            }
            FinderStep::Drain => Err(Due::Drained),
            FinderStep::End => {
                self.ended.get_or_insert(now.saturating_add(self.begin.unwrap_or_default()));
                Err(Due::Never)
            }
        }
    }

    /// Whether nothing starts any more, since the time is over or enough is known.
    pub(super) fn is_over(&self, now: Duration) -> bool {
        self.until.is_reached() || self.pacer.end().is_some_and(|end| self.since_begin(now) >= end)
    }

    /// Waits for an event, or for the end.
    pub(super) fn wait_until_end(&mut self) {
        self.wake_at = self.pacer.end().and_then(|end| end.checked_add(self.begin.unwrap_or_default()));
    }

    /// Keeps the request of a loop whose host has no room for it before `at`, if that is known.
    pub(super) fn hold_back(&mut self, job: Box<Job>, at: Option<Duration>) {
        self.held_back = Some(job);
        self.wait_until_end();
        self.wake_at = self.wake_at.into_iter().chain(at).min();
    }

    /// The request that was held back, to be sent now: a loop that waited for its host was not ready before. It is dropped
    /// once the time is over.
    pub(super) fn take_held_back(&mut self, now: Duration) -> Option<Box<Job>> {
        let mut job = self.held_back.take()?;
        if self.is_over(now) {
            return None;
        }
        self.ready_since = now;
        job.admitted = now;
        if let Some(load) = &mut job.load {
            load.intended_at = self.run_started_at + now;
        }
        Some(job)
    }

    fn begin(&mut self, now: Duration) -> Duration {
        *self.begin.get_or_insert_with(|| {
            self.recorders = Recorders::new(&self.load, self.run_started_at + now, self.cores);
            now
        })
    }

    fn end(&mut self, now: Duration) {
        if self.ended.is_some() {
            return;
        }
        self.ended = Some(now);
        self.recorders.sample(self.since_begin(now));
        if !self.until.is_reached() {
            self.miss_rest(); // otherwise nobody asks for the rest
        }
    }

    /// What the pacer has not started until its end is missed.
    fn miss_rest(&mut self) {
        let (pacer, began) = (&self.pacer, self.pacer_began);
        let end = pacer.end().unwrap_or_default().saturating_add(began);
        self.recorders.miss_rest(end, |time| pacer.not_started(time.saturating_sub(began)));
    }

    /// Waits until more of the list has been read.
    pub(super) async fn recv(&mut self) -> Option<TimedBatch> {
        self.targets.recv().await
    }

    /// Takes what has been read; `None` at the end of the list.
    pub(super) fn fill(&mut self, batch: Option<TimedBatch>) {
        self.targets.fill(batch);
    }

    /// The request that is due, and was due at `intended`.
    pub(super) fn take(&mut self, intended: Duration) -> Entry {
        let intended_at = self.run_started_at + intended;
        let mut entry = self.targets.take(self.due - 1, intended_at);
        if let Entry::Job(job) = &mut entry {
            let since_begin = self.since_begin(intended);
            let warm_up = match &mut self.finder {
                Some(finder) => finder.take(job, since_begin),
                None => since_begin < self.load.warm_up,
            };
            job.load =
                Some(Box::new(LoadState { intended_at, warm_up, has_left: false, earlier_attempts: Duration::ZERO }));
            job.admitted = intended;
        }
        entry
    }

    fn since_begin(&self, at: Duration) -> Duration {
        at.saturating_sub(self.begin.unwrap_or_default())
    }

    /// The start that was due at `intended` happens.
    pub(super) fn start(&mut self, intended: Duration) {
        let intended = self.since_begin(intended);
        self.finder.iter_mut().for_each(|finder| finder.start());
        self.recorders.start(intended);
    }

    /// The start that was due at `intended` does not happen.
    pub(super) fn miss(&mut self, intended: Duration, by: MissedBy) {
        self.until.missed(self.due - 1);
        self.finder.iter_mut().for_each(|finder| finder.miss(self.due - 1));
        let intended = self.since_begin(intended);
        self.recorders.miss(intended, by);
    }

    /// An attempt has ended. The first one that had a connection tells how late its request left.
    pub(super) fn attempted(&mut self, job: &mut Job, attempt: &Attempt) {
        let Some(load) = job.load.as_mut().filter(|load| !load.has_left) else { return };
        let stayed = attempt.error.as_ref().is_some_and(|error| {
            let never_began = error.kind == ErrorKind::Cancelled && attempt.timings.total.is_zero();
            never_began || error.fault == Some(ConnectionFault::Exhausted)
        });
        if !stayed {
            load.has_left = true;
            let (intended, lag) = (self.since_begin(job.admitted), attempt.timings.queue);
            self.recorders.sent(intended, lag);
        }
    }

    /// A request has ended.
    pub(super) fn finished(&mut self, record: &Record, now: Duration) {
        let now = self.since_begin(now);
        self.pacer.answered(now);
        self.until.finished(record);
        self.finder.iter_mut().for_each(|finder| finder.finish(record));
        let Record::Settled { job, .. } = record else { return };
        self.recorders.finished(record, self.since_begin(job.admitted), now);
    }

    /// Notes what the run does now, and what blocks it from now on.
    pub(super) fn observe(&mut self, in_flight: usize, blocked: Blocked, now: Duration) {
        if self.begin.is_none() {
            return;
        }
        self.recorders.observe(in_flight, blocked, self.since_begin(now));
    }

    /// When to go on, whatever happens until then.
    pub(super) fn wake_at(&self) -> Option<Duration> {
        self.wake_at
    }

    /// When everything had started, or was missed.
    pub(super) fn ended(&self) -> Option<Duration> {
        self.ended
    }

    /// How the pace was kept until `now`.
    pub(super) fn facts(&self, now: Duration) -> LoadFacts {
        let mut facts = self.recorders.facts(self.since_begin(now));
        facts.until = self.until.facts();
        facts.find = self.finder.as_ref().map(|finder| finder.facts());
        facts
    }
}
