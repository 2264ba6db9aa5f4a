//! Hosts that nobody has confirmed get no load.

use crate::support::Site;

#[test]
fn load_on_other_machines_has_to_be_confirmed() {
    let site = Site::new();
    for options in
        ["", "-c 1", "--rate 101/s -z 1s", "--rate 200/s -n 101", "--stages 1/s..500/s@1s", "-c 500 --think-time 1s"]
    {
        let line = format!("haul probe {options} http://a.invalid/ http://b.invalid:81/ $O/get http://a.invalid/x");
        let named = "more than 100 requests per second to a.invalid, b.invalid";
        site.run(&line).fails(2, &[named, "confirm each host: --yes-load a.invalid --yes-load b.invalid"]);
    }
    let line = "haul probe --rate 200/s --yes-load a.invalid http://a.invalid/ http://b.invalid/";
    site.run(line).fails(2, &["per second to b.invalid\n"]);
    site.run("haul probe --yes-load '*' $O/get").fails(2, &["expected one host"]);
    let refused = site.run("haul probe --yes-load 'a b' $O/get").exits(2);
    refused.says(&["\"a b\" is not a host: expected one such as api.example.com"]);
    assert!(!refused.stderr.contains('*'), "{}", refused.stderr);
    assert_eq!(site.origin.stats().requests, 0);
}

#[test]
fn what_is_slow_confirmed_or_local_needs_no_more() {
    let site = Site::new();
    let port = site.origin.addr().port();
    let site = site.with("P", port);
    for line in [
        "haul probe --rate 100/s -n 2 http://a.invalid/",
        "haul probe -n 2 http://a.invalid/",
        "haul probe --rate 200/s -z 20ms --yes-load a.invalid http://a.invalid/",
        "haul probe --rate 200/s -z 20ms --resolve a.test:$P:127.0.0.1 http://a.test:$P/get",
        "haul probe --rate 200/s -z 20ms --connect-to a.test::127.0.0.1:$P http://a.test/get",
        "haul probe --rate 200/s -z 20ms http://localhost:$P/get",
    ] {
        let run = site.run(line).exits(0);
        assert!(run.records.len() >= 2, "{line}");
    }
}

#[test]
fn a_redirect_does_not_lead_load_elsewhere() {
    let site = Site::new();
    let line = "haul probe -L --rate 200/s -n 101 -z 100ms '$O/redirect-to?url=http://a.invalid/'";
    let run = site.run(&line.replace('\'', "\"")).exits(0);
    assert!(!run.records.is_empty());
    for record in &run.records {
        assert_eq!((record.kind(), record["url"].as_str().unwrap().contains("redirect-to")), ("blocked", true));
        let message = record["error"]["message"].as_str().unwrap();
        assert!(
            message.contains("a.invalid is not confirmed for more than 100 requests per second (--yes-load)"),
            "{message}"
        );
    }
    let run = site.run(&line.replace('\'', "\"").replace("200/s", "100/s")).exits(0);
    assert!(run.records.iter().all(|record| record.kind() == "dns"), "{:?}", run.records);
}
