//! How much goes on at once, and how often something starts.

use std::time::Duration;

use haul_origin::Origin;
use jiff::Timestamp;

use crate::record::Record;
use crate::support::Site;

#[test]
fn requests_in_flight_are_bounded_over_all_and_for_each_host() {
    let (site, other) = (Site::new(), Origin::spawn().unwrap());
    let site = site.with("P", other.url(""));
    site.file("list.txt", &"$O/delay/0.1\n$P/delay/0.1\n".repeat(12));
    let peaks = || (site.origin.stats().peak_in_flight, other.stats().peak_in_flight);

    site.run("haul -c 16 --host-concurrency 2 list.txt").exits(0);
    assert_eq!(peaks(), (2, 2));
    site.run("haul -c 3 --host-concurrency 3 --report report.json list.txt").exits(0);
    assert!(peaks().0 <= 3 && peaks().1 <= 3);
    assert_eq!(site.json("report.json")["run"]["peak_in_flight"], 3);
    site.run("haul list.txt").exits(0);
    assert_eq!(peaks(), (8, 8));
}

#[test]
fn the_limit_on_open_files_bounds_what_is_in_flight() {
    let site = Site::new();
    site.file("list.txt", &"$O/delay/0.1\n".repeat(200));
    let run = site.run("ulimit -n 128 && haul -c 150 --host-concurrency 150 --retry 0 list.txt").exits(0);
    assert_eq!(run.all("status_code"), [200; 200]);
    let note = run.stderr.lines().next().unwrap();
    let used = note.strip_prefix("haul: the concurrency was lowered from 150 to ").unwrap();
    let used: usize = used.strip_suffix(", which the limit on open files allows").unwrap().parse().unwrap();
    assert!((48..96).contains(&used), "{note}");
    assert!(site.origin.stats().peak_in_flight <= used as u64);

    let quiet = site.run("ulimit -n 128 && haul -q -c 150 --host-concurrency 150 list.txt").exits(0);
    assert_eq!((quiet.records.len(), quiet.stderr.as_str()), (200, ""));
    let enough = site.run("ulimit -n 512 && haul -c 150 --host-concurrency 150 list.txt").exits(0);
    assert!(!enough.stderr.contains("lowered"), "{}", enough.stderr);
}

#[test]
fn a_rate_spaces_the_starts_of_all_requests() {
    let (site, other) = (Site::new(), Origin::spawn().unwrap());
    let site = site.with("P", other.url(""));
    site.file("list.txt", &"$O/get\n$P/get\n".repeat(6));
    let run = site.run("haul --rate 20/s list.txt").exits(0);
    assert_spaced(&run.records.iter().collect::<Vec<_>>(), Duration::from_millis(50), 1);
    let run = site.run("haul --rate 1200/m --burst 6 list.txt").exits(0);
    assert_spaced(&run.records.iter().collect::<Vec<_>>(), Duration::from_millis(50), 6);
}

#[test]
fn a_host_rate_spaces_the_starts_of_each_host_alone() {
    let (site, other) = (Site::new(), Origin::spawn().unwrap());
    let site = site.with("P", other.url(""));
    site.file("list.txt", &"$O/get\n$P/get\n".repeat(6));
    let run = site.run("haul --host-rate 20/s list.txt").exits(0);
    let (here, there): (Vec<_>, Vec<_>) =
        run.records.iter().partition(|record| record["url"] == site.origin.url("/get"));
    assert_spaced(&here, Duration::from_millis(50), 1);
    assert_spaced(&there, Duration::from_millis(50), 1);
    assert!(starts(&here)[1] < *starts(&there).last().unwrap(), "one host waited for the other");
}

/// Over any span `T` at most `T / period + burst` start, but for what a busy machine blurs.
#[track_caller]
fn assert_spaced(records: &[&Record], period: Duration, burst: usize) {
    const BLUR: Duration = Duration::from_millis(100);
    let starts = starts(records);
    for (n, from) in starts.iter().enumerate() {
        for (m, to) in starts.iter().enumerate().skip(n + burst) {
            let least = period * (m - n + 1 - burst) as u32;
            assert!(*to - *from + BLUR >= least, "{} within {:?}", m - n + 1, *to - *from);
        }
    }
}

/// When the requests started, in order.
fn starts(records: &[&Record]) -> Vec<Duration> {
    let started = |record: &&Record| record["started_at"].as_str().unwrap().parse::<Timestamp>().unwrap();
    let mut starts: Vec<_> =
        records.iter().map(started).map(|at| Duration::from_millis(at.as_millisecond() as u64)).collect();
    starts.sort();
    starts
}

const LITTLE_MEMORY: &str = "--max-memory 4MiB --max-filesize 1MiB -c 64 --host-concurrency 64";

#[test]
fn more_bodies_than_fit_into_memory_take_turns() {
    let site = Site::new();
    site.file("list.txt", &"$O/bytes/500000\n".repeat(70));
    site.run(&format!("haul {LITTLE_MEMORY} -o /dev/null --report report.json list.txt")).exits(0);
    let report = site.json("report.json");
    assert_eq!([&report["totals"]["ok"], &report["totals"]["decoded_bytes"]], [70, 35_000_000]);
    assert!(report["run"]["memory_stall_s"].as_f64() > Some(0.0));
}

#[test]
fn once_the_size_of_bodies_is_known_no_more_are_asked_for_than_fit() {
    let site = Site::new();
    let url = site.origin.url("/drip?numbytes=500000&duration=0.03\n");
    let mut haul = site.start(&format!("haul {LITTLE_MEMORY} -"));
    haul.write(&url);
    haul.record();
    haul.write(&url.repeat(30));
    assert_eq!(haul.end().exits(0).all("ok"), [true; 31]);
    assert!(site.origin.stats().peak_in_flight < 10, "{:?}", site.origin.stats());
}

#[test]
fn without_descriptors_requests_wait_for_others_and_then_fail() {
    let site = Site::new();
    let others: Vec<_> = (0..30).map(|_| Origin::spawn().unwrap()).collect();
    site.file("list.txt", &others.iter().map(|other| other.url("/delay/0.2\n")).collect::<String>());
    let run = site.run("ulimit -n 24; exec haul --threads 1 --retry 0 list.txt").exits(0);
    assert_eq!(run.all("ok"), [true; 30]);
    assert_eq!(run.all("attempts"), [1; 30]);

    // The run has begun with enough of them.
    let mut haul = site.start("haul --threads 1 --retry 0 --timeout 1s -");
    haul.write(&site.origin.url("/get\n"));
    haul.record();
    haul.limit_open_files(24);
    haul.write(&others.iter().map(|other| other.url("/delay/0.7\n")).collect::<String>());
    let run = haul.end().exits(0);
    let (ok, failed): (Vec<_>, Vec<_>) = run.records.iter().partition(|record| record["ok"] == true);
    assert!(!ok.is_empty() && !failed.is_empty(), "{run:#?}");
    for record in failed {
        assert_eq!((record.kind(), &record["error"]["phase"]), ("connect", &"connect".into()), "{record:?}");
        assert!(record["error"]["message"].as_str().unwrap().contains("Too many open files"), "{record:?}");
    }
    site.run("ulimit -n 12; exec haul --threads 9 list.txt").fails(1, &["haul: cannot start: Too many open files"]);
}
