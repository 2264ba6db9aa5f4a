//! Makes the load of a probe: says which request is due, and records how well the pace is kept.

use std::time::{Duration, SystemTime};

use super::cpu;
use crate::model::{Blocked, Job, LoadState, MissedBy};
use crate::plan::{Load, LoadModel};
use crate::report::LoadFacts;
use crate::report::load::LoadRecorder;
use crate::schedule::{Pacer, PacerStep};
use crate::source::{Cycle, Entry, EntryReader};

/// How often the processor time is read.
const SAMPLE_INTERVAL: Duration = Duration::from_secs(1);

/// What the requests of a probe are made from.
pub enum LoadTargets {
    /// Targets that are sent over and over again.
    Cycle(Cycle),
    /// Requests that are sent once, at the times that the list gives.
    Replay(EntryReader),
}

/// What may happen now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    /// The request that was due at this time starts.
    At(Duration),
    /// Nothing, until [`Generator::wake_at`].
    Later,
    /// Nothing, until a request has ended.
    AfterAnswer,
    /// The next request of the list has to be read.
    Entry,
    /// Nothing any more.
    Never,
}

/// Makes the load of a probe. Its times are since the run began; the pace begins when the login has ended.
pub(super) struct Generator {
    load: Load,
    pacer: Pacer,
    /// None if the list is replayed.
    cycle: Option<Cycle>,
    /// The next request of a list that is replayed.
    entry: Option<Entry>,
    recorder: LoadRecorder,
    run_started_at: SystemTime,
    /// When the pace began.
    begin: Option<Duration>,
    /// How many starts were due.
    due: u64,
    wake_at: Option<Duration>,
    sampled: Duration,
    /// When everything had started, or was missed.
    ended: Option<Duration>,
}

impl Generator {
    /// The load of a run that began at `started_at`.
    pub(super) fn new(load: &Load, cycle: Option<Cycle>, run_started_at: SystemTime) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Generator {
            load: load.clone(),
            pacer: Pacer::new(load),
            cycle,
            entry: None,
            recorder: LoadRecorder::new(run_started_at, load.warm_up, cores),
            run_started_at,
            begin: None,
            due: 0,
            wake_at: None,
            sampled: Duration::ZERO,
            ended: None,
        }
    }

    /// Whether starts do not wait for answers.
    pub(super) fn is_open(&self) -> bool {
        !matches!(self.load.model, LoadModel::Closed { .. })
    }

    /// What may happen now. A start that this returns counts, whatever comes of it.
    pub(super) fn next(&mut self, now: Duration) -> Due {
        let begin = *self.begin.get_or_insert(now);
        self.wake_at = None;
        let step = self.pacer.next(now.saturating_sub(begin));
        match step {
            PacerStep::Start(intended) => {
                self.due += 1;
                Due::At(intended.saturating_add(begin))
            }
            PacerStep::Wait(until) => {
                self.wake_at = until.checked_add(begin);
                Due::Later
            }
            PacerStep::WaitForAnswer => {
                self.wake_at = self.pacer.end().and_then(|end| end.checked_add(begin));
                Due::AfterAnswer
            }
            PacerStep::Read => Due::Entry,
            PacerStep::Stop => {
                self.end(now);
                Due::Never
            }
        }
    }

    /// Takes the next request of a list that is replayed, which that has at `at`.
    pub(super) fn read(&mut self, entry: Entry, at: Duration) {
        self.entry = Some(entry);
        self.pacer.listed(at);
    }

    /// A list that is replayed has ended.
    pub(super) fn list_ended(&mut self) {
        self.pacer.list_ended();
    }

    fn end(&mut self, now: Duration) {
        if self.ended.is_none() {
            self.ended = Some(now);
        }
    }

    /// The request that is due, to be sent at `at`.
    pub(super) fn take(&mut self, intended: Duration) -> Entry {
        let seq = self.due - 1;
        let intended_at = self.run_started_at + intended;
        let mut entry = match (&mut self.cycle, self.entry.take()) {
            (Some(cycle), _) => cycle.next(seq, intended_at),
            (None, entry) => entry.expect("the pacer was told when it is due"),
        };
        if let Entry::Job(job) = &mut entry {
            let warm_up = self.is_warm_up(intended);
            job.load = Some(Box::new(LoadState { intended_at, warm_up, earlier_attempts: Duration::ZERO }));
            job.admitted = intended;
        }
        entry
    }

    fn is_warm_up(&self, intended: Duration) -> bool {
        self.since_begin(intended) < self.load.warm_up
    }

    fn since_begin(&self, at: Duration) -> Duration {
        at.saturating_sub(self.begin.unwrap_or_default())
    }

    /// The start that was due at `intended` happens.
    pub(super) fn start(&mut self, intended: Duration) {
        self.recorder.start(self.since_begin(intended));
    }

    /// The start that was due at `intended` does not happen.
    pub(super) fn miss(&mut self, intended: Duration, by: MissedBy) {
        self.entry = None;
        self.recorder.miss(self.since_begin(intended), by);
    }

    /// An attempt has started `lag` after it was due, if it is the first of its job.
    pub(super) fn sent(&mut self, job: &Job, lag: Duration) {
        if job.load.is_some() && job.history.is_none() {
            self.recorder.sent(self.since_begin(job.admitted), lag);
        }
    }

    /// A request has ended.
    pub(super) fn answered(&mut self, now: Duration) {
        self.pacer.answered(self.since_begin(now));
    }

    /// Notes what the run does now, and what blocks it.
    pub(super) fn observe(&mut self, in_flight: usize, blocked: Blocked, now: Duration) {
        if self.begin.is_none() {
            return;
        }
        let since = self.since_begin(now);
        self.recorder.in_flight(since, in_flight);
        self.recorder.blocked(since, blocked);
        if since >= self.sampled {
            self.sampled = since + SAMPLE_INTERVAL;
            if let Some(used) = cpu::time() {
                self.recorder.cpu(since, used);
            }
        }
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
        self.recorder.facts(self.since_begin(now))
    }
}
