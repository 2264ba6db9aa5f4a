//! The file of a session, shared with curl.

use std::fs;
use std::path::Path;
use std::process::Command;

use haul_origin::Origin;
use tempfile::TempDir;

use crate::haul::haul;
use crate::nginx::Nginx;

const SITE: &str = r#"
    location = /set {
        add_header Set-Cookie 'session=a b; HttpOnly';
        add_header Set-Cookie 'lasting=1=2; Path=/; Max-Age=3600';
        add_header Set-Cookie 'safe="x,y"; Secure; Path=/';
        add_header Set-Cookie 'deep=1; Path=/deep';
        add_header Set-Cookie 'gone=1; Max-Age=0';
        add_header Set-Cookie 'stranger=1; Domain=example.com';
        return 200 '';
    }
    location /echo { default_type text/plain; return 200 'got $http_cookie.'; }
    location /deep { default_type text/plain; return 200 'got $http_cookie.'; }
"#;

/// What curl, with `options`, gets from `url`.
fn curl(options: &[&str], url: &str) -> String {
    let output = Command::new("curl").args(["-sSk", "--noproxy", "*"]).args(options).arg(url).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// What `text` says of cookies, in an order that does not depend on who sent them.
fn cookies(text: &str) -> Vec<String> {
    let list = text.strip_prefix("got ").and_then(|text| text.strip_suffix('.')).expect("an echo");
    let mut cookies: Vec<String> = list.split("; ").map(str::to_owned).collect();
    cookies.sort();
    cookies
}

/// Name, value, host, path and what else a file says, but not when a cookie expires: the clocks differ by a second.
fn lines(path: &Path) -> Vec<Vec<String>> {
    let text = fs::read_to_string(path).unwrap();
    let is_cookie = |line: &&str| line.starts_with("#HttpOnly_") || !line.starts_with('#') && !line.is_empty();
    let mut lines: Vec<Vec<String>> = text
        .lines()
        .filter(is_cookie)
        .map(|line| line.split('\t').enumerate().filter(|(n, _)| *n != 4).map(|(_, field)| field.to_owned()).collect())
        .collect();
    lines.sort();
    lines
}

pub(crate) fn curl_reads_our_file_and_we_read_its() {
    let (nginx, dir) = (Nginx::start(SITE), TempDir::new().unwrap());
    let file = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let (ours, its) = (file("ours"), file("its"));
    haul(["-k", "--session", &ours]).fetch_one(nginx.tls("/set")).assert_ok();
    curl(&["-c", &its], &nginx.tls("/set"));
    assert_eq!(lines(Path::new(&ours)), lines(Path::new(&its)));

    for url in [nginx.tls("/echo"), nginx.plain("/echo"), nginx.tls("/deep/x"), nginx.http_2("/deep")] {
        let right = cookies(&curl(&["-b", &its], &url));
        assert_eq!(cookies(&curl(&["-b", &ours], &url)), right, "{url}");
        for (option, path) in [("-b", &its), ("--session", &its), ("--session", &ours)] {
            let record = haul(["-k", option, path]).fetch_one(url.clone());
            assert_eq!(cookies(record["body"].as_str().unwrap()), right, "{url} {option}");
        }
    }
    // Both have gone through our hands by now, and curl knows them still.
    assert_eq!(lines(Path::new(&ours)), lines(Path::new(&its)));
    assert_eq!(cookies(&curl(&["-b", &its, "-c", &its], &nginx.plain("/echo"))), ["lasting=1=2", "session=a b"]);
}

/// Who checks our answers to challenges is checked by another client.
pub(crate) fn curl_answers_the_challenges_that_we_answer() {
    let origin = Origin::spawn().unwrap();
    for algorithm in ["MD5", "SHA-256"] {
        let url = origin.url(&format!("/digest-auth/ann/p%20w?algorithm={algorithm}"));
        let answer = curl(&["--digest", "-u", "ann:p%20w"], &url);
        assert!(answer.contains(r#""authenticated":true"#), "{answer}");
        haul(["--digest", "-u", "ann:p%20w"]).fetch_one(url).assert_ok();
    }
}
