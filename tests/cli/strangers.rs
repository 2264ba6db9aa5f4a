//! Credentials stay with the host that they are for, however a redirect leads away from it, or back.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixListener;
use std::thread;

use haul_origin::Origin;
use serde_json::Value;
use url::form_urlencoded::byte_serialize;

use crate::support::Site;

/// Two origins, of which the first has two names and the second shares one of them.
struct Hosts {
    site: Site,
    other: Origin,
}

impl Hosts {
    fn new() -> Self {
        let (site, other) = (Site::new(), Origin::spawn().unwrap());
        let (here, there) = (site.origin.addr().port(), other.addr().port());
        let name = |name, port| format!("--resolve {name}.test:{port}:127.0.0.1");
        let names = [name("a", here), name("a", there), name("b", there), name("www.a", there)].join(" ");
        let site = site.with("N", names);
        Hosts { site, other }
    }

    fn home(&self) -> String {
        format!("http://a.test:{}", self.site.origin.addr().port())
    }

    fn there(&self, name: &str) -> String {
        format!("http://{name}.test:{}", self.other.addr().port())
    }

    /// The record of a chain of redirects over `hosts`, which ends at `path` of the last.
    fn follow(&self, options: &str, hosts: &[&str], path: &str) -> Value {
        let (last, before) = hosts.split_last().unwrap();
        let url = before.iter().rev().fold(format!("{last}{path}"), |to, from| {
            format!("{from}/redirect-to?url={}", byte_serialize(to.as_bytes()).collect::<String>())
        });
        self.site.file("list.txt", &format!("{url}\n"));
        let record = self.site.run(&format!("haul $N {options} list.txt")).record();
        assert_eq!(record["redirects"].as_array().map_or(0, Vec::len), before.len(), "{options} {hosts:?}");
        record["json"].clone()
    }
}

#[test]
fn credentials_stay_at_home() {
    let hosts = Hosts::new();
    hosts.site.file("given", "a.test\tFALSE\t/\tFALSE\t0\tsid\t1\n");
    let home = hosts.home();
    let (another, port, below) = (hosts.there("b"), hosts.there("a"), hosts.there("www.a"));
    for (options, name) in [
        ("-u ann:pw", "Authorization"),
        ("-H 'Authorization: Bearer t'", "Authorization"),
        ("-b sid=1", "Cookie"),
        ("-H 'X-Key: k'", "X-Key"),
    ] {
        let goes = |chain: &[&str]| hosts.follow(options, chain, "/headers")["headers"].get(name).is_some();
        assert!(goes(&[&home]) && goes(&[&home, &home]), "{options}");
        for away in [&another, &port, &below] {
            assert!(!goes(&[&home, away]), "{options} {away}");
            assert!(!goes(&[&home, away, away]), "{options} {away}");
            assert!(!goes(&[&home, away, &home]), "{options}: what was dropped stays so");
        }
    }
    // A jar's cookies are for a host, so they are sent to it whoever leads there; as the RFC has it, to all its ports.
    let goes = |chain: &[&str]| hosts.follow("-b given", chain, "/headers")["headers"].get("Cookie").is_some();
    assert!(goes(&[&home]) && goes(&[&home, &port]) && goes(&[&home, &another, &home]));
    assert!(!goes(&[&home, &another]) && !goes(&[&home, &below]));
}

#[test]
fn challenges_are_answered_at_home_only() {
    let hosts = Hosts::new();
    let (home, another, port) = (hosts.home(), hosts.there("b"), hosts.there("a"));
    let known =
        |chain: &[&str]| hosts.follow("--digest -u ann:pw", chain, "/digest-auth/ann/pw")["authenticated"].clone();
    assert_eq!(known(&[&home]), true);
    assert_eq!(known(&[&home, &home]), true);
    for away in [&another, &port] {
        assert_eq!(known(&[&home, away]), false);
        assert_eq!(known(&[&home, away, &home]), false);
        assert_eq!(known(&[away]), true, "for a job of that host it is home");
    }
}

/// A server on a socket, which any URL leads to. It redirects to each of `locations` in turn; it says what it was sent.
fn relay(path: &std::path::Path, locations: &[&str]) -> thread::JoinHandle<Vec<(String, bool)>> {
    let listener = UnixListener::bind(path).unwrap();
    let mut answers: Vec<_> = locations
        .iter()
        .map(|to| format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"))
        .collect();
    answers.push("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_owned());
    thread::spawn(move || {
        let mut seen = Vec::new();
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let head: Vec<_> =
                BufReader::new(&stream).lines().map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
            let host = head.iter().find_map(|line| line.to_lowercase().strip_prefix("host: ").map(str::to_owned));
            seen.push((host.unwrap(), head.iter().any(|line| line.to_lowercase().starts_with("authorization: "))));
            stream.write_all(answer.as_bytes()).unwrap();
        }
        seen
    })
}

#[test]
fn a_port_that_goes_without_saying_is_the_same_host() {
    let site = Site::new();
    let server = relay(&site.path("socket"), &["http://a.test:80/1", "http://a.test/2", "http://a.test:81/3"]);
    let record = site.run("haul --unix-socket socket -u ann:pw http://a.test/0").record();
    assert_eq!(record["final_url"], "http://a.test:81/3");
    let home = |host: &str| (host.to_owned(), true);
    let seen = server.join().unwrap();
    assert_eq!(seen, [home("a.test"), home("a.test"), home("a.test"), ("a.test:81".to_owned(), false)]);
}
