//! `--resume`: going on where a run stopped.

use std::fs;

use serde_json::Value;

use crate::support::{Running, Site, wait_for};

/// How often each `seq` is in an output.
fn seqs(site: &Site, name: &str) -> Vec<u64> {
    let text = site.read(name);
    let seq = |line: &str| serde_json::from_str::<Value>(line).unwrap()["seq"].as_u64().unwrap();
    let mut seqs: Vec<u64> = text.lines().map(seq).collect();
    seqs.sort_unstable();
    seqs
}

/// A list of so many lines of which every fifth hangs for a while.
fn list(site: &Site, lines: u64) {
    let line = |n| format!("$O/{}?n={n}\n", if n % 5 == 4 { "delay/30" } else { "status/404" });
    site.file("list.txt", &(0..lines).map(line).collect::<String>());
}

/// Starts `line`, stops it while it waits for `in_flight` answers, and lets it give up on them.
fn interrupt(site: &Site, line: &str, requests: u64, in_flight: u64) {
    let haul: Running = site.start(line);
    wait_for("the requests", || site.origin.stats().requests == requests && site.origin.stats().in_flight == in_flight);
    let lines = || fs::read_to_string(site.path("out.ndjson")).map_or(0, |text| text.lines().count() as u64);
    wait_for("the records", || lines() == requests - in_flight);
    haul.signal("INT");
    haul.signal("TERM"); // one alone would wait for the answers
    let run = haul.end();
    assert!(matches!(run.code, Some(130 | 143)), "{run:#?}"); // whichever was seen first
}

#[test]
fn a_run_begins_ends_and_is_not_repeated() {
    let site = Site::new();
    site.file("list.txt", &"$O/json\n".repeat(20));
    let line = "haul --resume -o out.ndjson --report report.json list.txt";
    let run = site.run(line).exits(0);
    run.says(&["20 records in "]);
    assert_eq!(seqs(&site, "out.ndjson"), (0..20).collect::<Vec<_>>());
    let first = site.json("report.json");
    assert_eq!(first["run"]["resumed"], 0);

    site.run(line).exits(0).says(&["20 records, all from earlier runs"]);
    assert_eq!(seqs(&site, "out.ndjson"), (0..20).collect::<Vec<_>>());
    assert_eq!(site.origin.stats().requests, 20);
    let again = site.json("report.json");
    assert_eq!((&again["run"]["resumed"], &again["run"]["settled"]), (&20.into(), &0.into()));
    assert_eq!(again["totals"], first["totals"]);
    assert_eq!(again["latency_ms"], first["latency_ms"]);
}

#[test]
fn what_was_cancelled_is_done_by_the_next_run() {
    let site = Site::new();
    list(&site, 20);
    let line = "haul --resume -c 8 --retry 0 -o out.ndjson list.txt";
    let report = |name| format!("{line} --report {name}");
    interrupt(&site, &report("first.json"), 20, 4);
    assert_eq!(seqs(&site, "out.ndjson").len(), 16, "a cancelled request has no record");
    let run = &site.json("first.json")["run"];
    assert_eq!((&run["settled"], &run["skipped"]), (&16.into(), &4.into()));

    site.run(&(report("second.json") + " --timeout 100ms")).exits(0).says(&["20 records, 4 new in "]);
    assert_eq!(seqs(&site, "out.ndjson"), (0..20).collect::<Vec<_>>());
    let report = site.json("second.json");
    assert_eq!(report["run"]["resumed"], 16);
    assert_eq!(report["totals"]["records"], 20);
    assert_eq!(report["errors"]["timeout"]["count"], 4);
    assert_eq!(report["statuses"]["404"], 16);
}

#[test]
fn a_report_is_that_of_an_uninterrupted_run() {
    let site = Site::new();
    let lines: String = (0..40).map(|n| format!("$O/{}\n", ["json", "nonsense", "cut/100"][n % 3])).collect();
    site.file("list.txt", &(lines + "no URL\n$O/delay/5\n"));
    let line = |output, report| format!("haul --retry 0 --resume -c 8 -o {output} --report {report} list.txt");
    let haul = site.start(&line("out.ndjson", "first.json"));
    wait_for("the last line", || site.origin.stats().requests == 41 && site.origin.stats().in_flight == 1);
    wait_for("the records", || {
        fs::read_to_string(site.path("out.ndjson")).is_ok_and(|text| text.lines().count() >= 40)
    });
    haul.signal("KILL");
    haul.end();
    site.run(&line("out.ndjson", "resumed.json")).exits(0);
    site.run(&line("whole.ndjson", "whole.json")).exits(0);
    let [resumed, whole] = ["resumed.json", "whole.json"].map(|name| site.json(name));
    for key in ["totals", "statuses", "errors"] {
        assert_eq!(resumed[key], whole[key]);
    }
    assert_eq!(resumed["latency_ms"]["count"], whole["latency_ms"]["count"]);
    assert_eq!(resumed["hosts"][0]["requests"], whole["hosts"][0]["requests"]);
    assert!(resumed["run"]["resumed"].as_u64().unwrap() >= 30);
}

#[test]
fn only_a_file_can_be_gone_on_with() {
    let site = Site::new();
    site.file("list.txt", "$O/json\n");
    site.run("haul --resume list.txt").fails(2, &["--output"]);
    site.run("haul --resume -o - list.txt").fails(2, &["--resume needs an output file", "standard output"]);
    site.run("haul --resume -o /dev/null list.txt").fails(2, &["/dev/null is not a regular file"]);
    for format in ["--format csv", "--fields seq,url", "--jq . --raw"] {
        site.run(&format!("haul --resume {format} -o out list.txt")).fails(2, &["whole records: leave out --format"]);
    }
    site.run("haul --resume --force -o out.ndjson list.txt").fails(2, &["--force"]);
    assert_eq!(site.origin.stats().requests, 0);
}

#[test]
fn what_differs_is_named_and_can_be_overridden() {
    let site = Site::new();
    site.file("list.txt", "$O/json\n$O/html\n");
    let line = "haul -q --resume -o out.ndjson list.txt";
    site.run(line).exits(0);
    site.file("list.txt", "$O/json\n$O/html\n$O/text\n");
    let words = ["cannot resume: list.txt has grown from", "--resume-anyway"];
    site.run(line).fails(2, &words);
    site.run(&format!("{line} --resume-anyway")).exits(0);
    assert_eq!(seqs(&site, "out.ndjson"), [0, 1, 2]);
    site.run(&format!("{line} -i")).fails(2, &["--include was false and is now true"]);
    site.run(&format!("{line} -d x")).fails(2, &["cannot resume: --data was not given before"]);
    site.run(&format!("{line} --timeout 5s -c 2 --rate 5/s")).exits(0);

    fs::write(site.path("out.ndjson"), "").unwrap();
    site.run(line).fails(2, &["out.ndjson has 0 bytes, but "]);
    site.file("out.ndjson.haul", "haul-checkpoint 2 ...\n");
    site.run(line).fails(2, &["out.ndjson.haul has version 2"]);
    site.file("out.ndjson.haul", "haul-checkpoint 1 \n");
    let run = site.run(&line.replace("-q ", "")).exits(0);
    run.says(&["haul: out.ndjson.haul is damaged (its checksum is not a number): reading the whole output"]);
    site.file("out.ndjson.haul", "my notes\n");
    site.run(line).fails(2, &["out.ndjson.haul exists and is not a checkpoint of haul", "--resume-anyway replaces it"]);
    assert_eq!(site.read("out.ndjson.haul"), "my notes\n");
    site.run(&format!("{line} --resume-anyway")).exits(0);
    assert_eq!(seqs(&site, "out.ndjson"), [0, 1, 2]);
}

#[test]
fn an_output_of_a_run_without_resume_is_gone_on_with() {
    let site = Site::new();
    list(&site, 10);
    interrupt(&site, "haul -c 8 --retry 0 -o out.ndjson list.txt", 10, 2);
    assert_eq!(seqs(&site, "out.ndjson").len(), 10, "with records of what was cancelled");
    let run = site.run("haul --resume -o out.ndjson --timeout 100ms --retry 0 list.txt").exits(0);
    run.says(&["haul: out.ndjson.haul is missing: reading the whole output", " was cancelled"]);
    assert_eq!(seqs(&site, "out.ndjson"), (0..10).collect::<Vec<_>>());
    assert!(!site.read("out.ndjson").contains("cancelled"));
}

#[test]
fn without_its_checkpoint_an_output_with_an_edited_line_is_refused() {
    let site = Site::new();
    list(&site, 5);
    let line = "haul -q --retry 0 --timeout 100ms -c 1 -o out.ndjson --resume list.txt";
    site.run(line).exits(0);
    fs::remove_file(site.path("out.ndjson.haul")).unwrap();
    let edited = site
        .read("out.ndjson")
        .lines()
        .enumerate()
        .fold(String::new(), |text, (n, line)| text + if n == 1 { "edited" } else { line } + "\n");
    site.file("out.ndjson", &edited);
    let why = "out.ndjson is damaged in line 2 (a line is not a record), and 3 complete records follow it";
    site.run(line).fails(2, &[why, "--resume-anyway continues after the records it can read, and removes "]);
    assert_eq!(site.read("out.ndjson"), edited);
    site.run(&format!("{line} --resume-anyway")).exits(0).says(&["out.ndjson: removed "]);
    assert_eq!(seqs(&site, "out.ndjson").len(), 5);
}

#[test]
fn a_pipe_and_a_compressed_list_are_read_again_and_skipped() {
    let site = Site::new();
    list(&site, 10);
    for (n, feed) in ["cat list.txt | haul", "gzip -kf list.txt; haul list.txt.gz"].into_iter().enumerate() {
        let line = format!("{feed} --resume -o out{n}.ndjson --timeout 100ms --retry 0");
        site.run(&line).exits(0);
        let name = format!("out{n}.ndjson");
        let text = site.read(&name);
        let half: String = text.lines().take(5).map(|line| format!("{line}\n")).collect();
        fs::write(site.path(&name), half).unwrap();
        fs::remove_file(site.path(&format!("{name}.haul"))).unwrap();
        site.run(&line).exits(0).says(&["10 records, 5 new in "]);
        assert_eq!(seqs(&site, &name), (0..10).collect::<Vec<_>>());
    }
}

#[test]
fn a_full_disk_ends_the_run_and_costs_nothing() {
    let site = Site::new();
    site.file("list.txt", &"$O/json/1000\n".repeat(100));
    let line = "haul --resume -o out.ndjson list.txt";
    // A limit on the size of files stands for a disk that is full; without the trap it would kill.
    let run = site.run(&format!("trap '' XFSZ; ulimit -f 60; {line}")).exits(1);
    run.says(&[
        "cannot write the output: File too large",
        "records written so far are safe",
        "run the same command to continue",
    ]);
    let written = seqs(&site, "out.ndjson");
    assert!(!written.is_empty() && written.len() < 100, "{}", written.len());
    site.run(line).exits(0);
    assert_eq!(seqs(&site, "out.ndjson"), (0..100).collect::<Vec<_>>());
}

#[test]
fn two_runs_do_not_share_an_output() {
    let site = Site::new();
    list(&site, 10);
    let line = "haul --resume -o out.ndjson --retry 0 list.txt";
    let haul = site.start(line);
    wait_for("the requests", || site.origin.stats().in_flight == 2);
    site.run(line).fails(2, &["another run is writing out.ndjson"]);
    haul.signal("KILL");
    haul.end();
}

#[test]
fn what_is_asked_is_compared_as_it_is_meant() {
    let site = Site::new();
    site.file("list.csv", "url,n\n$O/anything,1\n");
    site.file("template", "{\"n\": {{n}}}");
    let line = "haul -q --resume -o out.ndjson list.csv --data-template @template";
    site.run(line).exits(0);
    site.file("template", "{\"m\": {{n}}}");
    site.run(line).fails(2, &["cannot resume: --data-template has changed"]);
    site.file("template", "{\"n\": {{n}}}");
    site.file("login", "$O/get");
    site.run(&format!("{line} --login login")).fails(2, &["cannot resume: --login was not given before"]);
    site.run(&format!("{line} -X PUT")).fails(2, &["cannot resume: --request"]);
    site.run(&format!("{line} -H 'User-Agent:'")).fails(2, &["cannot resume: --header has changed"]);
    site.run(line).exits(0);
    let form = "haul -q --resume -o form.ndjson -F a=b $O/anything";
    site.run(form).exits(0);
    site.run(form).exits(0);
    assert_eq!(seqs(&site, "form.ndjson"), [0]);
}

#[test]
fn an_output_begun_anew_has_no_past() {
    let site = Site::new();
    site.file("list.txt", "$O/json\n$O/html\n");
    site.run("haul -q --resume -o out.ndjson list.txt").exits(0);
    site.run("haul -q --force -o out.ndjson list.txt").exits(0);
    assert!(!site.path("out.ndjson.haul").exists());
    site.run("haul -q --resume -o out.ndjson list.txt").exits(0);
    assert_eq!(seqs(&site, "out.ndjson"), [0, 1]);
    assert_eq!(site.origin.stats().requests, 4);
}
