//! Probes over the script.

use std::num::NonZeroU64;

use super::*;
use crate::engine::LoadTargets;
use crate::engine::generator::Due;
use crate::model::RecordSummary;
use crate::plan::{Arrivals, Load, LoadModel, Pace};
use crate::source::{Cycle, Input, ListOptions, Order};

pub(super) const SECOND: Duration = Duration::from_secs(1);

/// What a record of a probe says.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sent {
    seq: u64,
    pub(super) status: Option<u16>,
    error: Option<ErrorKind>,
    attempts: u64,
    latency_ms: u64,
    service_ms: u64,
    pub(super) warm_up: bool,
}

pub(super) struct Probed {
    pub(super) finish: Finish,
    pub(super) sent: Vec<Sent>,
    pub(super) took: Duration,
    script: Script,
}

pub(super) fn open(rate: u32, duration: Duration) -> Load {
    let pace = Pace::Constant(Rate { count: NonZeroU32::new(rate).unwrap(), per: SECOND });
    let model = LoadModel::Open { pace, arrivals: Arrivals::Constant };
    Load { model, requests: None, duration: Some(duration), warm_up: Duration::ZERO, until: Vec::new(), seed: 1 }
}

pub(super) fn closed(workers: usize, requests: u64, think_time: Duration) -> Load {
    let model = LoadModel::Closed { workers: NonZeroUsize::new(workers).unwrap(), think_time };
    Load {
        model,
        requests: NonZeroU64::new(requests),
        duration: None,
        warm_up: Duration::ZERO,
        until: Vec::new(),
        seed: 1,
    }
}

pub(super) fn limits(max_in_flight: usize) -> Plan {
    let mut plan = plan(max_in_flight);
    plan.limits.host_concurrency = plan.limits.concurrency;
    plan.redirect.follow = false;
    plan
}

fn cycle(path: &str) -> Cycle {
    let list = Input::Text { name: "targets".to_owned(), text: format!("http://a.test{path}") };
    Cycle::open([list], &ListOptions::default(), Order::Listed, 1).unwrap()
}

pub(super) fn probe(plan: &Plan, load: &Load, path: &str, stop: Option<(Duration, Stop)>) -> Probed {
    let sent = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&sent);
    let sink = Each(move |record: &Record| {
        let summary = RecordSummary::from(record);
        let ms = |us: Option<u64>| us.unwrap_or_default() / 1000;
        kept.lock().unwrap().push(Sent {
            seq: summary.seq,
            status: summary.status_code.map(|status| status.as_u16()),
            error: summary.error.map(|(kind, _)| kind),
            attempts: summary.attempts,
            latency_ms: ms(summary.latency_us),
            service_ms: ms(summary.service_us),
            warm_up: summary.warm_up,
        });
        Ok(())
    });
    let (script, control) = (Script::default(), Control::default());
    let stopped = control.clone();
    let beside = async move {
        if let Some((after, how)) = stop {
            tokio::time::sleep(after).await;
            stopped.stop(how);
        }
    };
    let work = |started_at| (None, Some(Generator::new(load, LoadTargets::Cycle(cycle(path)).into(), started_at, 2)));
    let (end, took) = run_work(&control, plan, &script, sink, work, beside);
    let sent = std::mem::take(&mut *sent.lock().unwrap());
    Probed { finish: end.unwrap(), sent, took, script }
}

impl Probed {
    /// When requests started, in milliseconds since the first.
    fn starts(&self) -> Vec<u128> {
        let log = self.script.0.lock().unwrap();
        log.started.iter().map(|at| (*at - log.started[0]).as_millis()).collect()
    }
}

#[test]
fn a_pace_does_not_wait_for_answers() {
    let probed = probe(&limits(1_000), &open(100, SECOND), "/slow/5000", None);
    assert_eq!(probed.starts(), (0..100).map(|n| n * 10).collect::<Vec<_>>());
    assert!(probed.sent.iter().all(|sent| (sent.latency_ms, sent.service_ms) == (5000, 5000)), "{:?}", probed.sent);
    assert_eq!(probed.took, SECOND - Duration::from_millis(10) + 5 * SECOND);
    let load = probed.finish.run.load.unwrap();
    assert_eq!((load.asked, load.started), (100, 100));
    assert!(!probed.finish.run.interrupted);
}

#[test]
fn what_has_no_room_is_missed() {
    let probed = probe(&limits(10), &open(100, SECOND), "/slow/495", None);
    // Ten start, the next forty find no room, and so on.
    let starts: Vec<u128> = (0..10).map(|n| n * 10).chain((50..60).map(|n| n * 10)).collect();
    assert_eq!(probed.starts(), starts);
    assert_eq!(probed.sent.iter().map(|sent| sent.seq).max(), Some(59));
    let load = probed.finish.run.load.unwrap();
    assert_eq!((load.asked, load.started, load.missed.in_flight), (100, 20, 80));
    assert_eq!((probed.finish.run.admitted, load.peak_in_flight, load.lag_us(1.0)), (20, 10, Some(0)));
}

#[test]
fn what_is_far_too_late_is_missed() {
    let load = open(100, 3 * SECOND);
    let mut generator = Generator::new(&load, LoadTargets::Cycle(cycle("/ok")).into(), SystemTime::UNIX_EPOCH, 2);
    assert!(matches!(generator.next(Duration::ZERO), Ok(Due::At(Duration::ZERO))));
    generator.start(Duration::ZERO);
    assert!(matches!(generator.next(5 * SECOND), Ok(Due::Never)));
    let facts = generator.facts(5 * SECOND);
    assert_eq!((facts.asked, facts.started, facts.missed.late), (300, 1, 299));
}

#[test]
fn a_limit_of_the_host_misses_starts_too() {
    let mut plan = limits(100);
    plan.limits.host_concurrency = NonZeroUsize::new(2).unwrap();
    let probed = probe(&plan, &open(100, SECOND), "/slow/95", None);
    let load = probed.finish.run.load.unwrap();
    assert_eq!((load.asked, load.missed.host_limit, probed.sent.len()), (100, 80, 20));
    assert_eq!(probed.script.0.lock().unwrap().peak, 2);
}

#[test]
fn loops_wait_for_their_answers() {
    let probed = probe(&limits(100), &closed(3, 9, Duration::ZERO), "/slow/100", None);
    assert_eq!(probed.starts(), [0, 0, 0, 100, 100, 100, 200, 200, 200]);
    assert_eq!(probed.sent.iter().map(|sent| sent.latency_ms).max(), Some(100));
    let probed = probe(&limits(100), &closed(2, 6, Duration::from_millis(50)), "/slow/100", None);
    assert_eq!(probed.starts(), [0, 0, 150, 150, 300, 300]);
}

#[test]
fn a_loop_waits_for_its_host() {
    let mut plan = limits(100);
    plan.limits.host_concurrency = NonZeroUsize::new(2).unwrap();
    let probed = probe(&plan, &closed(10, 30, Duration::ZERO), "/slow/100", None);
    assert_eq!((probed.sent.len(), probed.script.0.lock().unwrap().peak), (30, 2));
    let load = probed.finish.run.load.unwrap();
    assert_eq!((load.asked, load.started), (30, 30));
    // A loop is not ready before its host is.
    assert!(probed.sent.iter().all(|sent| sent.latency_ms == 100), "{:?}", probed.sent);
    let mut timed = closed(10, 1_000, Duration::ZERO);
    timed.duration = Some(SECOND);
    let probed = probe(&plan, &timed, "/slow/300", None);
    assert_eq!((probed.starts(), probed.sent.len()), (vec![0, 0, 300, 300, 600, 600, 900, 900], 8));
    // Fewer connections than loops.
    let probed = probe(&limits(3), &closed(10, 30, Duration::ZERO), "/slow/100", None);
    assert_eq!((probed.sent.len(), probed.script.0.lock().unwrap().peak), (30, 3));
}

#[test]
fn a_loop_waits_for_memory() {
    let mut plan = limits(100);
    plan.limits.max_memory = 64 << 10;
    plan.fetch.max_filesize = 1 << 10;
    // Without an end: paused time would jump there while the writer releases memory.
    let probed = probe(&plan, &closed(10, 30, Duration::ZERO), "/slow/100", None);
    let peak = probed.script.0.lock().unwrap().peak;
    assert!((1..10).contains(&peak), "{peak}");
    let load = probed.finish.run.load.unwrap();
    assert_eq!((probed.sent.len(), load.started, load.missed.total()), (30, 30, 0));
    assert!(load.memory_wait_us > 0);
}

#[test]
fn a_hop_that_waits_for_memory_goes_on_once_there_is_some() {
    let mut plan = limits(100);
    plan.redirect.follow = true;
    plan.limits.max_memory = 64 << 10;
    plan.fetch.max_filesize = 1 << 10;
    plan.fetch.timeout = Duration::MAX; // so that nothing is cut off
    let probed = probe(&plan, &open(100, SECOND), "/to/slow/200", None);
    let load = probed.finish.run.load.unwrap();
    assert!(load.missed.memory > 0 && load.missed.in_flight == 0, "{:?}", load.missed);
    assert!(probed.sent.iter().all(|sent| sent.status == Some(200)), "{:?}", probed.sent);
    assert_eq!(probed.sent.len() as u64, load.started);
}

#[test]
fn nothing_is_retried_and_no_pause_is_kept() {
    let mut plan = limits(100);
    plan.retry.retries = 5;
    let probed = probe(&plan, &open(100, SECOND), "/wait/60", None);
    assert_eq!((probed.sent.len(), probed.starts().len()), (100, 100));
    assert!(probed.sent.iter().all(|sent| sent.attempts == 1));
    assert_eq!(probed.sent.iter().filter(|sent| sent.status == Some(429)).count(), 1);
    assert_eq!((probed.finish.run.pauses.ignored, probed.finish.run.pauses.honoured), (1, 0));
    assert!(probed.took < 2 * SECOND);
    let probed = probe(&plan, &open(10, SECOND), "/reset", None);
    assert_eq!((probed.sent.len(), probed.starts().len()), (10, 10));
}

#[test]
fn redirects_are_followed_only_if_asked() {
    let probed = probe(&limits(100), &open(10, SECOND), "/to/slow/200", None);
    assert!(probed.sent.iter().all(|sent| (sent.status, sent.latency_ms) == (Some(302), 10)), "{:?}", probed.sent);
    assert_eq!(probed.starts().len(), 10);

    let mut plan = limits(100);
    plan.redirect.follow = true;
    let probed = probe(&plan, &open(10, SECOND), "/to/slow/200", None);
    assert_eq!((probed.sent.len(), probed.starts().len()), (10, 20)); // the pace does not count hops
    let hops = |sent: &Sent| (sent.status, sent.latency_ms, sent.service_ms) == (Some(200), 210, 210);
    assert!(probed.sent.iter().all(hops), "{:?}", probed.sent);
    assert_eq!(probed.finish.run.load.unwrap().started, 10);
}

#[test]
fn the_last_answers_have_the_timeout_to_come_in() {
    let mut plan = limits(100);
    plan.redirect.follow = true;
    plan.fetch.timeout = SECOND;
    let probed = probe(&plan, &open(10, SECOND), "/to/to/to/slow/900", None);
    assert!(probed.sent.iter().all(|sent| sent.status == Some(200)), "{:?}", probed.sent);
    plan.fetch.timeout = Duration::from_millis(500);
    let probed = probe(&plan, &open(10, SECOND), "/to/to/to/slow/900", None);
    let cut: Vec<_> = probed.sent.iter().filter(|sent| sent.status.is_none()).collect();
    assert!((1..10).contains(&cut.len()), "{:?}", probed.sent);
    // They count as timeouts, with the time that they took.
    assert!(cut.iter().all(|sent| sent.error == Some(ErrorKind::Timeout) && sent.latency_ms >= 600), "{cut:?}");
    assert!(probed.took <= SECOND + Duration::from_millis(710), "{:?}", probed.took);
    assert!(!probed.finish.run.interrupted);
}

#[test]
fn a_rate_of_the_host_neither_stalls_a_pace_nor_keeps_it_busy() {
    let mut plan = limits(100);
    plan.limits.host_rate = Some(Rate { count: NonZeroU32::new(10).unwrap(), per: SECOND });
    let probed = probe(&plan, &open(50, 2 * SECOND), "/ok", None);
    let load = probed.finish.run.load.unwrap();
    assert_eq!((load.asked, load.started, load.missed.host_limit), (100, 20, 80));
    assert!(probed.sent.iter().all(|sent| sent.status == Some(200)), "{:?}", probed.sent);
    assert!(probed.took <= 2 * SECOND, "{:?}", probed.took);
}

#[test]
fn a_stop_starts_nothing_more() {
    let stop = Some((Duration::from_millis(305), Stop::Drain));
    let probed = probe(&limits(100), &open(100, 10 * SECOND), "/slow/100", stop);
    assert_eq!((probed.starts().len(), probed.sent.len()), (31, 31));
    assert!(probed.finish.run.interrupted);
}

#[test]
fn what_is_cancelled_censors_what_was_measured() {
    let stop = Some((Duration::from_millis(305), Stop::Now));
    let probed = probe(&limits(100), &open(100, 10 * SECOND), "/slow/100", stop);
    let cancelled = probed.sent.iter().filter(|sent| sent.error == Some(ErrorKind::Cancelled)).count();
    let load = probed.finish.run.load.unwrap();
    assert_eq!((cancelled, load.cancelled, load.missed.total()), (10, 10, 0));
    assert!(load.is_censored());
}

#[test]
fn the_warm_up_is_marked() {
    let mut load = open(10, SECOND);
    load.warm_up = 2 * SECOND;
    let probed = probe(&limits(100), &load, "/ok", None);
    assert_eq!(probed.sent.iter().filter(|sent| sent.warm_up).count(), 20);
    assert_eq!((probed.sent.len(), probed.finish.run.load.unwrap().asked), (30, 10));
}
