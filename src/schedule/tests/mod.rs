//! The schedule's promises, on a scripted transport and a clock that only the test moves.

mod checks;
mod hosts;
mod play;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use url::Url;

use play::{Play, Script, play};

use super::{Lease, Schedule, Step};
use crate::model::{Blocked, Job, Request, Signal, host_key};
use crate::plan::{HostRule, LimitBy, Limits, Rate};

/// Six domains, of one host, two or more; one of them by an address.
fn url(host: usize) -> Url {
    let scheme = if host.is_multiple_of(3) { "https" } else { "http" };
    match host {
        11 => Url::parse("http://192.0.2.1/").unwrap(),
        _ => Url::parse(&format!("{scheme}://h{host}.d{}.test/", host % 5)).unwrap(),
    }
}

fn job(seq: u64, host: usize) -> Box<Job> {
    Box::new(Job::new(seq, url(host), Arc::new(Request::default())))
}

fn schedule(limits: &Limits, fetchers: usize) -> Schedule {
    Schedule::new(limits, Duration::MAX, NonZeroUsize::new(fetchers).unwrap())
}

fn rate() -> impl Strategy<Value = Option<Rate>> {
    prop::option::of(
        (1u32..200, 1u64..3)
            .prop_map(|(count, per)| Rate { count: NonZeroU32::new(count).unwrap(), per: Duration::from_secs(per) }),
    )
}

fn rules() -> impl Strategy<Value = Vec<HostRule>> {
    let hosts = prop::sample::select(vec!["*", "h1.*", "*.d1.test", "d1.test", "192.0.2.1", "https://*"]);
    let rule = (hosts, prop::option::of(1usize..4), rate()).prop_map(|(hosts, concurrency, rate)| HostRule {
        hosts: hosts.parse().unwrap(),
        concurrency: concurrency.and_then(NonZeroUsize::new),
        rate,
    });
    prop::collection::vec(rule, 0..4)
}

prop_compose! {
    fn limits()(
        c in 1usize..20,
        hc in 1usize..6,
        rate in rate(),
        host_rate in rate(),
        host_rules in prop_oneof![Just(Vec::new()), rules()],
        by_domain in any::<bool>(),
        adaptive in any::<bool>(),
        burst in 1u32..5,
        window in 1usize..30,
    ) -> Limits {
        Limits {
            concurrency: NonZeroUsize::new(c).unwrap(),
            host_concurrency: NonZeroUsize::new(hc).unwrap(),
            rate,
            host_rate,
            host_rules,
            limit_by: if by_domain { LimitBy::Domain } else { LimitBy::Origin },
            adaptive,
            burst: NonZeroU32::new(burst).unwrap(),
            window: NonZeroUsize::new(window).unwrap(),
            ..Limits::default()
        }
    }
}

fn some_signal() -> impl Strategy<Value = Signal> {
    prop::sample::select(vec![
        Signal::Answered,
        Signal::Answered,
        Signal::Overloaded,
        Signal::Failed,
        Signal::Unreachable,
        Signal::Nothing,
    ])
}

fn some_play() -> impl Strategy<Value = Play> {
    let again = prop::option::weighted(0.3, (0u64..500, 0usize..12));
    (0u64..200, some_signal(), again, prop::option::weighted(0.1, 0u64..2000)).prop_map(
        |(takes, signal, again, cool)| Play {
            takes: Duration::from_millis(takes),
            signal,
            again: again.map(|(wait, host)| (Duration::from_millis(wait), host)),
            cool: cool.map(Duration::from_millis),
        },
    )
}

/// Plays of all kinds, or those of hosts that are unreachable most of the time.
fn plays() -> impl Strategy<Value = Vec<Play>> {
    let dead = some_play().prop_map(|play| Play { signal: Signal::Unreachable, ..play });
    prop_oneof![prop::collection::vec(some_play(), 1..20), prop::collection::vec(dead, 1..20)]
}

fn robots() -> impl Strategy<Value = Vec<(Duration, bool)>> {
    let spacing = prop::sample::select(vec![0u64, 0, 100, 3_000]).prop_map(Duration::from_millis);
    prop::collection::vec((spacing, any::<bool>()), 1..5)
}

prop_compose! {
    fn script()(
        limits in limits(),
        max_outage in prop::sample::select(vec![0u64, 3, 120]),
        fetchers in 1usize..5,
        hosts in prop::collection::vec(0usize..12, 0..120),
        plays in plays(),
        robots in prop_oneof![Just(Vec::new()), robots()],
        alone in prop_oneof![Just(vec![false]), prop::collection::vec(any::<bool>(), 1..10), Just(vec![true])],
        stop in prop::option::weighted(0.3, 0usize..100),
    ) -> Script {
        Script { limits, max_outage: Duration::from_secs(max_outage), fetchers, hosts, plays, robots, alone, stop }
    }
}

/// In no span may more leave than `rate * T + burst`: checked over every pair of departures.
fn assert_rate(left: &[Duration], rate: Rate, burst: u32) {
    let period = rate.period().as_nanos();
    for (first, start) in left.iter().enumerate() {
        for (last, end) in left.iter().enumerate().skip(first + burst as usize) {
            let beyond_burst = (last - first + 1 - burst as usize) as u128;
            assert!((*end - *start).as_nanos() >= beyond_burst * period, "rate exceeded: {left:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn every_job_ends_once_within_every_limit(script in script()) {
        let observed = play(&script);
        prop_assert_eq!(observed.ended.len() as u64 + observed.skipped, script.hosts.len() as u64);
        prop_assert_eq!(observed.ended.iter().collect::<HashSet<_>>().len(), observed.ended.len());
        let limits = &script.limits;
        let burst = limits.burst.get();
        if let Some(rate) = limits.rate {
            assert_rate(&observed.left.iter().map(|(at, _)| *at).collect::<Vec<_>>(), rate, burst);
        }
        let mut by_pool: HashMap<_, Vec<_>> = HashMap::new();
        for (at, url) in &observed.left {
            by_pool.entry(limits.limit_by.name(url)).or_default().push((*at, url));
        }
        for left in by_pool.values() {
            let rule = limits.of(left[0].1).1;
            if let Some(rate) = rule.map_or(limits.host_rate, |rule| limits.host_rules[rule].rate) {
                assert_rate(&left.iter().map(|(at, _)| *at).collect::<Vec<_>>(), rate, burst);
            }
        }
    }

    #[test]
    fn neither_a_stuck_host_nor_a_slow_one_holds_anybody_up(
        hosts in prop::collection::vec(1usize..6, 1..80),
        others_at in 0usize..80,
    ) {
        let run = |with_others: bool| {
            let once_a_second = Some(Rate { count: NonZeroU32::MIN, per: Duration::from_secs(1) });
            let slow = HostRule { hosts: "h8.*".parse().unwrap(), concurrency: None, rate: once_a_second };
            let concurrency = NonZeroUsize::new(100).unwrap();
            let mut schedule = schedule(&Limits { concurrency, host_rules: vec![slow], ..Limits::default() }, 1);
            let mut wire = BTreeMap::new();
            let (mut now, mut fast_done, mut id) = (Duration::ZERO, Duration::ZERO, 0);
            for (seq, host) in hosts.iter().enumerate() {
                schedule.admit(job(seq as u64, *host), now);
                if with_others && seq == others_at % hosts.len() {
                    (0..20).for_each(|n| schedule.admit(job(1000 + n, if n < 10 { 7 } else { 8 }), now));
                }
            }
            loop {
                while let Step::Go(lease) = schedule.step(now) {
                    id += 1;
                    let stuck = (1000..1010).contains(&lease.job.seq);
                    let takes = if stuck { Duration::from_secs(3600) } else { Duration::from_millis(10) };
                    wire.insert((now + takes, id), lease);
                }
                let done = wire.first_key_value().map(|((at, _), _)| *at);
                let Some(at) = done.into_iter().chain(schedule.next_timer()).min() else { return fast_done };
                now = at;
                if done == Some(at) && let Some((_, lease)) = wire.pop_first() {
                    fast_done = if lease.job.seq < 1000 { now } else { fast_done };
                    schedule.settle(lease.ticket, now);
                }
            }
        };
        prop_assert_eq!(run(false), run(true));
    }
}

#[test]
fn a_steady_rate_is_used_in_full() {
    let limits = Limits {
        rate: Some(Rate { count: NonZeroU32::new(100).unwrap(), per: Duration::from_secs(1) }),
        ..Limits::default()
    };
    let plays = vec![Play::taking(Duration::from_millis(5))];
    let hosts = (0..501).map(|n| 1 + n % 2).collect();
    let observed = play(&Script::new(limits, 2, hosts, plays));
    assert_eq!(observed.left.last().unwrap().0, Duration::from_secs(5), "500 further departures at 100 a second");
}

#[test]
fn jobs_that_come_back_go_before_fresh_ones_and_in_turn_with_other_hosts() {
    let limits = Limits { concurrency: NonZeroUsize::MIN, ..Limits::default() };
    let mut schedule = schedule(&limits, 1);
    let now = Duration::ZERO;
    for (seq, host) in [(0, 1), (1, 1), (2, 2), (3, 1)] {
        schedule.admit(job(seq, host), now);
    }
    let mut order = Vec::new();
    while let Step::Go(lease) = schedule.step(now) {
        order.push(lease.job.seq);
        if lease.job.seq == 0 && order.len() == 1 {
            schedule.requeue(lease.ticket, lease.job, now, now);
        } else {
            schedule.settle(lease.ticket, now);
        }
    }
    assert_eq!(order, [0, 2, 0, 1, 3]);
}

#[test]
fn the_first_request_to_a_tls_host_goes_alone() {
    let mut schedule = schedule(&Limits::default(), 2);
    let now = Duration::ZERO;
    (0..20).for_each(|seq| schedule.admit(job(seq, 3), now));
    let Step::Go(first) = schedule.step(now) else { panic!("nothing leaves") };
    assert!(matches!(schedule.step(now), Step::Read));
    schedule.settle(first.ticket, now);
    let mut tickets = Vec::new();
    while let Step::Go(lease) = schedule.step(now) {
        tickets.push(lease.ticket);
    }
    assert_eq!(tickets.len(), 8);
    assert!(tickets.iter().all(|ticket| ticket.fetcher() == 0), "a host stays at home while there is room");
}

#[test]
fn one_host_uses_every_fetcher() {
    let limits = Limits { host_concurrency: NonZeroUsize::new(64).unwrap(), ..Limits::default() };
    let mut schedule = schedule(&limits, 2);
    (0..64).for_each(|seq| schedule.admit(job(seq, 1), Duration::ZERO));
    let mut load = [0; 2];
    let mut tickets = Vec::new();
    while let Step::Go(lease) = schedule.step(Duration::ZERO) {
        load[lease.ticket.fetcher()] += 1;
        tickets.push(lease.ticket);
    }
    assert_eq!(load.iter().sum::<i32>(), 64);
    assert!(load.iter().all(|&n| n >= 24), "{load:?}");
}

#[test]
fn stopping_hands_back_what_had_begun_and_counts_the_rest() {
    let limits = Limits { concurrency: NonZeroUsize::new(2).unwrap(), ..Limits::default() };
    let mut schedule = schedule(&limits, 1);
    let now = Duration::ZERO;
    (0..10).for_each(|seq| schedule.admit(job(seq, 1), now));
    let Step::Go(first) = schedule.step(now) else { panic!("nothing leaves") };
    let Step::Go(second) = schedule.step(now) else { panic!("nothing leaves") };
    schedule.requeue(first.ticket, first.job, Duration::from_secs(9), now);
    let stopped = schedule.stop(now);
    assert_eq!((stopped.begun.len(), stopped.skipped), (1, 8));
    assert!(matches!(schedule.step(now), Step::Read));
    schedule.settle(second.ticket, now);
    assert_eq!((schedule.hosts(), schedule.waiting(), schedule.in_flight()), (0, 0, 0));
}

#[test]
fn one_job_alone_may_leave_and_within_every_limit() {
    let rate = |count| Some(Rate { count: NonZeroU32::new(count).unwrap(), per: Duration::from_secs(1) });
    let limits = Limits {
        concurrency: NonZeroUsize::new(3).unwrap(),
        host_concurrency: NonZeroUsize::MIN,
        rate: rate(10),
        host_rate: rate(1),
        ..Limits::default()
    };
    let mut schedule = schedule(&limits, 1);
    let ms = Duration::from_millis;
    schedule.track_inputs();
    for (seq, host) in [(3, 1), (4, 1), (5, 2), (7, 4), (8, 5)] {
        schedule.admit(job(seq, host), ms(0));
    }
    let go = |schedule: &mut Schedule, seq, at| match schedule.step_for(seq, ms(at)) {
        Step::Go(lease) => {
            assert_eq!(lease.job.seq, seq);
            Ok(lease)
        }
        Step::Wait(reason) => Err((reason, schedule.next_timer())),
        Step::Read | Step::Refuse(_) => panic!("nothing is read or refused"),
    };
    let first = go(&mut schedule, 3, 0).unwrap();
    assert!(matches!(go(&mut schedule, 3, 0), Err((Blocked::Concurrency, _))), "it is on the wire");
    assert!(matches!(go(&mut schedule, 4, 0), Err((Blocked::Concurrency, _))), "its host has one slot");
    assert_eq!(go(&mut schedule, 5, 0).unwrap_err(), (Blocked::Rate, Some(ms(100))), "the run's rate");
    assert_eq!(go(&mut schedule, 5, 99).unwrap_err(), (Blocked::Rate, Some(ms(100))));
    let second = go(&mut schedule, 5, 100).unwrap();
    schedule.requeue(first.ticket, first.job, ms(500), ms(150));
    assert_eq!(go(&mut schedule, 3, 200).unwrap_err(), (Blocked::Rate, Some(ms(500))), "its pause");
    assert_eq!(go(&mut schedule, 3, 500).unwrap_err(), (Blocked::Rate, Some(ms(1000))), "its host's rate");
    let first = go(&mut schedule, 3, 1000).unwrap();
    schedule.cool(&first.ticket, ms(3000), ms(1100));
    schedule.settle(first.ticket, ms(1100));
    assert_eq!(go(&mut schedule, 4, 1200).unwrap_err(), (Blocked::Rate, Some(ms(3000))), "its host cools down");
    let fourth = go(&mut schedule, 4, 3000).unwrap();
    // Others still start once they may.
    let Step::Go(other) = schedule.step(ms(3100)) else { panic!("a slot is free") };
    assert!(matches!(go(&mut schedule, 8, 4000), Err((Blocked::Concurrency, _))), "all slots are taken");
    assert_eq!((schedule.in_flight(), schedule.waiting()), (3, 1));
    for lease in [second, fourth, other] {
        schedule.settle(lease.ticket, ms(4000));
    }
    let Step::Go(last) = schedule.step(ms(4000)) else { panic!("one is left") };
    schedule.settle(last.ticket, ms(5000));
    assert!(matches!(schedule.step(ms(63_000)), Step::Read), "until then the pause is remembered");
    assert_eq!((schedule.in_flight(), schedule.waiting(), schedule.hosts()), (0, 0, 0), "no lane leaks");
}

proptest! {
    /// In the order of the input, one after the other: what a full order window comes to.
    #[test]
    fn the_oldest_alone_is_never_stuck(
        limits in limits(),
        hosts in prop::collection::vec(0usize..5, 1..40),
        plays in prop::collection::vec(some_play(), 1..20),
    ) {
        let limits = Limits { window: NonZeroUsize::new(1_000).unwrap(), ..limits };
        let mut schedule = schedule(&limits, 1);
        schedule.track_inputs();
        let mut plays = plays.iter().cycle();
        let mut now = Duration::ZERO;
        for (seq, &host) in hosts.iter().enumerate() {
            schedule.admit(job(seq as u64, host), now);
        }
        for seq in 0..hosts.len() as u64 {
            let mut attempts = 0;
            loop {
                let Lease { ticket, mut job } = match schedule.step_for(seq, now) {
                    Step::Go(lease) => lease,
                    Step::Read | Step::Refuse(_) => unreachable!("nothing is read or refused"),
                    Step::Wait(_) => {
                        let timer = schedule.next_timer();
                        prop_assert!(timer.is_some_and(|at| at > now), "at {now:?} it waits for {timer:?}");
                        now = timer.unwrap();
                        continue;
                    }
                };
                prop_assert_eq!(job.seq, seq);
                let play = plays.next().unwrap();
                now += play.takes;
                play.cool.iter().for_each(|cool| schedule.cool(&ticket, now + *cool, now));
                attempts += 1;
                match play.again.filter(|_| attempts < 3) {
                    Some((wait, host)) => {
                        job.url = url(host);
                        schedule.requeue(ticket, job, now + wait, now);
                    }
                    None => {
                        schedule.settle(ticket, now);
                        break;
                    }
                }
            }
        }
        prop_assert_eq!((schedule.in_flight(), schedule.waiting()), (0, 0));
    }
}
