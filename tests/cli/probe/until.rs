//! Probes that end once a percentile is known.

use crate::support::Site;

#[test]
fn a_probe_ends_once_its_percentile_is_known() {
    let site = Site::new();
    let options = "--until 'p50+-90%' --no-records --report report.json --progress-every 0";
    let run = site.run(&format!("haul probe -c 8 -n 1M -z 5m {options} $O/get")).exits(0);
    run.says(&["until    p50±90%: yes (", "by 20 batches of "]);
    let report = site.json("report.json");
    let until = &report["run"]["load"]["until"][0];
    assert_eq!((&until["target"], &until["reached"]), (&"p50±90%".into(), &true.into()));
    assert!(until["estimate_ms"].as_f64().unwrap() > 0.0 && until["within_ms"].as_f64().unwrap() > 0.0);
    assert_eq!(report["run"]["interrupted"], false);
}

#[test]
fn a_percentile_that_is_not_known_fails_and_is_kept_beside_the_records() {
    let site = Site::new();
    let run = site.run("haul probe -q -c 2 -z 300ms --until 'p99.9±5%' -o out.ndjson $O/get").exits(4);
    run.says(&["precision not reached: p99.9±5%: p99.9 is not known after ", " of at least 2,000,000 requests"]);
    let report = site.run("haul report --run out.ndjson.run.json out.ndjson").exits(0);
    assert!(report.stdout.contains("until    p99.9±5%: no ("), "{}", report.stdout);
}

#[test]
fn a_precision_needs_an_end_that_leaves_room_for_it() {
    let site = Site::new();
    for (options, said) in [
        ("-c 2 --until 'p99±5%'", "add -n or -z"),
        ("-n 199999 --until 'p99±5%'", "takes at least 200,000 requests, and this probe ends after 199,999"),
        ("--rate 10/s -z 10s --until p50+-5% --until p90+-5%", "'p90±5%' takes at least 20,000"),
        ("-n 1M --until 'p99±5'", "write 5% or 5ms"),
        ("-n 1M --until 'p99>5ms'", "as in 'p99±5%'"),
        ("--stages 10/s@1m --until 'p99±5%'", "the load changes"),
        ("--replay --until 'p99±5%'", "the load changes"),
    ] {
        site.run(&format!("haul probe {options} $O/get")).fails(2, &[said]);
    }
    assert_eq!(site.origin.stats().requests, 0);
}
