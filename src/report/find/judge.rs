//! Judges a step of a search: whether its rate holds.

use std::sync::Arc;
use std::time::Duration;

use super::backlog::{Backlog, Growth};
use super::evidence::Evidence;
use super::opinion::{self, Opinion};
use super::pending::Pending;
use crate::guard::text::grouped;
use crate::model::{RecordSummary, StepOutcome};
use crate::report::load::Doubt;
use crate::report::threshold::{Allowed, Criterion, Known, Threshold};
use crate::report::{FindStep, LoadFacts, Report};

/// How certain a decision is that ends a step early, of which there are several: 99 % each.
const EARLY: f64 = 0.99;

/// How certain the last decision is: 95 %.
const LAST: f64 = 0.95;

/// The share of the requests that must add to the backlog for a step to end early.
const RUNAWAY: f64 = 0.1;

/// The lag that does not matter, as a share of the shortest latency that is limited.
const LAG_SHARE: f64 = 0.05;

/// The thresholds that decide on the steps of a search.
#[derive(Debug, Clone)]
pub struct Criteria {
    criteria: Arc<[Criterion]>,
    /// The share of the requests that may add to the backlog.
    growth: f64,
    allow_doubt: bool,
}

impl Criteria {
    /// What decides, for rates that are to be found to a `resolution`. Thresholds that do not
    /// [suit a search](Threshold::suits_search) are left out.
    pub fn new(thresholds: &[Threshold], resolution: f64, allow_doubt: bool) -> Self {
        let criteria = thresholds.iter().filter_map(|threshold| threshold.criterion().ok()).collect();
        Criteria { criteria, growth: (resolution / 2.0).min(RUNAWAY), allow_doubt }
    }

    /// The thresholds, as they were written.
    pub fn texts(&self) -> Vec<String> {
        self.criteria.iter().map(|criterion| criterion.threshold.to_string()).collect()
    }
}

/// Judges one step of a search. Times are since the part of it began that counts.
#[derive(Debug)]
pub struct StepJudge {
    of: Criteria,
    evidence: Vec<Evidence>,
    report: Report,
    pending: Pending,
    backlog: Backlog,
    confirms: bool,
}

/// What an inconclusive step has told, for another one at the same rate to add to.
#[derive(Debug, Clone)]
pub struct Undecided(Vec<Evidence>);

/// What a step that was not over yet came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decided {
    /// The rate holds.
    Held,
    /// It does not.
    Failed,
}

/// Why a step failed.
enum Cause<'a> {
    Threshold(&'a Criterion, &'a Evidence),
    Backlog(Growth),
    NoAnswer,
}

impl StepJudge {
    /// Judges a step that counts for `time`.
    pub fn new(of: &Criteria, time: Duration) -> Self {
        StepJudge {
            evidence: vec![Evidence::default(); of.criteria.len()],
            of: of.clone(),
            report: Report::default(),
            pending: Pending::default(),
            backlog: Backlog::new(time),
            confirms: false,
        }
    }

    /// The step adds to what an earlier one at the same rate has told. Numbers of requests count within each step.
    #[must_use]
    pub fn adding_to(mut self, earlier: Option<Undecided>) -> Self {
        let earlier = earlier.map_or_else(Vec::new, |Undecided(evidence)| evidence);
        for ((criterion, evidence), earlier) in self.of.criteria.iter().zip(&mut self.evidence).zip(earlier) {
            if let Allowed::Share(_) = criterion.allowed {
                *evidence = earlier;
            }
        }
        self
    }

    /// The step is to confirm what an earlier one at the same rate told, or to contradict it.
    #[must_use]
    pub fn confirming(self, confirms: bool) -> Self {
        StepJudge { confirms, ..self }
    }

    /// The request numbered `seq` of a group was due at `due`, and starts while so many others are in flight.
    pub fn start(&mut self, seq: u64, due: Duration, group: Option<&Arc<str>>, in_flight: u64) {
        self.backlog.start(due, in_flight);
        if self.of.criteria.iter().any(|criterion| criterion.latency_limit().is_some()) {
            self.count_latencies(Some(due));
            self.pending.start(seq, due, group);
        }
    }

    /// The request numbered `seq` did not start after all.
    pub fn miss(&mut self, seq: u64) {
        self.pending.finish(seq, None);
    }

    /// A request has ended.
    pub fn finish(&mut self, record: &RecordSummary<'_>) {
        self.report.add(record);
        self.pending.finish(record.seq, record.latency_us);
        for (criterion, evidence) in self.of.criteria.iter().zip(&mut self.evidence) {
            if criterion.latency_limit().is_none() {
                criterion.answer(record).into_iter().for_each(|answer| evidence.add(answer));
            }
        }
    }

    /// Whether the step can end at `now`, after `part` of its time: none if it should go on. One that is to confirm what
    /// an earlier one told holds only after all of its time.
    pub fn look(&mut self, now: Duration, part: f64) -> Option<Decided> {
        self.count_latencies(Some(now));
        let growth = self.backlog.growth();
        let is_runaway = part >= 0.5 && growth.is_some_and(|growth| growth.share >= RUNAWAY);
        let opinions = self.opinions(EARLY, false);
        match () {
            () if is_runaway || opinions.contains(&Opinion::Crossed) => Some(Decided::Failed),
            () if self.confirms || growth.is_some() || self.of.criteria.is_empty() => None,
            () => opinions.iter().all(|opinion| *opinion == Opinion::Holds).then_some(Decided::Held),
        }
    }

    /// Counts the latencies of requests that have ended, or are late enough to be bad, in the order of their starts.
    fn count_latencies(&mut self, now: Option<Duration>) {
        let limits = self.of.criteria.iter().filter_map(Criterion::latency_limit);
        let Some(longest) = limits.reduce(f64::max) else { return };
        let longest = Duration::from_micros(longest as u64);
        while let Some((request, us)) = self.pending.next(now, longest) {
            for (criterion, evidence) in self.of.criteria.iter().zip(&mut self.evidence) {
                let counts = criterion.latency_limit().is_some() && criterion.is_about(request.group.as_deref());
                us.filter(|_| counts).into_iter().for_each(|us| evidence.add(criterion.answer_after(us)));
            }
        }
    }

    fn opinions(&self, certainty: f64, is_complete: bool) -> Vec<Opinion> {
        let of = self.of.criteria.iter().zip(&self.evidence);
        of.map(|(criterion, evidence)| opinion::of(criterion, evidence, certainty, is_complete)).collect()
    }

    /// What the step came to, after all of its requests have ended. It was `decided` earlier or took its whole time. How
    /// it kept its pace is in `load`.
    pub fn conclude(mut self, decided: Option<Decided>, load: &LoadFacts) -> (FindStep, Option<Undecided>) {
        self.count_latencies(None);
        let opinions = self.opinions(LAST, decided != Some(Decided::Held));
        let cause = self.cause(&opinions, decided);
        let (outcome, why) = match (cause, self.doubt(load)) {
            (_, Some(doubt)) => (StepOutcome::InDoubt, Some(doubt)),
            (_, None) if self.of.is_at_limit(load) => (StepOutcome::Failed, Some(at_limit(load))),
            (Some(cause), None) => (StepOutcome::Failed, Some(self.told(&cause, load))),
            (None, None) => match opinions.iter().position(|opinion| *opinion != Opinion::Holds) {
                Some(open) if decided != Some(Decided::Held) => {
                    let why = opinion::shares(&self.of.criteria[open], &self.evidence[open], LAST);
                    (StepOutcome::Inconclusive, Some(why))
                }
                _ => (StepOutcome::Held, None),
            },
        };
        let step = self.step(outcome, why, load);
        (step, (outcome == StepOutcome::Inconclusive).then_some(Undecided(self.evidence)))
    }

    fn cause(&self, opinions: &[Opinion], decided: Option<Decided>) -> Option<Cause<'_>> {
        if let Some(at) = opinions.iter().position(|opinion| *opinion == Opinion::Crossed) {
            return Some(Cause::Threshold(&self.of.criteria[at], &self.evidence[at]));
        }
        let growth = self.backlog.growth().filter(|growth| growth.share >= self.of.growth);
        let matters = decided != Some(Decided::Held);
        if let Some(growth) = growth.filter(|_| matters) {
            return Some(Cause::Backlog(growth));
        }
        let measured = self.report.measured_whole();
        if measured.records > 0 && measured.answers() == 0 {
            return Some(Cause::NoAnswer);
        }
        None
    }

    /// Why the step says nothing of the server, if that is so.
    fn doubt(&self, load: &LoadFacts) -> Option<String> {
        let shortest = self.of.criteria.iter().filter_map(Criterion::latency_limit).reduce(f64::min);
        let matters = |doubt: &Doubt| match doubt {
            // Latency counts from when a request was due, so a small lag only adds to it; nothing else contains any.
            Doubt::Lag { p99_us, .. } => shortest.is_some_and(|limit| *p99_us as f64 > limit * LAG_SHARE),
            Doubt::Missed(missed) => missed.total() > missed.in_flight,
            Doubt::Cpu(_) | Doubt::Waits(_) => true,
        };
        let doubt = self.report.doubts(load).into_iter().find(matters).filter(|_| !self.of.allow_doubt)?;
        let told = match (doubt, shortest) {
            (Doubt::Lag { p99_us, allowed_us }, Some(limit)) => {
                Doubt::Lag { p99_us, allowed_us: allowed_us.max((limit * LAG_SHARE) as u64) }
            }
            (doubt, _) => doubt,
        };
        Some(told.to_string())
    }

    fn told(&self, cause: &Cause<'_>, load: &LoadFacts) -> String {
        match cause {
            Cause::Backlog(Growth { from, to, .. }) => {
                let [from, to] = [from, to].map(|mean| grouped(mean.round() as u64));
                format!("the backlog grew from {from} to {to} requests in flight")
            }
            Cause::NoAnswer => "no request was answered".to_owned(),
            Cause::Threshold(criterion @ Criterion { threshold, .. }, evidence) => {
                let judged = threshold.judge(&self.report, &Known::of_load(load, &self.report));
                match judged.is_crossed() {
                    Some(true) => format!("{threshold}: {judged}"),
                    _ => opinion::shares(criterion, evidence, LAST),
                }
            }
        }
    }

    fn step(&self, outcome: StepOutcome, why: Option<String>, load: &LoadFacts) -> FindStep {
        let measured = self.report.measured_whole();
        let ms = |quantile| self.report.times.latency.at(quantile).map(|us| us as f64 / 1e3);
        FindStep {
            rate: 0.0,
            outcome,
            why,
            at_s: 0.0,
            seconds: 0.0,
            requests: measured.records,
            failed: measured.failed,
            answer_rate: load
                .duration()
                .and_then(|duration| measured.answer_rate(duration))
                .filter(|_| measured.answers() > 1),
            p50_ms: ms(0.5),
            p99_ms: ms(0.99),
        }
    }
}

impl Criteria {
    /// Whether starts were missed since so many requests had no answer yet.
    fn is_at_limit(&self, load: &LoadFacts) -> bool {
        load.missed.in_flight > 0 && load.missed.in_flight == load.missed.total()
    }
}

fn at_limit(load: &LoadFacts) -> String {
    format!("{} requests were in flight, the most that may be", grouped(load.peak_in_flight))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_inconclusive_step_has_told_counts_for_the_next_one() {
        let thresholds = ["failed>10%", "failed>5"].map(|text| text.parse().unwrap());
        let criteria = Criteria::new(&thresholds, 0.05, true);
        let step = |earlier| {
            let mut judge = StepJudge::new(&criteria, Duration::from_secs(30)).adding_to(earlier);
            for seq in 0..100 {
                judge.start(seq, Duration::from_millis(300 * seq), None, 0);
                let status_code = Some(http::StatusCode::OK);
                judge.finish(&RecordSummary { seq, ok: seq % 20 > 0, status_code, ..RecordSummary::default() });
            }
            let (step, undecided) = judge.conclude(None, &LoadFacts::default());
            (step.outcome, undecided)
        };
        let (outcome, undecided) = step(None);
        assert_eq!(outcome, StepOutcome::Inconclusive);
        // The number counts within each step: five of them are allowed in both.
        assert_eq!(step(undecided).0, StepOutcome::Held);
    }
}
