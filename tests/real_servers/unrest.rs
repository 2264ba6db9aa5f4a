//! Servers that change under a run.

use crate::connections::{assert_numbers, numbers};
use crate::haul::{Haul, Record, haul};
use crate::nginx::{Nginx, Way};
use crate::wait_until;

/// What becomes of requests to a server that is going, or gone.
const GONE: [&str; 4] = ["circuit_open", "closed", "connect_refused", "reset"];

pub(crate) fn stopped_with_answers_under_way() {
    let mut nginx = Nginx::start("location = /slow { limit_rate 1k; }");
    nginx.publish("slow", &[b'.'; 200 << 10]);
    let quick = numbers(100, |path| nginx.plain(path));
    let slow: Vec<String> = (0..100).map(|n| nginx.plain(&format!("/slow?{n}"))).collect();
    let running =
        haul(["--host-concurrency", "8", "--retry", "0", "--retry-max-time", "0"]).start(quick.into_iter().chain(slow));
    running.wait_for_records(100);
    wait_until("eight answers are under way", || nginx.answering() == 8);
    nginx.stop();

    let records = running.finish();
    records.iter().take(100).for_each(Record::assert_ok);
    let begun = |record: &&Record| record["status_code"] == 200;
    let (broken, refused): (Vec<_>, Vec<_>) = records.iter().skip(100).partition(begun);
    assert!((8..100).contains(&broken.len()), "{} were broken off", broken.len()); // the last worker may take some more
    for record in broken {
        assert!(matches!(record.kind(), Some("closed" | "reset")), "{}", record["error"]);
        assert_eq!((&record["truncated"], &record["error"]["phase"]), (&true.into(), &"receive".into()));
    }
    for record in refused {
        assert!(record.kind().is_some_and(|kind| GONE.contains(&kind)), "{}", record["error"]);
    }
}

pub(crate) fn stopped_under_load() {
    for url in [Nginx::plain, Nginx::http_2] {
        let mut nginx = Nginx::start("");
        let running =
            haul(["-k", "--retry", "1", "--retry-max-time", "1s"]).start(numbers(8_000, |path| url(&nginx, path)));
        running.wait_for_records(500);
        nginx.stop();

        let records = running.finish();
        assert!(records.kinds().iter().all(|kind| GONE.contains(kind)), "{:?}", records.kinds());
        for (n, record) in records.iter().enumerate().filter(|(_, record)| record["ok"] == true) {
            assert_eq!(record["json"]["number"], n);
        }
    }
}

pub(crate) fn reloaded_under_load() {
    reload(haul([]), Nginx::plain, "1.1");
}

pub(crate) fn reloaded_under_load_over_http_2() {
    reload(haul(["-k"]), Nginx::http_2, "2");
}

fn reload(haul: Haul, url: Way, http_version: &str) {
    let nginx = Nginx::start("");
    let running = haul.start(numbers(10_000, |path| url(&nginx, path)));
    for thousand in [1, 3, 5] {
        running.wait_for_records(thousand * 1_000);
        nginx.reload();
    }
    assert_numbers(running.finish(), http_version);
}
