//! The loop over a scripted transport, on paused time.

mod duplicates;
mod find;
mod interim;
mod load;
mod ordered;
mod robots;
mod script;
mod soak;
mod until;

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use http::{StatusCode, Version};
use proptest::prelude::*;
use tokio::sync::mpsc;
use tokio::task::LocalSet;
use tokio::time::Instant;
use url::Url;

use script::{Script, answer};

use super::fetchers::{Failures, spawn_fetchers};
use super::generator::Generator;
use super::intake::Batches;
use super::run_loop::{Clock, LoopParts, RunLoop};
use super::wake_timer::WakeTimer;
use super::{Control, Finish, RunError, RunErrorKind, Stop};
use crate::engine::writer::Writer;
use crate::fetch::Transport;
use crate::fetch::memory::MemoryPermit;
use crate::guard::redact::Redact;
use crate::model::{Attempt, Body, ErrorKind, Failure, Head, Invalid, Job, LinePosition, Phase, Record, Request};
use crate::plan::{Limits, NextPage, Paginate, Plan, Rate};
use crate::sink::{Each, Sink};
use crate::source::Entry;

/// Fails if a run is polled without end: then its loop does not let time pass.
async fn within_polls<T>(run: impl Future<Output = T>) -> T {
    let (mut run, mut polls) = (std::pin::pin!(run), 0);
    std::future::poll_fn(|cx| {
        polls += 1;
        assert!(polls < 3_000_000, "the loop turns without end");
        run.as_mut().poll(cx)
    })
    .await
}

/// The result of a run over the script.
struct Ran {
    finish: Finish,
    error: Option<RunErrorKind>,
    records: Vec<(u64, Option<u16>, Option<ErrorKind>, usize)>,
    took: Duration,
    script: Script,
}

/// Runs `paths` on paused time; after `stops`, the run is stopped.
fn run(plan: &Plan, paths: &[&str], stops: &[(Duration, Stop)]) -> Ran {
    let records = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&records);
    let sink = Each(move |record: &Record| {
        let tries = match record {
            Record::Settled { job, .. } => job.retries().len() + 1,
            Record::Invalid(_) | Record::Duplicate { .. } => 0,
        };
        let status = record.status().map(|status| status.as_u16());
        kept.lock().unwrap().push((record.seq(), status, record.error_kind(), tries));
        Ok(())
    });
    let script = Script::default();
    let (end, took) = run_under(&Control::default(), plan, &script, paths, sink, stops);
    let (finish, error) = parts(end);
    let records = std::mem::take(&mut *records.lock().unwrap());
    Ran { finish, error, records, took, script }
}

fn parts(end: Result<Finish, RunError>) -> (Finish, Option<RunErrorKind>) {
    match end.map_err(RunError::into_parts) {
        Ok(finish) => (finish, None),
        Err((kind, finish)) => (finish, Some(kind)),
    }
}

fn run_into(
    plan: &Plan,
    script: &Script,
    paths: &[&str],
    sink: impl Sink,
    stops: &[(Duration, Stop)],
) -> (Finish, Duration) {
    let (end, took) = run_under(&Control::default(), plan, script, paths, sink, stops);
    (end.unwrap(), took)
}

fn run_under(
    control: &Control,
    plan: &Plan,
    script: &Script,
    paths: &[&str],
    sink: impl Sink,
    stops: &[(Duration, Stop)],
) -> (Result<Finish, RunError>, Duration) {
    let (stops, stopped) = (stops.to_vec(), control.clone());
    let stop = async move {
        let start = Instant::now();
        for (after, how) in stops {
            tokio::time::sleep_until(start + after).await;
            stopped.stop(how);
        }
    };
    run_beside(control, plan, script, paths, sink, stop)
}

/// Runs `paths` on paused time while `beside` is polled, too.
fn run_beside(
    control: &Control,
    plan: &Plan,
    script: &Script,
    paths: &[&str],
    sink: impl Sink,
    beside: impl Future<Output = ()> + 'static,
) -> (Result<Finish, RunError>, Duration) {
    let (batches, input) = mpsc::channel(paths.len().max(1));
    for (seq, path) in paths.iter().enumerate() {
        let unreadable = || Err(io::Error::from(io::ErrorKind::InvalidData));
        let read = if *path == "unreadable" { unreadable() } else { Ok(vec![entry(seq as u64, path)]) };
        batches.try_send(read).unwrap();
    }
    drop(batches);
    run_work(control, plan, script, sink, |_| (Some(input), None), beside)
}

/// What a run has to do, given when it began.
type Work = (Option<Batches>, Option<Generator>);

fn run_work(
    control: &Control,
    plan: &Plan,
    script: &Script,
    sink: impl Sink,
    work: impl FnOnce(SystemTime) -> Work,
    beside: impl Future<Output = ()> + 'static,
) -> (Result<Finish, RunError>, Duration) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let local = LocalSet::new();
    runtime.block_on(local.run_until(async {
        let (writer, failure) = Writer::spawn(sink, Redact::default(), control).unwrap();
        let start = Instant::now();
        tokio::task::spawn_local(beside);
        let fetchers = spawn_fetchers(script, start, plan.limits.concurrency, NonZeroUsize::MIN, &local).unwrap();
        let (failures, continuations) = (Failures::new(failure, None), BTreeMap::new());
        let clock = Clock::new(start, WakeTimer::Coarse);
        let (input, generator) = work(clock.started_at());
        let parts = LoopParts { fetchers, writer, input, failures, continuations, generator };
        let run = RunLoop::new(plan, control, clock, parts).run();
        (within_polls(run).await, start.elapsed())
    }))
}

fn entry(seq: u64, path: &str) -> Entry {
    if path == "bad" {
        let message = "list line 1: no URL".to_owned();
        return Entry::Invalid(Box::new(Invalid {
            tags: None,
            seq,
            place: LinePosition::default(),
            method: Default::default(),
            url: path.into(),
            message,
        }));
    }
    let (path, begun) = path.strip_suffix(" begun").map_or((path, false), |path| (path, true));
    let (path, done) = path.strip_suffix(" done").map_or((path, false), |path| (path, true));
    let base = Url::parse("http://h.test").unwrap();
    let url = base.join(path).unwrap();
    let job = Box::new(Job::new(seq, url, Arc::new(Request::default())));
    match (begun, done) {
        (true, _) => Entry::Interrupted(job),
        (_, true) => Entry::Completed(job),
        _ => Entry::Job(job),
    }
}

fn plan(concurrency: usize) -> Plan {
    let concurrency = NonZeroUsize::new(concurrency).unwrap();
    Plan { limits: Limits { concurrency, host_concurrency: concurrency, ..Limits::default() }, ..Plan::default() }
}

#[test]
fn a_request_that_an_earlier_run_began_is_not_sent_again() {
    let ran = run(&plan(1), &["/ok", "/slow/9 begun", "/ok"], &[]);
    let mut records = ran.records;
    records.sort();
    let interrupted = (1, None, Some(ErrorKind::Interrupted), 1);
    assert_eq!(records, [(0, Some(200), None, 1), interrupted, (2, Some(200), None, 1)]);
    assert!(ran.script.0.lock().unwrap().visits.keys().eq(["http://h.test/ok"]));
    let facts = ran.finish.run;
    assert_eq!((facts.admitted, facts.settled, facts.skipped), (3, 3, 0));
}

#[test]
fn every_input_has_one_record_whatever_happens() {
    let paths = ["/ok", "bad", "/flaky/2", "/to/to/ok", "/reset", "/panic", "/flaky/9"];
    let ran = run(&plan(4), &paths, &[]);
    let mut records = ran.records;
    records.sort_by_key(|record| record.0);
    let expected = [
        (0, Some(200), None, 1),
        (1, None, Some(ErrorKind::InvalidInput), 0),
        (2, Some(200), None, 2),
        (3, Some(200), None, 1),
        (4, None, Some(ErrorKind::Reset), 3),
        (5, None, Some(ErrorKind::Internal), 1),
        (6, Some(503), None, 3),
    ];
    assert_eq!(records, expected);
    assert_eq!((ran.finish.run.admitted, ran.finish.run.settled, ran.finish.run.skipped), (7, 7, 0));
}

#[test]
fn retries_and_redirects_count_for_the_rate() {
    let mut plan = plan(8);
    plan.limits.rate = Some(Rate { count: NonZeroU32::new(10).unwrap(), per: Duration::from_secs(1) });
    plan.retry.base = Duration::from_millis(1);
    let ran = run(&plan, &["/flaky/2", "/to/ok", "/ok"], &[]);
    let started = &ran.script.0.lock().unwrap().started;
    assert_eq!(started.len(), 5);
    assert!(started.windows(2).all(|pair| pair[1] - pair[0] >= Duration::from_millis(100)), "{started:?}");
}

#[test]
fn a_waiting_retry_occupies_no_slot() {
    let mut plan = plan(1);
    plan.retry.base = Duration::from_secs(20);
    let paths: Vec<&str> = std::iter::once("/reset").chain(std::iter::repeat_n("/ok", 100)).collect();
    let ran = run(&plan, &paths, &[]);
    let log = ran.script.0.lock().unwrap();
    // Nothing that waits for up to 60 s is among the first hundred.
    assert!(log.started[99] - log.started[0] < Duration::from_secs(2), "the one slot went on with other jobs");
    assert_eq!(ran.records.len(), 101);
}

#[test]
fn stopping_once_drains_and_keeps_the_account() {
    let paths: Vec<&str> = std::iter::repeat_n("/slow/1000", 50).collect();
    let mut plan = plan(5);
    plan.limits.host_concurrency = NonZeroUsize::new(3).unwrap();
    let ran = run(&plan, &paths, &[(Duration::from_millis(500), Stop::Drain)]);
    assert_eq!(ran.records.len(), 3);
    assert!(ran.records.iter().all(|record| record.1 == Some(200)));
    let facts = &ran.finish.run;
    assert_eq!((facts.admitted, facts.settled + facts.skipped), (50, 50));
    assert!(facts.interrupted && ran.took < Duration::from_secs(2));
}

#[test]
fn the_last_snapshot_has_the_totals_of_the_report() {
    let control = Control::default();
    let snapshots = control.snapshots();
    let paths = ["/ok", "bad", "/flaky/9", "/pages/3", "/ok"];
    let plan = Plan { paginate: Some(Paginate::new(NextPage::Link)), ..plan(2) };
    let sink = Each(|_: &Record| Ok(()));
    let (end, _) = run_under(&control, &plan, &Script::default(), &paths, sink, &[]);
    let finish = end.unwrap();
    let last = snapshots.borrow();
    assert_eq!((last.totals, last.ended), (*finish.report.totals(), true));
    assert_eq!((last.inputs.total(), last.inputs.ok, last.totals.pages), (5, 3, 7));
    assert_eq!(last.statuses, [(200, 6), (503, 1)]);
    assert_eq!(last.errors, [(ErrorKind::InvalidInput, 1)]);
}

#[test]
fn a_run_stopped_before_its_start_sends_nothing() {
    let control = Control::default();
    control.stop(Stop::Drain);
    let script = Script::default();
    let sink = Each(|_: &Record| Ok(()));
    let (end, _) = run_under(&control, &plan(4), &script, &["/ok"; 10], sink, &[]);
    let finish = end.unwrap();
    assert!(script.0.lock().unwrap().started.is_empty());
    assert_eq!((finish.run.admitted, finish.run.skipped, finish.run.interrupted), (10, 10, true));
}

#[test]
fn stopping_twice_cancels_what_is_in_flight() {
    let stops = [(Duration::from_millis(100), Stop::Drain), (Duration::from_millis(200), Stop::Now)];
    let ran = run(&plan(4), &["/slow/60000"; 10], &stops);
    assert!(ran.records.iter().all(|record| record.2 == Some(ErrorKind::Cancelled)));
    assert_eq!(ran.records.len(), 4);
    assert!(ran.took < Duration::from_secs(1));
}

#[test]
fn a_retry_that_waits_when_the_run_is_stopped_still_has_its_record() {
    let mut plan = plan(4);
    plan.retry.base = Duration::from_secs(30);
    let ran = run(&plan, &["/reset"], &[(Duration::from_millis(50), Stop::Drain)]);
    assert!(matches!(ran.records[..], [(0, None, Some(ErrorKind::Cancelled | ErrorKind::Reset), _)]));
}

#[test]
fn requests_wait_before_bodies_exceed_the_memory() {
    let mut plan = plan(64);
    plan.limits.max_memory = 10 << 20;
    plan.fetch.max_filesize = 1 << 20;
    let ran = run(&plan, &["/big/1000000"; 200], &[]);
    assert_eq!(ran.records.len(), 200);
    let most = ran.script.0.lock().unwrap().most_booked;
    assert!(most <= plan.limits.max_memory, "{most} bytes at once");
    assert!(ran.finish.run.memory_stall_s > 0.0);
}

#[test]
fn a_failing_output_ends_the_run() {
    let full = || io::Error::from(io::ErrorKind::StorageFull);
    let sink = Each(move |record: &Record| if record.seq() < 5 { Ok(()) } else { Err(full()) });
    let (end, _) = run_under(&Control::default(), &plan(1), &Script::default(), &["/ok"; 1000], sink, &[]);
    assert!(matches!(parts(end).1, Some(RunErrorKind::Output(why)) if why.kind() == io::ErrorKind::StorageFull));
}

#[test]
fn an_input_that_breaks_off_ends_the_run_as_failed() {
    for paths in [&["unreadable"][..], &["/ok", "unreadable"], &["/ok", "bad", "unreadable"]] {
        let ran = run(&plan(4), paths, &[]);
        assert!(matches!(ran.error, Some(RunErrorKind::Input(_))), "{paths:?}");
        let facts = &ran.finish.run;
        assert_eq!(facts.admitted, facts.settled + facts.skipped);
    }
}

#[test]
fn a_list_of_bad_lines_leaves_the_loop_its_other_work() {
    let ran = run(&plan(4), &["bad"; 1_000], &[(Duration::ZERO, Stop::Drain)]);
    assert!(ran.finish.run.interrupted, "a signal counts before the list is through");
    assert_eq!(ran.finish.run.admitted, ran.finish.run.settled + ran.finish.run.skipped);
    assert_eq!(run(&plan(4), &["bad"; 1_000], &[]).records.len(), 1_000);
}

#[test]
fn a_window_full_of_one_host_is_timed_and_named() {
    let mut plan = plan(64);
    plan.limits.host_concurrency = NonZeroUsize::MIN;
    plan.limits.window = NonZeroUsize::new(10).unwrap();
    let ran = run(&plan, &["/slow/100"; 40], &[]);
    assert_eq!(ran.finish.run.stalled_on.as_deref(), Some("http://h.test"));
    assert!(ran.finish.run.window_stall_s > 1.0, "{}", ran.finish.run.window_stall_s);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn nothing_is_lost_in_any_mix(
        verbs in prop::collection::vec(
            prop::sample::select(vec!["/ok", "bad", "/flaky/2", "/flaky/9", "/to/ok", "/reset", "/slow/300", "/big/90000"]),
            0..60,
        ),
        concurrency in 1usize..12,
        stop in prop::option::of((0u64..800, 0u64..800)),
    ) {
        let mut plan = plan(concurrency);
        plan.limits.max_memory = 200_000;
        plan.fetch.max_filesize = 1_000;
        let stops: Vec<_> = stop
            .map(|(first, then)| [(first, Stop::Drain), (first + then, Stop::Now)])
            .into_iter()
            .flatten()
            .map(|(ms, how)| (Duration::from_millis(ms), how))
            .collect();
        let ran = run(&plan, &verbs, &stops);
        let mut seqs: Vec<u64> = ran.records.iter().map(|record| record.0).collect();
        seqs.sort_unstable();
        let settled = seqs.len();
        seqs.dedup();
        prop_assert_eq!(seqs.len(), settled, "a record twice");
        let facts = &ran.finish.run;
        prop_assert_eq!(facts.settled, settled as u64);
        if stops.is_empty() {
            prop_assert_eq!(settled, verbs.len());
        }
    }
    #[test]
    fn no_page_is_lost_and_none_comes_before_its_time(
        pages in prop::collection::vec(0u64..12, 0..20),
        concurrency in 1usize..6,
        stop in prop::option::of((0u64..400, 0u64..100)),
    ) {
        let mut plan = plan(concurrency);
        plan.paginate = Some(Paginate::new(NextPage::Link));
        let stops: Vec<_> = stop
            .map(|(first, then)| [(first, Stop::Drain), (first + then, Stop::Now)])
            .into_iter()
            .flatten()
            .map(|(ms, how)| (Duration::from_millis(ms), how))
            .collect();
        let records = Arc::new(Mutex::new(HashMap::<u64, Vec<(u64, bool, bool)>>::new()));
        let kept = Arc::clone(&records);
        let sink = Each(move |record: &Record| {
            let Record::Settled { job, .. } = record else { unreachable!() };
            let page = (job.page().unwrap(), record.continuation().is_some(), record.ok());
            kept.lock().unwrap().entry(record.seq()).or_default().push(page);
            Ok(())
        });
        let paths: Vec<String> = pages.iter().map(|more| format!("/pages/{more}")).collect();
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        let (finish, _) = run_into(&plan, &Script::default(), &paths, sink, &stops);
        let records = records.lock().unwrap();
        for (seq, records) in &*records {
            let last = records.len() as u64;
            let told: Vec<_> = records.iter().map(|(page, goes_on, _)| (*page, *goes_on)).collect();
            prop_assert_eq!(told, (1..=last).map(|page| (page, page < last)).collect::<Vec<_>>());
            let whole = last == pages[*seq as usize] + 1 && records.iter().all(|(.., ok)| *ok);
            prop_assert!(whole || !stops.is_empty(), "{:?}", records);
        }
        prop_assert_eq!(finish.run.settled, records.len() as u64);
        prop_assert_eq!(finish.run.records, records.values().map(Vec::len).sum::<usize>() as u64);
        prop_assert_eq!(finish.run.admitted, finish.run.settled + finish.run.skipped);
    }
}
