//! Connections that end while they wait to be used again. The engine replaces them.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use haul::model::{Record, Request};
use haul::plan::HttpVersion;
use haul::{Haul, Target};
use serde_json::Value;

use crate::http2_frames::{END_STREAM, NO_ERROR, REFUSED_STREAM, data, go_away, head, reset};
use crate::row::{Over, gathered};
use crate::server::Step::{self, Close, Cut, Drop, Reset, Send};
use crate::server::{GOOD, Pace, Server};
use crate::{CLIENTS, Client, SETTLE, choose};

/// Requests, one after the other, and what has to come of them.
struct Case {
    name: &'static str,
    over: Over,
    requests: Vec<Request>,
    scripts: Vec<Vec<Step>>,
    /// Without a pause between requests. Then it depends on chance how many connections are replaced.
    hurried: bool,
    /// The outcome of each, and how much the server saw.
    right: &'static str,
}

const BETWEEN: &str = "200, 200; 2 requests on 2 connections";
const REPLACED: &str = "200, 200 after 1 reconnect; 3 requests on 2 connections";
const LOST: &str = "200, closed; 2 requests on 1 connection";

fn case(name: &'static str, request: fn() -> Request, dies: &[Step], right: &'static str) -> Case {
    let script = [&good()[..], dies].concat();
    Case { name, over: Over::Tcp, requests: vec![request(), request()], scripts: vec![script], hurried: false, right }
}

fn good() -> Vec<Step> {
    vec![Step::Request, Send(GOOD.into())]
}

impl Case {
    fn over(self, over: Over) -> Self {
        Case { over, ..self }
    }

    fn requests(self, requests: Vec<Request>) -> Self {
        Case { requests, ..self }
    }

    fn scripts(self, scripts: Vec<Vec<Step>>) -> Self {
        Case { scripts, ..self }
    }

    async fn play(&self, client: Client) -> String {
        let server = Server::with_scripts(self.over, self.scripts.clone(), Pace::Whole, 0);
        let (done, ended) = mpsc::channel();
        let haul = Haul::builder().source(self.targets(&server, ended)).concurrency(1).retries(0).plan(|plan| {
            choose(client, plan);
            plan.fetch.threads = Some(NonZeroUsize::MIN);
            if self.over.is_http2() {
                plan.fetch.transport.http = HttpVersion::Http2;
            }
        });
        let outcomes = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&outcomes);
        let haul = haul.on_record(move |record| {
            kept.lock().unwrap().push(told(record));
            let _ = done.send(()); // nobody may wait any more
        });
        haul.build().unwrap().run().await.unwrap();
        let outcomes: Vec<String> = std::mem::take(&mut *outcomes.lock().unwrap());
        if self.hurried {
            let statuses = outcomes.iter().map(|told| told.split(' ').next().unwrap().to_owned());
            return gathered(statuses.collect()).join(", ");
        }
        format!("{}; {}", outcomes.join(", "), server.counts())
    }

    /// The requests, each when the one before has ended, and the server has done what it does between the two.
    fn targets(&self, server: &Server, ended: mpsc::Receiver<()>) -> impl Iterator<Item = Target> + use<> {
        let url = server.url();
        let mut targets = self.requests.clone().into_iter().map(move |request| Target::new(&url).request(request));
        let is_request = |step: &&Step| matches!(step, Step::Request);
        let waits = !self.hurried && self.scripts[0].iter().filter(is_request).count() == 1;
        let (played, mut first) = (server.is_played(), true);
        std::iter::from_fn(move || {
            if !std::mem::take(&mut first) {
                ended.recv().ok()?;
                while waits && !played() {
                    std::thread::sleep(Duration::from_millis(1));
                }
                if waits {
                    std::thread::sleep(SETTLE);
                }
            }
            targets.next()
        })
    }
}

fn told(record: &Record) -> String {
    let line = serde_json::to_value(record).unwrap();
    let mut told = match (&line["status_code"], &line["error"]["kind"]) {
        (Value::Number(status), Value::Null) => status.to_string(),
        (_, kind) => kind.as_str().unwrap().to_owned(),
    };
    if let Some(reconnects) = line["reconnects"].as_u64() {
        told += &format!(" after {reconnects} reconnect");
    }
    if line["attempts"] != 1 {
        told += &format!(" in {} attempts", line["attempts"]);
    }
    told
}

fn cases() -> Vec<Case> {
    let part = || Send("H".into());
    let asked = |then: &[Step]| [&[Step::Request], then].concat();
    let post = || Request::post().bytes("x");
    vec![
        case("a connection that goes on", Request::get, &[], "200, 200; 2 requests on 1 connection"),
        case("GET: the end between requests", Request::get, &[Close], BETWEEN),
        case("GET: the end between requests, and a reset", Request::get, &[Drop], BETWEEN),
        case("GET: a reset between requests", Request::get, &[Reset], BETWEEN),
        case("POST: the end between requests", post, &[Close], BETWEEN),
        case("POST: a reset between requests", post, &[Reset], BETWEEN),
        case("GET: the end instead of a second answer", Request::get, &asked(&[Close]), REPLACED),
        case("GET: a reset instead of a second answer", Request::get, &asked(&[Reset]), REPLACED),
        case("HEAD: the end instead of a second answer", Request::head, &[], REPLACED).scripts(vec![
            vec![Step::Request, Send("HTTP/1.1 200 OK\r\n\r\n".into()), Step::Request, Close],
            vec![Step::Request, Send("HTTP/1.1 200 OK\r\n\r\n".into())],
        ]),
        case("PUT: the end instead of a second answer", || Request::put().bytes("x"), &asked(&[Close]), REPLACED),
        case("DELETE: a reset instead of a second answer", Request::delete, &asked(&[Reset]), REPLACED),
        case("POST: the end instead of a second answer", post, &asked(&[Close]), LOST),
        case(
            "POST: a reset instead of a second answer",
            post,
            &asked(&[Reset]),
            "200, reset; 2 requests on 1 connection",
        ),
        case("PATCH: the end instead of a second answer", || Request::patch().bytes("x"), &asked(&[Close]), LOST),
        case("POST without a body: the end instead of a second answer", Request::post, &asked(&[Close]), LOST),
        case("GET: the end after a byte of a second answer", Request::get, &asked(&[part(), Close]), LOST),
        case(
            "GET: the end after an informational answer",
            Request::get,
            &asked(&[Send("HTTP/1.1 103 X\r\n\r\n".into()), Close]),
            LOST,
        ),
        case(
            "GET: the end amid a second body",
            Request::get,
            &asked(&[Send(GOOD[..GOOD.len() - 1].into()), Close]),
            LOST,
        ),
        case("GET: the end instead of the first answer", Request::get, &[], "closed, 200; 2 requests on 2 connections")
            .scripts(vec![asked(&[Close])]),
        case(
            "GET: the end instead of a second answer, twice",
            Request::get,
            &[],
            "200, closed after 1 reconnect; 3 requests on 2 connections",
        )
        .scripts(vec![[good(), asked(&[Close])].concat(), asked(&[Close])]),
        case(
            "POST: after one that was lost, each on a connection of its own",
            post,
            &[],
            "200, closed, 200, 200; 4 requests on 3 connections",
        )
        .requests(vec![post(), post(), post(), post()])
        .scripts(vec![[good(), asked(&[Close])].concat()]),
    ]
    .into_iter()
    .chain(hurried())
    .chain(over_tls())
    .chain(over_http2())
    .collect()
}

/// Servers that end each connection as soon as they have answered, and do not say so.
fn hurried() -> Vec<Case> {
    let many = |name, request: fn() -> Request, end: Step| {
        let case = case(name, request, &[], "30 times 200").requests(vec![request(); 30]);
        Case { hurried: true, ..case.scripts(vec![[good(), vec![end]].concat(); 30]) }
    };
    vec![
        many("GET: the end after each answer", Request::get, Close),
        many("GET: a reset after each answer", Request::get, Reset),
        many("PUT: the end after each answer", || Request::put().bytes("x"), Close),
        many("TLS, GET: the end after each answer", Request::get, Close).over(Over::Tls),
        many("TLS, GET: the end without a farewell after each answer", Request::get, Cut).over(Over::Tls),
    ]
}

fn over_tls() -> Vec<Case> {
    let post = || Request::post().bytes("x");
    let tls = |name, request, dies: &[Step], right| case(name, request, dies, right).over(Over::Tls);
    vec![
        tls("TLS, GET: the end between requests", Request::get, &[Close], BETWEEN),
        tls("TLS, GET: the end without a farewell between requests", Request::get, &[Cut], BETWEEN),
        tls("TLS, GET: a reset between requests", Request::get, &[Reset], BETWEEN),
        tls("TLS, POST: the end between requests", post, &[Close], BETWEEN),
        tls("TLS, POST: the end without a farewell between requests", post, &[Cut], BETWEEN),
        tls("TLS, GET: the end instead of a second answer", Request::get, &[Step::Request, Close], REPLACED),
        tls(
            "TLS, GET: the end without a farewell instead of a second answer",
            Request::get,
            &[Step::Request, Cut],
            REPLACED,
        ),
        tls("TLS, GET: a reset instead of a second answer", Request::get, &[Step::Request, Reset], REPLACED),
        tls("TLS, POST: the end instead of a second answer", post, &[Step::Request, Close], LOST),
    ]
}

fn over_http2() -> Vec<Case> {
    let post = || Request::post().bytes("x");
    let answer = |stream| Send([head(stream, &[]), data(stream, END_STREAM, "good")].concat().into());
    let first = [Step::Request, answer(1)];
    let http2 = |name, request: fn() -> Request, dies: &[Step], right| {
        case(name, request, &[], right).over(Over::Http2).scripts(vec![[&first[..], dies].concat()])
    };
    let says = |frame: Vec<u8>| Send(frame.into());
    vec![
        http2("h2, GET: the end between requests", Request::get, &[Close], BETWEEN),
        http2("h2, GET: goodbye between requests", Request::get, &[says(go_away(1, NO_ERROR))], BETWEEN),
        http2("h2, GET: the end instead of a second answer", Request::get, &[Step::Request, Close], REPLACED),
        http2("h2, POST: the end instead of a second answer", post, &[Step::Request, Close], LOST),
        http2(
            "h2, GET: goodbye before the second request",
            Request::get,
            &[Step::Request, says(go_away(1, NO_ERROR))],
            REPLACED,
        ),
        http2(
            "h2, POST: goodbye before the second request",
            post,
            &[Step::Request, says(go_away(1, NO_ERROR))],
            REPLACED,
        ),
        http2(
            "h2, POST: goodbye with an error before the second request",
            post,
            &[Step::Request, says(go_away(1, 11))],
            REPLACED,
        ),
        http2(
            "h2, POST: a refused stream",
            post,
            &[Step::Request, says(reset(3, REFUSED_STREAM))],
            "200, 200 after 1 reconnect; 3 requests on 2 connections",
        ),
    ]
}

pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    cases().into_iter().map(|case| case.name)
}

async fn judge(client: Client, case: Case) -> Option<String> {
    let got = case.play(client).await;
    crate::wrong(case.name, client, &got, case.right)
}

#[tokio::test]
async fn a_connection_that_dies_is_replaced() {
    let all = CLIENTS.iter().flat_map(|&client| cases().into_iter().map(move |case| judge(client, case)));
    let wrong: Vec<String> = futures::future::join_all(all).await.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{} are wrong:\n\n{}", wrong.len(), wrong.join("\n\n"));
}
