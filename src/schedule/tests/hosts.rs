//! What single hosts go through: domains, pauses, outages.

use super::*;

const SECOND: Duration = Duration::from_secs(1);

/// All that may leave at `now`.
fn leases(schedule: &mut Schedule, now: Duration) -> Vec<Lease> {
    let mut leases = Vec::new();
    while let Step::Go(lease) = schedule.step(now) {
        leases.push(lease);
    }
    leases
}

fn settle(schedule: &mut Schedule, leases: Vec<Lease>, signal: Signal, now: Duration) {
    for lease in leases {
        schedule.learn(&lease.ticket, signal, SECOND, now);
        schedule.settle(lease.ticket, now);
    }
}

fn job_of(seq: u64, url: &str) -> Box<Job> {
    Box::new(Job::new(seq, url.parse().unwrap(), Arc::new(Request::default())))
}

#[test]
fn hosts_of_a_domain_share_its_limits_in_turn() {
    let limits =
        Limits { limit_by: LimitBy::Domain, host_concurrency: NonZeroUsize::new(2).unwrap(), ..Limits::default() };
    let mut schedule = schedule(&limits, 1);
    let mut now = Duration::ZERO;
    for n in 0..9 {
        schedule.admit(job_of(n, &format!("http://h{}.example.com/", n / 3)), now);
    }
    schedule.admit(job_of(9, "http://example.org/"), now);
    let mut order = Vec::new();
    while schedule.waiting() > 0 {
        let leases = leases(&mut schedule, now);
        assert!(leases.iter().filter(|lease| lease.job.seq < 9).count() <= 2);
        order.extend(leases.iter().map(|lease| lease.job.seq));
        now += SECOND;
        settle(&mut schedule, leases, Signal::Answered, now);
    }
    assert_eq!(order, [0, 3, 9, 6, 1, 4, 7, 2, 5, 8]);
}

#[test]
fn a_rule_gives_a_host_limits_of_its_own() {
    let rule = HostRule { hosts: "slow.test".parse().unwrap(), concurrency: Some(NonZeroUsize::MIN), rate: None };
    let mut schedule = schedule(&Limits { host_rules: vec![rule], ..Limits::default() }, 1);
    for n in 0..20 {
        schedule.admit(job_of(n, if n % 2 == 0 { "http://slow.test/" } else { "http://fast.test/" }), SECOND);
    }
    let leases = leases(&mut schedule, SECOND);
    assert_eq!(leases.iter().filter(|lease| lease.job.seq % 2 == 0).count(), 1);
    assert_eq!(leases.len(), 1 + 8);
}

#[test]
fn after_a_pause_one_request_leaves_then_more() {
    let mut schedule = schedule(&Limits::default(), 1);
    (0..40).for_each(|n| schedule.admit(job(n, 1), SECOND));
    let first = leases(&mut schedule, SECOND);
    assert_eq!(first.len(), 8);
    schedule.cool(&first[0].ticket, 10 * SECOND, SECOND);
    settle(&mut schedule, first, Signal::Answered, SECOND);
    assert!(leases(&mut schedule, 9 * SECOND).is_empty());
    let mut numbers = Vec::new();
    for n in 10..14 {
        let some = leases(&mut schedule, n * SECOND);
        numbers.push(some.len());
        settle(&mut schedule, some, Signal::Answered, n * SECOND);
    }
    assert_eq!(numbers, [1, 2, 4, 8]);
}

/// Sends jobs to a host that cannot be reached until `back`: when attempts left, and what became of the jobs.
fn outage(jobs: u64, max_outage: Duration, back: Duration) -> (Vec<Duration>, usize, usize) {
    let mut schedule = Schedule::new(&Limits::default(), max_outage, NonZeroUsize::MIN);
    let (mut now, mut left, mut done, mut refused) = (Duration::ZERO, Vec::new(), 0, 0);
    (0..jobs).for_each(|n| schedule.admit(job(n, 1), now));
    loop {
        match schedule.step(now) {
            Step::Go(lease) => {
                left.push(now);
                let dead = now < back;
                schedule.learn(&lease.ticket, if dead { Signal::Unreachable } else { Signal::Answered }, SECOND, now);
                if dead {
                    schedule.requeue(lease.ticket, lease.job, now, now);
                } else {
                    done += 1;
                    schedule.settle(lease.ticket, now);
                }
            }
            Step::Refuse(_) => refused += 1,
            Step::Read | Step::Wait(_) if schedule.waiting() == 0 => return (left, done, refused),
            Step::Read | Step::Wait(_) => now = schedule.next_timer().expect("something is to come"),
        }
    }
}

#[test]
fn a_host_that_is_down_for_a_minute_loses_nothing() {
    let (left, done, refused) = outage(50, 120 * SECOND, 60 * SECOND);
    assert_eq!((done, refused), (50, 0));
    let probes: Vec<_> = left[10..].iter().map(Duration::as_secs).take_while(|at| *at < 60).collect();
    assert_eq!(probes, [1, 3, 7, 15, 31], "ten failures, then one request at a time");
}

#[test]
fn jobs_of_a_host_that_stays_away_are_refused() {
    let (left, done, refused) = outage(50, 20 * SECOND, Duration::MAX);
    assert_eq!((done, refused), (0, 50));
    assert_eq!(left.len(), 10 + 4);
    assert_eq!(outage(50, Duration::ZERO, Duration::MAX).2, 50);
}

#[test]
fn a_host_that_was_given_up_is_asked_again_by_one() {
    let mut schedule = Schedule::new(&Limits::default(), Duration::ZERO, NonZeroUsize::MIN);
    for n in 0..20 {
        schedule.admit(job(n, 1), SECOND);
    }
    let mut refused = 0;
    loop {
        match schedule.step(SECOND) {
            Step::Go(lease) => settle(&mut schedule, vec![lease], Signal::Unreachable, SECOND),
            Step::Refuse(_) => refused += 1,
            _ => break,
        }
    }
    assert_eq!((refused, schedule.waiting(), schedule.hosts()), (10, 0, 1));
    for n in 20..30 {
        schedule.admit(job(n, 1), 3 * SECOND);
    }
    let probe = leases(&mut schedule, 3 * SECOND);
    assert_eq!((probe.len(), schedule.waiting()), (1, 9));
    settle(&mut schedule, probe, Signal::Answered, 3 * SECOND);
    assert_eq!(leases(&mut schedule, 3 * SECOND).len(), 2);
}

#[test]
fn only_requests_for_robots_txt_go_to_a_closed_host() {
    let mut schedule = schedule(&Limits::default(), 1);
    let (url, request) = (url(1), Arc::<Request>::default());
    schedule.close(&url);
    (0..5).for_each(|n| schedule.admit(job(n, 1), SECOND));
    assert!(leases(&mut schedule, SECOND).is_empty());
    assert_eq!(schedule.bottleneck(SECOND).unwrap().by, Blocked::Robots);
    schedule.admit_robots_txt(Box::new(Job::robots_txt(url.clone(), request)), SECOND);
    let mut robots_txt = leases(&mut schedule, SECOND);
    assert_eq!(robots_txt.len(), 1);
    let Lease { ticket, job } = robots_txt.remove(0);
    schedule.requeue(ticket, job, 2 * SECOND, SECOND);
    assert!(leases(&mut schedule, SECOND).is_empty());
    let robots_txt = leases(&mut schedule, 2 * SECOND);
    assert!(robots_txt.len() == 1 && robots_txt[0].job.is_robots_txt());
    settle(&mut schedule, robots_txt, Signal::Answered, 2 * SECOND);
    let refused = schedule.open(&url, SECOND, |job| job.seq % 2 == 0, 2 * SECOND);
    assert_eq!(refused.iter().map(|job| job.seq).collect::<Vec<_>>(), [1, 3]);
    for n in 2..6 {
        let spaced = leases(&mut schedule, n * SECOND);
        assert_eq!(spaced.len(), usize::from(n < 5), "at {n}");
        settle(&mut schedule, spaced, Signal::Answered, n * SECOND);
    }
}

#[test]
fn hosts_of_a_domain_take_turns_at_its_rate() {
    let limits = Limits {
        limit_by: LimitBy::Domain,
        host_rate: Some(Rate { count: NonZeroU32::MIN, per: SECOND }),
        ..Limits::default()
    };
    let mut schedule = schedule(&limits, 1);
    (0..12).for_each(|n| schedule.admit(job_of(n, &format!("http://h{}.example.com/", n % 4)), Duration::ZERO));
    let mut hosts = Vec::new();
    for n in 0..12 {
        let lease = leases(&mut schedule, n * SECOND).pop().expect("one a second");
        hosts.push(lease.job.seq % 4);
        schedule.settle(lease.ticket, n * SECOND);
    }
    assert_eq!(hosts, [0, 1, 2, 3].repeat(3));
}

#[test]
fn a_host_that_wants_too_long_a_rest_is_asked_by_one_at_a_time() {
    let mut schedule = schedule(&Limits::default(), 1);
    (0..40).for_each(|n| schedule.admit(job(n, 1), SECOND));
    let mut out = leases(&mut schedule, SECOND);
    assert_eq!(out.len(), 8);
    for n in (8..=20_usize).rev() {
        let Lease { ticket, .. } = out.remove(0);
        schedule.learn(&ticket, Signal::Overloaded, SECOND, SECOND);
        schedule.cool(&ticket, SECOND, SECOND);
        schedule.settle(ticket, SECOND);
        out.extend(leases(&mut schedule, SECOND));
        assert!(out.len() <= n.saturating_sub(12).max(1), "{} are out", out.len());
    }
}

#[test]
fn a_pause_outlives_the_jobs_that_were_there_for_it() {
    let mut schedule = schedule(&Limits::default(), 1);
    schedule.admit(job(0, 1), SECOND);
    let lease = leases(&mut schedule, SECOND).remove(0);
    schedule.cool(&lease.ticket, 10 * SECOND, SECOND);
    schedule.settle(lease.ticket, SECOND);
    assert!(leases(&mut schedule, 11 * SECOND).is_empty());
    (1..9).for_each(|n| schedule.admit(job(n, 1), 11 * SECOND));
    assert_eq!(leases(&mut schedule, 11 * SECOND).len(), 1);
}

#[test]
fn what_a_host_was_sent_again_outlives_its_jobs() {
    let mut schedule = schedule(&Limits::default(), 1);
    let mut retries = 0;
    for n in 0..500_u64 {
        let now = Duration::from_millis(n);
        schedule.admit(job(n, 1), now);
        let lease = leases(&mut schedule, now).remove(0);
        if schedule.may_retry(&lease.ticket, now) {
            schedule.count_retry(&lease.ticket, now);
            retries += 1;
        }
        schedule.settle(lease.ticket, now);
    }
    assert!(retries <= 100 + 500 / 5, "{retries}");
    assert!(matches!(schedule.step(60 * SECOND), Step::Read));
    assert_eq!(schedule.hosts(), 0);
}

#[test]
fn a_request_for_robots_txt_that_was_redirected_wakes_the_schedule() {
    let mut schedule = schedule(&Limits::default(), 1);
    schedule.track_inputs();
    schedule.close(&url(1));
    schedule.admit_robots_txt(Box::new(Job::robots_txt(url(1), Arc::default())), Duration::ZERO);
    schedule.admit(job(0, 1), Duration::ZERO);
    schedule.admit(job(1, 2), Duration::ZERO);
    let Step::Go(Lease { ticket, mut job }) = schedule.step_for(0, Duration::ZERO) else {
        panic!("robots.txt goes first")
    };
    job.url = url(2);
    schedule.requeue(ticket, job, SECOND, Duration::ZERO);
    assert!(matches!(schedule.step_for(0, Duration::ZERO), Step::Wait(_)));
    assert_eq!(schedule.next_timer(), Some(SECOND));
    let Step::Go(lease) = schedule.step_for(0, SECOND) else { panic!("the redirect is followed") };
    assert!(lease.job.is_robots_txt());
    schedule.settle(lease.ticket, SECOND);
}

#[test]
fn the_oldest_is_refused_too_once_its_host_has_been_away_for_too_long() {
    let mut schedule = Schedule::new(&Limits::default(), 5 * SECOND, NonZeroUsize::MIN);
    schedule.track_inputs();
    (0..10).for_each(|n| schedule.admit(job(n, 1), Duration::ZERO));
    let (mut now, mut refused) = (Duration::ZERO, Vec::new());
    while refused.len() < 10 {
        let oldest = refused.len() as u64;
        match schedule.step_for(oldest, now) {
            Step::Go(lease) => {
                schedule.learn(&lease.ticket, Signal::Unreachable, SECOND, now);
                schedule.requeue(lease.ticket, lease.job, now, now);
            }
            Step::Refuse(job) => refused.push(job.seq),
            Step::Read | Step::Wait(_) => now = schedule.next_timer().expect("something is to come"),
        }
        assert!(now <= 7 * SECOND, "{refused:?}");
    }
}

proptest! {
    /// Whatever lets them go: while all hosts of a domain have jobs, none gets further than the others by more than
    /// two.
    #[test]
    fn hosts_that_share_limits_share_them_fairly(
        (hosts, others) in (1u64..8, 0u64..3),
        (concurrency, host_concurrency, burst) in (1usize..9, 1usize..5, 1u32..5),
        (rate, host_rate) in (rate(), rate()),
        takes in prop::collection::vec(0u64..300, 1..20),
    ) {
        let limits = Limits {
            limit_by: LimitBy::Domain,
            concurrency: NonZeroUsize::new(concurrency).unwrap(),
            host_concurrency: NonZeroUsize::new(host_concurrency).unwrap(),
            burst: NonZeroU32::new(burst).unwrap(),
            rate,
            host_rate,
            ..Limits::default()
        };
        let mut schedule = schedule(&limits, 1);
        let (mut now, mut sent, mut wire) = (Duration::ZERO, vec![0; hosts as usize], BTreeMap::new());
        (0..hosts * 200).for_each(|n| schedule.admit(job_of(n, &format!("http://h{}.example.com/", n % hosts)), now));
        (0..others * 20).for_each(|n| schedule.admit(job_of(n, &format!("http://o{}.test/", n % others)), now));
        for n in 0.. {
            for lease in leases(&mut schedule, now) {
                if lease.job.url.domain().is_some_and(|domain| domain.ends_with("example.com")) {
                    sent[(lease.job.seq % hosts) as usize] += 1;
                    let (least, most) = (sent.iter().min().unwrap(), sent.iter().max().unwrap());
                    prop_assert!(most - least <= 2, "{:?}", sent);
                }
                let takes = takes[wire.len() % takes.len()];
                wire.insert((now + Duration::from_millis(takes), n, lease.job.seq, lease.job.url.clone()), lease);
            }
            let done = wire.first_key_value().map(|((at, ..), _)| *at);
            let Some(at) = done.into_iter().chain(schedule.next_timer()).min() else { break };
            now = at;
            while let Some(first) = wire.first_entry().filter(|first| first.key().0 <= now) {
                let lease = first.remove();
                schedule.settle(lease.ticket, now);
            }
        }
        prop_assert!(sent.iter().all(|&sent| sent == 200));
    }
}
