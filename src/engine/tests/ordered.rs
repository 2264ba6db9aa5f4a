//! Records in the order of the inputs.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::plan::Rate;

/// As [`plan`], and in order, with so many bytes that may wait.
fn ordered(concurrency: usize, window: usize) -> Plan {
    Plan { ordered: Some(window), ..plan(concurrency) }
}

fn seqs(ran: &Ran) -> Vec<u64> {
    ran.records.iter().map(|record| record.0).collect()
}

fn per_second(count: u32) -> Option<Rate> {
    Some(Rate { count: NonZeroU32::new(count).unwrap(), per: Duration::from_secs(1) })
}

#[test]
fn a_slow_first_input_delays_records_but_not_requests() {
    let paths: Vec<&str> = std::iter::once("/slow/5000").chain(std::iter::repeat_n("//b.test/ok", 200)).collect();
    let ran = run(&ordered(4, 4 << 20), &paths, &[]); // each keeps the 8 KiB that it started with
    assert_eq!(seqs(&ran), (0..201).collect::<Vec<_>>());
    let started = &ran.script.0.lock().unwrap().started;
    assert!(started[200] - started[0] < Duration::from_secs(2), "the others did not wait for it");
    assert_eq!((ran.finish.run.order_stall_s, ran.finish.run.late), (0.0, None));
}

#[test]
fn a_full_window_blocks_all_but_the_oldest_and_is_reported() {
    let paths: Vec<&str> = std::iter::once("//slow.test/slow/5000").chain(std::iter::repeat_n("/ok", 200)).collect();
    let ran = run(&ordered(4, 10 << 10), &paths, &[]);
    assert_eq!(seqs(&ran), (0..201).collect::<Vec<_>>());
    let late = ran.finish.run.late.unwrap();
    assert_eq!((late.seq, &*late.host), (0, "http://slow.test"));
    assert!((4.0..5.1).contains(&ran.finish.run.order_stall_s), "{}", ran.finish.run.order_stall_s);
    let started = &ran.script.0.lock().unwrap().started;
    let early = started.iter().filter(|at| **at - started[0] < Duration::from_secs(5)).count();
    assert!(early < 20, "{early} started before the first had ended"); // 8 of 8 KiB fill it, and 4 were in flight
}

#[test]
fn the_oldest_is_retried_although_the_window_is_full() {
    let mut plan = ordered(3, 0);
    plan.retry.base = Duration::from_secs(10);
    let ran = run(&plan, &["/flaky/3", "/to/to/ok", "/ok", "/flaky/2", "/ok", "/ok"], &[]);
    let records: Vec<_> = ran.records.iter().map(|record| (record.0, record.1.unwrap(), record.3)).collect();
    assert_eq!(records, [(0, 200, 3), (1, 200, 1), (2, 200, 1), (3, 200, 2), (4, 200, 1), (5, 200, 1)]);
    assert!(ran.finish.run.order_stall_s > 0.0);
}

#[test]
fn a_job_that_waits_for_its_hosts_rate_is_not_forgotten() {
    let mut plan = ordered(8, 0);
    plan.limits.host_rate = per_second(1);
    let paths: Vec<&str> = std::iter::repeat_n(["/ok", "//b.test/ok"], 5).flatten().collect();
    let ran = run(&plan, &paths, &[]);
    assert_eq!(seqs(&ran), (0..10).collect::<Vec<_>>());
    assert!(ran.took < Duration::from_secs(10), "{:?}", ran.took);
}

#[test]
fn bodies_that_wait_leave_the_oldest_its_memory() {
    let mut plan = ordered(8, usize::MAX);
    plan.limits.max_memory = 1 << 20;
    plan.fetch.max_filesize = 100_000;
    plan.retry.base = Duration::from_millis(50);
    let bodies = ["/flaky/3", "/big/90000", "/big/90000", "//b.test/slow/3000", "/big/90000", "//b.test/big/90000"];
    let ran = run(&plan, &bodies.repeat(20), &[]);
    assert_eq!(seqs(&ran), (0..120).collect::<Vec<_>>());
    let most = ran.script.0.lock().unwrap().most_booked;
    assert!(most <= plan.limits.max_memory + 8 * 100_000, "{most} bytes at once");
}

/// The second body may exceed the memory, as one body always may. While its record waits for the first, that one must
/// be able to do the same.
#[test]
fn records_that_wait_let_the_oldest_body_grow() {
    let mut plan = ordered(2, usize::MAX);
    plan.limits.max_memory = 100_000;
    plan.fetch.max_filesize = 20_000;
    let ran = run(&plan, &["/to/big/90000", "/big/90000"], &[]);
    assert_eq!(seqs(&ran), [0, 1]);
}

/// A body that waits for memory holds the slot of its host. If the oldest input needs that, the body must go on.
#[test]
fn bodies_that_wait_leave_the_oldest_its_slot() {
    let mut plan = ordered(8, usize::MAX);
    plan.limits.host_concurrency = NonZeroUsize::MIN;
    plan.limits.max_memory = 100_000;
    plan.fetch.max_filesize = 1_000;
    let lines = ["/to/http://b.test/ok", "//b.test/big/90000", "//b.test/big/90000", "//c.test/big/90000", "/ok"];
    let ran = run(&plan, &lines, &[]);
    assert_eq!(seqs(&ran), (0..5).collect::<Vec<_>>());
}

/// While the output is behind, other bodies fill the memory. Once it has caught up, the oldest input must start anyway.
#[test]
fn bodies_that_wait_for_a_slow_output_leave_the_oldest_its_memory() {
    let mut plan = ordered(8, usize::MAX);
    plan.retry.base = Duration::from_millis(500);
    plan.limits.max_memory = 16 << 20; // of which bodies may fill 12 MiB
    plan.fetch.max_filesize = 1_000;
    let written = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&written);
    let slow = Each(move |_: &Record| {
        std::thread::sleep(Duration::from_millis(20)); // longer than the run loop needs to see that the output is behind
        count.fetch_add(1, Ordering::SeqCst);
        Ok(())
    });
    let lines = ["/to/http://b.test/big/9000000", "/flaky/2", "//c.test/big/13000000"];
    run_into(&plan, &Script::default(), &lines, slow, &[]);
    assert_eq!(written.load(Ordering::SeqCst), 3);
}

#[test]
fn a_stop_writes_records_that_wait() {
    let stops = [(Duration::from_millis(500), Stop::Drain)];
    let paths: Vec<&str> = ["/slow/5000", "/ok"].into_iter().chain(["//b.test/slow/400"; 20]).collect();
    let mut plan = ordered(64, 1 << 20);
    plan.limits.host_concurrency = NonZeroUsize::new(2).unwrap();
    let ran = run(&plan, &paths, &stops);
    assert_eq!(seqs(&ran), [0, 1, 2, 3, 4, 5]);
    assert_eq!((ran.finish.run.skipped, ran.finish.run.settled), (16, 6));
}

#[test]
fn skipped_inputs_delay_nothing() {
    let mut plan = ordered(64, 1 << 20);
    plan.limits.host_rate = per_second(1);
    let paths = ["//a.test/ok", "//a.test/ok", "//b.test/ok", "//c.test/slow/9000", "//d.test/ok"];
    let written = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&written);
    let sink = Each(move |record: &Record| {
        kept.lock().unwrap().push(record.seq());
        Ok(())
    });
    let stops = [(Duration::from_millis(500), Stop::Drain)];
    let (finish, _) = run_into(&plan, &Script::default(), &paths, sink, &stops);
    assert_eq!((&*written.lock().unwrap(), finish.run.skipped), (&vec![0, 2, 3, 4], 1));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn records_come_in_the_order_of_the_inputs(
        lines in prop::collection::vec(
            (0..4u8, prop::sample::select(vec![
                "/ok", "bad", "/flaky/2", "/flaky/9", "/to/ok", "/reset", "/slow/300", "/slow/9000", "/big/90000", "/ok begun",
            ])),
            0..60,
        ),
        (concurrency, host_concurrency) in (1usize..12, 1usize..4),
        rates in (prop::option::of(1u32..50), prop::option::of(1u32..20)),
        window in prop_oneof![Just(0usize), 0usize..100_000],
        dedup in any::<bool>(),
        stop in prop::option::of((0u64..20_000, 0u64..2_000)),
    ) {
        let mut plan = ordered(concurrency, window);
        plan.limits.host_concurrency = NonZeroUsize::new(host_concurrency).unwrap();
        (plan.limits.rate, plan.limits.host_rate) = (rates.0.and_then(per_second), rates.1.and_then(per_second));
        plan.limits.max_memory = 200_000;
        plan.fetch.max_filesize = 1_000;
        plan.dedup = dedup.then_some(crate::plan::DEFAULT_DEDUP_MAX);
        let paths: Vec<String> = lines
            .iter()
            .map(|(host, path)| if *path == "bad" { path.to_string() } else { format!("//h{host}.test{path}") })
            .collect();
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        let stops: Vec<_> = stop
            .map(|(first, then)| [(first, Stop::Drain), (first + then, Stop::Now)])
            .into_iter()
            .flatten()
            .map(|(ms, how)| (Duration::from_millis(ms), how))
            .collect();
        let ran = run(&plan, &paths, &stops);
        let seqs = seqs(&ran);
        prop_assert!(seqs.is_sorted_by(|a, b| a < b), "{:?}", seqs);
        prop_assert_eq!(ran.finish.run.settled, seqs.len() as u64);
        if stops.is_empty() {
            prop_assert_eq!(seqs.len(), paths.len());
        }
    }

    #[test]
    fn pages_come_in_order_within_the_order(
        pages in prop::collection::vec((0u8..3, 0u64..12), 0..20),
        concurrency in 1usize..6,
        window in 0usize..20_000,
        stop in prop::option::of((0u64..400, 0u64..100)),
    ) {
        let mut plan = ordered(concurrency, window);
        plan.paginate = Some(Paginate::new(NextPage::Link));
        let stops: Vec<_> = stop
            .map(|(first, then)| [(first, Stop::Drain), (first + then, Stop::Now)])
            .into_iter()
            .flatten()
            .map(|(ms, how)| (Duration::from_millis(ms), how))
            .collect();
        let records = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&records);
        let sink = Each(move |record: &Record| {
            let Record::Settled { job, .. } = record else { unreachable!() };
            kept.lock().unwrap().push((record.seq(), job.page().unwrap()));
            Ok(())
        });
        let paths: Vec<String> = pages.iter().map(|(host, more)| format!("//h{host}.test/pages/{more}")).collect();
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        let (finish, _) = run_into(&plan, &Script::default(), &paths, sink, &stops);
        let records = records.lock().unwrap();
        prop_assert!(records.is_sorted_by(|a, b| a < b), "{:?}", records);
        prop_assert_eq!(finish.run.records, records.len() as u64);
        if stops.is_empty() {
            prop_assert_eq!(records.len() as u64, pages.iter().map(|(_, more)| more + 1).sum::<u64>());
        }
    }
}
