//! Records how well the pace is kept: over the whole run, and over each step of a search.

use std::time::{Duration, SystemTime};

use super::cpu;
use crate::model::{Blocked, ErrorKind, MissedBy, Record};
use crate::plan::{Arrivals, Load, LoadModel};
use crate::report::LoadFacts;
use crate::report::load::{LoadRecorder, Model};

/// How often the processor time is read.
const SAMPLE_INTERVAL: Duration = Duration::from_millis(100);

/// Records how well the pace is kept. Its times are since the pace began.
pub(super) struct Recorders {
    began_at: SystemTime,
    model: Model,
    cores: usize,
    run: LoadRecorder,
    /// That of the step of a search.
    step: Option<LoadRecorder>,
    /// What has blocked the next request since it was last asked.
    blocked: Blocked,
    sample_at: Duration,
}

impl Recorders {
    /// Of a pace that began at this time.
    pub(super) fn new(load: &Load, began_at: SystemTime, cores: usize) -> Self {
        let model = match load.model {
            LoadModel::Open { arrivals: Arrivals::Constant, .. } => Model::Constant,
            LoadModel::Open { arrivals: Arrivals::Poisson, .. } => Model::Poisson,
            LoadModel::Replay => Model::Replay,
            LoadModel::Closed { .. } => Model::Closed,
        };
        Recorders {
            began_at,
            model,
            cores,
            run: LoadRecorder::new(began_at, load.warm_up, cores).with_model(model),
            step: None,
            blocked: Blocked::Login,
            sample_at: Duration::ZERO,
        }
    }

    /// A step of a search begins. What was due before `warm_up` is left out; all that was due earlier has ended.
    pub(super) fn begin_step(&mut self, warm_up: Duration) {
        self.run.leave_out_until(warm_up);
        self.step = Some(LoadRecorder::new(self.began_at, warm_up, self.cores).with_model(self.model));
    }

    /// The step has ended at `now`. Returns how it kept its pace.
    pub(super) fn end_step(&mut self, now: Duration) -> LoadFacts {
        self.step.take().map(|step| step.facts(now)).unwrap_or_default()
    }

    /// The start that was due at `intended` happens.
    pub(super) fn start(&mut self, intended: Duration) {
        self.each().for_each(|recorder| recorder.start(intended));
    }

    /// The start that was due at `intended` does not happen.
    pub(super) fn miss(&mut self, intended: Duration, by: MissedBy) {
        self.each().for_each(|recorder| recorder.miss(intended, by));
    }

    /// What was due until `end` and has not started is missed: `not_started` says how many until a time.
    pub(super) fn miss_rest(&mut self, end: Duration, not_started: impl Fn(Duration) -> u64) {
        self.each().for_each(|recorder| recorder.miss_rest(end, MissedBy::Late, &not_started));
    }

    /// The request that was due at `intended` has left, so late.
    pub(super) fn sent(&mut self, intended: Duration, lag: Duration) {
        self.each().for_each(|recorder| recorder.sent(intended, lag));
    }

    /// The request that was due at `intended` has ended at `now`.
    pub(super) fn finished(&mut self, record: &Record, intended: Duration, now: Duration) {
        for recorder in self.each() {
            if record.status().is_some() {
                recorder.answered(intended, now);
            } else if record.error_kind() == Some(ErrorKind::Cancelled) {
                recorder.cancelled(intended);
            }
        }
    }

    /// What the run does now, and what blocks it from now on.
    pub(super) fn observe(&mut self, in_flight: usize, blocked: Blocked, now: Duration) {
        let blocked = std::mem::replace(&mut self.blocked, blocked);
        for recorder in self.each() {
            recorder.in_flight(now, in_flight);
            recorder.blocked(now, blocked);
        }
        if now >= self.sample_at {
            self.sample(now);
        }
    }

    /// Reads the processor time.
    pub(super) fn sample(&mut self, now: Duration) {
        self.sample_at = now + SAMPLE_INTERVAL;
        if let Some(used) = cpu::time() {
            self.each().for_each(|recorder| recorder.cpu(now, used));
        }
    }

    /// How the pace was kept until `now`, over the whole run.
    pub(super) fn facts(&self, now: Duration) -> LoadFacts {
        self.run.facts(now)
    }

    fn each(&mut self) -> impl Iterator<Item = &mut LoadRecorder> {
        [&mut self.run].into_iter().chain(&mut self.step)
    }
}
