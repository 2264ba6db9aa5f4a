//! `haul report --compare`, and saved reports.

use std::fmt::Write;

use serde_json::Value;

use crate::support::Site;

/// The records of half a minute at 50/s, each of which took `ms`; one in `bad` has status 503.
fn records(seed: u64, bad: u64, ms: impl Fn(f64) -> f64) -> String {
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut lines = String::new();
    for n in 0..1_500u64 {
        let (ok, status) = if n % bad == bad - 1 { (false, 503) } else { (true, 200) };
        let ms = ms(rng.f64());
        let (second, micros) = (n / 50, n % 50 * 20_000);
        let _ = writeln!(
            lines,
            r#"{{"seq":{n},"method":"GET","url":"http://a.example/","ok":{ok},"status_code":{status},"error":null,"attempts":1,"group":"g","intended_at":"2026-01-31T12:00:{second:02}.{micros:06}Z","timings_ms":{{"latency":{ms:.3},"service_time":{ms:.3},"total":{ms:.3}}}}}"#,
        );
    }
    lines
}

fn site() -> Site {
    let site = Site::new();
    site.file("before.ndjson", &records(1, 100, |chance| 20.0 + 10.0 * chance));
    site.file("same.ndjson", &records(2, 100, |chance| 20.0 + 10.0 * chance));
    site.file("slower.ndjson", &records(3, 10, |chance| 25.0 + 12.0 * chance));
    site
}

#[test]
fn what_differs_is_told_from_noise() {
    let site = site();
    let same = site.run("haul report --compare before.ndjson same.ndjson").exits(0);
    assert!(same.stdout.contains("\n  differs  nothing beyond noise\n"), "{}", same.stdout);
    let slower = site.run("haul report --compare before.ndjson slower.ndjson").exits(0);
    for row in ["  failed", "  mean", "  p50", "  p99"] {
        let row = slower.stdout.lines().find(|line| line.starts_with(row)).unwrap();
        assert!(row.ends_with("  higher"), "{row}");
    }
    let lines = slower.stdout.lines();
    assert!(lines.clone().filter(|line| line.contains(" ms")).all(|line| line.len() <= 80), "{}", slower.stdout);
    assert!(lines.filter(|line| line.starts_with("  p95")).count() == 2, "of all and of the group");
}

#[test]
fn a_difference_fails_if_it_is_beyond_the_limit_and_noise() {
    let site = site();
    let run = |line: &str, code| site.run(&format!("haul report --compare before.ndjson {line}")).exits(code);
    run("slower.ndjson --fail-if 'p99>+50%' --fail-if 'failed>+20%'", 0);
    run("slower.ndjson --fail-if 'p99>+10%'", 4).says(&["threshold crossed: p99>+10%: p99 of latency rose by "]);
    run("slower.ndjson --fail-if 'p50{g}>+1ms'", 4)
        .says(&["threshold crossed: p50{g}>+1ms: g: p50 of latency rose by "]);
    run("slower.ndjson --fail-if 'p50>1s' --fail-if 'p97.5>+10%'", 4).says(&["threshold crossed: p97.5>+10%"]);
    run("slower.ndjson --fail-if 'failed{x}>+1%'", 2).says(&["not known: failed{x}>+1%: no request belongs"]);
    run("slower.ndjson --fail-if 'p99<-10%'", 0);
    let noise = run("same.ndjson --fail-if 'mean>+0%' --fail-if 'mean<-0%'", 5);
    noise.says(&["threshold in doubt: mean", ", but that is within noise"]);
    run("same.ndjson --fail-if 'mean>+0%' --fail-if 'mean<-0%' --allow-doubt", 0);
}

#[test]
fn programs_and_browsers_get_it_too() {
    let site = site();
    let run = site.run("haul report --compare before.ndjson slower.ndjson --json --html page.html").exits(0);
    let document: Value = serde_json::from_str(&run.stdout).unwrap();
    let figures = document["figures"].as_array().unwrap();
    let p99 = figures.iter().find(|figure| figure["figure"] == "p99").unwrap();
    assert_eq!((&p99["unit"], &p99["difference"]), (&"ms".into(), &"higher".into()));
    assert!(p99["change"].as_f64().unwrap() > 5.0 && p99["change_percent"].as_f64().unwrap() > 10.0);
    assert_eq!((&document["groups"][0]["group"], &document["before"]["batches"]), (&"g".into(), &31.into()));
    let page = site.read("page.html");
    assert!(page.contains("slower.ndjson") && page.contains("Latency by percentile") && page.len() < 500_000);
    site.refuses("haul report --compare before.ndjson slower.ndjson --html page.html", 2, &["already exists"]);
}

#[test]
fn what_a_probe_wrote_beside_its_records_is_found() {
    let site = Site::new();
    for name in ["a", "b"] {
        site.run(&format!("haul probe --rate 50/s -n 10 -o {name}.ndjson --report {name}.json $O/get")).exits(0);
    }
    let found = site.run("haul report --compare a.ndjson b.ndjson").exits(0);
    assert!(found.stdout.contains("\n  rate  "), "{}", found.stdout);
    assert!(found.stdout.contains("differs  too little data to tell\n"), "{}", found.stdout);
    site.run("haul report --compare a.ndjson b.ndjson --run a.ndjson.run.json --run b.ndjson.run.json").exits(0);
    let reports = site.run("haul report --compare a.json b.json").exits(0);
    assert!(reports.stdout.contains("\n  rate  "), "{}", reports.stdout);
    site.run("mv a.ndjson.run.json c").exits(0);
    let once = "haul report --compare a.ndjson b.ndjson --run c";
    site.refuses(once, 2, &["--run is given once for each file, in the same order, or not at all"]);
    site.run("haul report --compare a.ndjson b.json --run c").exits(0);
    site.refuses("haul report --compare a.json b.json --run c", 2, &["reports have in them what --run tells"]);
}

#[test]
fn a_comparison_is_of_two_runs() {
    let site = site();
    site.refuses("haul report --compare before.ndjson", 2, &["--compare takes two files", "not 1"]);
    for line in ["haul report before.ndjson", "haul $O/get", "haul probe -n 1 $O/get"] {
        let line = format!("{line} --fail-if 'p99>+10%'");
        site.refuses(&line, 2, &["--fail-if 'p99>+10%' is about the difference between two runs"]);
    }
    assert_eq!(site.origin.stats().requests, 0);
}

#[test]
fn a_report_reads_back_as_it_was_written() {
    let site = Site::new();
    site.run("haul -o a.ndjson --report a.json $O/get $O/status/404 http://127.0.0.1:1/").exits(0);
    site.run("haul probe --rate 50/s -n 5 -o b.ndjson --report b.json $O/get").exits(0);
    for name in ["a.json", "b.json"] {
        let again = site.run(&format!("haul report --json {name}")).exits(0);
        assert_eq!(again.stdout, site.read(name));
    }
    let both = site.run("haul report --json a.json b.json a.ndjson b.ndjson").exits(0);
    let both: Value = serde_json::from_str(&both.stdout).unwrap();
    assert_eq!((&both["totals"]["records"], &both["run"]), (&16.into(), &Value::Null));
    site.refuses("haul report b.json --run b.ndjson.run.json", 2, &["is the same run as", "would count twice"]);
    site.refuses("haul report b.ndjson.run.json", 2, &["give it with --run"]);
    site.file("torn.json", &site.read("b.json")[..300]);
    site.refuses("haul report torn.json", 3, &["torn.json: not a report: EOF while parsing"]);
    let rate = site.run("haul report a.json --fail-if 'rate<1/h'").exits(0);
    assert!(rate.stdout.contains("rate<1/h: no ("), "a report tells how long its run took");
}
