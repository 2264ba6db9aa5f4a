//! Connections: few, kept, and nobody's worry when they end.

use crate::haul::{Records, haul};
use crate::nginx::Nginx;

/// `count` URLs that each answer with their own number.
pub(crate) fn numbers(count: usize, url: impl Fn(&str) -> String) -> Vec<String> {
    (0..count).map(|n| url(&format!("/number/{n}"))).collect()
}

/// Insists that each record has the answer to its own request, by this version of HTTP.
pub(crate) fn assert_numbers(records: Records, http_version: &str) {
    let records = records.all_ok();
    for (n, record) in records.iter().enumerate() {
        assert_eq!(record["json"]["number"], n);
        assert_eq!(record["http_version"], http_version);
    }
}

pub(crate) fn are_kept_alive() {
    let nginx = Nginx::start("");
    assert_numbers(haul(["--host-concurrency", "8"]).fetch(numbers(2_000, |path| nginx.plain(path))), "1.1");
    assert!(nginx.accepted() <= 8 + 1, "{} connections", nginx.accepted());
}

/// A host that may speak HTTP/2 is asked once, on one connection, before all else goes there.
pub(crate) fn serve_all_of_a_cold_http_2_host() {
    let nginx = Nginx::start("");
    let records = haul(["--threads", "2", "--host-concurrency", "64"])
        .env("SSL_CERT_FILE", nginx.authority())
        .fetch(numbers(64, |path| nginx.http_2(path)));
    assert_numbers(records, "2");
    assert!(nginx.accepted() <= 2, "{} connections for two threads", nginx.accepted());
}

pub(crate) fn carry_no_more_streams_than_the_server_takes() {
    let nginx = Nginx::start("http2_max_concurrent_streams 3;");
    let records =
        haul(["-k", "--threads", "1", "--host-concurrency", "32"]).fetch(numbers(500, |path| nginx.http_2(path)));
    assert_numbers(records, "2");
    assert_eq!(nginx.accepted(), 1);
}

pub(crate) fn may_end_after_ten_requests() {
    let nginx = Nginx::start("keepalive_requests 10;");
    assert_numbers(haul([]).fetch(numbers(500, |path| nginx.plain(path))), "1.1");
    assert!(nginx.accepted() >= 500 / 10, "{} connections", nginx.accepted());
}

pub(crate) fn may_end_after_ten_http_2_requests() {
    let nginx = Nginx::start("keepalive_requests 10;");
    assert_numbers(haul(["-k"]).fetch(numbers(500, |path| nginx.http_2(path))), "2");
    assert!(nginx.accepted() >= 500 / 10, "{} connections", nginx.accepted());
}
