//! Runs the steps of a search for the highest rate, one after the other: each at its rate until enough is known, and then
//! until all of its requests have ended.

use std::collections::BTreeMap;
use std::time::Duration;

use super::recorders::Recorders;
use crate::model::{FindEnd, Job, Record, RecordSummary, StepOutcome};
use crate::plan::{Arrivals, FindRate, Load, LoadModel, Pace};
use crate::report::LoadFacts;
use crate::report::find::{Criteria, Decided, FindFacts, FindStep, StepJudge, Undecided};
use crate::report::threshold::Threshold;
use crate::schedule::{Pacer, Search, StepRate};

/// The parts of a step after which it may end early. Each has twice the requests of the one before.
const LOOKS: [f64; 3] = [0.125, 0.25, 0.5];

/// Runs the steps of a search. Its times are since the pace began.
pub(super) struct Finder {
    search: Search,
    find: FindRate,
    arrivals: Arrivals,
    seed: u64,
    criteria: Criteria,
    step: Option<Step>,
    done: Vec<FindStep>,
    /// What inconclusive steps have told.
    undecided: BTreeMap<StepRate, Undecided>,
    /// Requests that have started and not ended; one that ends at once does so before its start is noted.
    in_flight: i64,
    /// When no further step begins.
    end: Option<Duration>,
}

/// A step in progress.
struct Step {
    rate: StepRate,
    begin: Duration,
    /// When the part of it began that counts, and when it ends.
    counts_from: Duration,
    until: Duration,
    judge: StepJudge,
    looks: usize,
    phase: Phase,
    /// The time of the search was over before that of the step.
    is_cut_off: bool,
}

enum Phase {
    Starting,
    /// Nothing starts, and what has started ends. It was decided earlier, or took its whole time.
    Draining(Option<Decided>),
}

/// What the generator does next.
pub(super) enum FinderStep {
    /// Begin a step with this pacer, whose times are since now. What is due in its first time does not count.
    Begin { pacer: Pacer, warm_up: Duration },
    /// Go on with the pacer, and look again at this time.
    GoOn(Duration),
    /// Start nothing until requests have ended.
    Drain,
    /// The search has ended.
    End,
}

impl Finder {
    /// The search of `load`, if it is one. The `thresholds` decide on its steps.
    pub(super) fn of(load: &Load, thresholds: &[Threshold]) -> Option<Self> {
        let LoadModel::Open { pace: Pace::Find(find), arrivals } = &load.model else { return None };
        Some(Finder {
            search: Search::new(find),
            find: find.clone(),
            arrivals: *arrivals,
            seed: load.seed,
            criteria: Criteria::new(thresholds, find.resolution, find.allow_doubt),
            step: None,
            done: Vec::new(),
            undecided: BTreeMap::new(),
            in_flight: 0,
            end: load.duration,
        })
    }

    /// What to do at `now`.
    pub(super) fn next(&mut self, now: Duration, recorders: &mut Recorders) -> FinderStep {
        if let Some(step) = &mut self.step {
            if let Some(end) = self.end.filter(|end| now >= *end) {
                step.cut_off(end);
            }
            if let Some(at) = step.go_on(now) {
                return FinderStep::GoOn(at.min(self.end.unwrap_or(at)));
            }
            if self.in_flight > 0 {
                return FinderStep::Drain;
            }
            self.conclude(now, recorders);
        }
        let is_over = self.end.is_some_and(|end| now >= end);
        match self.search.next().filter(|_| !is_over) {
            None => FinderStep::End,
            Some(rate) => self.begin(rate, now, recorders),
        }
    }

    fn begin(&mut self, rate: StepRate, now: Duration, recorders: &mut Recorders) -> FinderStep {
        let FindRate { step_time, warm_up, .. } = self.find;
        let load = Load {
            model: LoadModel::Open { pace: Pace::Constant(rate.rate()), arrivals: self.arrivals },
            requests: None,
            duration: Some(step_time),
            warm_up: Duration::ZERO,
            until: Vec::new(),
            seed: self.seed.wrapping_add(self.done.len() as u64),
        };
        let counts_from = now + warm_up;
        self.step = Some(Step {
            rate,
            begin: now,
            counts_from,
            until: now + step_time,
            judge: StepJudge::new(&self.criteria, step_time.saturating_sub(warm_up))
                .adding_to(self.undecided.remove(&rate))
                .confirming(self.search.has_tried(rate)),
            looks: 0,
            phase: Phase::Starting,
            is_cut_off: false,
        });
        recorders.begin_step(counts_from);
        FinderStep::Begin { pacer: Pacer::new(&load), warm_up: counts_from }
    }

    fn conclude(&mut self, now: Duration, recorders: &mut Recorders) {
        let Some(step) = self.step.take() else { return };
        let (rate, is_cut_off) = (step.rate, step.is_cut_off);
        let (mut done, undecided) = step.conclude(now, &recorders.end_step(now));
        if is_cut_off && done.outcome == StepOutcome::Held {
            (done.outcome, done.why) = (StepOutcome::Inconclusive, Some("the time for the search was over".to_owned()));
        }
        if !is_cut_off || done.outcome == StepOutcome::Failed {
            self.search.tell(rate, done.outcome);
        }
        self.undecided.extend(undecided.map(|undecided| (rate, undecided)));
        self.done.push(done);
    }

    /// The pacer has come to the end of the step.
    pub(super) fn paced_out(&mut self) {
        self.step.iter_mut().for_each(|step| step.drain(None));
    }

    /// `job` is due at `intended`. Returns whether it is left out.
    pub(super) fn take(&mut self, job: &Job, intended: Duration) -> bool {
        let in_flight = self.in_flight.unsigned_abs();
        let Some(step) = self.step.as_mut().filter(|step| intended >= step.counts_from) else { return true };
        step.judge.start(job.seq, intended - step.counts_from, job.group(), in_flight);
        false
    }

    /// The request numbered `seq` does not start, although it was taken.
    pub(super) fn miss(&mut self, seq: u64) {
        self.step.iter_mut().for_each(|step| step.judge.miss(seq));
    }

    /// A request starts.
    pub(super) fn start(&mut self) {
        self.in_flight += 1;
    }

    /// A request has ended.
    pub(super) fn finish(&mut self, record: &Record) {
        self.in_flight -= 1;
        let summary = RecordSummary::from(record);
        if let Some(step) = self.step.as_mut().filter(|_| !summary.warm_up) {
            step.judge.finish(&summary);
        }
    }

    /// What the search has come to at `now`.
    pub(super) fn facts(&self) -> FindFacts {
        let knee = self.search.knee();
        let per_second = |rate: Option<StepRate>| rate.map(StepRate::per_second);
        let (lowest, highest) = self.search.bounds();
        FindFacts {
            thresholds: self.criteria.texts(),
            lowest: lowest.per_second(),
            highest: highest.per_second(),
            resolution: self.find.resolution,
            step_s: self.find.step_time.as_secs_f64(),
            end: if self.step.is_some() { FindEnd::Stopped } else { knee.end },
            held: per_second(knee.held),
            failed: per_second(knee.failed),
            unsent: per_second(knee.unsent),
            running: self.step.as_ref().map(|step| step.rate.per_second()),
            steps: self.done.clone(),
        }
    }
}

impl Step {
    /// Looks at the step if that is due. Returns when to look next, unless it starts nothing any more.
    fn go_on(&mut self, now: Duration) -> Option<Duration> {
        while let Phase::Starting = self.phase {
            let counts_for = self.until - self.counts_from;
            let Some(part) = LOOKS.get(self.looks) else { return Some(self.until) };
            let at = self.counts_from + counts_for.mul_f64(*part);
            if now < at {
                return Some(at);
            }
            self.looks += 1;
            if let Some(decided) = self.judge.look(now - self.counts_from, *part) {
                self.drain(Some(decided));
                self.until = now;
            }
        }
        None
    }

    /// Starts nothing from `end` on.
    fn cut_off(&mut self, end: Duration) {
        if let Phase::Starting = self.phase {
            (self.is_cut_off, self.until) = (true, self.until.min(end));
            self.drain(None);
        }
    }

    fn drain(&mut self, decided: Option<Decided>) {
        if let Phase::Starting = self.phase {
            self.phase = Phase::Draining(decided);
        }
    }

    fn conclude(self, now: Duration, load: &LoadFacts) -> (FindStep, Option<Undecided>) {
        let Phase::Draining(decided) = self.phase else { unreachable!("it ends once it drains") };
        let seconds = (self.until.min(now).saturating_sub(self.counts_from)).as_secs_f64();
        let (step, undecided) = self.judge.conclude(decided, load);
        (FindStep { rate: self.rate.per_second(), at_s: self.begin.as_secs_f64(), seconds, ..step }, undecided)
    }
}
