//! Ctrl-C: once to come to an end, twice to stop at once, thrice to leave an output that is stuck.

use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Run, Running, Site, wait_for};

/// Starts `line` and waits until `in_flight` requests are at the origin.
fn under_way(site: &Site, line: &str, in_flight: u64) -> Running {
    let haul = site.start(line);
    wait_for("the requests", || site.origin.stats().in_flight == in_flight);
    haul
}

/// The report's run, which must add up.
fn facts(site: &Site) -> Value {
    let facts = site.json("report.json")["run"].clone();
    let number = |key: &str| facts[key].as_u64().unwrap();
    assert_eq!(number("admitted"), number("settled") + number("skipped"));
    assert_eq!(facts["interrupted"], true);
    facts
}

fn kinds(run: &Run) -> Vec<&str> {
    run.records.iter().map(|record| record.kind()).collect()
}

#[test]
fn a_signal_lets_what_is_in_flight_come_to_its_end() {
    let site = Site::new();
    site.file("list.txt", &"$O/delay/0.5\n".repeat(7));
    for (signal, code) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        for limit in ["-c 2", "--host-concurrency 2"] {
            let haul = under_way(&site, &format!("haul {limit} --force --report report.json list.txt"), 2);
            haul.signal(signal);
            let run = haul.end().exits(code);
            assert_eq!(run.all("ok"), [true, true]);
            run.says(&["2 ok   5 skipped", "stopped early: of the lines read so far, 5 were not started"]);
            let facts = facts(&site);
            assert_eq!([&facts["admitted"], &facts["settled"], &facts["skipped"]], [7, 2, 5]);
        }
    }
    assert_eq!(site.origin.stats().requests, 12);
}

#[test]
fn a_second_signal_ends_what_is_in_flight() {
    let site = Site::new();
    site.file("list.txt", &"$O/delay/30\n".repeat(5));
    let haul = under_way(&site, "haul --host-concurrency 3 --report report.json list.txt", 3);
    haul.signal("INT");
    sleep(Duration::from_millis(100));
    let begun = Instant::now();
    haul.signal("TERM");
    let run = haul.end().exits(130);
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert_eq!(kinds(&run), ["cancelled"; 3]);
    assert_eq!(run.all("attempts"), [1; 3]);
    assert!(run.records.iter().all(|record| record["timings_ms"]["total"].as_f64() >= Some(100.0)), "{run:#?}");
    run.says(&["3 failed   2 skipped", "cancelled 3"]);
    assert_eq!(facts(&site)["skipped"], 2);
}

#[test]
fn a_second_hangup_ends_what_is_in_flight_as_well() {
    let site = Site::new();
    let haul = under_way(&site, "haul --report report.json $O/delay/30", 1);
    haul.signal("HUP");
    sleep(Duration::from_millis(100));
    haul.signal("HUP");
    assert_eq!(kinds(&haul.end().exits(129)), ["cancelled"]);
}

#[test]
fn a_signal_that_was_ignored_stays_ignored() {
    let site = Site::new();
    for signal in ["HUP", "INT", "TERM", "USR1"] {
        for start in [format!("trap \"\" {signal}; exec haul $O/delay/0.5"), "exec nohup haul $O/delay/0.5".to_owned()]
        {
            if start.contains("nohup") && signal != "HUP" {
                continue;
            }
            let haul = under_way(&site, &start, 1);
            haul.signal(signal);
            let run = haul.end().exits(0);
            assert_eq!(run.all("ok"), [true], "{start}");
            assert!(!run.stderr.contains("stopped early") && !run.stderr.contains("so far"), "{}", run.stderr);
        }
    }
}

#[test]
fn a_script_that_is_interrupted_leaves_its_jobs_in_the_background() {
    let site = Site::new();
    let shell = site.start("haul $O/delay/0.5 > out & echo $! > pid; wait $!");
    wait_for("the request", || site.origin.stats().in_flight == 1);
    site.run("kill -s INT $(cat pid)").exits(0);
    shell.end().exits(0).says(&["1 ok"]);
}

#[test]
fn a_third_signal_leaves_an_output_that_takes_nothing() {
    let site = Site::new();
    site.file("list.txt", &"$O/bytes/100000\n".repeat(20));
    // Nobody reads before the command has ended.
    let haul = site
        .start("{ haul list.txt & echo $! > pid; wait $!; echo $? > code; } | until [ -s code ]; do sleep 0.05; done");
    wait_for("the answers", || site.origin.stats().requests == 20 && site.origin.stats().in_flight == 0);
    for _ in 0..3 {
        sleep(Duration::from_millis(100));
        site.run("kill -s TERM $(cat pid)").exits(0); // its shell ignores SIGINT for it
    }
    haul.end().exits(0);
    assert_eq!(site.read("code"), "143\n");
}

#[test]
fn a_third_signal_leaves_a_standard_error_that_takes_nothing() {
    let site = Site::new();
    let fill = "timeout 0.3 cat /dev/zero";
    let haul = "haul --progress-every 100ms $O/delay/30 > out & echo $! > pid; wait $!; echo $? > code";
    let running =
        site.start(&format!("{{ {{ {fill}; }} >&2; {haul}; }} 2>&1 | until [ -s code ]; do sleep 0.05; done"));
    wait_for("the request", || site.origin.stats().in_flight == 1);
    sleep(Duration::from_millis(300)); // a line of progress is due
    for _ in 0..3 {
        sleep(Duration::from_millis(100));
        site.run("kill -s TERM $(cat pid)").exits(0);
    }
    running.end().exits(0);
    assert_eq!(site.read("code"), "143\n");
}

#[test]
fn what_waits_for_another_attempt_is_cancelled() {
    let site = Site::new();
    let haul = site.start("haul --report report.json $O/retry-after/30 $O/get");
    wait_for("the answer", || site.origin.stats().requests == 2 && site.origin.stats().in_flight == 0);
    sleep(Duration::from_millis(100)); // the answer is on its way back
    haul.signal("INT");
    let run = haul.end().exits(130);
    assert_eq!(kinds(&run), ["cancelled", "none"]);
    let retries = json!([{"status_code": 503, "error": null, "wait_ms": 30_000}]);
    assert_eq!(run.records[0]["retries"], retries);
    assert_eq!(facts(&site)["settled"], 2);
}

#[test]
fn nothing_further_is_tried_or_followed() {
    let site = Site::new();
    site.file("list.txt", "$O/drip?duration=1.5&code=503\n$O/drip?duration=1.6\n");
    let haul = under_way(&site, "haul list.txt", 2);
    haul.signal("INT");
    let run = haul.end().exits(130);
    assert_eq!(run.all("status_code"), [503, 200]);
    assert_eq!(run.all("attempts"), [1, 1]);
}

#[test]
fn a_run_that_waits_for_input_ends_at_once() {
    let site = Site::new();
    let mut haul = site.start("haul --report report.json -");
    haul.write(&format!("{}\n", site.origin.url("/get")));
    haul.record();
    haul.signal("INT");
    wait_for("the report", || site.path("report.json").metadata().is_ok_and(|file| file.len() > 0));
    assert_eq!(haul.end().exits(130).records.len(), 1);
    assert_eq!(facts(&site)["settled"], 1);
}
