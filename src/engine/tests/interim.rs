//! What is told of a run in progress.

use std::sync::mpsc;

use super::*;
use crate::engine::Interim;
use crate::report::RunFacts;

/// Runs `paths` with one request at a time to a host, and asks after each of `times` what the run has come to.
fn asked(paths: &[&str], times: &[u64], sink: impl Sink) -> (Vec<Interim>, Finish) {
    let mut plan = plan(8);
    plan.limits.host_concurrency = NonZeroUsize::MIN;
    let control = Control::default();
    let answers = Arc::new(Mutex::new(Vec::new()));
    let (asking, kept, times) = (control.clone(), Arc::clone(&answers), times.to_vec());
    let beside = async move {
        let start = Instant::now();
        for ms in times {
            tokio::time::sleep_until(start + Duration::from_millis(ms)).await;
            let interim = asking.interim().await;
            kept.lock().unwrap().push(interim);
        }
    };
    let (end, _) = run_beside(&control, &plan, &Script::default(), paths, sink, beside);
    let answers = std::mem::take(&mut *answers.lock().unwrap());
    (answers, end.unwrap())
}

#[test]
fn what_bounds_a_run_can_be_read_while_it_runs() {
    let (interims, finish) = asked(&["/slow/1000"; 5], &[1500, 3500], Each(|_: &Record| Ok(())));
    for (Interim { run, .. }, (settled, wall)) in interims.iter().zip([(1, 1.5), (3, 3.5)]) {
        assert_eq!((run.settled, run.admitted, run.requests), (settled, 5, settled + 1));
        assert!((run.wall_s - wall).abs() < 0.1, "{run:?}");
        let first = &run.bounded_by[0];
        assert_eq!((&*first.by, first.host.as_deref()), ("host_concurrency", Some("http://h.test")));
        assert!((first.seconds - wall).abs() < 0.1, "the time until now counts: {first:?}");
        assert!(!run.interrupted);
    }
    assert_eq!(interims.len(), 2);
    assert_eq!((finish.run.settled, finish.run.requests), (5, 5));
}

#[test]
fn a_run_whose_output_is_stuck_still_tells() {
    let (release, stuck) = mpsc::channel::<()>();
    let stuck = Mutex::new(stuck);
    let sink = Each(move |_: &Record| {
        let _ = stuck.lock().unwrap().recv(); // until the sender is dropped
        Ok(())
    });
    let mut release = Some(release);
    let control = Control::default();
    let told = Arc::new(Mutex::new(0));
    let (asking, kept) = (control.clone(), Arc::clone(&told));
    let beside = async move {
        tokio::time::sleep(Duration::from_millis(2500)).await;
        let interim = asking.interim().await;
        assert_eq!(interim.written, interim.report.totals().records);
        assert!(interim.written < interim.run.records, "others wait for the output");
        *kept.lock().unwrap() = interim.run.settled;
        drop(release.take());
    };
    let mut plan = plan(1);
    plan.limits.host_concurrency = NonZeroUsize::MIN;
    let (end, _) = run_beside(&control, &plan, &Script::default(), &["/slow/1000"; 4], sink, beside);
    assert_eq!(end.unwrap().report.totals().records, 4);
    assert_eq!(*told.lock().unwrap(), 2);
}

#[test]
fn a_run_that_only_waits_for_its_output_says_so() {
    let (release, stuck) = mpsc::channel::<()>();
    let stuck = Mutex::new(stuck);
    let sink = Each(move |_: &Record| {
        let _ = stuck.lock().unwrap().recv(); // until the sender is dropped
        Ok(())
    });
    let control = Control::default();
    let told = Arc::new(Mutex::new(Vec::new()));
    let (asking, kept) = (control.clone(), Arc::clone(&told));
    let beside = async move {
        for _ in 0..2 {
            tokio::time::sleep(Duration::from_secs(11)).await;
            let interim = asking.interim().await;
            kept.lock().unwrap().push(interim.run);
        }
        drop(release);
    };
    let (end, _) = run_beside(&control, &plan(1), &Script::default(), &["/slow/1000"; 2], sink, beside);
    let finish = end.unwrap();
    for (run, wall) in told.lock().unwrap().iter().zip([11.0, 22.0]) {
        assert!((run.wall_s - wall).abs() < 0.1, "{run:?}");
        let first = &run.bounded_by[0];
        assert_eq!((run.settled, &*first.by), (2, "output"));
        assert!((first.seconds - (wall - 2.0)).abs() < 0.1, "{first:?}");
    }
    assert!(finish.run.wall_s < 2.1 && finish.run.sink_stall_s == 0.0, "no request waited: {:?}", finish.run);
}

/// What is told of a run under `control` that has ended.
fn told_afterwards(control: &Control) -> Interim {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let asked = async { tokio::time::timeout(Duration::from_secs(10), control.interim()).await };
    runtime.block_on(asked).expect("an answer")
}

#[test]
fn a_run_that_has_ended_tells_what_it_came_to() {
    let control = Control::default();
    let sink = Each(|_: &Record| Ok(()));
    let (end, _) = run_under(&control, &plan(2), &Script::default(), &["/ok", "/flaky/2"], sink, &[]);
    let finish = end.unwrap();
    let interim = told_afterwards(&control);
    assert_eq!((&*interim.report, &*interim.run), (&finish.report, &finish.run));
    assert_eq!(finish.run.settled, 2);
}

#[cfg(feature = "jq")]
#[test]
fn a_run_that_has_ended_tells_what_was_picked() {
    let mut plan = plan(2);
    plan.output.record_filter = Some(crate::jq::Filter::compile("true").unwrap());
    let control = Control::default();
    let sink = Each(|_: &Record| Ok(()));
    let (end, _) = run_under(&control, &plan, &Script::default(), &["/ok", "/ok"], sink, &[]);
    let interim = told_afterwards(&control);
    assert_eq!(interim.run.selection.as_ref().unwrap().written, 2);
    assert_eq!(*interim.run, end.unwrap().run);
}

#[test]
fn a_run_that_never_began_tells_nothing() {
    let control = Control::default();
    drop(control.answers_at_end());
    assert_eq!(*told_afterwards(&control).run, RunFacts::default());
}

#[test]
fn a_question_before_the_start_is_answered_then() {
    let (interims, _) = asked(&["/slow/1000"], &[0], Each(|_: &Record| Ok(())));
    assert_eq!(interims.len(), 1);
}

#[test]
fn a_job_takes_from_its_first_attempt_to_the_end_of_its_last() {
    let mut plan = plan(1);
    plan.retry.base = Duration::from_secs(5);
    let ran = run(&plan, &["/slow/1000", "/wait/20", "/reset"], &[]);
    let times = serde_json::to_value(&ran.finish.run.job_ms).unwrap();
    assert_eq!(times["count"], 2, "no answer, no time: {times}");
    // Two attempts, and the pause of 20 s that the server asks for. The second before that in the queue does not count.
    assert_eq!((&times["min"], &times["max"]), (&1_000.0.into(), &20_020.0.into()), "{times}");
}
