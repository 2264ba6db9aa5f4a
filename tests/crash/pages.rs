//! Inputs of many pages.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use crate::kills::Job;
use crate::server::{PAGES, Server};

/// Inputs, each of 26 pages, of which the last is empty.
const INPUTS: u64 = 60;

/// Kills a job of pages so often that most kills meet some of each input on their way, and lets it end.
fn killed(output: &'static str, more: &[&str]) -> Job {
    let options = [&["--paginate", "page=page", "--rate", "1k/s"], more].concat();
    let job = Job::new(output, INPUTS, Server::start(Duration::from_millis(1)), &options);
    for kill in 0..40 {
        let ended = job.kill_after(Duration::from_micros(fastrand::u64(0..60_000)));
        assert!(ended.is_none(), "after {kill} kills: {ended:?}");
    }
    job.run();
    assert_eq!(job.server.asked().len() as u64, INPUTS * (PAGES.0 + 1), "each page was asked for");
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
