//! The lines of progress of a probe on standard error.

use serde_json::Value;

use crate::support::Site;

const PROBE: &str = "haul probe --no-records --rate 50/s -z 500ms --warm-up 500ms --progress-every 100ms";

#[test]
fn lines_are_plain_ascii_and_say_what_is_warmed_up() {
    let site = Site::new();
    let run = site.run(&format!("{PROBE} $O/get")).exits(0);
    let lines: Vec<_> = run.stderr.lines().filter(|line| line.contains(" in flight  ")).collect();
    assert!(lines.iter().all(|line| line.is_ascii()), "{lines:?}");
    assert!(lines.iter().any(|line| line.starts_with("haul: warming up, 0s left  ")), "{lines:?}");
    assert!(lines.iter().any(|line| line.contains("  p99 ")), "{lines:?}");
}

#[test]
fn a_program_gets_the_same_as_json() {
    let site = Site::new();
    let run = site.run(&format!("{PROBE} --progress-format json $O/status/404")).exits(0);
    let lines = run.stderr.lines().filter(|line| line.starts_with('{'));
    let lines: Vec<Value> = lines.map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.iter().all(|line| line["event"] == "progress" && line["total_s"] == 1.0), "{lines:?}");
    assert!(lines.iter().all(|line| line["pages"].is_null() && line["waiting"].is_null()), "{lines:?}");
    let of_warm_up: Vec<_> = lines.iter().filter(|line| line["warm_up"] == true).collect();
    assert!(of_warm_up.iter().all(|line| line["done"] == 0 && line["p99_ms"].is_null()), "{lines:?}");
    assert!(of_warm_up.iter().any(|line| line["rate"].as_f64() > Some(0.0)), "{lines:?}");
    assert!(of_warm_up.iter().all(|line| line["asked_rate"] == 50.0), "{lines:?}");
    let last = lines.last().unwrap();
    assert!(last["failures"]["404"].as_u64() > Some(0) && last["p99_ms"].as_f64() > Some(0.0), "{last}");
}

#[test]
fn missed_starts_are_counted() {
    let site = Site::new();
    let probe = "haul probe --no-records --rate 50/s -z 500ms --max-in-flight 1 --progress-every 100ms";
    let run = site.run(&format!("{probe} $O/delay/0.2")).exits(0);
    assert!(run.stderr.lines().any(|line| line.contains(" missed  p99 >= ")), "{}", run.stderr);
    let run = site.run(&format!("{probe} --progress-format json $O/delay/0.2")).exits(0);
    let last = run.stderr.lines().rfind(|line| line.starts_with('{')).unwrap();
    let last: Value = serde_json::from_str(last).unwrap();
    assert!(last["missed"].as_u64() > Some(5), "{last}");
}
