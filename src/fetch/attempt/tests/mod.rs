//! Attempts over a client that plays a script, on paused time: what no client underneath has to care about.

mod memory;

use std::cell::RefCell;
use std::future::pending;
use std::sync::Arc;

use http::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use http::{StatusCode, Version};
use tokio::time::sleep;

use super::*;
use crate::fetch::client::{More, OutgoingRequest};
use crate::fetch::memory::MemoryBudget;
use crate::fetch::{Http, Transport};
use crate::jq::Filter;
use crate::model::{Body, Request};
use crate::plan::ClientKind;

const SECOND: Duration = Duration::from_secs(1);

/// What happens to the wire, one step after the other.
#[derive(Clone)]
enum Step {
    Wait(Duration),
    Connect,
    Head(HeaderMap),
    /// Chunks that one call passes on.
    Chunks(Vec<&'static [u8]>),
    /// A chunk after which the same call goes on.
    Part(&'static [u8]),
    /// Chunks with which the body is complete.
    Last(Vec<&'static [u8]>),
    Fail(ErrorKind),
}

use Step::{Chunks, Connect, Fail, Last, Wait};

/// Plays its script for each request and keeps what was sent. At the end of the script it hangs.
struct ScriptedClient {
    script: Vec<Step>,
    sent: RefCell<Vec<(String, HeaderMap)>>,
}

struct ScriptedBody(std::vec::IntoIter<Step>);

impl Client for ScriptedClient {
    type Body = ScriptedBody;

    async fn send(
        &self,
        request: OutgoingRequest<'_>,
        trace: &ConnectTrace,
    ) -> Result<Response<ScriptedBody>, Failure> {
        self.sent.borrow_mut().push((request.url.to_string(), request.headers()));
        let mut script = self.script.clone().into_iter();
        loop {
            match script.next() {
                Some(Wait(time)) => sleep(time).await,
                Some(Connect) => connect(trace).await,
                Some(Step::Head(headers)) => {
                    let head = Head { status: StatusCode::OK, version: Version::HTTP_11, headers };
                    let (connect, remote_addr) = (trace.progress().timings, None);
                    return Ok(Response {
                        head,
                        remote_addr,
                        connect,
                        transfer_codings: Vec::new(),
                        body: ScriptedBody(script),
                    });
                }
                Some(Fail(kind)) => return Err(Failure::new(kind, "scripted").during(trace.phase())),
                Some(Chunks(_) | Step::Part(_) | Last(_)) => unreachable!("a body without a head"),
                None => pending().await,
            }
        }
    }
}

/// Takes a second to look up the name, and another one to connect.
async fn connect(trace: &ConnectTrace) {
    trace.update(|progress| (progress.started, progress.resolving) = (true, true));
    sleep(SECOND).await;
    trace.update(|progress| (progress.resolving, progress.timings.dns) = (false, Some(SECOND)));
    sleep(SECOND).await;
    trace.update(|progress| {
        progress.timings.handshakes = Some(SECOND);
        progress.connected_at = Some(Instant::now());
        progress.remote = Some(([127, 0, 0, 1], 2).into());
    });
}

impl BodyStream for ScriptedBody {
    async fn next_chunk(&mut self, sink: &mut impl FnMut(&[u8])) -> Result<More, Failure> {
        loop {
            match self.0.next() {
                Some(Wait(time)) => sleep(time).await,
                Some(Chunks(chunks)) => {
                    chunks.into_iter().for_each(&mut *sink);
                    return Ok(More::Yes);
                }
                Some(Step::Part(chunk)) => sink(chunk),
                Some(Last(chunks)) => {
                    chunks.into_iter().for_each(&mut *sink);
                    return Ok(More::No);
                }
                Some(Fail(kind)) => return Err(Failure::new(kind, "scripted").during(Phase::Receive)),
                Some(Connect | Step::Head(_)) => unreachable!("in the middle of a body"),
                None => pending().await,
            }
        }
    }
}

/// The head of a response with a header or none.
fn head(fields: &[(&'static str, &'static str)]) -> Step {
    let field = |&(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value));
    Step::Head(fields.iter().map(field).collect())
}

fn job(url: &str) -> Job {
    Job::new(0, url.parse().unwrap(), Arc::new(Request::default()))
}

/// Makes one attempt of `job`.
async fn attempt(plan: &Plan, job: &Job, script: Vec<Step>) -> Attempt {
    attempt_within(plan, job, script, &MemoryBudget::new(1 << 30).book(0)).await
}

async fn attempt_within(plan: &Plan, job: &Job, script: Vec<Step>, permit: &MemoryPermit) -> Attempt {
    let client = ScriptedClient { script, sent: RefCell::default() };
    let routes = Routes::new(&plan.fetch.transport, &plan.access, ClientKind::Wire);
    make(plan, &routes, &client, job, permit).await
}

async fn get(script: Vec<Step>) -> Attempt {
    attempt(&Plan::default(), &job("http://a.test/"), script).await
}

/// The failure as "kind in phase: message".
fn error(attempt: &Attempt) -> String {
    let failure = attempt.error.as_ref().expect("a failure");
    format!("{} in {:?}: {}", failure.kind, failure.phase.expect("a phase"), failure.message)
}

#[tokio::test(start_paused = true)]
async fn a_body_is_the_same_however_it_is_cut_into_chunks() {
    let json = head(&[("content-type", "application/json"), ("content-length", "8")]);
    for script in [
        vec![Last(vec![b"[1, 2.0]"])],
        vec![Chunks(vec![b"[1, 2.0]"]), Last(vec![])],
        vec![Chunks(vec![]), Chunks(vec![b"", b"[1", b", 2"]), Wait(SECOND), Last(vec![b".0", b"]"])],
        b"[1, 2.0]".chunks(1).map(|byte| Chunks(vec![byte])).chain([Last(vec![b""])]).collect(),
    ] {
        let attempt = get([vec![json.clone()], script].concat()).await;
        assert_eq!((attempt.body, attempt.error), (Body::Json((&b"[1, 2.0]"[..]).into()), None));
        assert_eq!((attempt.encoded_size, attempt.decoded_size, attempt.truncated), (8, 8, false));
    }
}

#[tokio::test(start_paused = true)]
async fn a_coding_is_decoded_and_a_filter_applied_above_the_client() {
    /// `{"a":1}`
    const GZIP: [u8; 27] = [
        0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 3, 0xab, 0x56, 0x4a, 0x54, 0xb2, 0x32, 0xac, 0x05, 0, 0xaf, 0xac, 0x1b, 0x56,
        7, 0, 0, 0,
    ];
    let mut plan = Plan::default();
    plan.output.extract = Some(Filter::compile(".a").unwrap());
    let (first, second) = GZIP.split_at(13);
    let script = |end: Step| vec![head(&[("content-encoding", "gzip")]), Chunks(vec![first]), end];
    let job = job("http://a.test/");

    let complete = attempt(&plan, &job, script(Last(vec![second]))).await;
    assert_eq!(complete.body, Body::utf8(&br#"{"a":1}"#[..]), "{:?}", complete.error);
    assert_eq!(complete.extract.unwrap().iter().collect::<Vec<_>>(), ["1"]);
    assert_eq!((complete.encoded_size, complete.decoded_size), (27, 7));

    let cut = attempt(&plan, &job, script(Last(vec![]))).await;
    assert!(cut.truncated && cut.extract.is_none());
    assert!(error(&cut).starts_with("decode in Receive: "), "{}", error(&cut));
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_cut_off_is_kept_as_far_as_it_came() {
    let part = |end: Step| vec![head(&[("content-length", "100")]), Chunks(vec![b"part", b" of it"]), end];
    for (script, expected) in [
        (part(Fail(ErrorKind::Reset)), "reset in Receive: scripted"),
        (part(Wait(60 * SECOND)), "timeout in Receive: no complete answer within 30s"),
    ] {
        let attempt = get(script).await;
        assert_eq!(error(&attempt), expected);
        assert_eq!((attempt.body, attempt.truncated), (Body::utf8(&b"part of it"[..]), true));
        assert_eq!((attempt.encoded_size, attempt.decoded_size), (10, 10));
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_larger_than_allowed_is_cut_within_a_chunk() {
    let mut plan = Plan::default();
    plan.fetch.max_filesize = 6;
    let script = vec![head(&[]), Chunks(vec![b"four", b"four", b"four"])];
    let attempt = attempt(&plan, &job("http://a.test/"), script.clone()).await;
    assert!(error(&attempt).starts_with("too_large in Receive: the body is larger than 6 bytes"));
    assert_eq!((attempt.body, attempt.truncated), (Body::utf8(&b"fourfo"[..]), true));
    assert_eq!((attempt.encoded_size, attempt.decoded_size), (8, 6), "the third chunk is not looked at");
}

/// The rest of a robots.txt would be ignored anyway (RFC 9309, section 2.5).
#[tokio::test(start_paused = true)]
async fn a_robots_txt_that_is_too_large_is_read_as_far_as_it_counts() {
    static HALF: [u8; robots::MAX_FILE / 2 + 1] = [b'#'; robots::MAX_FILE / 2 + 1];
    let job = Job::robots_txt("http://a.test/robots.txt".parse().unwrap(), Arc::new(Request::default()));
    let mut plan = Plan::default();
    plan.fetch.max_filesize = 1;
    let attempt = attempt(&plan, &job, vec![head(&[]), Chunks(vec![&HALF]), Chunks(vec![&HALF])]).await;
    assert_eq!((attempt.error, attempt.truncated, attempt.body.len()), (None, true, robots::MAX_FILE));
}

#[tokio::test(start_paused = true)]
async fn the_deadline_tells_how_far_the_client_got() {
    let mut plan = Plan::default();
    for (timeout, expected) in [
        (1, "timeout in Dns: no address within 500ms"),
        (3, "timeout in Connect: no connection within 1.5s"),
        (5, "timeout in Wait: no answer within 2.5s"),
        (7, "timeout in Receive: no complete answer within 3.5s"),
    ] {
        plan.fetch.timeout = timeout * SECOND / 2;
        let script = vec![Connect, Wait(SECOND), head(&[])];
        let attempt = attempt(&plan, &job("http://a.test/"), script).await;
        assert_eq!(error(&attempt), expected);
        let total = attempt.timings.total;
        assert!(total >= plan.fetch.timeout && total < plan.fetch.timeout + Duration::from_millis(5), "{total:?}");
        assert_eq!(attempt.remote_addr.is_some(), timeout > 3);
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_connection_took_is_no_part_of_the_wait() {
    let script = vec![Connect, Wait(3 * SECOND), head(&[]), Wait(4 * SECOND), Last(vec![b"x"])];
    let timings = get(script).await.timings;
    let seconds = |time: Option<Duration>| time.unwrap().as_secs();
    assert_eq!([timings.dns, timings.connect, timings.wait, timings.receive].map(seconds), [1, 1, 3, 4]);
    assert_eq!(timings.total.as_secs(), 9);

    let reused = get(vec![Wait(SECOND), head(&[]), Last(vec![])]).await.timings;
    assert_eq!((reused.dns, reused.connect, seconds(reused.wait)), (None, None, 1));
}

#[tokio::test(start_paused = true)]
async fn silence_counts_from_the_connection_and_from_each_chunk() {
    let mut plan = Plan::default();
    plan.fetch.read_timeout = Some(SECOND + SECOND / 2);
    let silent = "read_timeout in Wait: no data for 1.5s";
    for (script, expected) in [
        (vec![Connect, Wait(SECOND), head(&[]), Wait(SECOND), Chunks(vec![b"x"]), Wait(SECOND), Last(vec![])], None),
        (vec![Connect, Wait(2 * SECOND), head(&[])], Some(silent.to_owned())),
        (vec![head(&[]), Chunks(vec![b"x"]), Wait(2 * SECOND), Last(vec![])], Some(silent.replace("Wait", "Receive"))),
    ] {
        let attempt = attempt(&plan, &job("http://a.test/"), script).await;
        assert_eq!(attempt.error.is_some().then(|| error(&attempt)), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn of_a_url_what_can_be_sent_is_sent_and_user_information_as_a_header() {
    let plan = Plan::default();
    let client = ScriptedClient { script: vec![head(&[]), Last(vec![])], sent: RefCell::default() };
    let routes = Routes::new(&plan.fetch.transport, &plan.access, ClientKind::Wire);
    let permit = MemoryBudget::new(1 << 20).book(0);
    for url in ["http://ann:hunter2@a.test/x#part", "http://a.test/x"] {
        make(&plan, &routes, &client, &job(url), &permit).await;
    }
    for url in ["http://{a}.test/", &format!("http://a.test/{}", "x".repeat(70_000))] {
        let attempt = make(&plan, &routes, &client, &job(url), &permit).await;
        assert_eq!(attempt.error.unwrap().kind, ErrorKind::InvalidInput, "nothing can send it");
    }
    let sent = client.sent.take();
    let urls: Vec<_> = sent.iter().map(|(url, _)| url.as_str()).collect();
    assert_eq!(urls, ["http://a.test/x"; 2]);
    assert_eq!(sent[0].1.get(AUTHORIZATION).unwrap(), "Basic YW5uOmh1bnRlcjI=");
    assert!(!sent[1].1.contains_key(AUTHORIZATION));
}

/// Every request in flight has such a future on the heap.
#[test]
fn the_future_of_an_attempt_is_small() {
    let plan = Plan::default();
    let job = job("http://a.test/");
    let http = Http::new(&plan);
    let client = http.client().unwrap();
    let mut permit = MemoryBudget::new(1 << 20).book(0);
    let size = size_of_val(&http.attempt(&client, &job, &mut permit));
    assert!(size <= 2200, "{size} bytes");
}
