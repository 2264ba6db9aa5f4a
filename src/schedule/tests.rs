//! The schedule's promises, on a scripted transport and a clock that only the test moves.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use reqwest::Url;

use super::{Held, Lease, Schedule, Step, Ticket};
use crate::job::{Job, Request, host_key};
use crate::plan::{Limits, Rate};

/// How one attempt of the scripted transport goes.
#[derive(Debug, Clone)]
struct Play {
    takes: Duration,
    /// Come back after this long, to this host.
    again: Option<(Duration, usize)>,
    /// And cool the host for this long.
    cool: Option<Duration>,
}

#[derive(Debug, Clone)]
struct Script {
    limits: Limits,
    fetchers: usize,
    hosts: Vec<usize>,
    plays: Vec<Play>,
}

/// What a run of the script showed.
#[derive(Debug, Default)]
struct Seen {
    settled: Vec<u64>,
    /// When each attempt left, and to which host.
    left: Vec<(Duration, String)>,
    end: Duration,
}

fn url(host: usize) -> Url {
    let scheme = if host.is_multiple_of(3) { "https" } else { "http" };
    Url::parse(&format!("{scheme}://h{host}.test/")).unwrap()
}

fn job(seq: u64, host: usize) -> Box<Job> {
    Box::new(Job::new(seq, url(host), Arc::new(Request::default())))
}

/// Plays the script to its end and checks on the way what must hold at every instant.
fn play(script: &Script) -> Seen {
    let mut schedule = Schedule::new(&script.limits, NonZeroUsize::new(script.fetchers).unwrap());
    let concurrency = script.limits.concurrency.get();
    let window = script.limits.window.get();
    let mut input = script.hosts.iter().enumerate().map(|(seq, &host)| job(seq as u64, host)).peekable();
    let mut plays = script.plays.iter().cycle().cloned();
    let mut wire: BTreeMap<(Duration, usize), (Ticket, Box<Job>, Play)> = BTreeMap::new();
    let mut on_host: HashMap<String, usize> = HashMap::new();
    let (mut now, mut seen, mut attempts) = (Duration::ZERO, Seen::default(), 0);
    loop {
        let held = loop {
            match schedule.step(now) {
                Step::Go(lease) => {
                    let host = host_key(&lease.job.url).into_owned();
                    let flying = on_host.entry(host.clone()).or_default();
                    *flying += 1;
                    assert!(*flying <= script.limits.host_concurrency.get(), "host limit exceeded");
                    assert!(lease.ticket.fetcher() < script.fetchers);
                    seen.left.push((now, host));
                    let play = plays.next().unwrap();
                    attempts += 1;
                    wire.insert((now + play.takes, attempts), (lease.ticket, lease.job, play));
                }
                Step::Read if input.peek().is_some() => schedule.admit(input.next().unwrap(), now),
                Step::Read => break None,
                Step::Hold(held) => break Some(held),
            }
        };
        assert!(schedule.in_flight() <= concurrency && schedule.in_flight() == wire.len());
        assert!(schedule.waiting() <= window + concurrency, "the window is not bounded");
        let unlimited = script.limits.rate.is_none() && script.limits.host_rate.is_none();
        let again = script.plays.iter().filter_map(|play| play.again.map(|(_, host)| host));
        let tls = script.hosts.iter().copied().chain(again).any(|host| host.is_multiple_of(3)); // starts with one
        if unlimited && wire.len() < concurrency && !tls {
            assert!(!schedule.has_due_job(now), "an idle slot while a job could go");
            assert!(held != Some(Held::Slots));
        }
        let done = wire.first_key_value().map(|(&(at, _), _)| at);
        let Some(at) = done.into_iter().chain(schedule.next_timer().map(|at| at.max(now))).min() else { break };
        if done.is_none() && schedule.waiting() == 0 && input.peek().is_none() && at > now {
            now = at; // only idle lanes are left: let them expire
            continue;
        }
        now = at;
        while let Some(first) = wire.first_entry() {
            if first.key().0 > now {
                break;
            }
            let (ticket, mut job, play) = first.remove();
            *on_host.get_mut(&*host_key(&job.url)).unwrap() -= 1;
            if let Some(cool) = play.cool {
                schedule.cool(&ticket, now + cool);
            }
            match play.again.filter(|_| job.place.line < 3) {
                Some((wait, host)) => {
                    job.place.line += 1; // counts the attempts of this test
                    job.url = url(host);
                    schedule.requeue(ticket, job, now + wait, now);
                }
                None => {
                    seen.settled.push(job.seq);
                    schedule.settle(ticket, now);
                }
            }
        }
    }
    assert!(input.peek().is_none() && schedule.waiting() == 0 && schedule.in_flight() == 0, "jobs are left");
    assert_eq!(schedule.hosts(), 0, "lanes leak");
    seen.end = now;
    seen
}

fn rate() -> impl Strategy<Value = Option<Rate>> {
    prop::option::of(
        (1u32..200, 1u64..3)
            .prop_map(|(count, per)| Rate { count: NonZeroU32::new(count).unwrap(), per: Duration::from_secs(per) }),
    )
}

fn limits() -> impl Strategy<Value = Limits> {
    (1usize..20, 1usize..6, rate(), rate(), 1u32..5, 1usize..30).prop_map(|(c, hc, rate, host_rate, burst, window)| {
        Limits {
            concurrency: NonZeroUsize::new(c).unwrap(),
            host_concurrency: NonZeroUsize::new(hc).unwrap(),
            rate,
            host_rate,
            burst: NonZeroU32::new(burst).unwrap(),
            window: NonZeroUsize::new(window).unwrap(),
            ..Limits::default()
        }
    })
}

fn some_play() -> impl Strategy<Value = Play> {
    let again = prop::option::weighted(0.3, (0u64..500, 0usize..12));
    (0u64..200, again, prop::option::weighted(0.1, 0u64..2000)).prop_map(|(takes, again, cool)| Play {
        takes: Duration::from_millis(takes),
        again: again.map(|(wait, host)| (Duration::from_millis(wait), host)),
        cool: cool.map(Duration::from_millis),
    })
}

fn script() -> impl Strategy<Value = Script> {
    (limits(), 1usize..5, prop::collection::vec(0usize..12, 0..120), prop::collection::vec(some_play(), 1..20))
        .prop_map(|(limits, fetchers, hosts, plays)| Script { limits, fetchers, hosts, plays })
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
    fn every_job_settles_once_within_every_limit(script in script()) {
        let seen = play(&script);
        let unique: HashSet<_> = seen.settled.iter().collect();
        prop_assert_eq!(seen.settled.len(), script.hosts.len());
        prop_assert_eq!(unique.len(), script.hosts.len());
        let burst = script.limits.burst.get();
        if let Some(rate) = script.limits.rate {
            assert_rate(&seen.left.iter().map(|(at, _)| *at).collect::<Vec<_>>(), rate, burst);
        }
        if let Some(rate) = script.limits.host_rate {
            let mut by_host: HashMap<&str, Vec<Duration>> = HashMap::new();
            for (at, host) in &seen.left {
                by_host.entry(host).or_default().push(*at);
            }
            by_host.values().for_each(|left| assert_rate(left, rate, burst));
        }
    }

    #[test]
    fn a_stuck_host_holds_nobody_up(hosts in prop::collection::vec(1usize..6, 1..80), stuck_at in 0usize..80) {
        let takes = Duration::from_millis(10);
        let run = |with_stuck: bool| {
            let limits = Limits { concurrency: NonZeroUsize::new(100).unwrap(), ..Limits::default() };
            let mut schedule = Schedule::new(&limits, NonZeroUsize::MIN);
            let mut wire = BTreeMap::new();
            let (mut now, mut fast_done, mut id) = (Duration::ZERO, Duration::ZERO, 0);
            for (seq, host) in hosts.iter().enumerate() {
                schedule.admit(job(seq as u64, *host), now);
                if with_stuck && seq == stuck_at % hosts.len() {
                    (0..20).for_each(|n| schedule.admit(job(1000 + n, 7), now));
                }
            }
            loop {
                while let Step::Go(lease) = schedule.step(now) {
                    id += 1;
                    let stuck = lease.job.seq >= 1000;
                    let end = now + if stuck { Duration::from_secs(3600) } else { takes };
                    wire.insert((end, id), (lease.ticket, stuck));
                }
                let Some(((at, _), (ticket, stuck))) = wire.pop_first() else { return fast_done };
                now = at;
                fast_done = if stuck { fast_done } else { now };
                schedule.settle(ticket, now);
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
    let play_one = Play { takes: Duration::from_millis(5), again: None, cool: None };
    let script = Script { limits, fetchers: 2, hosts: (0..501).map(|n| 1 + n % 2).collect(), plays: vec![play_one] };
    let seen = play(&script);
    assert_eq!(seen.left.last().unwrap().0, Duration::from_secs(5), "500 further departures at 100 a second");
}

#[test]
fn jobs_that_come_back_go_before_fresh_ones_and_in_turn_with_other_hosts() {
    let limits = Limits { concurrency: NonZeroUsize::MIN, ..Limits::default() };
    let mut schedule = Schedule::new(&limits, NonZeroUsize::MIN);
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
    let mut schedule = Schedule::new(&Limits::default(), NonZeroUsize::new(2).unwrap());
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
    let mut schedule = Schedule::new(&limits, NonZeroUsize::new(2).unwrap());
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
    let mut schedule = Schedule::new(&limits, NonZeroUsize::MIN);
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
    let mut schedule = Schedule::new(&limits, NonZeroUsize::MIN);
    let ms = Duration::from_millis;
    for (seq, host) in [(3, 1), (4, 1), (5, 2), (7, 4), (8, 5)] {
        schedule.admit(job(seq, host), ms(0));
    }
    let go = |schedule: &mut Schedule, seq, at| match schedule.step_for(seq, ms(at)) {
        Step::Go(lease) => {
            assert_eq!(lease.job.seq, seq);
            Ok(lease)
        }
        Step::Hold(held) => Err((held, schedule.next_timer())),
        Step::Read => panic!("nothing is read"),
    };
    let first = go(&mut schedule, 3, 0).unwrap();
    assert!(matches!(go(&mut schedule, 3, 0), Err((Held::Slots, _))), "it is on the wire");
    assert!(matches!(go(&mut schedule, 4, 0), Err((Held::Slots, _))), "its host has one slot");
    assert_eq!(go(&mut schedule, 5, 0).unwrap_err(), (Held::Rate, Some(ms(100))), "the run's rate");
    assert_eq!(go(&mut schedule, 5, 99).unwrap_err(), (Held::Rate, Some(ms(100))));
    let second = go(&mut schedule, 5, 100).unwrap();
    schedule.requeue(first.ticket, first.job, ms(500), ms(150));
    assert_eq!(go(&mut schedule, 3, 200).unwrap_err(), (Held::Rate, Some(ms(500))), "its pause");
    assert_eq!(go(&mut schedule, 3, 500).unwrap_err(), (Held::Rate, Some(ms(1000))), "its host's rate");
    let first = go(&mut schedule, 3, 1000).unwrap();
    schedule.cool(&first.ticket, ms(3000));
    schedule.settle(first.ticket, ms(1100));
    assert_eq!(go(&mut schedule, 4, 1200).unwrap_err(), (Held::Rate, Some(ms(3000))), "its host cools down");
    let fourth = go(&mut schedule, 4, 3000).unwrap();
    // Others still take their turn once they may.
    let Step::Go(other) = schedule.step(ms(3100)) else { panic!("a slot is free") };
    assert!(matches!(go(&mut schedule, 8, 4000), Err((Held::Slots, _))), "all slots are taken");
    assert_eq!((schedule.in_flight(), schedule.waiting()), (3, 1));
    for lease in [second, fourth, other] {
        schedule.settle(lease.ticket, ms(4000));
    }
    let Step::Go(last) = schedule.step(ms(4000)) else { panic!("one is left") };
    schedule.settle(last.ticket, ms(5000));
    assert!(matches!(schedule.step(ms(9000)), Step::Read));
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
        let mut schedule = Schedule::new(&limits, NonZeroUsize::MIN);
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
                    Step::Read => unreachable!("nothing is read"),
                    Step::Hold(_) => {
                        let timer = schedule.next_timer();
                        prop_assert!(timer.is_some_and(|at| at > now), "at {now:?} it waits for {timer:?}");
                        now = timer.unwrap();
                        continue;
                    }
                };
                prop_assert_eq!(job.seq, seq);
                let play = plays.next().unwrap();
                now += play.takes;
                play.cool.iter().for_each(|cool| schedule.cool(&ticket, now + *cool));
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
