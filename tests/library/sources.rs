//! Requests that a program makes itself.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::StreamExt;
use haul::{ErrorKind, Haul, Record, Request, RunErrorKind, Source, Target};
use haul_origin::Origin;
use serde_json::{Value, json};

#[tokio::test]
async fn a_target_has_a_record_even_if_it_is_invalid() {
    let origin = Origin::spawn().unwrap();
    let targets = vec![
        Target::new(origin.url("/anything")).id("a").meta(json!({"n": [1, 2]})),
        Target::new("/anything").request(Request::post().json(&[1]).unwrap()),
        Target::new("http://").id(3),
    ];
    let haul = Haul::builder().source(targets.into_iter()).base_url(origin.url("/")).ordered().build().unwrap();
    let records: Vec<Record> = haul.stream().collect().await;
    let first = &records[0];
    assert_eq!((first.id().unwrap().get(), first.meta().unwrap().get()), ("\"a\"", r#"{"n":[1,2]}"#));
    let echo = |record: &Record| record.json::<Value>().unwrap();
    assert_eq!((echo(first)["method"].as_str(), echo(&records[1])["method"].as_str()), (Some("GET"), Some("POST")));
    assert!(echo(&records[1])["headers"]["User-Agent"].to_string().contains("haul/"), "{}", echo(&records[1]));
    let error = records[2].error().unwrap();
    assert_eq!((error.kind, error.message), (ErrorKind::InvalidInput, "target 3: no host"));
    assert_eq!((records[2].url(), records[2].id().unwrap().get()), ("http://", "3"));
}

/// Yields so many targets, and then fails.
struct Failing {
    origin: String,
    left: u32,
}

impl Source for Failing {
    fn next_target(&mut self) -> io::Result<Option<Target>> {
        self.left = self.left.checked_sub(1).ok_or_else(|| io::Error::other("the queue is gone"))?;
        Ok(Some(Target::new(&self.origin)))
    }
}

#[test]
fn a_source_that_fails_ends_the_run_with_what_it_did() {
    let origin = Origin::spawn().unwrap();
    let source = Failing { origin: origin.url("/json"), left: 3 };
    let error = Haul::builder().source(source).build().unwrap().run_blocking().unwrap_err();
    assert!(matches!(error.kind(), RunErrorKind::Input(why) if why.to_string() == "the queue is gone"));
    assert_eq!(error.finish().run.admitted, 3);
}

#[tokio::test]
async fn a_slow_reader_slows_the_source() {
    let origin = Origin::spawn().unwrap();
    let (url, yielded) = (origin.url("/bytes/100000"), Arc::new(AtomicU64::new(0)));
    let count = Arc::clone(&yielded);
    let endless = std::iter::from_fn(move || {
        count.fetch_add(1, Ordering::Relaxed);
        Some(Target::new(&url))
    });
    let window = |plan: &mut haul::Plan| plan.limits.window = 10.try_into().unwrap();
    let mut records = Haul::builder().source(endless).plan(window).build().unwrap().stream();
    records.next().await.unwrap();
    let mut before = 0;
    loop {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let now = yielded.load(Ordering::Relaxed);
        if now == before {
            break;
        }
        before = now;
    }
    assert!(before < 2_000, "{before} targets although nobody reads");
    records.next().await.unwrap();
}

#[test]
fn a_source_that_yields_the_same_is_resumed() {
    let origin = Origin::spawn().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let run = |targets: u32| {
        let url = origin.url("/json");
        let source = (0..targets).map(move |n| Target::new(format!("{url}?n={n}")));
        let path = dir.path().join("out.ndjson");
        Haul::builder().source(source).resume(path).build().unwrap().run_blocking().unwrap().run.settled
    };
    assert_eq!((run(3), run(5), run(5)), (3, 2, 0));
}
