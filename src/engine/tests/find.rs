//! Searches for the highest rate of a queue whose limit is known: by steps over simulated queues, and by whole probes on
//! paused time.

use std::collections::{BTreeMap, VecDeque};
use std::env;

use super::*;
use crate::engine::LoadTargets;
use crate::model::{FindEnd, RecordSummary, StepOutcome};
use crate::plan::{Arrivals, FindRate, Load, LoadModel, Pace};
use crate::report::find::{Criteria, FindFacts, StepJudge, Undecided};
use crate::report::threshold::Threshold;
use crate::report::{LoadFacts, RunFacts};
use crate::schedule::{Knee, Search};
use crate::source::{Cycle, Input, ListOptions, Order};
use crate::statistics::random::exponential;

/// The mean time that the one server of a simulated queue takes.
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
    earlier: Option<Undecided>,
}

impl Queue<'_> {
    /// What a step came to that was judged by `criteria`, as the engine runs it.
    fn step(self, criteria: &Criteria) -> (StepOutcome, Option<Undecided>) {
        let Queue { random, arrivals, rate, find, confirms, earlier } = self;
        let (until, begin) = (find.step_time.as_secs_f64(), find.warm_up.as_secs_f64());
        let mut judge = StepJudge::new(criteria, find.step_time - find.warm_up).adding_to(earlier).confirming(confirms);
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
            free_at = free_at.max(now) + exponential(random, SERVICE);
            in_flight.push_back((now, free_at, seq));
            seq += 1;
            now += if arrivals == Arrivals::Poisson { exponential(random, 1.0 / rate) } else { 1.0 / rate };
        }
        in_flight.into_iter().for_each(|request| finish(&mut judge, request));
        let (step, undecided) = judge.conclude(decided, &LoadFacts::default());
        (step.outcome, undecided)
    }
}

/// What a search over such queues came to.
fn searched(arrivals: Arrivals, find: &FindRate, seed: u64) -> Knee {
    let criteria = Criteria::new(&thresholds(&[LIMIT]), find.resolution, true);
    let (mut search, mut random) = (Search::new(find), fastrand::Rng::with_seed(seed));
    let mut undecided = BTreeMap::new();
    while let Some(rate) = search.next() {
        let (confirms, earlier) = (search.has_tried(rate), undecided.remove(&rate));
        let queue = Queue { random: &mut random, arrivals, rate: rate.per_second(), find, confirms, earlier };
        let (outcome, open) = queue.step(&criteria);
        undecided.extend(open.map(|open| (rate, open)));
        search.tell(rate, outcome);
    }
    search.knee()
}

/// How often a step at a share of the crossing holds, and how often it fails, in percent.
fn outcomes(arrivals: Arrivals, share: f64, step: u64, steps: usize) -> [f64; 2] {
    let (find, mut random) = (find(step), fastrand::Rng::with_seed(11));
    let criteria = Criteria::new(&thresholds(&[LIMIT]), find.resolution, true);
    let rate = share * crossing(arrivals);
    let outcomes: Vec<_> = (0..steps)
        .map(|_| {
            let queue = Queue { random: &mut random, arrivals, rate, find: &find, confirms: false, earlier: None };
            queue.step(&criteria).0
        })
        .collect();
    let percent = |wanted| outcomes.iter().filter(|outcome| **outcome == wanted).count() as f64 * 100.0 / steps as f64;
    [StepOutcome::Held, StepOutcome::Failed].map(percent)
}

/// How many steps or searches are simulated: more with `SEARCH_RUNS=100 cargo test --release --lib tests::find`.
fn runs(usual: usize) -> usize {
    env::var("SEARCH_RUNS").map_or(usual, |runs| runs.parse().expect("SEARCH_RUNS is a number"))
}

#[test]
fn steps_are_rarely_wrong() {
    for (arrivals, step) in [(Arrivals::Poisson, 60), (Arrivals::Constant, 60), (Arrivals::Poisson, 300)] {
        let runs = runs(6_000 / step as usize);
        let outcomes = [0.5, 0.9, 1.0, 1.1, 1.3].map(|share| outcomes(arrivals, share, step, runs));
        println!("{arrivals:?}, {step} s: {outcomes:?}");
        let [half, below, [held, failed], above, beyond] = outcomes;
        assert!(half[0] >= 80.0 && half[1] == 0.0 && beyond[1] >= 95.0 && beyond[0] == 0.0, "clear: {outcomes:?}");
        assert!(below[1] <= 1.0 && above[0] <= 1.0, "10 % from the limit: {outcomes:?}");
        assert!(held <= 5.0 && failed <= 5.0, "at the limit: {outcomes:?}");
    }
}

#[test]
fn the_found_rate_is_within_5_percent_of_the_crossing() {
    // Steps of an hour tell as much of this server as steps of 30 seconds of one that is 120 times as fast.
    for arrivals in [Arrivals::Poisson, Arrivals::Constant] {
        for seed in 0..runs(2) as u32 {
            let to = format!("{}/s", 300 + 37 * seed % 400); // so that other rates are tried
            let knee = searched(arrivals, &FindRate { to: to.parse().unwrap(), ..find(3600) }, seed.into());
            let [held, failed] = [knee.held, knee.failed].map(|rate| rate.unwrap().per_second() / crossing(arrivals));
            println!("{arrivals:?} {seed}: {:?}, held {held:.3}, failed {failed:.3} of the limit", knee.end);
            assert_eq!(knee.end, FindEnd::Found, "{arrivals:?} {seed}: {knee:?}");
            assert!((0.95..1.02).contains(&held) && (0.98..1.08).contains(&failed), "{seed}: {held}, {failed}");
        }
    }
}

struct Found {
    facts: FindFacts,
    run: RunFacts,
    took: Duration,
}

/// A probe, what ends it, and what stops it.
struct Setup {
    plan: Plan,
    duration: Option<Duration>,
    stop: Option<Duration>,
}

fn setup() -> Setup {
    let mut plan = plan(4_000);
    plan.redirect.follow = false;
    Setup { plan, duration: None, stop: None }
}

/// Probes a queue, or what else `path` says, on paused time.
fn probed(setup: Setup, find: FindRate, texts: &[&str], path: &str) -> Found {
    let Setup { plan, duration, stop } = setup;
    let model = LoadModel::Open { pace: Pace::Find(find), arrivals: Arrivals::Constant };
    let load = Load { model, requests: None, duration, warm_up: Duration::ZERO, until: Vec::new(), seed: 5 };
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
    let (end, took) = run_work(&control, &plan, &Script::default(), Each(|_: &Record| Ok(())), work, beside);
    let run = end.unwrap().run;
    Found { facts: run.load.as_ref().unwrap().find.clone().unwrap(), run, took }
}

#[test]
fn a_probe_finds_the_rate_of_a_queue() {
    let found = probed(setup(), find(30), &[LIMIT], "/queue/10");
    let FindFacts { end, held, failed, .. } = found.facts;
    assert_eq!(end, FindEnd::Found, "{:#?}", found.facts.steps);
    assert!(
        held.unwrap() > 95.0 && held <= Some(100.0) && failed > Some(100.0),
        "{held:?}, {failed:?}: it can do 100/s"
    );
    let load = found.run.load.unwrap();
    let counted: u64 = found.facts.steps.iter().map(|step| step.requests).sum();
    assert_eq!((load.started, load.missed.total()), (counted, 0), "each request belongs to a step, or to its warm-up");
    assert!(!found.run.interrupted);
}

#[test]
fn what_never_fails_is_tried_up_to_the_ceiling() {
    let found = probed(setup(), find(20), &["p99>1s", "failed>1%"], "/ok");
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
    let found = probed(setup(), find, &["status(200)>0"], "/ok");
    assert_eq!((found.facts.end, found.facts.failed), (FindEnd::LowestFails, Some(50.0)));
    let why: Vec<_> = found.facts.steps.iter().filter_map(|step| step.why.as_deref()).collect();
    assert_eq!(why.len(), 2);
    assert!(why[0].starts_with("status(200)>0: ") && why[0].ends_with("more than 0"), "{}", why[0]);
}

#[test]
fn a_backlog_that_grows_fails_even_if_the_latency_may_be_long() {
    // The server can do 100 a second; at 200 a second, latencies reach a minute only after two.
    let find = FindRate { from: Some("200/s".parse().unwrap()), ..find(30) };
    let found = probed(setup(), find, &["p99>60s"], "/queue/10");
    assert_eq!(found.facts.end, FindEnd::LowestFails);
    let step = &found.facts.steps[0];
    assert!(step.why.as_ref().unwrap().starts_with("the backlog grew from "), "{step:?}");
    assert!(step.seconds < 20.0, "it ends early: {step:?}");
    assert!(found.took > Duration::from_secs(45), "the backlog is drained between steps");
}

#[test]
fn a_search_that_is_stopped_says_how_far_it_came() {
    let found = probed(Setup { stop: Some(Duration::from_secs(75)), ..setup() }, find(20), &["failed>1%"], "/ok");
    assert_eq!((found.facts.end, found.facts.running), (FindEnd::Stopped, Some(50.0)));
    assert!(found.run.interrupted);
}

#[test]
fn what_haul_could_not_send_says_nothing_of_the_server() {
    let find = FindRate { allow_doubt: false, from: Some("100/s".parse().unwrap()), ..find(20) };
    let mut setup = setup();
    setup.plan.limits.host_concurrency = NonZeroUsize::new(2).unwrap();
    let found = probed(setup, find, &["p99>1s"], "/ok");
    // Each of two requests at a time takes 10 ms: there are starts for 200 a second.
    assert_eq!((found.facts.end, found.facts.held.is_some()), (FindEnd::InDoubt, true), "{:#?}", found.facts);
    assert!(found.facts.unsent.unwrap() > 150.0, "{:?}", found.facts.unsent);
    assert!(found.facts.knee().contains("and haul could not send "), "{}", found.facts.knee());
}

#[test]
fn what_the_time_cuts_off_has_not_held() {
    // The second step at the highest rate, which is to confirm the first one, does not have all of its time.
    let find = FindRate { from: Some("200/s".parse().unwrap()), ..find(20) };
    let found = probed(Setup { duration: Some(Duration::from_secs(47)), ..setup() }, find, &["failed>1%"], "/ok");
    assert_eq!((found.facts.end, found.facts.held), (FindEnd::Stopped, Some(400.0)), "{:#?}", found.facts);
    let steps: Vec<_> = found.facts.steps.iter().map(|step| (step.seconds.round(), step.outcome)).collect();
    assert_eq!(steps, [(18.0, StepOutcome::Held), (9.0, StepOutcome::Held), (14.0, StepOutcome::Inconclusive)]);
}

#[test]
fn starts_that_a_limit_of_haul_prevents_are_not_slow() {
    let find = FindRate { from: Some("300/s".parse().unwrap()), ..find(20) };
    let mut setup = setup();
    setup.plan.limits.host_concurrency = NonZeroUsize::new(2).unwrap();
    let found = probed(setup, find, &["p99>1s"], "/ok");
    let load = found.run.load.unwrap();
    assert!(load.missed.host_limit > 0, "{:?}", load.missed);
    assert_eq!(found.facts.end, FindEnd::Ceiling, "{:#?}", found.facts);
}
