//! One request on the wire, from its connection to the last byte of its answer.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::header::{AUTHORIZATION, HeaderValue};
use hyper_util::client::legacy::connect::HttpInfo;
use reqwest::{Client, Response, Url};
use tokio::time::{Instant, timeout};

use super::body::{self, Collector};
use super::connect::{Opened, Opening};
use super::deadline::Deadline;
use super::decode::Stop;
use super::route::Routes;
use super::{extraction, failure, paging, upload};
use crate::fetch::memory::MemoryPermit;
use crate::jq::Outputs;
use crate::model::request::{Content, Netrc};
use crate::model::{Attempt, ErrorKind, Failure, Head, Job, PageInfo, Phase, Timings};
use crate::plan::{BodyMode, Fetch, Plan};
use crate::site::robots;

/// Makes one attempt. Whatever happens, it ends within the deadline and tells what it saw until then.
pub(super) async fn make(plan: &Plan, routes: &Routes, client: &Client, job: &Job, room: &mut MemoryPermit) -> Attempt {
    let started = SystemTime::now();
    let opening = match routes.to(&job.url) {
        Ok(route) => Opening::by(route),
        Err(failure) => return refused(started, failure, room),
    };
    let mut seen = Seen { opening, aside: !job.is_input(), begun: Instant::now(), head: None, body: None, cut: false };
    let (limit, whose) = match job.request.timeout {
        Some(limit) => (limit, "its own timeout"),
        None => (plan.fetch.timeout, "--timeout"),
    };
    let deadline = Deadline::after(limit);
    let error = match deadline.limit(seen.exchange(plan, client, job, room, &deadline)).await {
        Ok(Ok(())) => None,
        Ok(Err(failure)) => Some(failure),
        Err(_) => Some(seen.timed_out(limit, whose)),
    };
    let attempt = seen.settle(plan, job, started, error);
    let footprint = footprint(&attempt);
    room.grow(footprint);
    room.shrink(footprint);
    attempt
}

/// The end of an attempt that must not begin.
fn refused(started: SystemTime, failure: Failure, room: &mut MemoryPermit) -> Attempt {
    let attempt = Attempt::failed(started, failure);
    room.shrink(footprint(&attempt));
    attempt
}

/// What an attempt has seen so far: it outlives the deadline that may cut the exchange off.
struct Seen {
    opening: Opening,
    /// It is no input: its answer is looked into, and not recorded.
    aside: bool,
    begun: Instant,
    head: Option<Answered>,
    body: Option<Collector>,
    /// Of the body no more was wanted than came.
    cut: bool,
}

struct Answered {
    at: Instant,
    head: Head,
    ends: Option<(SocketAddr, SocketAddr)>,
}

impl Seen {
    async fn exchange(
        &mut self,
        plan: &Plan,
        client: &Client,
        job: &Job,
        room: &mut MemoryPermit,
        deadline: &Deadline,
    ) -> Result<(), Failure> {
        let tls = job.url.scheme() == "https";
        let request = request(&plan.fetch, job).await?;
        let mut response = self.ask(&plan.fetch, client, request).await?.map_err(|error| {
            let phase = if error.is_connect() { self.phase() } else { Phase::Wait };
            failure::of(&error, tls, phase)
        })?;
        self.head = Some(Answered { at: Instant::now(), ends: ends(&response), head: take_head(&mut response) });
        let headers = &self.head.as_ref().expect("just set").head.headers;
        let keep = self.aside || plan.output.body != BodyMode::None || plan.inspects_bodies();
        let most = if job.is_robots_txt() { robots::MAX_FILE } else { plan.fetch.max_filesize };
        let body = self.body.insert(Collector::new(headers, most, keep));
        loop {
            if room.must_wait() {
                deadline.hold(room.wait()).await;
            }
            let chunk = match plan.fetch.read_timeout {
                None => response.chunk().await,
                Some(limit) => timeout(limit, response.chunk()).await.map_err(|_| silent(limit, Phase::Receive))?,
            };
            match chunk {
                Ok(Some(chunk)) => match body.push(chunk) {
                    Ok(held) => room.grow(held),
                    Err(Stop::TooLarge) if job.is_robots_txt() => {
                        self.cut = true;
                        return Ok(());
                    }
                    Err(stop) => return Err(stopped(stop, plan)),
                },
                Ok(None) => return Ok(()),
                Err(error) => return Err(failure::of(&error, tls, Phase::Receive)),
            }
        }
    }

    /// Sends the request and waits for the response's head; fails when the connected server is silent for too long.
    async fn ask(
        &self,
        limits: &Fetch,
        client: &Client,
        request: reqwest::Request,
    ) -> Result<reqwest::Result<Response>, Failure> {
        let mut sent = pin!(self.opening.watch(client.execute(request)));
        let Some(limit) = limits.read_timeout else { return Ok(sent.await) };
        while let Some(left) = limit.checked_sub(self.silence(limits)).filter(|left| !left.is_zero()) {
            if let Ok(sent) = timeout(left, &mut sent).await {
                return Ok(sent);
            }
        }
        Err(silent(limit, Phase::Wait))
    }

    /// How long the server has been connected, or was so before, without an answer.
    fn silence(&self, limits: &Fetch) -> Duration {
        let opened = self.opening.state();
        match opened.done {
            Some(at) => at.elapsed(),
            // Connecting is no silence. But an orphan may still be at it, for as long as its timeout lets it.
            None if opened.begun => self.begun.elapsed().saturating_sub(limits.connect_timeout),
            None => self.begun.elapsed(),
        }
    }

    fn phase(&self) -> Phase {
        let opened = self.opening.state();
        match () {
            () if self.head.is_some() => Phase::Receive,
            () if opened.resolving => Phase::Dns,
            () if opened.begun && opened.done.is_none() => Phase::Connect,
            () => Phase::Wait,
        }
    }

    fn timed_out(&self, after: Duration, whose: &str) -> Failure {
        let missing = match self.phase() {
            Phase::Dns => "no address",
            Phase::Connect => "no connection",
            Phase::Wait => "no answer",
            Phase::Receive => "no complete answer",
        };
        Failure::new(ErrorKind::Timeout, format!("{missing} within {after:?} ({whose})")).during(self.phase())
    }

    fn settle(mut self, plan: &Plan, job: &Job, started: SystemTime, mut error: Option<Failure>) -> Attempt {
        let ended = Instant::now();
        let (mut collected, mut truncated) = (None, false);
        if let Some(collector) = self.body.take() {
            if error.is_some() || self.cut {
                collected = Some(collector.abandon());
                truncated = true;
            } else {
                let (whole, stop) = collector.finish();
                truncated = stop.is_some();
                error = stop.map(|stop| stopped(stop, plan));
                collected = Some(whole);
            }
        }
        let opened = self.opening.state().clone();
        let remote_addr = self.head.as_ref().and_then(|head| head.ends).or(opened.ends).map(|(_, remote)| remote);
        let phase = error.as_ref().and_then(|error| error.phase);
        let mut attempt = Attempt { remote_addr, truncated, error, ..Attempt::empty(started) };
        attempt.timings = timings(&opened, self.begun, self.head.as_ref(), phase, ended);
        let Some(Answered { head, .. }) = self.head else { return attempt };
        if let Some(body) = collected {
            (attempt.encoded_size, attempt.decoded_size) = (body.encoded, body.decoded);
            // However bodies are recorded.
            let mode = if self.aside { &BodyMode::Auto } else { &plan.output.body };
            let (extract, no_extract) =
                if self.aside { (None, None) } else { extraction::of(plan, &body.bytes, truncated) };
            if !self.aside && attempt.error.is_none() && head.status.as_u16() < 400 {
                attempt.paging = paging::of(plan, &job.request.method, &body.bytes);
            }
            let (sorted, note) = body::sort(mode, &head.headers, body.bytes, truncated);
            (attempt.body, attempt.extract, attempt.note) = (sorted, extract, joined(note, no_extract));
        }
        attempt.head = Some(head);
        attempt
    }
}

fn timings(
    opened: &Opened,
    begun: Instant,
    head: Option<&Answered>,
    failed_in: Option<Phase>,
    ended: Instant,
) -> Timings {
    // Another request may have opened the connection that answered, and ours may serve another: then it is not ours.
    let own = match head {
        Some(head) => opened.ends.is_some() && opened.ends == head.ends,
        None => opened.done.is_some() || failed_in != Some(Phase::Wait),
    };
    let dns = opened.dns.filter(|_| own);
    let connect = opened.connect.filter(|_| own);
    let opening = dns.unwrap_or_default() + connect.unwrap_or_default();
    Timings {
        queue: Duration::ZERO,
        dns,
        connect,
        wait: head.map(|head| (head.at - begun).saturating_sub(opening)),
        receive: head.map(|head| ended - head.at),
        total: ended - begun,
    }
}

async fn request(limits: &Fetch, job: &Job) -> Result<reqwest::Request, Failure> {
    let mut request = reqwest::Request::new(job.request.method.clone(), job.url.clone());
    *request.headers_mut() = job.request.headers_to_send();
    for (name, value) in job.added.iter().flat_map(|added| added.iter()) {
        request.headers_mut().insert(name.clone(), value.clone());
    }
    if let Some(body) = &job.request.body {
        *request.body_mut() = Some(match &body.content {
            Content::Bytes(bytes) => bytes.clone().into(),
            Content::Pieces(pieces) => upload::open(Arc::clone(pieces)).await?,
        });
    }
    if !job.url.username().is_empty() || job.url.password().is_some() {
        move_user_info(&mut request);
    } else if let Some(credentials) =
        limits.netrc.as_ref().filter(|_| !job.is_robots_txt()).and_then(|netrc| from_netrc(netrc, job))
    {
        request.headers_mut().entry(AUTHORIZATION).or_insert_with(|| credentials.clone());
    }
    Ok(request)
}

/// What the netrc file has for a job's host, until a redirect has led the job elsewhere.
fn from_netrc<'a>(netrc: &'a Netrc, job: &Job) -> Option<&'a HeaderValue> {
    netrc.get(job.url.host_str().filter(|_| job.at_home())?)
}

/// User-info in a URL is sent as basic authentication, not as part of the URL (RFC 9110, section 4.2.4).
fn move_user_info(request: &mut reqwest::Request) {
    let decoded = |text: &str| percent_encoding::percent_decode_str(text).collect::<Vec<u8>>();
    let url: &Url = request.url();
    let credentials = [&decoded(url.username())[..], b":", &decoded(url.password().unwrap_or_default())].concat();
    let basic = format!("Basic {}", BASE64_STANDARD.encode(credentials));
    let url = request.url_mut();
    let _ = url.set_username("");
    let _ = url.set_password(None);
    if let Ok(mut value) = HeaderValue::try_from(basic) {
        value.set_sensitive(true);
        request.headers_mut().entry(AUTHORIZATION).or_insert(value);
    }
}

fn ends(response: &Response) -> Option<(SocketAddr, SocketAddr)> {
    response.extensions().get::<HttpInfo>().map(|info| (info.local_addr(), info.remote_addr()))
}

fn take_head(response: &mut Response) -> Head {
    let (status, version) = (response.status(), response.version());
    Head { status, version, headers: std::mem::take(response.headers_mut()) }
}

fn silent(limit: Duration, phase: Phase) -> Failure {
    Failure::new(ErrorKind::ReadTimeout, format!("no data for {limit:?} (--read-timeout)")).during(phase)
}

/// Both remarks, of those that there are.
fn joined(first: Option<String>, second: Option<String>) -> Option<String> {
    match (first, second) {
        (Some(first), Some(second)) => Some(format!("{first}; {second}")),
        (first, second) => first.or(second),
    }
}

fn stopped(stop: Stop, plan: &Plan) -> Failure {
    match stop {
        Stop::TooLarge => {
            let message = format!("the body is larger than {} bytes (--max-filesize)", plan.fetch.max_filesize);
            Failure::new(ErrorKind::TooLarge, message).during(Phase::Receive)
        }
        Stop::Broken(why) => Failure::new(ErrorKind::Decode, why).during(Phase::Receive),
    }
}

/// What an attempt keeps in memory until it is written, roughly.
pub(super) fn footprint(attempt: &Attempt) -> usize {
    const FIXED: usize = 2 << 10;
    let picked = attempt.extract.as_ref().map_or(0, Outputs::size);
    FIXED + attempt.body.len() + picked + attempt.paging.as_deref().map_or(0, PageInfo::size)
}
