//! Searches for the highest rate of a queue whose limit is known: by steps over simulated queues, and by whole probes on
//! paused time.

use std::collections::VecDeque;

use super::*;
use crate::engine::LoadTargets;
use crate::model::{FindEnd, RecordSummary, StepOutcome};
use crate::plan::{Arrivals, FindRate, Load, LoadModel, Pace};
use crate::report::find::{Criteria, FindFacts, StepJudge};
use crate::report::threshold::Threshold;
use crate::report::{LoadFacts, RunFacts};
use crate::schedule::{Knee, Search};
use crate::source::{Cycle, Input, ListOptions, Order};

/// The mean time that the one server of a queue takes.
const SERVICE: f64 = 0.01;

/// The latency that is limited.
const LIMIT: &str = "p99>230ms";

/// The rate at which 1 % of the latencies exceed 230 ms. Times in the queue are exponential.
///
/// With random arrivals (M/M/1), their mean is 1/(1/SERVICE - rate). With even ones (D/M/1) it is SERVICE/(1-s), where s
/// solves s = exp(-(1-s)/(rate*SERVICE)).
fn crossing(arrivals: Arrivals) -> f64 {
    let mean = 0.230 / 100f64.ln();
    match arrivals {
        Arrivals::Poisson => 1.0 / SERVICE - 1.0 / mean,
        Arrivals::Constant => {
            let s = 1.0 - SERVICE / mean;
            -(1.0 - s) / (s.ln() * SERVICE)
        }
    }
}

fn find(step: u64) -> FindRate {
    FindRate {
        from: None,
        to: "400/s".parse().unwrap(),
        resolution: FindRate::RESOLUTION,
        step_time: Duration::from_secs(step),
        warm_up: FindRate::warm_up_of(Duration::from_secs(step)),
        allow_doubt: true,
    }
}

fn thresholds(texts: &[&str]) -> Vec<Threshold> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

/// A step over a queue with one server.
struct Queue<'a> {
    random: &'a mut fastrand::Rng,
    arrivals: Arrivals,
    rate: f64,
    find: &'a FindRate,
    confirms: bool,
}

impl Queue<'_> {
    /// What a step came to that was judged by `criteria`, as the engine runs it.
    fn step(self, criteria: &Criteria) -> StepOutcome {
        let Queue { random, arrivals, rate, find, confirms } = self;
        let (until, begin) = (find.step_time.as_secs_f64(), find.warm_up.as_secs_f64());
        let mut judge = StepJudge::new(criteria, find.step_time - find.warm_up).confirming(confirms);
        let mut exponential = |mean: f64| -(1.0 - random.f64()).ln() * mean;
        let mut looks = [0.125, 0.25, 0.5].into_iter().peekable();
        let (mut now, mut free_at, mut seq) = (0.0, 0.0f64, 0);
        let mut in_flight: VecDeque<(f64, f64, u64)> = VecDeque::new();
        let mut decided = None;
        let finish = |judge: &mut StepJudge, (due, done, seq): (f64, f64, u64)| {
            let latency_us = Some(((done - due) * 1e6) as u64);
            let status_code = Some(StatusCode::OK);
            if due >= begin {
                judge.finish(&RecordSummary { seq, ok: true, status_code, latency_us, ..RecordSummary::default() });
            }
        };
        while now < until {
            while in_flight.front().is_some_and(|(_, done, _)| *done <= now) {
                finish(&mut judge, in_flight.pop_front().unwrap());
            }
            if let Some(part) = looks.next_if(|part| now >= begin + (until - begin) * part) {
                decided = judge.look(Duration::from_secs_f64(now - begin), part);
                if decided.is_some() {
                    break;
                }
            }
            if now >= begin {
                judge.start(seq, Duration::from_secs_f64(now - begin), None, in_flight.len() as u64);
            }
            free_at = free_at.max(now) + exponential(SERVICE);
            in_flight.push_back((now, free_at, seq));
            seq += 1;
            now += if arrivals == Arrivals::Poisson { exponential(1.0 / rate) } else { 1.0 / rate };
        }
        in_flight.into_iter().for_each(|request| finish(&mut judge, request));
        judge.conclude(decided, &LoadFacts::default()).outcome
    }
}

/// What a search over such queues came to.
fn searched(arrivals: Arrivals, find: &FindRate, seed: u64) -> Knee {
    let criteria = Criteria::new(&thresholds(&[LIMIT]), find.resolution, true);
    let (mut search, mut random) = (Search::new(find), fastrand::Rng::with_seed(seed));
    while let Some(rate) = search.next() {
        let queue =
            Queue { random: &mut random, arrivals, rate: rate.per_second(), find, confirms: search.has_tried(rate) };
        search.tell(rate, queue.step(&criteria));
    }
    search.knee()
}

/// How often a step at a share of the crossing holds, fails and does neither, in percent.
fn outcomes(arrivals: Arrivals, share: f64, find: &FindRate) -> [usize; 3] {
    let criteria = Criteria::new(&thresholds(&[LIMIT]), find.resolution, true);
    let mut random = fastrand::Rng::with_seed(11);
    let outcomes: Vec<_> = (0..50)
        .map(|_| {
            Queue { random: &mut random, arrivals, rate: share * crossing(arrivals), find, confirms: false }
                .step(&criteria)
        })
        .collect();
    [StepOutcome::Held, StepOutcome::Failed, StepOutcome::Inconclusive]
        .map(|wanted| outcomes.iter().filter(|outcome| **outcome == wanted).count() * 2)
}

#[test]
fn steps_are_rarely_wrong() {
    for arrivals in [Arrivals::Poisson, Arrivals::Constant] {
        let [held, failed, _] = outcomes(arrivals, 0.5, &find(60));
        assert!(held >= 98 && failed == 0, "{arrivals:?}: {held} held, {failed} failed");
        let [held, failed, _] = outcomes(arrivals, 0.9, &find(60));
        assert!(held >= 60 && failed <= 4, "{arrivals:?}: {held} held, {failed} failed");
        let [held, failed, _] = outcomes(arrivals, 1.1, &find(60));
        assert!(held <= 8 && failed >= 60, "{arrivals:?}: {held} held, {failed} failed");
        let [held, failed, _] = outcomes(arrivals, 1.3, &find(60));
        assert!(held == 0 && failed >= 98, "{arrivals:?}: {held} held, {failed} failed");
    }
}

#[test]
fn the_found_rate_is_within_5_percent_of_the_crossing() {
    // Steps of 20 minutes tell as much of this server as steps of 30 seconds of one that is 40 times as fast.
    for (arrivals, least) in [(Arrivals::Poisson, 1), (Arrivals::Constant, 2)] {
        let mut found = 0;
        for seed in 0..3 {
            let knee = searched(arrivals, &find(1200), seed);
            let held = knee.held.unwrap().per_second() / crossing(arrivals);
            // Where it is not found, chance had it that the steps near the limit could not tell.
            let range = if knee.end == FindEnd::Found { 0.95..1.05 } else { 0.88..1.05 };
            assert!(range.contains(&held), "{arrivals:?} {seed}: {knee:?}, {held} of the limit");
            found += usize::from(knee.end == FindEnd::Found);
        }
        assert!(found >= least, "{arrivals:?}: {found} of 3");
    }
}

struct Found {
    facts: FindFacts,
    run: RunFacts,
    took: Duration,
}

/// Probes a queue, or what else `path` says, on paused time.
fn probed(find: FindRate, arrivals: Arrivals, texts: &[&str], path: &str, stop: Option<Duration>) -> Found {
    probed_under(&queue_plan(), find, arrivals, texts, path, stop)
}

fn queue_plan() -> Plan {
    let mut plan = plan(4_000);
    plan.redirect.follow = false;
    plan
}

fn probed_under(
    plan: &Plan,
    find: FindRate,
    arrivals: Arrivals,
    texts: &[&str],
    path: &str,
    stop: Option<Duration>,
) -> Found {
    let model = LoadModel::Open { pace: Pace::Find(find), arrivals };
    let load = Load { model, requests: None, duration: None, warm_up: Duration::ZERO, until: Vec::new(), seed: 5 };
    let list = Input::Text { name: "targets".to_owned(), text: format!("http://a.test{path}") };
    let cycle = Cycle::open([list], &ListOptions::default(), Order::Listed, 1).unwrap();
    let control = Control::default();
    let stopped = control.clone();
    let beside = async move {
        if let Some(after) = stop {
            tokio::time::sleep(after).await;
            stopped.stop(Stop::Drain);
        }
    };
    let thresholds = thresholds(texts);
    let work = |started_at| {
        let generator = Generator::new(&load, LoadTargets::Cycle(cycle).into(), started_at, 2);
        (None, Some(generator.with_thresholds(&thresholds)))
    };
    let (end, took) = run_work(&control, plan, &Script::default(), Each(|_: &Record| Ok(())), work, beside);
    let run = end.unwrap().run;
    Found { facts: run.load.as_ref().unwrap().find.clone().unwrap(), run, took }
}

#[test]
fn a_probe_finds_the_rate_of_a_queue() {
    let found = probed(find(300), Arrivals::Constant, &[LIMIT], "/queue/10", None);
    let held = found.facts.held.unwrap() / crossing(Arrivals::Constant);
    assert_eq!(found.facts.end, FindEnd::Found, "{:#?}", found.facts);
    assert!((0.95..1.05).contains(&held), "{held}");
    let load = found.run.load.unwrap();
    let counted: u64 = found.facts.steps.iter().map(|step| step.requests).sum();
    assert_eq!((load.started, load.missed.total()), (counted, 0), "each request belongs to a step, or to its warm-up");
    assert!(!found.run.interrupted);
}

#[test]
fn what_never_fails_is_tried_up_to_the_ceiling() {
    let found = probed(find(20), Arrivals::Constant, &["p99>1s", "failed>1%"], "/ok", None);
    assert_eq!((found.facts.end, found.facts.held), (FindEnd::Ceiling, Some(400.0)));
    let rates: Vec<_> = found.facts.steps.iter().map(|step| step.rate).collect();
    assert_eq!(rates, [6.25, 12.5, 25.0, 50.0, 100.0, 200.0, 400.0, 400.0]);
    // The first ones send too few requests to tell anything of p99.
    assert_eq!(found.facts.steps[0].outcome, StepOutcome::Inconclusive);
    let answered = found.facts.steps.last().unwrap().answer_rate.unwrap();
    assert!((399.0..401.0).contains(&answered), "{answered}");
}

#[test]
fn even_the_lowest_rate_may_fail() {
    let find = FindRate { from: Some("50/s".parse().unwrap()), ..find(20) };
    let found = probed(find, Arrivals::Constant, &["status(200)>0"], "/ok", None);
    assert_eq!((found.facts.end, found.facts.failed), (FindEnd::LowestFails, Some(50.0)));
    let why: Vec<_> = found.facts.steps.iter().filter_map(|step| step.why.as_deref()).collect();
    assert_eq!(why.len(), 2);
    assert!(why[0].starts_with("status(200)>0: ") && why[0].ends_with("more than 0"), "{}", why[0]);
}

#[test]
fn a_backlog_that_grows_fails_even_if_the_latency_may_be_long() {
    // The server can do 100 a second; at 200 a second, latencies reach a minute only after two.
    let find = FindRate { from: Some("200/s".parse().unwrap()), ..find(30) };
    let found = probed(find, Arrivals::Constant, &["p99>60s"], "/queue/10", None);
    assert_eq!(found.facts.end, FindEnd::LowestFails);
    let step = &found.facts.steps[0];
    assert!(step.why.as_ref().unwrap().starts_with("the backlog grew from "), "{step:?}");
    assert!(step.seconds < 20.0, "it ends early: {step:?}");
    assert!(found.took > Duration::from_secs(45), "the backlog is drained between steps");
}

#[test]
fn a_search_that_is_stopped_says_how_far_it_came() {
    let found = probed(find(20), Arrivals::Constant, &["failed>1%"], "/ok", Some(Duration::from_secs(75)));
    assert_eq!((found.facts.end, found.facts.running), (FindEnd::Stopped, Some(50.0)));
    assert!(found.run.interrupted);
}

#[test]
fn what_haul_could_not_send_says_nothing_of_the_server() {
    let find = FindRate { allow_doubt: false, from: Some("100/s".parse().unwrap()), ..find(20) };
    let mut plan = queue_plan();
    plan.limits.host_concurrency = NonZeroUsize::new(2).unwrap();
    let found = probed_under(&plan, find, Arrivals::Constant, &["p99>1s"], "/ok", None);
    // Each of two requests at a time takes 10 ms: there are starts for 200 a second.
    assert_eq!((found.facts.end, found.facts.held.is_some()), (FindEnd::InDoubt, true), "{:#?}", found.facts);
    assert!(found.facts.unsent.unwrap() > 150.0, "{:?}", found.facts.unsent);
    assert!(found.facts.knee().contains("haul could not send more than"), "{}", found.facts.knee());
}
