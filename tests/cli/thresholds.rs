//! Thresholds: what is said of them, and the exit code.

use serde_json::{Value, json};

use crate::support::Site;

#[test]
fn a_crossed_threshold_exits_with_4_and_is_named_even_if_quiet() {
    let site = Site::new();
    site.run("haul --fail-if 'failed>50%' --fail-if 'p99>1m' $O/get $O/status/500").exits(0);
    let run =
        site.run("haul -q --retry 0 --fail-if 'status(5xx)>0' --fail-if 'failed>50%' $O/get $O/status/500").exits(4);
    assert_eq!(run.stderr, "haul: threshold crossed: status(5xx)>0: 1 request got status 5xx, more than 0\n");
    assert_eq!(run.records.len(), 2);
    site.run("haul -q --fail-if 'max<=1m' $O/get")
        .exits(4)
        .says(&["crossed: max<=1m: max of latency is ", "not above 1 m"]);
    // Both say the same of a failure.
    site.run("haul -q --fail --fail-if 'failed>1' $O/status/404").exits(4);
    for million in ["1m", "1M"] {
        let run = site.run(&format!("haul -q --fail-if 'rate<{million}/s' $O/get")).exits(4);
        run.says(&["the rate is ", "below 1000000/s"]);
    }
}

#[test]
fn the_summary_and_the_report_have_all_thresholds() {
    let site = Site::new();
    let options = "--fail-if 'failed>10%' --fail-if 'error(timeout)>0' --fail-if 'failed{a}>0'";
    let run = site.run(&format!("haul {options} -o out.ndjson --report report.json $O/get $O/status/404")).exits(4);
    let row = "fail if  failed>10%: yes (50 %) · error(timeout)>0: no (0) · failed{a}>0: not known\n";
    run.says(&[row, "haul: threshold crossed: failed>10%: 50 % of requests failed, more than 10 %\n"]);
    run.says(&["haul: threshold not known: failed{a}>0: no request belongs to this group\n"]);
    let thresholds = &site.json("report.json")["thresholds"];
    assert_eq!(thresholds.as_array().unwrap().len(), 3);
    assert_eq!(
        thresholds[0],
        json!({
            "threshold": "failed>10%", "crossed": true, "in_doubt": false, "value": 50.0, "limit": 10.0, "unit": "%",
            "message": "50 % of requests failed, more than 10 %",
        })
    );
    assert_eq!((&thresholds[1]["crossed"], &thresholds[1]["value"]), (&json!(false), &json!(0)));
    assert_eq!((&thresholds[2]["crossed"], &thresholds[2]["value"]), (&Value::Null, &Value::Null));

    // Saved records tell the same.
    let run = site.run(&format!("haul report {options} out.ndjson")).exits(4);
    assert!(run.stdout.contains(row), "{}", run.stdout);
    run.says(&["haul: threshold crossed: failed>10%: "]);
    let run = site.run(&format!("haul report --json {options} out.ndjson")).exits(4);
    let told: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(&told["thresholds"], thresholds);
    site.run("haul report --fail-if 'failed>50%' out.ndjson").exits(0);
    // Without thresholds there is no trace of them.
    let run = site.run("haul report --json out.ndjson").exits(0);
    assert_eq!(serde_json::from_str::<Value>(&run.stdout).unwrap().get("thresholds"), None);
}

#[test]
fn a_figure_that_is_not_known_exits_with_2() {
    let site = Site::new();
    site.run("haul -q -o out.ndjson http://127.0.0.1:1/ --retry 0").exits(0);
    for (threshold, why) in [
        ("p99>1s", "no request was answered"),
        ("p99{checkout}>1s", "no request belongs to this group"),
        ("rate<10/s", "a rate needs a duration, which neither records alone nor a single start has"),
        ("rate<95%", "the records do not tell how many requests were asked for"),
        ("missed>0", "the records do not tell how many starts were missed"),
    ] {
        let run = site.run(&format!("haul report --fail-if '{threshold}' out.ndjson")).exits(2);
        assert_eq!(run.stderr, format!("haul: threshold not known: {threshold}: {why}\n"));
    }
    site.run("haul -q --retry 0 --fail-if 'p99>1s' http://127.0.0.1:1/").exits(2);
    // A threshold that is crossed says more.
    site.run("haul -q --retry 0 --fail-if 'p99>1s' --fail-if 'failed>0' http://127.0.0.1:1/").exits(4);
    site.run("echo x >> out.ndjson; haul report --strict --fail-if 'failed>0' out.ndjson").exits(3);
}

#[test]
fn what_a_list_cannot_answer_is_refused_before_anything_is_sent() {
    let site = Site::new();
    for (options, words) in [
        ("--fail-if 'missed>0'", &["--fail-if 'missed>0'", "only haul probe knows"][..]),
        ("--fail-if 'rate<95%'", &["--fail-if 'rate<95%'", "only haul probe knows"]),
        ("--resume -o out.ndjson --fail-if 'rate<95/s'", &["--fail-if 'rate<95/s'", "--resume"]),
    ] {
        site.run(&format!("haul {options} $O/get")).fails(2, words);
    }
    assert!(!site.path("out.ndjson").exists());
}

#[test]
fn a_wrong_threshold_is_marked() {
    let site = Site::new();
    for command in ["haul $O/get", "haul report out.ndjson"] {
        let run = site.run(&format!("{command} --fail-if 'p99 > 300'")).exits(2);
        insta::allow_duplicates! {
            insta::assert_snapshot!(run.stderr, @r"
            haul: invalid value 'p99 > 300' for '--fail-if <CONDITION>': 300 needs a unit: write 300ms or 300s
                p99 > 300
                      ^^^

            For more information, try '--help'.
            ");
        }
    }
    // Unquoted, the shell takes > for itself.
    site.run("haul $O/get --fail-if p99>300ms")
        .fails(2, &["expected a comparison and a limit", "in quotes for the shell"]);
    let run = site.run("HAUL_FAIL_IF='p99(servce_time)>1s' haul $O/get").exits(2);
    insta::assert_snapshot!(run.stderr, @r#"
    haul: the variable HAUL_FAIL_IF: invalid value 'p99(servce_time)>1s' for '--fail-if <CONDITION>': unknown time "servce_time": did you mean service_time?
        p99(servce_time)>1s
            ^^^^^^^^^^^
    "#);
    site.file("haul.toml", "fail-if = [\"failed>0\", \"p99{größe\\u0007}>1\"]\n");
    let run = site.run("haul --config haul.toml $O/get").exits(2);
    insta::assert_snapshot!(run.stderr, @r"
    haul: haul.toml line 1: fail-if: invalid value 'p99{größe}>1' for '--fail-if <CONDITION>': 1 needs a unit: write 1ms or 1s
        p99{größe\u{7}}>1
                        ^
    ");
    site.file("haul.toml", "fail-if = [\"failed>1\", \"failed>0\"]\n");
    site.run("haul -q --config haul.toml $O/status/404").exits(4).says(&["failed>0"]);
}
