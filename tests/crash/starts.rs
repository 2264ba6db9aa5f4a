//! Requests that are not safe to repeat.

use std::fs;
use std::time::Duration;

use serde_json::Value;

use crate::kills::{Job, assert_once};
use crate::server::Server;

fn kinds(records: &[Value]) -> (u64, u64) {
    let interrupted = records.iter().filter(|record| record["error"]["kind"] == "interrupted").count() as u64;
    let ok = records.iter().filter(|record| record["ok"] == true).count() as u64;
    (ok, interrupted)
}

#[test]
fn a_post_is_sent_once_whatever_happens() {
    let lines = 3000;
    let job = Job::new("out.ndjson", lines, Server::start(Duration::from_millis(5)), "1k/s", &["-d", "x"]);
    for _ in 0..30 {
        assert_eq!(job.kill_after(Duration::from_micros(fastrand::u64(0..80_000))), None);
    }
    job.run();
    let records = job.records();
    assert_once(&records, lines);
    let (ok, interrupted) = kinds(&records);
    assert_eq!(ok + interrupted, lines);
    assert!(interrupted > 0, "30 kills met none on its way");
    assert_eq!(job.server.repeated(), 0, "none was sent twice");
    assert!(job.server.asked().len() as u64 >= ok, "what is ok was sent");
    assert!(!job.path("out.ndjson.haul-starts").exists(), "nothing is open at the end");
}

#[test]
fn a_post_is_sent_again_if_that_is_asked_for() {
    let options = ["-d", "x", "--retry-unsafe"];
    let job = Job::new("out.ndjson", 2000, Server::start(Duration::from_millis(5)), "1k/s", &options);
    for _ in 0..20 {
        assert_eq!(job.kill_after(Duration::from_micros(fastrand::u64(0..80_000))), None);
    }
    job.run();
    assert_once(&job.records(), 2000);
    assert_eq!(kinds(&job.records()), (2000, 0));
}

#[test]
fn what_was_begun_before_may_be_sent_again_later() {
    let job = Job::new("out.ndjson", 20, Server::start(Duration::from_millis(1)), "1k/s", &["-d", "x"]);
    fs::write(job.path("out.ndjson"), "").unwrap();
    fs::write(job.path("out.ndjson.haul-starts"), "3\n17\n").unwrap();
    job.run();
    assert_eq!(kinds(&job.records()), (18, 2));
    assert_eq!(job.server.asked().len(), 18);
}
