//! `--robots`, against servers that write down what they are asked for, and when.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::record::Record;
use crate::support::{Site, wait_for};

/// A server on a thread of its own, which answers all but what it is told with 200.
struct Host {
    addr: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
}

/// One request.
struct Asked {
    path: String,
    head: String,
    at: Instant,
}

impl Host {
    /// `answer` has a path, and how often that was asked for before. What it does not answer is left to wait.
    fn new(answer: impl Fn(&str, usize) -> Option<String> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (addr, asked) = (listener.local_addr().unwrap(), Arc::<Mutex<Vec<Asked>>>::default());
        let (known, answer) = (Arc::clone(&asked), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (known, answer) = (Arc::clone(&known), Arc::clone(&answer));
                thread::spawn(move || converse(stream, &known, &*answer));
            }
        });
        Host { addr, asked }
    }

    /// One that answers the question for its robots.txt so, and all else with 200.
    fn saying(status: &'static str, robots: impl Into<String>) -> Self {
        let robots = robots.into();
        Host::new(move |path, _| Some(if path == "/robots.txt" { answer(status, &robots) } else { ok() }))
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addr)
    }

    fn paths(&self) -> Vec<String> {
        self.asked.lock().unwrap().iter().map(|asked| asked.path.clone()).collect()
    }

    fn count(&self, path: &str) -> usize {
        self.paths().iter().filter(|asked| *asked == path).count()
    }
}

fn converse(
    mut stream: TcpStream,
    known: &Mutex<Vec<Asked>>,
    answer: &dyn Fn(&str, usize) -> Option<String>,
) -> Option<()> {
    let lines = BufReader::new(stream.try_clone().ok()?).lines().map_while(Result::ok);
    let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    let at = Instant::now();
    let path = head.first()?.split(' ').nth(1)?.to_owned();
    let before = {
        let mut known = known.lock().unwrap();
        let before = known.iter().filter(|asked| asked.path == path).count();
        known.push(Asked { path: path.clone(), head: head.join("\n").to_lowercase(), at });
        before
    };
    match answer(&path, before) {
        Some(answer) => stream.write_all(answer.as_bytes()).ok(),
        None => {
            thread::park();
            None
        }
    }
}

fn answer(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

fn ok() -> String {
    answer("200 OK", "ok")
}

fn redirect(to: &str) -> String {
    format!("HTTP/1.1 301 Moved\r\nConnection: close\r\nContent-Length: 0\r\nLocation: {to}\r\n\r\n")
}

const REFUSES_ALL: &str = "User-agent: *\nDisallow: /\n";

/// The record of one URL, fetched with these options.
fn fetch(options: &str, url: &str) -> Record {
    Site::new().run(&format!("haul --robots --retry 0 {options} {url}")).record()
}

#[track_caller]
fn assert_refused(record: &Record, why: &str) {
    assert_eq!(record["error"]["kind"], "robots", "{record:?}");
    assert!(record["error"]["message"].as_str().unwrap().contains(why), "{:?}", record["error"]);
}

#[test]
fn what_a_host_refuses_is_not_sent_and_says_so() {
    let site = Site::new();
    site.file("list.txt", "$O/deny\n$O/get\n$O/deny/2\n");
    let run = site.run("haul --robots --report report.json list.txt").exits(0);
    let line = format!("{}/robots.txt says: Disallow: /deny", site.origin.url(""));
    assert_refused(&run.records[0], &line);
    assert_refused(&run.records[2], &line);
    assert_eq!(run.all("ok"), [false, true, false]);
    assert_eq!((&run.records[0]["status_code"], &run.records[0]["error"]["phase"]), (&json!(null), &json!(null)));
    let report = site.json("report.json");
    assert_eq!((&report["run"]["robots"], &report["errors"]["robots"]["count"]), (&json!(1), &json!(2)));
    run.says(&["robots"]);

    let run = site.run("haul list.txt --report without.json").exits(0);
    assert_eq!(run.records[0]["status_code"], 200);
    assert_eq!(site.json("without.json")["run"]["robots"], json!(null));
}

#[test]
fn a_file_that_is_not_there_allows_all_and_one_that_cannot_be_read_nothing() {
    for status in ["404 Not Found", "401 Unauthorized", "403 Forbidden", "410 Gone", "304 Not Modified"] {
        let host = Host::saying(status, REFUSES_ALL);
        assert_eq!(fetch("", &host.url("/a"))["status_code"], 200, "{status}");
    }
    for status in ["500 Oh", "503 Busy", "599 Odd"] {
        let host = Host::saying(status, "User-agent: *\nAllow: /\n");
        let why = format!("{} could not be read", host.url("/robots.txt"));
        let record = fetch("", &host.url("/a"));
        assert_refused(&record, &why);
        assert_refused(&record, &format!("status {}", &status[..3]));
        assert_eq!(host.paths(), ["/robots.txt"], "{status}");
    }
    let cut = Host::new(|_, _| Some("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nUser-agent: *".to_owned()));
    assert_refused(&fetch("", &cut.url("/a")), "could not be read");
    let garbage = Host::new(|_, _| Some("no HTTP\r\n\r\n".to_owned()));
    assert_refused(&fetch("", &garbage.url("/a")), "protocol: ");
}

#[test]
fn a_host_that_is_down_or_silent_is_left_alone() {
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert_refused(&fetch("", &format!("http://{gone}/a")), "connect_refused: ");
    let silent = Host::new(|_, _| None);
    assert_refused(&fetch("--timeout 200ms", &silent.url("/a")), "timeout: ");
    assert_eq!(silent.paths(), ["/robots.txt"]);
}

#[test]
fn five_redirects_lead_to_it_and_a_sixth_to_nothing() {
    for (hops, refused) in [(1, true), (5, true), (6, false)] {
        let host = Host::new(move |path, _| {
            let at = if path == "/robots.txt" { Some(0) } else { path.strip_prefix("/r/").map(|n| n.parse().unwrap()) };
            Some(match at {
                Some(at) if at == hops => answer("200 OK", REFUSES_ALL),
                Some(at) => redirect(&format!("/r/{}", at + 1)),
                None => ok(),
            })
        });
        // Those of the run are for others.
        let record = fetch("--no-location --max-redirs 0", &host.url("/a"));
        assert_eq!(record["error"]["kind"] == "robots", refused, "{hops}: {record:?}");
        // Past the fifth it is the URL itself that is asked for next.
        assert_eq!(host.paths().len(), hops + 1, "{hops}");
    }
}

#[test]
fn a_redirect_to_another_host_brings_rules_for_this_one() {
    let elsewhere = Host::saying("200 OK", "User-agent: *\nDisallow: /a\n");
    let to = elsewhere.url("/robots.txt");
    let host = Host::new(move |path, _| Some(if path == "/robots.txt" { redirect(&to) } else { ok() }));
    assert_refused(&fetch("", &host.url("/a")), &format!("{} says: Disallow: /a", host.url("/robots.txt")));
    assert_eq!(fetch("", &host.url("/b"))["status_code"], 200);
    assert_eq!(elsewhere.paths(), ["/robots.txt"; 2]);
}

#[test]
fn the_first_500_kib_of_a_file_count() {
    let file = |bytes: usize| {
        let filler = "# filler\n".repeat(bytes / 9);
        format!("User-agent: *\n{filler}Disallow: /a\n{}", "# more\n".repeat(50_000))
    };
    let host = Host::saying("200 OK", file(499 << 10));
    // Its size is none of the run's.
    assert_refused(&fetch("--max-filesize 1k --body none", &host.url("/a")), "Disallow: /a");
    let host = Host::saying("200 OK", file(600 << 10));
    assert_eq!(fetch("", &host.url("/a"))["status_code"], 200);
}

#[test]
fn each_host_is_asked_once() {
    let hosts = [Host::saying("200 OK", "User-agent: *\nDisallow: /no\n"), Host::saying("404 No", "")];
    let site = Site::new();
    let lines: Vec<String> = (0..60).map(|n| hosts[n % 2].url(&format!("/{n}"))).collect();
    site.file("list.txt", &lines.join("\n"));
    let run = site.run("haul --robots -c 16 --host-concurrency 8 --report report.json list.txt").exits(0);
    assert!(run.all("status_code").iter().all(|status| **status == 200));
    for host in &hosts {
        let paths = host.paths();
        assert_eq!((paths[0].as_str(), host.count("/robots.txt"), paths.len()), ("/robots.txt", 1, 31));
    }
    assert_eq!(site.json("report.json")["run"]["robots"], 2);
}

#[test]
fn a_crawl_delay_keeps_requests_apart() {
    let host = Host::saying("200 OK", "User-agent: *\nCrawl-delay: 0.5\n");
    let site = Site::new();
    site.file("list.txt", &["/1", "/2", "/3", "/4"].map(|path| host.url(path)).join("\n"));
    site.run("haul --robots --report report.json list.txt").exits(0);
    let bound = &site.json("report.json")["run"]["bounded_by"][0];
    assert!(bound["by"] == "host_rate" && bound["share"].as_f64().unwrap() > 0.8, "{bound}");
    let asked = host.asked.lock().unwrap();
    let jobs: Vec<Instant> = asked.iter().filter(|asked| asked.path != "/robots.txt").map(|asked| asked.at).collect();
    assert_eq!(jobs.len(), 4);
    // The first and the last leave 1.5 s apart; the first may arrive late by some of that.
    assert!(jobs[3] - jobs[0] >= Duration::from_secs(1), "{:?}", jobs[3] - jobs[0]);
}

#[test]
fn what_a_redirect_or_a_next_page_leads_to_is_checked_as_well() {
    let site = Site::new();
    let record = site.run("haul --robots $O/redirect-to?url=/deny").record();
    assert_refused(&record, "says: Disallow: /deny");
    assert_eq!(record["redirects"][0]["status_code"], 302);

    let refuses = Host::saying("200 OK", REFUSES_ALL);
    let (to, there) = (refuses.url("/x"), refuses.url("/robots.txt"));
    let host = Host::new(move |path, _| {
        Some(match path {
            "/away" => redirect(&to),
            "/pages" => ok().replace("\r\n\r\n", "\r\nLink: </private>; rel=next\r\n\r\n"),
            "/robots.txt" => answer("200 OK", "User-agent: *\nDisallow: /private\n"),
            _ => ok(),
        })
    });
    assert_refused(&fetch("", &host.url("/away")), &there);
    assert_eq!(refuses.paths(), ["/robots.txt"]);

    let run = site.run(&format!("haul --robots --paginate link {}", host.url("/pages"))).exits(0);
    assert_eq!(run.all("page"), [1, 2]);
    assert_eq!(run.records[0]["status_code"], 200);
    assert_refused(&run.records[1], "says: Disallow: /private");
}

#[test]
fn it_is_asked_for_by_name_and_told_no_secrets() {
    let rules = "User-agent: *\nDisallow: /\n\nUser-agent: mybot\nDisallow: /a\n\nUser-agent: other\nDisallow: /b\n";
    let host = Host::saying("200 OK", rules);
    let secrets = "-u ann:pw -b sid=1 -H 'X-Key: k' -A 'MyBot/1.0 (+https://example.com)'";
    assert_eq!(fetch(secrets, &host.url("/b"))["status_code"], 200);
    assert_refused(&fetch(secrets, &host.url("/a")), "Disallow: /a");
    assert_refused(&fetch(&format!("{secrets} --robots-agent OTHER"), &host.url("/b")), "Disallow: /b");
    assert_refused(&fetch("", &host.url("/c")), "Disallow: /");
    let asked = host.asked.lock().unwrap();
    let head = &asked[0].head;
    assert!(head.starts_with("get /robots.txt") && head.contains("user-agent: mybot/1.0 (+https://example.com)"));
    for secret in ["authorization", "cookie", "x-key"] {
        assert!(!head.contains(secret), "{head}");
        assert!(asked[1].head.contains(secret), "{}", asked[1].head);
    }
}

#[test]
fn it_is_asked_for_again_as_any_other_request() {
    let host = Host::new(|path, before| {
        Some(match (path, before) {
            ("/robots.txt", 0) => answer("503 Busy\r\nRetry-After: 0", ""),
            ("/robots.txt", _) => answer("200 OK", REFUSES_ALL),
            _ => ok(),
        })
    });
    let site = Site::new();
    assert_refused(&site.run(&format!("haul --robots {}", host.url("/a"))).record(), "Disallow: /");
    assert_eq!(host.paths(), ["/robots.txt"; 2]);
}

#[test]
fn a_login_goes_first_whatever_robots_txt_says() {
    let host = Host::saying("200 OK", "User-agent: *\nDisallow: /login\n");
    let site = Site::new();
    site.file("login.txt", &host.url("/login"));
    let record = site.run(&format!("haul --robots --login login.txt {}", host.url("/a"))).record();
    assert_eq!(record["status_code"], 200);
    assert_eq!(host.paths(), ["/login", "/robots.txt", "/a"]);
}

#[test]
fn what_was_refused_is_done_for_a_run_that_resumes() {
    let host = Host::saying("200 OK", "User-agent: *\nDisallow: /a\n");
    let site = Site::new();
    site.file("list.txt", &[host.url("/a"), host.url("/b")].join("\n"));
    let line = "haul --robots --resume -o out.ndjson list.txt";
    site.run(line).exits(0);
    assert_eq!(host.paths(), ["/robots.txt", "/b"]);
    site.run(line).exits(0);
    assert_eq!(host.paths().len(), 2, "nothing is left to ask for");
    site.run("haul --resume -o out.ndjson list.txt").fails(2, &["--robots"]);
    assert_eq!(site.read("out.ndjson").lines().count(), 2);
}

#[test]
fn a_second_ctrl_c_does_not_wait_for_robots_txt() {
    let host = Host::new(|_, _| None);
    let site = Site::new();
    site.file("list.txt", &["/1", "/2", "/3"].map(|path| host.url(path)).join("\n"));
    let running = site.start("haul --robots --report report.json list.txt");
    wait_for("robots.txt to be asked for", || !host.paths().is_empty());
    running.signal("INT");
    thread::sleep(Duration::from_millis(100)); // two signals at once may be delivered as one
    running.signal("INT");
    let run = running.end().exits(130);
    assert_eq!((run.stdout.as_str(), host.paths()), ("", vec!["/robots.txt".to_owned()]));
    assert_eq!((&site.json("report.json")["run"]["skipped"], run.records.len()), (&json!(3), 0));
}

#[test]
fn where_the_run_may_not_go_is_told_as_such() {
    let host = Host::saying("200 OK", "");
    let port = host.addr.port();
    let named = format!("--resolve name.test:{port}:127.0.0.1 http://name.test:{port}/a");
    for url in [named, host.url("/a")] {
        let record = fetch("--deny-private", &url);
        assert_eq!(record["error"]["kind"], "blocked", "{record:?}");
    }
    assert_eq!(host.paths(), [""; 0]);

    let to = format!("http://elsewhere.test:{port}/robots.txt");
    let away = Host::new(move |path, _| Some(if path == "/robots.txt" { redirect(&to) } else { ok() }));
    assert_refused(&fetch("--deny-host elsewhere.test", &away.url("/a")), "blocked: ");
    assert_eq!(away.paths(), ["/robots.txt"]);
}

#[test]
fn a_name_is_one_product() {
    let site = Site::new();
    site.run("haul --robots --robots-agent MyBot/1.0 $O/get").fails(2, &["--robots-agent", "such as MyBot"]);
    site.run("haul --robots-agent MyBot $O/get").fails(2, &["--robots"]);
}
