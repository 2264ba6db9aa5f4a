//! Running, stopping, and what is left of a run that ends early.

use std::error::Error;
use std::io;
use std::time::{Duration, Instant};

use futures::{FutureExt, StreamExt};
use haul::plan::BodyRules;
use haul::{Adjustment, Control, Each, Haul, HaulBuilder, Record, RunErrorKind, Stop};
use haul_origin::Origin;

fn haul(origin: &Origin, path: &str, inputs: usize) -> HaulBuilder {
    Haul::builder().urls((0..inputs).map(|n| format!("{}?n={n}", origin.url(path)))).retries(0)
}

/// Waits until the origin has no request in flight: then what it has received is final.
async fn settled(origin: &Origin) -> u64 {
    let since = Instant::now();
    let mut requests = 0;
    loop {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let stats = origin.stats();
        if stats.in_flight == 0 && stats.requests == requests {
            return requests;
        }
        requests = stats.requests;
        assert!(since.elapsed() < Duration::from_secs(30), "requests go on");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn the_callers_runtime_stays_free() {
    let origin = Origin::spawn().unwrap();
    let mut run = std::pin::pin!(haul(&origin, "/delay/0.3", 4).build().unwrap().run());
    let mut ticks = 0;
    let finish = loop {
        tokio::select! {
            finish = &mut run => break finish.unwrap(),
            () = tokio::time::sleep(Duration::from_millis(10)) => ticks += 1,
        }
    };
    assert_eq!(finish.report.totals().ok, 4);
    assert!(ticks >= 5, "{ticks}");
}

#[tokio::test(flavor = "current_thread")]
async fn a_slow_reader_slows_the_run() {
    let origin = Origin::spawn().unwrap();
    let mut records = haul(&origin, "/bytes/100000", 400).build().unwrap().stream();
    records.next().await.unwrap();
    let received = settled(&origin).await;
    assert!(received < 250, "{received} requests although nobody reads");
    assert_eq!(records.by_ref().count().await, 399);
    assert_eq!(records.finish().await.unwrap().report.totals().ok, 400);
}

#[tokio::test(flavor = "current_thread")]
async fn dropping_a_run_stops_it_without_waiting() {
    let origin = Origin::spawn().unwrap();
    let since = Instant::now();

    let mut records = haul(&origin, "/delay/0.05", 2_000).build().unwrap().stream();
    records.next().await.unwrap();
    drop(records);
    let mut run = Box::pin(haul(&origin, "/delay/60", 100).build().unwrap().run());
    assert!((&mut run).now_or_never().is_none());
    tokio::time::sleep(Duration::from_millis(300)).await;
    drop(run);

    assert!(since.elapsed() < Duration::from_secs(5), "{:?}", since.elapsed());
    assert!(settled(&origin).await < 500);
}

#[tokio::test]
async fn a_control_stops_a_run() {
    let origin = Origin::spawn().unwrap();
    let control = Control::default();
    let mut snapshots = control.snapshots();
    let mut records = haul(&origin, "/delay/0.05", 2_000).control(&control).build().unwrap().stream();
    records.next().await.unwrap();
    control.stop(Stop::Drain);
    let finish = records.finish().await.unwrap();
    assert!(finish.run.interrupted && finish.run.settled < 500);
    let last = snapshots.borrow_and_update().clone();
    assert_eq!((last.ended, last.inputs.total()), (true, finish.run.settled));
}

#[test]
fn an_error_has_the_partial_finish() {
    let origin = Origin::spawn().unwrap();
    let full = |record: &Record| if record.seq() < 3 { Ok(()) } else { Err(io::ErrorKind::StorageFull.into()) };
    let ended = haul(&origin, "/json", 100).concurrency(1).sink(Each(full)).build().unwrap().run_blocking();
    let error = ended.unwrap_err();
    assert!(matches!(error.kind(), RunErrorKind::Output(why) if why.kind() == io::ErrorKind::StorageFull));
    assert_eq!((error.to_string().as_str(), error.source().is_some()), ("cannot write the output", true));
    assert!(error.finish().report.totals().ok >= 3);

    let missing = Haul::builder().list("/nowhere.txt").build().unwrap().run_blocking().unwrap_err();
    assert!(matches!(missing.kind(), RunErrorKind::Open(why) if why.name == "/nowhere.txt"));
    assert_eq!(missing.into_parts().1.run.admitted, 0);
}

#[tokio::test]
async fn an_output_is_begun_once_and_resumed_as_often_as_needed() {
    let origin = Origin::spawn().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("out.ndjson");
    let ended = |haul: HaulBuilder| haul.build().unwrap().run();
    ended(haul(&origin, "/json", 3).output(&path)).await.unwrap();
    let exists = ended(haul(&origin, "/json", 3).output(&path)).await.unwrap_err();
    assert!(matches!(exists.kind(), RunErrorKind::Output(why) if why.kind() == io::ErrorKind::AlreadyExists));

    let path = dir.path().join("resumed.ndjson");
    let first = haul(&origin, "/json", 10).resume(&path).build().unwrap().stream();
    assert_eq!(first.count().await, 10);
    let second = haul(&origin, "/json", 10).resume(&path).build().unwrap().stream();
    assert_eq!(second.count().await, 0, "only what is new is streamed");
    let other = ended(haul(&origin, "/json", 9).resume(&path)).await.unwrap_err();
    assert!(matches!(other.kind(), RunErrorKind::Resume(_)));
    assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 10);
}

#[tokio::test]
async fn a_run_that_is_resumed_reads_bodies_as_it_began() {
    let origin = Origin::spawn().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("out.ndjson");
    let control = Control::default();
    let first = haul(&origin, "/text", 200).plan(|plan| plan.output.body_rules = BodyRules::V1);
    let mut records = first.control(&control).resume(&path).build().unwrap().stream();
    assert!(records.next().await.unwrap().text().unwrap().contains("日本語"));
    control.stop(Stop::Drain);
    let begun = 1 + records.count().await;
    let rest = haul(&origin, "/text", 200).resume(&path).build().unwrap().stream();
    assert_eq!(begun + rest.count().await, 200);
    assert!(begun < 200 && !std::fs::read_to_string(&path).unwrap().contains("\"charset\""));
}

#[test]
fn what_a_run_lowers_is_told() {
    let origin = Origin::spawn().unwrap();
    let built = haul(&origin, "/json", 1).ordered().plan(|plan| plan.limits.max_memory = 64 << 20).build().unwrap();
    let finish = built.run_blocking().unwrap();
    assert_eq!(finish.adjustments, [Adjustment::OrderWindow { requested: 64 << 20, used: 32 << 20 }]);
}

#[tokio::test]
async fn files_of_others_are_neither_replaced_nor_resumed() {
    let origin = Origin::spawn().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    for name in ["notes.txt", "out.ndjson.haul", "crawl.20261124.ndjson"] {
        std::fs::write(path(name), "mine\n").unwrap();
    }
    let ended = |haul: HaulBuilder| haul.build().unwrap().run();
    for foreign in ["notes.txt", "out.ndjson"] {
        let refused = ended(haul(&origin, "/json", 1).resume(path(foreign))).await.unwrap_err();
        assert!(matches!(refused.kind(), RunErrorKind::Resume(_)), "{refused}");
    }
    let exists = ended(haul(&origin, "/json", 1).output(path("notes.txt"))).await.unwrap_err();
    assert!(matches!(exists.kind(), RunErrorKind::Output(why) if why.kind() == io::ErrorKind::AlreadyExists));
    ended(haul(&origin, "/json", 1).output(path("out.ndjson"))).await.unwrap();
    ended(haul(&origin, "/json", 1).resume(path("crawl.ndjson"))).await.unwrap();
    for name in ["notes.txt", "out.ndjson.haul", "crawl.20261124.ndjson"] {
        assert_eq!(std::fs::read_to_string(path(name)).unwrap(), "mine\n", "{name}");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_run_that_cannot_begin_answers_questions() {
    let control = Control::default();
    let run = Haul::builder().list("no such list").control(&control).build().unwrap().run();
    let (end, interim) = tokio::join!(run, control.interim());
    assert!(matches!(end.unwrap_err().kind(), RunErrorKind::Open(_)));
    assert_eq!((interim.run.admitted, interim.report.totals().records), (0, 0));
}
