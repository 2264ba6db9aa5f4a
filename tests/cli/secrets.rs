//! What is secret is in nothing that is printed or written, wherever it came from.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use base64::prelude::{BASE64_STANDARD, Engine};

use crate::record::records;
use crate::support::{Run, Site, canned, wait_for};

/// What every secret begins with, and nothing else has.
const SECRET: &str = "s3cret-";

/// Answers that hold secrets in their heads, and none that the request had, but for `/stuck`; its bodies are harmless.
fn server() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    thread::spawn(move || {
        let stuck = Arc::new(AtomicBool::new(true));
        for stream in listener.incoming().map_while(Result::ok) {
            let stuck = Arc::clone(&stuck);
            thread::spawn(move || answer(stream, &stuck));
        }
    });
    addr
}

/// The second page of `/stuck` has no answer while it is `stuck`, as it is once.
fn answer(mut stream: TcpStream, stuck: &AtomicBool) {
    let mut head = BufReader::new(&stream).lines().map_while(Result::ok).take_while(|line| !line.is_empty());
    let first = head.next().unwrap_or_default();
    let asked = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let known = head.any(|line| line.to_lowercase().starts_with("authorization: digest"));
    let moved = |to: &str| format!("302 Found\r\nLocation: {to}");
    let head = match asked.split('?').next().unwrap_or_default() {
        "/hop" => moved("/done?X-Amz-Signature=s3cret-hop&x=1#access_token=s3cret-hop-fragment"),
        "/loop" => moved("/loop?sig=s3cret-loop"),
        "/torn" => moved("http://ann:s3cret-torn@[h?sig=s3cret-torn-sig"),
        "/ftp" => moved("ftp://ann:s3cret-ftp@h/?password=s3cret-ftp-password"),
        "/pages" if !asked.contains("page=") => {
            "200 OK\r\nLink: </pages?page=2&access_token=s3cret-next>; rel=\"next\"".to_owned()
        }
        "/pages" => "200 OK\r\nLink: <//ann:s3cret-stray@h.test/?sig=s3cret-stray-sig>; rel=\"next\"".to_owned(),
        "/stuck" if !asked.contains("page=") => format!("200 OK\r\nLink: <{asked}&page=2>; rel=\"next\""),
        "/stuck" if stuck.swap(false, Ordering::SeqCst) => {
            let _ = stream.read(&mut [0; 1]); // until haul hangs up
            return;
        }
        "/stuck" if asked.contains("s3cret-stuck") && asked.contains("s3cret-param") => "200 OK".to_owned(),
        "/stuck" => "403 Forbidden".to_owned(),
        "/digest" if !known => "401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"x\", nonce=\"n\"".to_owned(),
        "/digest" => "200 OK\r\nAuthentication-Info: rspauth=\"s3cret-rspauth\"".to_owned(),
        "/shown" => {
            let mut head =
                "200 OK\r\nSet-Cookie: sid=s3cret-set-cookie; Path=/\r\nX-Auth-Token: s3cret-x-auth".to_owned();
            head += "\r\nAuthorization: Bearer s3cret-echo\r\nCookie: a=s3cret-cookie-echo\r\nProxy-Authorization: s3cret-proxy-echo";
            head +=
                "\r\nRefresh: 9; url=/?token=s3cret-refresh\r\nContent-Location: //ann:s3cret-content-location@h.test/";
            head
        }
        _ => "200 OK".to_owned(),
    };
    let body = "{\"token\": \"s3cret-of-login\"}";
    let body = if asked.starts_with("/login") { body } else { "{\"n\": 1}" };
    let end =
        format!("Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
    let _ = stream.write_all(format!("HTTP/1.1 {head}\r\n{end}").as_bytes());
    let _ = stream.read(&mut [0; 1]);
}

/// The lines of a list, each with a secret where a list can have one.
const LIST: &str = "\
http://ann:s3cret-user-info@$S/a
http://$S/b?X-Amz-Signature=s3cret-amz&x=1
http://$S/b?AWSAccessKeyId=s3cret-aws&Signature=s3cret-v2&Expires=1
http://$S/b?x=%26&%74oken=s3cret-encoded
http://$S/b?to=http%3A%2F%2Fann:s3cret-nested%40h%2F%3Fsig%3Ds3cret-nested-sig
http://$S/c;jsessionid=s3cret-path
http://$S/c#id_token=s3cret-fragment
http://$S/hop
http://$S/loop
http://$S/torn
http://$S/ftp
http://$S/shown
http://ann:s3cret-closed@127.0.0.1:1/?sig=s3cret-closed-sig
http://ann:s3cret-bracket@[h/?password=s3cret-bracket-password
http://ann:s3cret/slash@h/
http://$S/?token=s3cret-blank and more
ann:s3cret-no-scheme@h/?api_key=s3cret-no-scheme-key
ftp://ann:s3cret-scheme@h/
s3cret-first:@h/x
GET GET http://ann:s3cret-twice@h/
";

/// The same as NDJSON, and what only that can say.
const NDJSON: &str = r#"
{"url": "http://$S/a", "auth": ["ann", "s3cret-line-auth"], "cookies": {"a": "s3cret-line-cookie"}}
{"url": "http://$S/a", "headers": {"Authorization": "Bearer s3cret-line-bearer", "X-Api-Key": "s3cret-line-key"}}
{"url": "http://$S/a", "params": {"access_token": "s3cret-line-param"}, "form": {"password": "s3cret-line-form"}}
{"url": "http:/\u0009/ann:s3cret-tab@h/", "auth": {"bearer": "s3cret-with-bad"}}
{"url": "http://$S/a", "auth": "s3cret-bad-auth"}
{"url": "http://$S/a", "headers": {"Authorization": "s3cret-bad\nheader"}}
{"url": "http://$S/a", "cookies": {"a": "s3cret-bad;cookie"}}
"#;

/// Every way to hand secrets over: what is written goes to `out`.
const LINES: [&str; 13] = [
    "haul $N -i -o out/1.ndjson --resume --report out/1.json --session jar --retry 0 in/list.txt",
    "haul $N -i -o out/1.ndjson --resume --report out/1.json --session jar --retry 0 in/list.txt",
    "haul $N -i --format csv -u ann:s3cret-user --digest in/list.txt",
    "haul $N -i -u ann:s3cret-user --digest http://$S/digest",
    "haul $N -i --verbose-records --bearer s3cret-bearer -b c=s3cret-cookie --param token=s3cret-param in/list.ndjson",
    "haul $N -i -H 'Authorization: Bearer s3cret-header' -H 'Cookie: a=s3cret-cookie-header' http://$S/shown http://$S/hop",
    "haul $N -i -H 'Proxy-Authorization: Basic s3cret-proxy-header' --netrc-file in/netrc http://$S/a -o out/2.ndjson.gz",
    "haul $N -x http://ann:s3cret-proxy@$S http://h.test/a?sig=s3cret-by-proxy http://ann:s3cret-user-by-proxy@h.test/b",
    "haul $N --retry 0 -x http://ann:s3cret-proxy@127.0.0.1:1 http://h.test/a https://h.test/b",
    "haul $N -i --login in/login --login-token .token --session jar http://$S/shown --format tsv --fields seq,headers,final_url",
    "haul $N --paginate link http://$S/pages?key=s3cret-pages -o out/3.ndjson --resume --report out/3.json",
    "haul $N --paginate link http://$S/pages -i --jq error --format csv --fields url,next_url,headers,error,note,redirects",
    "haul $N --base-url http://ann:s3cret-base@$S in/relative.txt --jq .x",
];

/// What ends before there is a record.
const REFUSED: [&str; 8] = [
    "haul $N --strict in/list.txt",
    "haul $N --strict in/list.ndjson",
    "haul $N --base-url http://ann:s3cret-typed@[h $O/get",
    "haul $N -x http://ann:s3cret-typed@[h $O/get",
    "haul $N -x ftp://ann:s3cret-typed@h $O/get",
    "haul $N --login in/lost-login $O/get",
    "haul $N --login in/torn-login $O/get",
    "haul $N 'http://ann:s3cret-typed@h/?token=s3cret-typed and more' missing.txt",
];

fn site() -> Site {
    let site = Site::new().with("S", server()).with("N", "");
    for dir in ["in", "out"] {
        fs::create_dir(site.path(dir)).unwrap();
    }
    site.file("in/list.txt", LIST);
    site.file("in/list.ndjson", NDJSON);
    site.file("in/netrc", "default login ann password s3cret-netrc\n");
    site.file("in/relative.txt", "/a?code=s3cret-code-x&state=1\n/b\n//ann:s3cret-authority@$S/\n");
    site.file("in/login", "POST http://ann:s3cret-login@$S/login?password=s3cret-login-password\n");
    site.file("in/lost-login", "http://ann:s3cret-lost-login@127.0.0.1:1/login?password=s3cret-lost-password\n");
    site.file("in/torn-login", "http://$S/torn?sig=s3cret-torn-login\n");
    site
}

/// Runs a line as it is, but for the variable of the tests' own.
fn run(site: &Site, line: &str, extra: &str) -> Run {
    site.run(&line.replace("$N", extra))
}

/// All that was written, with the name of each file before it.
fn written(dir: &Path) -> String {
    let mut all = String::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        let mut text = Vec::new();
        match path.extension().is_some_and(|end| end == "gz") {
            true => flate2::read::MultiGzDecoder::new(&*bytes).read_to_end(&mut text).map(drop).unwrap(),
            false => text = bytes,
        }
        all += &format!("\n{}: {}", path.display(), String::from_utf8_lossy(&text));
    }
    all
}

/// Every way in which credentials could be written that are sent as Basic.
fn encoded() -> Vec<String> {
    let names = ["user", "user-info", "netrc", "login", "line-auth", "proxy", "base", "user-by-proxy", "closed"];
    names.map(|name| BASE64_STANDARD.encode(format!("ann:{SECRET}{name}"))).into()
}

#[track_caller]
fn has_no_secret(what: &str, text: &str) {
    if let Some(at) = text.find(SECRET) {
        let from = text.floor_char_boundary(at.saturating_sub(200));
        panic!("{what}: {}", &text[from..text.floor_char_boundary(at + 60)]);
    }
    for secret in encoded() {
        assert!(!text.contains(secret.trim_end_matches('=')), "{what}: {secret}");
    }
}

#[test]
fn nothing_that_is_printed_or_written_has_a_secret() {
    let site = site();
    for line in LINES {
        let run = run(&site, line, "").exits(0);
        has_no_secret(line, &run.stdout);
        has_no_secret(line, &run.stderr);
    }
    for line in REFUSED {
        let run = run(&site, line, "");
        assert!(run.code != Some(0) && !run.stderr.is_empty(), "{line}: {run:?}");
        has_no_secret(line, &run.stdout);
        has_no_secret(line, &run.stderr);
    }
    for line in
        ["haul report out/1.ndjson out/2.ndjson.gz", "haul report --json out/1.ndjson", "haul report in/list.ndjson"]
    {
        let run = site.run(line).exits(0);
        has_no_secret(line, &run.stdout);
        has_no_secret(line, &run.stderr);
    }
    let written = written(&site.path("out"));
    for name in ["1.ndjson", "1.ndjson.haul", "1.json", "2.ndjson.gz", "3.ndjson", "3.ndjson.haul", "3.json"] {
        assert!(written.contains(&format!("out/{name}: ")), "{name}");
    }
    has_no_secret("what is written", &written);
    assert!(written.contains("REDACTED"));
}

/// So that the test above is known to look where they would be.
#[test]
fn asked_for_urls_and_header_fields_are_shown_with_their_secrets() {
    let site = site();
    let mut all = String::new();
    for line in LINES {
        let run = run(&site, line, "--no-redact").exits(0);
        all.extend([&*run.stdout, &*run.stderr]);
    }
    all += &written(&site.path("out"));
    for name in [
        "user-info",
        "amz&x=1",
        "aws&",
        "v2&",
        "encoded",
        "nested%40",
        "nested-sig",
        "path",
        "fragment",
        "hop&x=1",
        "hop-fragment",
        "loop",
        "torn@",
        "torn-sig",
        "ftp@",
        "ftp-password",
        "set-cookie",
        "x-auth",
        "echo",
        "cookie-echo",
        "proxy-echo",
        "refresh",
        "content-location",
        "rspauth",
        "closed@",
        "bracket@",
        "bracket-password",
        "blank",
        "no-scheme@",
        "no-scheme-key",
        "scheme@",
        "first:",
        "twice",
        "param",
        "line-param",
        "tab@",
        "by-proxy",
        "user-by-proxy",
        "next",
        "stray@",
        "stray-sig",
        "pages",
        "base@",
        "code-x",
        "authority",
    ] {
        assert!(all.contains(&format!("{SECRET}{name}")), "{name}");
    }
    // These were in no URL and in no answer.
    for name in [
        "user\"",
        "bearer",
        "cookie\"",
        "header",
        "cookie-header",
        "proxy-header",
        "netrc",
        "proxy@",
        "of-login",
        "login",
        "line-auth",
        "line-cookie",
        "line-bearer",
        "line-key",
        "line-form",
        "with-bad",
        "bad-auth",
        "bad\\n",
        "bad;",
    ] {
        assert!(!all.contains(&format!("{SECRET}{name}")), "{name}");
    }
}

#[test]
fn a_run_is_gone_on_with_as_it_was_begun() {
    let site = site();
    site.run("haul -o out/1.ndjson --resume http://$S/a").exits(0);
    let again = site.run("haul -o out/1.ndjson --resume --no-redact http://$S/a");
    again.fails(2, &["--no-redact was not given before", "--resume-anyway"]);
}

#[test]
fn a_run_that_was_stopped_amid_pages_has_written_no_secret() {
    let site = site();
    let line =
        "haul --paginate link --param token=s3cret-param -o out/1.ndjson --resume http://$S/stuck?key=s3cret-stuck";
    let running = site.start(line);
    wait_for("a page", || fs::read_to_string(site.path("out/1.ndjson")).is_ok_and(|text| text.ends_with('\n')));
    running.signal("INT");
    running.signal("TERM");
    let run = running.end();
    assert!(matches!(run.code, Some(130 | 143)), "{run:?}"); // whichever was seen first
    has_no_secret("stderr", &run.stderr);
    let written = written(&site.path("out"));
    assert!(written.contains("page=2"), "{written}");
    has_no_secret("what is written", &written);

    site.run(line).exits(0);
    let records = records(&site.read("out/1.ndjson"));
    assert_eq!(records.iter().map(|record| &record["status_code"]).collect::<Vec<_>>(), [200, 200]);
}

#[test]
fn what_a_sample_says_follows_the_flag() {
    let site = Site::new();
    let server = canned("HTTP/1.1 302 Found\r\nLocation: ftp://h/?token=s3cret-x\r\nContent-Length: 0\r\n\r\n");
    let line = format!("haul http://{server}/?sig=s3cret-x --force --report report.json");
    for (flag, shown) in [("", "REDACTED"), ("--no-redact", "s3cret-x")] {
        site.run(&format!("{line} {flag}")).exits(0).says(&[&format!("/?sig={shown}: ")]);
        let report = site.json("report.json");
        let message = report["errors"]["blocked"]["samples"][0]["message"].as_str().unwrap();
        assert!(message.contains(&format!("token={shown},")), "{message}");
    }
}
