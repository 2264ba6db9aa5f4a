//! Searches for the highest rate.

use serde_json::Value;

use crate::support::Site;

#[test]
fn what_a_search_needs_and_what_it_excludes_is_said() {
    let site = Site::new();
    for (options, why) in [
        ("--rate 400/s --fail-if 'p99>1s'", "--find-rate needs the highest rate that it may try, as a range"),
        ("--rate 400/s --fail-if 'p99>1s'", "use --rate ..400/s, or --rate 40/s..400/s"),
        ("--rate ..400/s", "--fail-if <CONDITION>"),
        ("--fail-if 'p99>1s'", "--rate <RATE>"),
        ("--rate ..400/s --fail-if 'mean>1s'", "use a percentile"),
        ("--rate ..400/s --fail-if 'rate<100/s'", "use a percentage, such as rate<95%"),
        ("--rate 5/m --fail-if 'p99>1s'", "use --rate ..0.083/s"),
        ("--rate ..400/s --fail-if 'failed<5%'", "raises this figure: use > or >="),
        ("--rate ..400/s --fail-if 'status(5xx)<1%'", "raises this figure: use > or >="),
        ("--rate ..400/s --fail-if 'missed>0'", "says nothing about the server"),
        ("--rate ..400/s --fail-if 'p99>30s'", "use --step-time 150s or more"),
        ("--rate ..400/s --fail-if 'p99>1s' -n 5", "--requests"),
        ("--rate ..400/s --fail-if 'p99>1s' -c 5", "--concurrency"),
        ("--rate ..400/s --fail-if 'p99>1s' --stages 5/s@1s", "--stages"),
        ("--rate ..400/s --fail-if 'p99>1s' --abort-after 1s", "--abort-after"),
        ("--rate ..400/s --fail-if 'p99>1s' --warm-up 20s", "half of --step-time at most"),
        ("--rate ..400/s --fail-if 'p99>1s' --resolution 0.5%", "expected a percentage from 1% to 50%"),
        ("--rate 9/s..5/s --fail-if 'p99>1s'", "the first rate must be the lower one"),
        ("--rate ..x --fail-if 'p99>1s'", "expected a range such as ..5000/s"),
    ] {
        site.refuses(&format!("haul probe --find-rate {options} $O/get"), 2, &[why]);
    }
    site.refuses("haul probe --rate ..400/s $O/get", 2, &["--rate takes a range only with --find-rate"]);
    let elsewhere = "haul probe --find-rate --rate ..400/s --fail-if 'failed>1%' http://a.test/";
    site.refuses(elsewhere, 2, &["--yes-load a.test"]);
    assert_eq!(site.origin.stats().requests, 0);
}

#[test]
fn the_steps_are_in_the_summary_the_report_and_the_file_beside_the_records() {
    let site = Site::new();
    let options = "--find-rate --rate 40/s..80/s --step-time 500ms --allow-doubt";
    let outputs = "--report r.json -o out.ndjson";
    let found = site.run(&format!("haul probe {options} --fail-if 'failed>99%' {outputs} $O/get")).exits(0);
    found.says(&["max rate held 80/s, the highest rate asked for", "answered", "haul: 40/s: p99 "]);
    let (report, run) = (site.json("r.json"), site.json("out.ndjson.run.json"));
    assert_eq!(report["run"]["load"]["find"], run["load"]["find"]);
    let find = &run["load"]["find"];
    assert_eq!((find["end"].as_str(), find["held"].as_f64()), (Some("ceiling"), Some(80.0)));
    let outcomes: Vec<_> = find["steps"].as_array().unwrap().iter().map(|step| step["outcome"].clone()).collect();
    assert_eq!(outcomes, ["held", "held", "held"]);
    let again = site.run("haul report --run out.ndjson.run.json out.ndjson").exits(0);
    assert!(again.stdout.contains("max rate held 80/s"), "{}", again.stdout);
}

#[test]
fn progress_tells_the_step_and_what_is_known() {
    let site = Site::new();
    let options = "--find-rate --rate 5/s..10/s --step-time 1s --allow-doubt --fail-if 'failed>99%' --no-records";
    let shown = "--progress-every 100ms --progress-format";
    let run = site.run(&format!("haul probe {options} {shown} text $O/delay/0.5")).exits(0);
    run.says(&["s  step 1  ", "/s of 5.0/s  ", "  step 2 draining  ", "/s of 10/s  held 5.0/s  "]);
    assert!(!run.stderr.contains("in flight  0 failed  p99"), "{}", run.stderr);
    let run = site.run(&format!("haul probe {options} {shown} json $O/delay/0.5")).exits(0);
    let lines = run.stderr.lines().filter(|line| line.starts_with('{'));
    let lines: Vec<Value> = lines.map(|line| serde_json::from_str(line).unwrap()).collect();
    for line in &lines {
        let (asked, find) = (&line["asked_rate"], &line["find"]);
        assert_eq!(line["total_s"], Value::Null);
        assert!(find["draining"] == false || asked.is_null(), "{line}");
    }
    assert!(lines.iter().any(|line| line["find"]["held"] == 5.0 && line["asked_rate"] == 10.0), "{lines:?}");
}

#[test]
fn even_the_lowest_rate_may_fail() {
    let site = Site::new();
    let options = "--find-rate --rate 40/s..80/s --step-time 500ms --allow-doubt -q --no-records";
    let failed = site.run(&format!("haul probe {options} --fail-if 'status(5xx)>0' $O/status/500")).exits(4);
    assert_eq!(failed.stderr, "haul: no highest rate found: failed 40/s, the lowest rate\n");
}
