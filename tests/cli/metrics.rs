//! `--metrics`: what a run in progress tells Prometheus.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use crate::support::{Running, Site, wait_for};

/// Starts a run that serves its metrics, and says where.
fn serving(site: &Site, line: &str) -> (Running, String) {
    let haul = site.start(&format!("{line} --metrics localhost:0 > out 2> messages"));
    let mut address = None;
    wait_for("the address", || {
        let messages = fs::read_to_string(site.path("messages")).unwrap_or_default();
        let after =
            messages.split_once("haul: metrics at http://").and_then(|(_, after)| after.split_once("/metrics\n"));
        address = after.map(|(address, _)| address.to_owned());
        address.is_some()
    });
    (haul, address.unwrap())
}

/// The answer to one request.
fn ask(address: &str, method_and_path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "{method_and_path} HTTP/1.1\r\nHost: {address}\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_list_is_counted_as_it_goes() {
    let site = Site::new();
    let (haul, address) = serving(&site, "haul --retry 0 $O/get $O/status/404 http://127.0.0.1:1/ $O/delay/30");
    let mut page = String::new();
    wait_for("three records", || {
        page = ask(&address, "GET /metrics");
        page.contains("\nhaul_records_total{outcome=\"failed\"} 2\n")
            && page.contains("\nhaul_records_total{outcome=\"ok\"} 1\n")
    });
    assert!(
        page.starts_with("HTTP/1.1 200 OK\r\n") && page.contains("\r\ncontent-type: text/plain; version=0.0.4\r\n")
    );
    for sample in [
        "haul_in_flight_requests 1",
        "haul_inputs 4",
        "haul_inputs_done_total 3",
        "haul_responses_total{code=\"404\"} 1",
        "haul_errors_total{kind=\"connect_refused\"} 1",
        "haul_errors_total{kind=\"timeout\"} 0",
        "haul_request_duration_seconds_count 2",
        "haul_run_stopping 0",
    ] {
        assert!(page.contains(&format!("\n{sample}\n")), "no {sample} in {page}");
    }
    assert!(!page.contains("127.0.0.1:1") && !page.contains("/get"), "a list may have any number of hosts: {page}");
    haul.signal("TERM");
    wait_for("the end to begin", || ask(&address, "GET /metrics").contains("\nhaul_run_stopping 1\n"));
    haul.signal("TERM");
    haul.end().exits(143);
}

#[test]
fn a_probe_tells_what_was_due() {
    let site = Site::new();
    site.file("targets.ndjson", "{\"url\": \"$O/get\", \"name\": \"a \\\"b\\\"\"}\n");
    let (haul, address) = serving(&site, "haul probe --no-records --rate 50/s -z 30s targets.ndjson");
    let mut page = String::new();
    wait_for("a start", || {
        page = ask(&address, "GET /metrics");
        page.contains("haul_group_records_total{group=\"a \\\"b\\\"\",outcome=\"ok\"} ")
    });
    let asked = page.lines().find_map(|line| line.strip_prefix("haul_asked_starts_total ")).unwrap();
    assert!(asked.parse::<u64>().unwrap() > 0, "{page}");
    for start in
        ["haul_build_info{version=", "haul_missed_starts_total{cause=\"in_flight\"} 0", "haul_doubt{reason=\"lag\"} "]
    {
        assert!(page.contains(&format!("\n{start}")), "no {start} in {page}");
    }
    haul.signal("INT");
    haul.end().exits(130);
}

#[test]
fn other_pages_say_where_the_metrics_are() {
    let site = Site::new();
    let (_haul, address) = serving(&site, "haul $O/delay/30");
    for (request, status, words) in [
        ("GET /", "200 OK", "at /metrics"),
        ("HEAD /metrics", "200 OK", "\r\ncontent-length: "),
        ("GET /metric", "404 Not Found", "at /metrics"),
        ("POST /metrics", "405 Method Not Allowed", "\r\nallow: GET, HEAD\r\n"),
    ] {
        let answer = ask(&address, request);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}\r\n")) && answer.contains(words), "{request}: {answer}");
        assert_eq!(request.starts_with("HEAD"), answer.ends_with("\r\n\r\n"), "{answer}");
    }
}

#[test]
fn clients_that_hang_hold_nothing_up() {
    let site = Site::new();
    let (haul, address) = serving(&site, "haul $O/delay/1");
    let hanging: Vec<_> = (0..40).map(|_| TcpStream::connect(&address).unwrap()).collect();
    haul.end().exits(0);
    drop(hanging);
}

#[test]
fn an_address_that_is_taken_ends_it_before_the_first_request() {
    let site = Site::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let words = ["haul: --metrics cannot listen on 127.0.0.1:", "in use"];
    site.run(&format!("haul --metrics {port} $O/get")).fails(1, &words);
    site.run(&format!("haul probe --metrics :{port} -n 1 $O/get")).fails(1, &words);
    assert_eq!(site.origin.stats().requests, 0);
}

#[test]
fn other_machines_are_let_in_only_if_that_is_typed() {
    let site = Site::new();
    let open = site.run("haul --metrics 0.0.0.0:0 $O/get").exits(0);
    open.says(&["haul: metrics at http://0.0.0.0:", "/metrics, open to other machines\n"]);
    let quiet = site.run("haul -q --metrics 0.0.0.0:0 $O/get").exits(0);
    assert_eq!(quiet.stderr, "");
    site.run("haul --metrics example $O/get").fails(2, &["--metrics <ADDR>", "such as 127.0.0.1:9100, or a port"]);
}
