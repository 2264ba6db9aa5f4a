//! `haul report`: the same numbers from the records alone.

use serde_json::{Value, json};

use crate::support::Site;

/// Inputs with all that a report counts: retries, redirects, codings, bodies cut short, failures, masked secrets.
const LIST: &str = "$O/json\n$O/status/404\n$O/flaky/2\n$O/redirect/2\n$O/gzip\nhttp://127.0.0.1:1/\nx\n$O/cut/9\n\
    get/?token=abc\nPOST anything\n$O/bytes/3000\nhttp://ann:pw@127.0.0.1:1/?sig=1\n";

/// A report, but for what only a run or only records tell.
fn common(mut report: Value) -> Value {
    let fields = report.as_object_mut().unwrap();
    assert!(fields.remove("run").is_some());
    fields.remove("wrong_lines");
    report
}

#[test]
fn records_tell_what_the_run_told() {
    let site = Site::new();
    site.file("list.txt", LIST);
    for options in ["", "--verbose-records -i --body text", "--body none --max-filesize 1KiB --no-location"] {
        let run = format!("haul --base-url $O/ --retry 1 --force -o out.ndjson --report run.json {options} list.txt");
        site.run(&run).exits(0);
        let told = site.run("haul report --json --strict out.ndjson").exits(0);
        assert_eq!(told.stderr, "");
        let told: Value = serde_json::from_str(&told.stdout).unwrap();
        assert_eq!((&told["run"], &told["wrong_lines"]), (&Value::Null, &json!(0)));
        let (told, run) = (common(told), common(site.json("run.json")));
        assert_eq!(run["totals"]["records"], 12);
        assert_eq!(told, run);
    }
}

#[test]
fn files_are_read_as_their_names_say() {
    let site = Site::new();
    site.run("haul -o a.ndjson --report run.json $O/get $O/status/500 $O/gzip").exits(0);
    site.run("gzip -k a.ndjson && cp a.ndjson.gz b.NDJSON.GZ && cat b.NDJSON.GZ >> a.ndjson.gz").exits(0);
    let records = |line: &str| {
        let report: Value = serde_json::from_str(&site.run(line).exits(0).stdout).unwrap();
        report["totals"]["records"].as_u64().unwrap()
    };
    assert_eq!(records("haul report --json a.ndjson.gz"), 6);
    assert_eq!(records("haul report --json - a.ndjson b.NDJSON.GZ < a.ndjson"), 9);
    assert_eq!(records("cat a.ndjson a.ndjson | haul report --json -"), 6);

    site.run("head -c 200 b.NDJSON.GZ > torn.gz").exits(0);
    let torn = site.run("haul report --strict torn.gz").exits(3);
    torn.says(&["torn.gz line ", ": incomplete: the file is truncated"]);
}

#[test]
fn zstd_is_read_too() {
    let site = Site::new();
    site.run("haul -o a.ndjson $O/get").exits(0);
    let mut frames = Vec::new();
    for _ in 0..2 {
        haul::storage::compression::Coding::Zstd.encode(site.read("a.ndjson").as_bytes(), &mut frames).unwrap();
    }
    std::fs::write(site.path("a.zst"), frames).unwrap();
    let report: Value = serde_json::from_str(&site.run("haul report --json a.zst").exits(0).stdout).unwrap();
    assert_eq!(report["totals"]["ok"], 2);
}

const RECORD: &str = concat!(
    r#"{"seq":0,"method":"GET","url":"http://a.example/","ok":true,"status_code":200,"error":null,"#,
    r#""timings_ms":{"queue":0.0,"dns":null,"connect":null,"wait":1.0,"receive":0.5,"total":1.5},"#,
    r#""attempts":2,"encoded_body_size":10,"decoded_body_size":20}"#,
);

const FAILED: &str = concat!(
    r#"{"seq":1,"method":"GET","url":"http://b.example/","ok":false,"status_code":null,"error":"#,
    r#"{"kind":"dns","message":"no address for b.example","phase":"dns"},"attempts":3}"#,
);

#[test]
fn a_summary_is_printed() {
    let site = Site::new();
    site.file("out.ndjson", &format!("{RECORD}\n{RECORD}\n\n{FAILED}\n"));
    let run = site.run("haul report out.ndjson").exits(0);
    assert_eq!(run.stderr, "");
    insta::assert_snapshot!(run.stdout, @"
    3 records   2 ok   1 failed
    status   200 2
    errors   dns 1
      dns  http://b.example/: no address for b.example
    latency  p50 1.50 ms · p90 1.50 ms · p99 1.50 ms · max 1.50 ms, last attempts only
    bytes    20 B received, 40 B decoded
    hosts    http://a.example 2 · http://b.example 1
    retries  4 · redirects 0
    ");
    site.file("empty", "\n");
    insta::assert_snapshot!(site.run("haul report empty").exits(0).stdout, @"
      nothing to report: no records found
    ");
}

#[test]
fn wrong_lines_are_named_and_counted() {
    let site = Site::new();
    let torn = &RECORD[..50];
    site.file("a.ndjson", &format!("{RECORD}\nhttps://a.example/\n{FAILED}\n{torn}"));
    site.file("b\u{1b}.ndjson", &"{\"\u{1b}\":0}\n{\"seq\":\"\\u001b[2J\"}\n".repeat(6));
    for (strict, code) in [("", 0), ("--strict ", 3)] {
        let run = site.run(&format!("haul report {strict}a.ndjson b*")).exits(code);
        insta::allow_duplicates! {
            insta::assert_snapshot!(run.stderr, @r#"
            haul: a.ndjson line 2: not JSON: expected value at column 1
            haul: a.ndjson line 4: not JSON: EOF while parsing a value at column 50
            haul: b\u{1b}.ndjson line 1: not JSON: control character (\u0000-\u001F) found while parsing a string at column 3
            haul: b\u{1b}.ndjson line 2: not a record: invalid type: string "\u{1b}[2J", expected u64 at column 18
            haul: b\u{1b}.ndjson line 3: not JSON: control character (\u0000-\u001F) found while parsing a string at column 3
            haul: b\u{1b}.ndjson line 4: not a record: invalid type: string "\u{1b}[2J", expected u64 at column 18
            haul: b\u{1b}.ndjson line 5: not JSON: control character (\u0000-\u001F) found while parsing a string at column 3
            haul: b\u{1b}.ndjson line 6: not a record: invalid type: string "\u{1b}[2J", expected u64 at column 18
            haul: b\u{1b}.ndjson line 7: not JSON: control character (\u0000-\u001F) found while parsing a string at column 3
            haul: b\u{1b}.ndjson line 8: not a record: invalid type: string "\u{1b}[2J", expected u64 at column 18
            haul: 4 more invalid lines
            "#);
            insta::assert_snapshot!(run.stdout, @"
            2 records   1 ok   1 failed
            status   200 1
            errors   dns 1
              dns  http://b.example/: no address for b.example
            latency  p50 1.50 ms · p90 1.50 ms · p99 1.50 ms · max 1.50 ms, last attempts only
            bytes    10 B received, 20 B decoded
            hosts    http://a.example 1 · http://b.example 1
            retries  3 · redirects 0
            note     14 lines are not records and were skipped
            ");
        }
    }
    let report: Value = serde_json::from_str(&site.run("haul report --json a.ndjson").exits(0).stdout).unwrap();
    assert_eq!((&report["wrong_lines"], &report["totals"]["records"]), (&json!(2), &json!(2)));
}

#[test]
fn what_cannot_be_read_is_named() {
    let site = Site::new();
    site.file("a.ndjson", RECORD);
    site.file("a.gz", RECORD);
    site.run("haul report a.ndjson gone.ndjson").fails(3, &["haul: cannot read gone.ndjson: No such file"]);
    site.run("haul report .").fails(3, &["haul: cannot read .: Is a directory"]);
    site.run("haul report a.gz").fails(3, &["haul: cannot read a.gz: "]);
    site.run("haul report").fails(2, &["<FILE>..."]);
    site.run("haul report a.ndjson > /dev/full").fails(1, &["cannot write the output: No space left"]);
    assert_eq!(site.run("haul report --json a.ndjson | true; echo end").stderr, "");
}

/// A record of a probe, due at the start of a second.
const PROBED: &str = concat!(
    r#"{"seq":0,"method":"GET","url":"http://a.example/","ok":true,"status_code":200,"error":null,"#,
    r#""intended_at":"2027-01-15T08:00:00.000000Z","timings_ms":{"queue":0.0,"dns":null,"connect":null,"wait":1.0,"#,
    r#""receive":0.5,"total":1.5,"latency":1.5,"service_time":1.5},"attempts":1}"#,
);

/// The file beside the records of a probe with two starts, the second of which was missed.
fn run_file() -> Vec<u8> {
    use haul::report::load::{LoadRecorder, RunFile, write};
    use std::time::{Duration, SystemTime};
    let started_at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let mut recorder = LoadRecorder::new(started_at, Duration::ZERO, 2);
    recorder.start(Duration::ZERO);
    recorder.sent(Duration::ZERO, Duration::from_millis(41));
    recorder.miss(Duration::from_millis(500), haul::model::MissedBy::InFlight);
    let load = Some(recorder.facts(Duration::from_secs(1)));
    let run = haul::report::RunFacts { load, ..Default::default() };
    let mut file = Vec::new();
    write(&mut file, &RunFile::of(&run).unwrap()).unwrap();
    file
}

#[test]
fn records_of_a_probe_need_the_file_beside_them() {
    let site = Site::new();
    site.file("out.ndjson", &format!("{PROBED}\n"));
    std::fs::write(site.path("out.ndjson.run.json"), run_file()).unwrap();
    let alone = site.run("haul report out.ndjson").exits(0).stdout;
    let not_known = "\n  load     asked rate, missed starts and lag: not known (see --run)\n";
    assert!(alone.contains(not_known), "{alone}");
    insta::assert_snapshot!(site.run("haul report --run out.ndjson.run.json out.ndjson").exits(0).stdout, @"
    1 record   1 ok
    status   200 1
    latency  p50 ≥ 1.50 ms · p95 ≥ 1.50 ms · p99 ≥ 1.50 ms · p99.9 ≥ 1.50 ms · max ≥ 1.50 ms · from the intended start
    service  p50 1.50 ms · p95 1.50 ms · p99 1.50 ms · p99.9 1.50 ms · max 1.50 ms · from the send
    bytes    0 B received
    hosts    http://a.example 1
    retries  0 · redirects 0
    load     open, constant arrivals · asked 2.0/s · got 1.0/s · 2 due · 1 started · 1 missed
    lag      p50 41.0 ms · p90 41.0 ms · p99 41.0 ms · max 41.0 ms
    client   peak in flight 0
    doubt    the generator was late by 41 ms at p99 (allowed: 1 ms)
             1 start was missed because of --max-in-flight
             the only second is in doubt
    ");
    let other = String::from_utf8(run_file()).unwrap().replace(r#""wall_us":0"#, r#""wall_us":7"#);
    site.file("other.run.json", &other);
    let both = "haul report --json --run out.ndjson.run.json --run other.run.json out.ndjson out.ndjson";
    let run = site.run(both).exits(0);
    assert_eq!(run.stderr, "");
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    let load = &report["load"];
    assert_eq!((&load["asked"], &load["missed"], &load["runs"]), (&json!(4), &json!(2), &json!(2)));
    assert_eq!(report["doubt"]["in_doubt"], true);
}

#[test]
fn records_of_another_run_are_noted() {
    let site = Site::new();
    site.file("out.ndjson", &format!("{PROBED}\n"));
    site.file("two.ndjson", &format!("{PROBED}\n{PROBED}\n"));
    std::fs::write(site.path("run.json"), run_file()).unwrap();
    let note = "the records are not those of --run: it started 1, and there are 2\n";
    let run = site.run("haul report --run run.json two.ndjson").exits(0);
    assert!(run.stdout.ends_with(&format!("  note     {note}")), "{}", run.stdout);
    assert_eq!(site.run("haul report --json --run run.json two.ndjson").exits(0).stderr, format!("haul: {note}"));
    for threshold in ["missed>1", "missed>90%", "rate<1%", "rate<1/m"] {
        site.run(&format!("haul report --fail-if '{threshold}' --run run.json out.ndjson")).exits(0);
        let run = site.run(&format!("haul report --fail-if '{threshold}' --run run.json two.ndjson")).exits(2);
        run.says(&[&format!("threshold not known: {threshold}: the records are those of another run")]);
    }
    let twice = site.run("haul report --run run.json --run ./run.json out.ndjson").exits(2);
    twice.says(&["--run ./run.json is the same run as --run run.json, and would count twice"]);
}

#[test]
fn a_file_of_another_kind_is_refused() {
    let site = Site::new();
    site.file("out.ndjson", &format!("{PROBED}\n"));
    site.file("report.json", &site.run("haul report --json out.ndjson").exits(0).stdout);
    let damaged = String::from_utf8(run_file()).unwrap().replace(r#""asked":2"#, r#""asked":"2""#);
    site.file("damaged.json", &damaged);
    for (name, why) in [
        ("report.json", "not a file that a probe writes beside its records: `format` is missing\n"),
        ("damaged.json", "damaged: `load.asked`: invalid type: string \"2\", expected u64 at line 1 "),
        ("missing.json", "No such file or directory\n"),
    ] {
        let refused = site.run(&format!("haul report --run {name} out.ndjson")).exits(3);
        refused.says(&[&format!("haul: cannot read {name}: {why}")]);
    }
}

#[test]
fn a_page_is_written_beside_the_summary() {
    let site = Site::new();
    site.file("out.ndjson", &format!("{RECORD}\n{FAILED}\n"));
    let alone = site.run("haul report out.ndjson").exits(0).stdout;
    let run = site.run("haul report --html page.html --fail-if 'failed>0' out.ndjson").exits(4);
    assert!(run.stdout.starts_with(alone.trim_end()), "{}", run.stdout);
    let page = site.read("page.html");
    for words in ["<h1>out.ndjson</h1>", "<b>Threshold crossed</b>", "http://b.example/", "no address for b.example"] {
        assert!(page.contains(words), "{words}");
    }
    assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>\n"));

    let refused = "page.html already exists: use --force to replace it";
    site.refuses("haul report --html page.html out.ndjson", 2, &[refused]);
    let run = site.run("haul report --html page.html --force --json out.ndjson out.ndjson").exits(0);
    assert!(run.stderr.is_empty() && serde_json::from_str::<Value>(&run.stdout).is_ok());
    assert!(site.read("page.html").contains("<h1>out.ndjson and 1 more</h1>"));
    site.refuses("haul report --html gone/page.html out.ndjson", 1, &["cannot create gone/page.html: "]);
    site.run("haul report --force out.ndjson").fails(2, &["--html <FILE>"]);
}

#[test]
fn a_page_can_go_to_standard_output_alone() {
    let site = Site::new();
    site.file("out.ndjson", &format!("{RECORD}\n"));
    let page = site.run("haul report --html - out.ndjson").exits(0).stdout;
    assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>\n"));
    site.refuses("haul report --json --html - out.ndjson", 2, &["--json and --html - both need standard output"]);
    site.run("haul report --html /dev/full out.ndjson").exits(1).says(&["cannot write the page: No space left"]);
}
