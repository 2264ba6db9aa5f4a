//! `haul demo` and `haul origin`.

use std::time::{Duration, Instant};

use crate::support::{Site, wait_for};

const LIST: &str = include_str!("../../urls.example.txt");

#[test]
fn the_demo_shows_what_its_list_promises() {
    let site = Site::new();
    let begun = Instant::now();
    let run = site.run("haul demo --report report.json").exits(0);
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());

    let lines = |list: &'static str| list.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let targets = lines(LIST).map(|line| line.trim_start_matches(|c: char| c.is_uppercase()).trim());
    assert_eq!(run.all("url"), targets.collect::<Vec<_>>());
    let (fine, _) = LIST.split_once("From here on all fail").unwrap();
    let fails = |seq| seq >= lines(fine).count();
    for (seq, record) in run.records.iter().enumerate() {
        assert_eq!(record["ok"], !fails(seq), "{record:?}");
    }
    let kinds: Vec<_> = run.records.iter().map(|record| record.kind()).filter(|kind| *kind != "none").collect();
    let promised = ["closed", "closed", "too_many_redirects", "connect_refused", "invalid_input", "invalid_input"];
    assert_eq!(kinds, promised);
    run.says(&["urls.example.txt", "closed 2"]);
}

#[test]
fn the_demo_takes_options() {
    let site = Site::new();
    let run = site.run("haul demo -q --retry 0 --body none --fail").exits(4);
    assert_eq!(run.stderr, "");
    assert!(run.records.iter().all(|record| record["attempts"] != 2 && record.get("json").is_none()));
    site.run("haul demo --strict").fails(3, &["2 lines are not valid requests", "urls.example.txt line"]);
}

#[test]
fn the_origin_serves_until_it_is_told_to_end() {
    let site = Site::new();
    for signal in ["INT", "TERM"] {
        let log = format!("{signal}.log");
        let origin = site.start(&format!("haul origin --port 0 2> {log}"));
        wait_for("its URL", || site.path(&log).exists() && site.read(&log).contains('\n'));
        let log = site.read(&log);
        let url = log.split(' ').find(|word| word.starts_with("http://127.0.0.1:")).unwrap();
        let record = site.run(&format!("haul {url}json")).record();
        assert_eq!(record["ok"], true);
        origin.signal(signal);
        origin.end().exits(0);
    }
}

#[test]
fn a_port_that_is_taken_is_named() {
    let site = Site::new();
    let port = site.origin.addr().port();
    site.run(&format!("haul origin --port {port}")).fails(1, &[&format!("cannot listen on 127.0.0.1:{port}: ")]);
}
