//! Many hosts at once, of different speed and temper: each has its limits, and none holds up another.

use std::collections::HashMap;
use std::net::TcpListener;
use std::time::Duration;

use haul_origin::HostStats;

use crate::support::Site;

/// Names that all lead to the site's origin, as `h0.test`, and the option that makes them.
fn site(hosts: usize) -> Site {
    let site = Site::new();
    site.origin.watch_hosts();
    let port = site.origin.addr().port();
    let pins: Vec<_> = (0..hosts).map(|n| format!("\"h{n}.test:{port}:127.0.0.1\"")).collect();
    site.file("haul.toml", &format!("resolve = [{}]\n", pins.join(", ")));
    site.with("P", port)
}

fn seen(site: &Site) -> HashMap<String, HostStats> {
    let hosts = site.origin.hosts().into_iter();
    hosts.map(|(host, stats)| (host.split('.').next().unwrap().to_owned(), stats)).collect()
}

#[test]
fn each_host_has_the_limits_of_its_rules() {
    let site = site(3);
    site.file(
        "list.txt",
        &"http://h0.test:$P/delay/0.05\nhttp://h1.test:$P/delay/0.05\nhttp://h2.test:$P/get\n".repeat(10),
    );
    let rules = "--host-concurrency 4 --host-rule '*.test: concurrency=3' --host-rule 'h1.test: concurrency=1' \
                 --host-rule 'h2.test: rate=20/s'";
    site.run(&format!("haul --config haul.toml {rules} list.txt")).exits(0);
    let seen = seen(&site);
    assert_eq!((seen["h0"].peak_in_flight, seen["h1"].peak_in_flight), (3, 1));
    let arrivals = &seen["h2"].arrivals;
    let spanned = *arrivals.last().unwrap() - arrivals[0];
    assert!(spanned + Duration::from_millis(100) >= 9 * Duration::from_millis(50), "{spanned:?}");
    assert!(arrivals.len() == 10 && seen["h2"].peak_in_flight <= 3);
}

#[test]
fn hosts_of_a_domain_share_its_limits() {
    let site = Site::new();
    site.origin.watch_hosts();
    let port = site.origin.addr().port();
    let names = ["a.example.com", "b.example.com", "example.com", "a.example.org"];
    let pins: Vec<_> = names.iter().map(|name| format!("--resolve {name}:{port}:127.0.0.1")).collect();
    let lines = names.iter().map(|name| format!("http://{name}:{port}/delay/0.05\n")).collect::<String>();
    site.file("list.txt", &lines.repeat(6));
    let line = format!("haul --limit-by domain --host-concurrency 2 {} list.txt", pins.join(" "));
    let run = site.run(&line).exits(0);
    assert!(run.records.iter().all(|record| record["ok"] == true));
    assert_eq!(site.origin.stats().peak_in_flight, 4, "two of each domain");
}

#[test]
fn a_rule_that_no_domain_can_match_is_refused() {
    let site = Site::new();
    for hosts in ["api.example.com", "*.example.co.uk", "http://example.com", "example.com:80"] {
        let rule = format!("--host-rule '{hosts}: rate=5/s'");
        let run = site.run(&format!("haul --limit-by domain {rule} http://127.0.0.1:1/")).exits(2);
        assert!(run.stderr.contains(&rule.replace("rate=5/s'", "...'")) && run.stderr.contains("such as example.com"));
        site.run(&format!("haul {rule} $O/get")).exits(0);
    }
    site.run("haul --limit-by domain --host-rule '*: rate=5/s' --host-rule example.co.uk:rate=5/s $O/get").exits(0);
}

#[test]
fn redirect_hops_pay_the_limits_of_where_they_lead() {
    let site = site(9);
    let to_h0 = |n| format!("http://h{n}.test:$P/redirect-to?url=http%3A%2F%2Fh0.test%3A$P%2Fdelay%2F0.05\n");
    site.file("list.txt", &(1..9).map(to_h0).collect::<String>());
    site.run("haul --config haul.toml --host-rule 'h0.test: concurrency=1' list.txt").exits(0);
    let seen = seen(&site);
    assert_eq!((seen["h0"].requests, seen["h0"].peak_in_flight), (8, 1));
}

#[test]
fn neither_a_host_that_hangs_nor_a_slow_one_holds_up_the_others() {
    let site = site(100);
    let mut list = String::new();
    for n in 0..10 {
        list += "http://h0.test:$P/hang\nhttp://h1.test:$P/get\n";
        list.extend((2..100).map(|host| format!("http://h{host}.test:$P/get?{n}\n")));
    }
    site.file("list.txt", &list);
    let mut running = site.start("haul --config haul.toml --host-rule 'h1.test: rate=1/s' --window 200 list.txt");
    let (mut fast, mut slow) = (0, 0);
    while fast < 980 {
        let record = running.record(); // h0 hangs for as long as this test may take
        let url = record["url"].as_str().unwrap();
        assert!(record["ok"] == true && !url.contains("//h0."), "{record:?}");
        *(if url.contains("//h1.") { &mut slow } else { &mut fast }) += 1;
    }
    running.signal("INT");
    running.signal("INT");
    running.end().exits(130);
    assert!(slow < 10, "h1 would have taken nine seconds");
    let seen = seen(&site);
    assert!(seen["h0"].peak_in_flight == 8 && seen["h0"].requests == 8);
}

#[test]
fn a_sorted_list_stalls_and_says_so() {
    let site = site(3);
    let lines = |host: usize| format!("http://h{host}.test:$P/delay/0.01\n").repeat(60);
    site.file("list.txt", &(0..3).map(lines).collect::<String>());
    let line = "haul --config haul.toml --host-concurrency 1 --window 20 --report report.json list.txt";
    let run = site.run(line).exits(0);
    let report = site.json("report.json");
    assert_eq!((run.records.len(), &report["run"]["window"]), (180, &20.into()));
    assert!(report["run"]["window_stall_s"].as_f64().unwrap() > 0.5);
    assert!(run.stderr.contains("shuffle the list or raise --host-concurrency"), "{}", run.stderr);
    let bounds = report["run"]["bounded_by"].as_array().unwrap();
    assert_eq!(bounds[0]["by"], "host_concurrency");
    assert!(bounds[0]["host"].as_str().unwrap().ends_with(&format!(".test:{}", site.origin.addr().port())));
    let whole: f64 = bounds.iter().map(|bound| bound["share"].as_f64().unwrap()).sum();
    assert!((whole - 1.0).abs() < 1e-4, "{whole}");
    assert!(run.stderr.contains("bound by --host-concurrency 1 of "), "{}", run.stderr);
}

#[test]
fn what_helps_against_a_stall_is_for_what_held_the_host_back() {
    let site = site(2);
    let lines = |host: usize| format!("http://h{host}.test:$P/get\n").repeat(20);
    site.file("list.txt", &(0..2).map(lines).collect::<String>());
    let run = site.run("haul --config haul.toml --host-rule 'h0.test: rate=20/s' --window 5 list.txt").exits(0);
    assert!(run.stderr.contains("shuffle the list or raise that host's rate"), "{}", run.stderr);
}

#[test]
fn jobs_of_a_dead_host_wait_and_are_refused_in_the_end() {
    let site = Site::new();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap(); // nobody listens any more
    site.file("list.txt", &format!("http://{free}/\n").repeat(40));
    let run = site.run("haul --retry-max-time 1500ms --report report.json list.txt").exits(0);
    let kinds = |kind: &str| run.records.iter().filter(|record| record["error"]["kind"] == kind).count();
    assert_eq!((run.records.len(), kinds("circuit_open") + kinds("connect_refused")), (40, 40));
    assert!(kinds("circuit_open") >= 30, "{}", kinds("circuit_open"));
    let attempts: u64 = run.records.iter().map(|record| record["attempts"].as_u64().unwrap()).sum();
    assert!(attempts < 60, "a dead host is not asked for each line: {attempts}");
    let bounds = &site.json("report.json")["run"]["bounded_by"];
    assert!(bounds.as_array().unwrap().iter().any(|bound| bound["by"] == "circuit"), "{bounds}");
}

#[test]
fn whoever_has_no_time_does_not_wait_for_a_dead_host() {
    let site = Site::new();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    site.file("list.txt", &format!("http://{free}/\n").repeat(200));
    let run = site.run("haul --retry 0 --retry-max-time 0 list.txt").exits(0);
    let kinds = |kind: &str| run.records.iter().filter(|record| record["error"]["kind"] == kind).count();
    assert_eq!(kinds("circuit_open") + kinds("connect_refused"), 200);
    assert!(kinds("circuit_open") > 100);
    let refused = run.records.iter().find(|record| record["error"]["kind"] == "circuit_open").unwrap();
    assert_eq!(refused["attempts"], 0);
    assert!(
        refused["error"]["message"].as_str().unwrap().starts_with(&format!("http://{free} was repeatedly unreachable"))
    );
}

#[test]
fn a_service_that_fails_is_not_asked_twice_as_often() {
    let site = Site::new();
    site.file("list.txt", &"$O/status/503\n".repeat(400));
    let run = site.run("haul --retry 3 --retry-delay 1ms --report report.json list.txt").exits(0);
    let report = &site.json("report.json")["run"];
    let withheld = report["retries_withheld"].as_u64().unwrap();
    assert!(withheld > 100, "{withheld}");
    assert!(site.origin.stats().requests < 800, "{:?}", site.origin.stats());
    assert!(run.stderr.contains(" withheld · "), "{}", run.stderr);
    let noted = run.records.iter().filter(|record| record["note"].is_string()).count() as u64;
    assert_eq!(noted, withheld);
}

#[test]
fn a_rule_that_no_host_matches_is_named() {
    let site = Site::new();
    let run = site.run("haul --host-rule 'exmple.com: rate=1/s' --host-rule '127.*: rate=50/s' $O/get").exits(0);
    assert!(run.stderr.contains("no host matched --host-rule 'exmple.com: ...'"), "{}", run.stderr);
    assert!(!run.stderr.contains("'127.*"), "{}", run.stderr);
}
