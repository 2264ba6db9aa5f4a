//! The verdict on a probe: thresholds, doubt, exit codes, and the files beside the records.

use serde_json::Value;

use crate::support::Site;

#[test]
fn a_crossed_threshold_decides() {
    let site = Site::new();
    for (conditions, code) in [
        ("--fail-if 'failed>0'", 4),
        ("--fail-if 'status(404)>50%' --fail-if 'failed>50%'", 0),
        ("--fail-if 'p99>0.001ms'", 4),
        ("--fail-if 'p99>30s'", 0),
        ("--fail-if 'p99{none}>30s'", 2),
        ("--fail-if 'p99{none}>30s' --fail-if 'failed>0'", 4),
    ] {
        let run = site.run(&format!("haul probe -q --allow-doubt -c 1 -n 4 {conditions} $O/get $O/status/404"));
        assert_eq!(run.exits(code).records.len(), 4, "{conditions}");
    }
    site.run("haul probe -n 1 --fail-if 'p99>300' $O/get").fails(2, &["p99>300\n", "^"]);
    site.run("haul probe -n 1 --abort-after 1s $O/get").fails(2, &["--fail-if"]);
}

#[test]
fn missed_starts_raise_doubt() {
    let site = Site::new();
    let probe = |options: &str| {
        site.run(&format!("haul probe --rate 40/s -n 20 --max-in-flight 1 --no-records {options} $O/delay/0.2"))
    };
    let run = probe("--fail-if 'failed>50%'").exits(5);
    run.says(&["threshold in doubt: failed>50%", "missed", "--max-in-flight", "≥"]);
    probe("--fail-if 'failed>50%' --allow-doubt").exits(0);
    probe("--fail-if 'missed>0' --allow-doubt").exits(4);
    probe("").exits(0);
    assert_eq!(probe("-q --fail-if 'failed>50%' --allow-doubt").exits(0).stderr, "");
    let crossed = probe("-q --fail-if 'failed>50%' --fail-if 'missed>0'").exits(4).stderr;
    assert!(crossed.starts_with("haul: threshold crossed: missed>0: ") && crossed.lines().count() == 1, "{crossed}");
    probe("-q --fail-if 'failed>50%'").exits(5).says(&["haul: in doubt: ", "missed because of --max-in-flight"]);
}

#[test]
fn a_threshold_that_cannot_be_met_any_more_ends_a_probe() {
    let site = Site::new();
    let run =
        site.run("haul probe --rate 20/s -z 60s --no-records --fail-if 'failed>2' --abort-after 0s $O/status/500");
    run.exits(4).says(&["failed>2", "can no longer recover"]);
    assert!(site.origin.stats().requests < 1_000);
}

#[test]
fn what_records_cannot_tell_is_beside_them() {
    let site = Site::new();
    site.run("haul probe -q --rate 50/s -n 10 -o out.ndjson --hdr out.hlog $O/get").exits(0);
    assert!(site.read("out.hlog").contains("Histogram log format version 1.3"));
    let known: Value =
        serde_json::from_str(&site.run("haul report --json --run out.ndjson.run.json out.ndjson").exits(0).stdout)
            .unwrap();
    assert_eq!([&known["load"]["asked"], &known["load"]["started"]], [10, 10]);
    site.run("haul report --fail-if 'missed>0' --run out.ndjson.run.json out.ndjson").exits(0);
    site.run("haul report --fail-if 'missed>0' out.ndjson").exits(2).says(&["not known"]);
    site.run("HAUL_FAIL_IF='failed<5' HAUL_JSON={} haul report out.ndjson").exits(4).says(&["failed<5"]);
    site.run("haul probe -n 1 -o other.ndjson --hdr out.hlog $O/get").fails(2, &["out.hlog already exists"]);
    std::fs::remove_file(site.path("out.ndjson")).unwrap();
    site.run("haul probe -n 1 -o out.ndjson $O/get").fails(2, &["out.ndjson.run.json already exists"]);
    site.run("haul probe -q -n 1 -o out.ndjson --force $O/get").exits(0);
    assert_eq!(site.run("haul probe -q -n 1 -o /dev/null $O/get").exits(0).stdout, "");
    assert!(!std::path::Path::new("/dev/null.run.json").exists());
}
