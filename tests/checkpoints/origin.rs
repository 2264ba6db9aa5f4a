//! A server that acts as a proxy, so that URLs in the lists do not depend on its port.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};

/// Answers until the test ends, and logs each request.
pub(crate) struct Origin {
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Origin {
    pub(crate) fn start() -> Origin {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let log = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let log = Arc::clone(&log);
                thread::spawn(move || serve(&stream, &log));
            }
        });
        Origin { url, asked }
    }

    /// Each request as `METHOD URL`, sorted.
    pub(crate) fn asked(&self) -> Vec<String> {
        let mut asked = self.asked.lock().unwrap().clone();
        asked.sort_unstable();
        asked
    }
}

/// A request with lower-case header names.
struct Request {
    method: String,
    url: String,
    headers: BTreeMap<String, String>,
    body: String,
}

#[derive(Default)]
struct Answer {
    status: u16,
    headers: Vec<String>,
    body: Vec<u8>,
}

fn serve(stream: &TcpStream, asked: &Mutex<Vec<String>>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let (mut requests, mut answers) = (BufReader::new(stream), stream);
    while let Some(request) = read(&mut requests)? {
        asked.lock().unwrap().push(format!("{} {}", request.method, request.url));
        let Answer { status, headers, body } = answer(&request);
        let mut head = format!("HTTP/1.1 {status} Fixed\r\ncontent-length: {}\r\n", body.len());
        headers.iter().for_each(|line| head.push_str(&format!("{line}\r\n")));
        answers.write_all(&[head.as_bytes(), b"\r\n", &body].concat())?;
    }
    Ok(())
}

fn read(stream: &mut impl BufRead) -> io::Result<Option<Request>> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let mut first = lines[0].split(' ').map(str::to_owned);
    let (method, url) = (first.next().unwrap_or_default(), first.next().unwrap_or_default());
    let headers = lines[1..].iter().filter_map(|line| line.split_once(": "));
    let headers: BTreeMap<_, _> = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
    let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = String::new();
    stream.take(length).read_to_string(&mut body)?;
    Ok(Some(Request { method, url, headers, body }))
}

/// Answers by the path, which is `/KIND/N`.
fn answer(request: &Request) -> Answer {
    let target = request.url.strip_prefix("http://").unwrap_or_default();
    let (_, path) = target.split_once('/').unwrap_or_default();
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let (kind, n) = path.split_once('/').unwrap_or((path, ""));
    match kind {
        "robots.txt" => {
            let rules = "User-agent: fixture\nDisallow: /text/\n\nUser-agent: *\nDisallow: /bytes/\n";
            Answer { body: rules.into(), headers: typed("text/plain"), status: 200 }
        }
        "text" => Answer { body: format!("text {n}\n").into(), headers: typed("text/plain"), status: 200 },
        "bytes" => {
            let body = [b"\0\xff\n", n.as_bytes()].concat();
            Answer { body, headers: typed("application/octet-stream"), status: 200 }
        }
        "missing" => Answer { status: 404, ..Answer::default() },
        "hop" => redirect(&format!("/echo/{n}")),
        "hops" => redirect(&format!("/hop/{n}")),
        "away" => redirect(&format!("http://other.test/page/{n}")),
        "page" => page(n, query),
        "list" => list(n, query),
        "login" => with_cookie(json(&json!({"token": "t0ken"})), "sid=secret"),
        "cookie" => with_cookie(json(&echo(request)), "k=v"),
        "digest" if !request.headers.contains_key("authorization") => {
            let challenge = "www-authenticate: Digest realm=\"f\", nonce=\"n\", qop=\"auth\", algorithm=SHA-256";
            Answer { status: 401, headers: vec![challenge.to_owned()], body: Vec::new() }
        }
        _ => json(&echo(request)),
    }
}

fn typed(kind: &str) -> Vec<String> {
    vec![format!("content-type: {kind}")]
}

fn json(value: &Value) -> Answer {
    Answer { status: 200, headers: typed("application/json"), body: value.to_string().into_bytes() }
}

fn redirect(location: &str) -> Answer {
    Answer { status: 302, headers: vec![format!("location: {location}")], body: Vec::new() }
}

fn with_cookie(mut answer: Answer, cookie: &str) -> Answer {
    answer.headers.push(format!("set-cookie: {cookie}; Path=/"));
    answer
}

/// The parts of a request that options may set.
fn echo(request: &Request) -> Value {
    let mut echo = json!({"asked": format!("{} {}", request.method, request.url)});
    for name in ["authorization", "content-type", "cookie", "idempotency-key", "user-agent", "x-fixture"] {
        let Some(value) = request.headers.get(name).filter(|value| !value.starts_with("haul/")) else { continue };
        // The boundary is random.
        let value = value.split("boundary=").next().unwrap_or_default();
        echo[name] = if value.starts_with("Digest") { "Digest" } else { value }.into();
    }
    if !request.body.is_empty() {
        let lines = request.body.lines().map(|line| if line.starts_with("--") { "--" } else { line });
        echo["body"] = lines.collect::<Vec<_>>().join("\n").into();
    }
    echo
}

/// The numeric value of a query parameter.
fn number(query: &str, name: &str) -> Option<u64> {
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.find(|(key, _)| *key == name).and_then(|(_, value)| value.parse().ok())
}

/// One of three pages, linked by a header and by its body.
fn page(n: &str, query: &str) -> Answer {
    let at = number(query, "at").unwrap_or(1);
    let next = Some(at + 1).filter(|&next| next <= 3);
    let url = next.map(|next| format!("/page/{n}?at={next}"));
    let mut answer = json(&json!({"items": [at * 10, format!("{n}-{at}")], "at": next, "next": url}));
    answer.headers.extend(url.map(|url| format!("link: <{url}>; rel=\"next\"")));
    answer
}

/// One of three pages by number or offset; the last one is empty.
fn list(n: &str, query: &str) -> Answer {
    let page = number(query, "page").or(number(query, "offset").map(|offset| offset / 2 + 1)).unwrap_or(1);
    json(&if page < 3 { json!([page, n]) } else { json!([]) })
}
