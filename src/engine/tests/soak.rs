//! Any mix of options: no input is lost, no limit is exceeded, and the run ends.

use std::sync::mpsc::channel;

use super::*;
use crate::plan::{HostRule, LimitBy, RobotsOptions};

/// Runs on a thread of its own: a run without end must not block the tests.
fn ends<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, outcome) = channel();
    std::thread::spawn(move || done.send(run()));
    outcome.recv_timeout(Duration::from_secs(60)).expect("the run ends")
}

fn repeated(path: &str, times: usize) -> Vec<String> {
    (0..times).map(|n| format!("{path}?{n}")).collect()
}

fn run_lines(plan: Plan, lines: Vec<String>, stops: Vec<(Duration, Stop)>) -> Ran {
    ends(move || run(&plan, &lines.iter().map(String::as_str).collect::<Vec<_>>(), &stops))
}

#[test]
fn a_host_that_is_down_for_a_minute_loses_nothing() {
    for ordered in [None, Some(0)] {
        let plan = Plan { ordered, ..Plan::default() };
        let ran = run_lines(plan, repeated("http://gone.test/ok", 50), Vec::new());
        assert_eq!(ran.records.iter().filter(|record| record.1 == Some(200)).count(), 50, "{ordered:?}");
        assert!(ran.took < Duration::from_secs(100), "{:?}", ran.took);
        let probes = ran.script.0.lock().unwrap().started.len() - 50;
        assert!(probes <= 10 + 8 + 7, "ten failures, those in flight with them, and a few probes: {probes}");
    }
}

#[test]
fn unlimited_waiting_overflows_nothing() {
    let mut plan = Plan::default();
    (plan.retry.max_time, plan.retry.max_wait) = (Duration::MAX, Duration::MAX);
    let mut lines = repeated("http://gone.test/ok", 20);
    lines.push("/wait/18446744073709551615".to_owned());
    let ran = run_lines(plan, lines, vec![(Duration::from_secs(3600), Stop::Drain)]);
    assert_eq!(ran.records.iter().filter(|record| record.1 == Some(200)).count(), 20);
}

#[test]
fn a_dead_service_is_not_doubled() {
    for by_domain in [false, true] {
        let mut plan = Plan::default();
        plan.limits.limit_by = if by_domain { LimitBy::Domain } else { LimitBy::Origin };
        let ran = run_lines(plan, repeated("http://a.test/flaky/99999", 10_000), Vec::new());
        assert_eq!(ran.records.len(), 10_000);
        let retries = ran.script.0.lock().unwrap().started.len() - 10_000;
        let most = 10_000 / 5 + 100 + 10 * ran.took.as_secs() as usize;
        assert!((100..=most).contains(&retries), "{retries} in {:?}, not {most}", ran.took);
    }
}

/// Paths on some hosts, of which one is away for a minute, and others have trouble with robots.txt.
fn lines() -> impl Strategy<Value = Vec<String>> {
    let hosts = ["//a.test", "//a.test", "//b.a.test", "//c.test", "//gone.test", "//slow.test", "//never.test"];
    let paths = [
        "/ok",
        "/ok",
        "/flaky/2",
        "/flaky/9",
        "/to/ok",
        "/to/http://a.test/to/ok",
        "/to/http://gone.test/ok",
        "/reset",
        "/slow/300",
        "/slow/9000",
        "/big/90000",
        "/wait/2",
        "/wait/0",
        "/wait/90",
        "/pages/2",
        "/private",
        "/panic",
        "/ok begun",
    ];
    let hosts = (prop::sample::select(hosts.to_vec()), prop::sample::select(paths.to_vec()));
    let line = prop_oneof![
        20 => hosts.prop_map(|(host, path)| format!("{host}{path}")),
        1 => Just("bad".to_owned()),
    ];
    prop::collection::vec(line, 0..60)
}

fn rate() -> impl Strategy<Value = Option<Rate>> {
    prop::option::of(
        (1u32..50).prop_map(|count| Rate { count: count.try_into().unwrap(), per: Duration::from_secs(1) }),
    )
}

prop_compose! {
    fn limits()(
        (concurrency, host_concurrency, window) in (1usize..12, 1usize..4, 1usize..30),
        (rate, host_rate, rule_rate) in (rate(), rate(), rate()),
        (by_domain, adaptive) in any::<(bool, bool)>(),
        burst in 1u32..4,
    ) -> Limits {
        let rule = HostRule { hosts: "a.test".parse().unwrap(), concurrency: NonZeroUsize::new(2), rate: rule_rate };
        Limits {
            concurrency: concurrency.try_into().unwrap(),
            host_concurrency: host_concurrency.try_into().unwrap(),
            rate,
            host_rate,
            burst: burst.try_into().unwrap(),
            host_rules: rule_rate.is_some().then_some(rule).into_iter().collect(),
            limit_by: if by_domain { LimitBy::Domain } else { LimitBy::Origin },
            adaptive,
            window: window.try_into().unwrap(),
            max_memory: 200_000,
        }
    }
}

prop_compose! {
    fn plans()(
        limits in limits(),
        ordered in prop::option::of(prop_oneof![Just(0usize), 0usize..100_000]),
        (dedup, robots, paginate) in any::<(bool, bool, bool)>(),
        retries in 0u32..4,
        max_time in prop::sample::select(vec![1, 20, 120, u64::MAX]),
    ) -> Plan {
        let mut plan = Plan { limits, ordered, ..Plan::default() };
        plan.dedup = dedup.then_some(crate::plan::DEFAULT_DEDUP_MAX);
        plan.robots = robots.then(|| RobotsOptions::new(&plan.request, None));
        plan.paginate = paginate.then_some(Paginate::new(NextPage::Link));
        (plan.retry.retries, plan.retry.max_time) = (retries, Duration::from_secs(max_time));
        plan.fetch.max_filesize = 1_000;
        plan
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn every_run_ends_and_accounts_for_every_input(
        plan in plans(),
        lines in lines(),
        stop in prop::option::weighted(0.3, (0u64..90_000, 0u64..5_000)),
    ) {
        let stops: Vec<_> = stop
            .map(|(first, then)| [(first, Stop::Drain), (first + then, Stop::Now)])
            .into_iter()
            .flatten()
            .map(|(ms, how)| (Duration::from_millis(ms), how))
            .collect();
        let (stopped, count) = (!stops.is_empty(), lines.len() as u64);
        let (pages, ordered, concurrency) = (plan.paginate.is_some(), plan.ordered, plan.limits.concurrency.get());
        let ran = run_lines(plan, lines, stops);
        let mut seqs: Vec<u64> = ran.records.iter().map(|record| record.0).collect();
        prop_assert!(ordered.is_none() || seqs.is_sorted(), "{:?}", seqs);
        seqs.sort_unstable();
        let records = seqs.len();
        seqs.dedup();
        prop_assert!(pages || seqs.len() == records, "a record twice");
        let facts = &ran.finish.run;
        prop_assert_eq!((facts.admitted, facts.records), (count, records as u64));
        prop_assert_eq!(facts.settled + facts.skipped, count);
        prop_assert!(facts.settled == seqs.len() as u64 && (stopped || facts.skipped == 0));
        prop_assert!(ran.script.0.lock().unwrap().peak <= concurrency);
        prop_assert!(ran.took < Duration::from_secs(3600), "{:?}", ran.took);
        let bounded: f64 = facts.bounded_by.iter().map(|bound| bound.seconds).sum();
        prop_assert!((bounded - facts.wall_s).abs() < 1e-6, "{} of {} s", bounded, facts.wall_s);
        let stalls = facts.window_stall_s + facts.memory_stall_s + facts.sink_stall_s + facts.order_stall_s;
        prop_assert!(stalls <= facts.wall_s + 1e-6);
    }
}
