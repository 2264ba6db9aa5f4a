//! Measures leases per second, with jobs spread over one, a thousand and a hundred thousand hosts, ten per domain; and
//! starts per second of a probe's pacer.

use std::collections::VecDeque;
use std::hint::black_box;
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use haul::model::{Job, Request};
use haul::plan::{Arrivals, HostRule, LimitBy, Limits, Load, LoadModel, Pace, Rate};
use haul::schedule::{Pacer, PacerStep, Schedule, Step};
use url::Url;

const JOBS: usize = 200_000;

fn jobs(hosts: usize) -> std::vec::IntoIter<Box<Job>> {
    let request = Arc::new(Request::default());
    let url = |n: usize| {
        let host = n % hosts;
        Url::parse(&format!("http://host{host}.domain{}.test/{n}", host / 10)).expect("a URL")
    };
    let jobs: Vec<_> = (0..JOBS).map(|n| Box::new(Job::new(n as u64, url(n), Arc::clone(&request)))).collect();
    jobs.into_iter()
}

/// Runs all jobs, 64 in flight. They complete in the order in which they start.
fn drain(limits: &Limits, mut input: impl Iterator<Item = Box<Job>>) -> usize {
    let mut schedule = Schedule::new(limits, Duration::MAX, NonZeroUsize::new(4).expect("four"));
    let mut wire = VecDeque::new();
    let (mut now, mut leases) = (Duration::ZERO, 0);
    loop {
        now += Duration::from_nanos(100);
        match schedule.step(now) {
            Step::Refuse(_) => unreachable!("every host answers"),
            Step::Go(lease) => {
                leases += 1;
                wire.push_back(lease);
            }
            Step::Read => match input.next() {
                Some(job) => schedule.admit(job, now),
                None => match wire.pop_front() {
                    Some(lease) => schedule.settle(lease.ticket, now),
                    None => return leases,
                },
            },
            Step::Wait(_) => match wire.pop_front() {
                Some(lease) => schedule.settle(lease.ticket, now),
                None => now = schedule.next_timer().unwrap_or(now),
            },
        }
    }
}

fn schedule(c: &mut Criterion) {
    let plain = Limits { host_concurrency: NonZeroUsize::new(64).expect("64"), ..Limits::default() };
    let fast = Rate { count: NonZeroU32::new(1_000_000_000).expect("a billion"), per: Duration::from_secs(1) };
    let rated =
        Limits { rate: Some(fast), host_rate: Some(fast), burst: NonZeroU32::new(64).expect("64"), ..plain.clone() };
    let rule = |n| {
        let hosts = format!("*.domain{n}.test").parse().expect("a pattern");
        HostRule { hosts, concurrency: None, rate: Some(fast) }
    };
    let ruled = Limits { host_rules: (0..20).map(rule).collect(), ..plain.clone() };
    let by_domain = Limits { limit_by: LimitBy::Domain, ..rated.clone() };
    let adaptive = Limits { adaptive: true, ..plain.clone() };
    let all =
        [("plain", &plain), ("rates", &rated), ("rules", &ruled), ("domains", &by_domain), ("adaptive", &adaptive)];
    let mut group = c.benchmark_group("schedule");
    group.throughput(Throughput::Elements(JOBS as u64)).sample_size(10);
    for hosts in [1, 1_000, 100_000] {
        for (name, limits) in all {
            group.bench_function(BenchmarkId::new(name, hosts), |b| {
                b.iter_batched(|| jobs(hosts), |jobs| black_box(drain(limits, jobs)), criterion::BatchSize::LargeInput);
            });
        }
    }
    group.finish();
}

/// Makes all starts as soon as they are due; a worker has its answer at once.
fn pace(load: &Load) -> usize {
    let (mut pacer, mut now, mut starts) = (Pacer::new(load), Duration::ZERO, 0);
    while starts < JOBS {
        match pacer.next(now) {
            PacerStep::Start(due) => {
                starts += 1;
                pacer.answered(due);
            }
            PacerStep::Wait(until) => now = until,
            step => unreachable!("{step:?} in an endless load"),
        }
    }
    starts
}

fn pacer(c: &mut Criterion) {
    let load =
        |model| Load { model, requests: None, duration: None, warm_up: Duration::ZERO, until: Vec::new(), seed: 1 };
    let open = |pace, arrivals| load(LoadModel::Open { pace, arrivals });
    let constant = Pace::Constant("20k/s".parse().expect("a rate"));
    let ramp = Pace::Stages("0..20k/s@1m".parse().expect("stages"));
    let workers = NonZeroUsize::new(64).expect("64");
    let loads = [
        ("constant", open(constant.clone(), Arrivals::Constant)),
        ("poisson", open(constant, Arrivals::Poisson)),
        ("ramp", open(ramp, Arrivals::Constant)),
        ("workers", load(LoadModel::Closed { workers, think_time: Duration::from_millis(1) })),
    ];
    let mut group = c.benchmark_group("pacer");
    group.throughput(Throughput::Elements(JOBS as u64)).sample_size(10);
    for (name, load) in loads {
        group.bench_function(name, |b| b.iter(|| black_box(pace(&load))));
    }
    group.finish();
}

criterion_group!(benches, schedule, pacer);
criterion_main!(benches);
