//! `--ordered`: records in the order of the lists.

use std::fs;

use serde_json::Value;

use crate::support::{Run, Site, wait_for};

fn seqs(text: &str) -> Vec<u64> {
    text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["seq"].as_u64().unwrap()).collect()
}

/// A list whose first line takes a while, and so many after it.
fn list(site: &Site, first: &str, others: usize) {
    let lines: String = (0..others).map(|n| format!("$O/bytes/1000?n={n}\n")).collect();
    site.file("list.txt", &format!("$O/{first}\n{lines}"));
}

#[track_caller]
fn in_order(run: &Run, inputs: u64) {
    assert_eq!(seqs(&run.stdout), (0..inputs).collect::<Vec<_>>());
}

#[test]
fn records_come_in_the_order_of_the_lists() {
    let site = Site::new();
    let lines: String =
        (0..60).map(|n| ["$O/delay/0.2\n", "no URL\n", "$O/json\n", "$O/redirect/2\n"][n % 4]).collect();
    site.file("list.txt", &lines);
    let run = site.run("haul --ordered --host-concurrency 64 list.txt").exits(0);
    in_order(&run, 60);
    assert!(!run.stderr.contains("note"), "{}", run.stderr);
    let run = site.run("haul --ordered --dedup --order-window 1KiB -c 16 list.txt").exits(0);
    in_order(&run, 60);
    assert_eq!(run.all("duplicate_of").into_iter().filter(|of| of.is_u64()).count(), 42);
}

#[test]
fn a_window_that_fills_is_reported_with_who_was_late() {
    let site = Site::new();
    list(&site, "delay/1", 200);
    let run = site.run("haul --ordered --order-window 20KiB --report report.json list.txt").exits(0);
    in_order(&run, 201);
    run.says(&[
        "--ordered held back requests for ",
        ": the record of input 0 (http://127.0.0.1:",
        "; raise --order-window",
    ]);
    let report = site.json("report.json");
    assert_eq!(report["run"]["late"]["seq"], 0);
    assert!(report["run"]["order_stall_s"].as_f64().unwrap() > 0.0);
}

#[test]
fn what_was_late_is_tried_again_though_the_window_is_full() {
    let site = Site::new();
    list(&site, "flaky/3?key=late", 100);
    let run = site.run("haul --ordered --order-window 4KiB -c 8 list.txt").exits(0);
    in_order(&run, 101);
    assert_eq!((&run.records[0]["attempts"], &run.records[0]["status_code"]), (&3.into(), &200.into()));
}

#[test]
fn a_stop_leaves_nothing_behind() {
    let site = Site::new();
    list(&site, "delay/30", 50);
    let haul = site.start("haul --ordered --retry 0 -o out.ndjson list.txt");
    wait_for("the requests", || site.origin.stats().requests == 51 && site.origin.stats().in_flight == 1);
    assert_eq!(site.read("out.ndjson"), "");
    haul.signal("INT");
    haul.signal("TERM");
    haul.end();
    assert_eq!(seqs(&site.read("out.ndjson")), (0..51).collect::<Vec<_>>());
}

#[test]
fn a_resumed_run_appends_what_is_left_in_order() {
    let site = Site::new();
    let lines: String =
        (0..60).map(|n| if n == 20 { "$O/delay/30\n".to_owned() } else { format!("$O/json?n={n}\n") }).collect();
    site.file("list.txt", &lines);
    let command = "haul --ordered --resume --retry 0 -o out.ndjson list.txt";
    let haul = site.start(command);
    wait_for("the requests", || site.origin.stats().requests == 60 && site.origin.stats().in_flight == 1);
    wait_for("the records", || {
        fs::read_to_string(site.path("out.ndjson")).is_ok_and(|text| text.lines().count() == 20)
    });
    haul.signal("KILL");
    haul.end();
    assert_eq!(seqs(&site.read("out.ndjson")), (0..20).collect::<Vec<_>>(), "what waited is not there");
    site.run(&format!("{command} --timeout 200ms")).exits(0).says(&["60 records, 40 new in "]);
    assert_eq!(seqs(&site.read("out.ndjson")), (0..60).collect::<Vec<_>>());
    site.run(&command.replace("--ordered ", "")).exits(0).says(&["all from earlier runs"]);
}

#[test]
fn the_window_is_a_part_of_the_memory() {
    let site = Site::new();
    let line = "haul --ordered --max-memory 32MiB $O/json";
    site.run(line).exits(0);
    site.run(&format!("{line} --order-window 16MiB")).exits(0);
    site.run(&format!("{line} --order-window 17MiB")).fails(2, &["--order-window must be at most half of"]);
    site.run("haul --order-window 1MiB $O/json").fails(2, &["--ordered"]);
}
