//! Inputs of many pages.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use crate::kills::Job;
use crate::server::{PAGES, Server};

/// Inputs, each of 26 pages, of which the last is empty.
const INPUTS: u64 = 150;

/// Kills a job of pages before anything is durable, and in the middle between two checkpoints; lets it end.
fn killed(output: &'static str, more: &[&str]) -> Job {
    let options = [&["--paginate", "page=page"], more].concat();
    let job = Job::new(output, INPUTS, Server::start(Duration::from_millis(1)), "300/s", &options);
    for kill in 0..8 {
        let moment = if kill % 2 == 0 { 0..100 } else { 1_050..1_700 };
        let ended = job.kill_after(Duration::from_millis(fastrand::u64(moment)));
        assert!(ended.is_none(), "after {kill} kills: {ended:?}");
    }
    job.run();
    let pages = INPUTS * (PAGES.0 + 1);
    assert_eq!(job.server.asked().len() as u64, pages, "each page was asked for");
    assert!(job.server.repeated() > 0, "what is not durable is asked for again");
    assert!(job.report()["run"]["records"].as_u64() < Some(pages), "what is durable is not");
    job
}

/// What the records of each input say under `key`, in their order.
fn by_input(job: &Job, key: &str) -> BTreeMap<u64, Vec<u64>> {
    let mut values = BTreeMap::<u64, Vec<u64>>::new();
    for record in job.records() {
        values.entry(record["seq"].as_u64().unwrap()).or_default().push(record[key].as_u64().unwrap());
    }
    values
}

#[track_caller]
fn assert_in_order(values: BTreeMap<u64, Vec<u64>>, expected: impl Iterator<Item = u64> + Clone) {
    assert_eq!(values.len() as u64, INPUTS);
    for (seq, values) in values {
        assert!(values.iter().copied().eq(expected.clone()), "input {seq}: {values:?}");
    }
}

fn totals(job: &Job) -> Value {
    job.report()["totals"].clone()
}

#[test]
fn every_page_has_its_record_once_and_in_order() {
    let job = killed("out.ndjson", &[]);
    assert_in_order(by_input(&job, "page"), 1..=PAGES.0 + 1);
    let pages = INPUTS * (PAGES.0 + 1);
    assert_eq!((&totals(&job)["records"], &totals(&job)["pages"]), (&pages.into(), &pages.into()));
}

#[test]
fn every_item_is_there_once_and_in_order() {
    for (output, more) in [("out.ndjson", &[][..]), ("out.ndjson.zst", &[]), ("out.ndjson", &["--rotate", "10KiB"])] {
        let job = killed(output, &[&["--items", ".[]"], more].concat());
        assert_in_order(by_input(&job, "item"), 0..PAGES.0 * PAGES.1);
        assert_eq!(totals(&job)["items"], INPUTS * PAGES.0 * PAGES.1);
    }
}
