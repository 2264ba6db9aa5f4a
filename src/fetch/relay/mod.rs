//! The client that sends over reqwest: HTTP/1.1 and HTTP/2, proxies, SOCKS and unix sockets.
//!
//! Only this module knows reqwest, hyper and their errors.

mod build;
mod connector;
mod dns;
mod failure;
mod framing;
mod upload;

use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;
use std::sync::Arc;

use http::Method;
use http::header::{CONTENT_LENGTH, HeaderValue};
use http_body::Body as _;
use hyper_util::client::legacy::connect::HttpInfo;

use super::client::{self, BodyStream, More, OutgoingRequest, Response};
use super::resolve::Resolver;
use super::tls::Tls;
use super::trace::{ConnectTimings, ConnectTrace};
use super::upload::open;
use crate::model::request::{Content, Piece};
use crate::model::{Failure, Head, Phase};
use crate::plan::Plan;

use connector::{ConnectContext, ConnectionAddrs, SharedTrace, addrs_of};
use failure::Peer;

/// reqwest, with nothing that would wait, retry, follow redirects or decode by itself.
#[derive(Debug)]
pub struct Client {
    client: reqwest::Client,
    /// Whether a proxy may speak TLS.
    tls_proxy: bool,
}

impl Client {
    pub(super) fn new(plan: &Plan, resolver: &Arc<Resolver>, tls: &Tls) -> io::Result<Self> {
        let proxies = &plan.fetch.transport.proxies;
        let tls_proxy =
            [&proxies.http, &proxies.https].into_iter().flatten().any(|proxy| proxy.url().scheme() == "https");
        Ok(Client { client: build::client(plan, resolver, tls)?, tls_proxy })
    }
}

impl client::Client for Client {
    type Body = Body;

    /// The request is converted at once and not in the future, which would be larger by it for as long as it runs.
    fn send(
        &self,
        mut request: OutgoingRequest<'_>,
        trace: &ConnectTrace,
    ) -> impl Future<Output = Result<Response<Body>, Failure>> {
        let peer = Peer { tls: request.url.scheme() == "https", tls_proxy: self.tls_proxy };
        let has_proxy = request.route.as_ref().is_some_and(|route| route.has_proxy());
        let method = request.method().clone();
        let context = ConnectContext::new(request.route.take());
        let (mut request, files) = into_reqwest(request);
        async move {
            if let Some(files) = files {
                *request.body_mut() = Some(upload::body(open(files).await?));
            }
            state_empty_body(&mut request);
            let shared = context.trace().clone();
            let executed = reporting(context.scope(self.client.execute(request)), &shared, trace).await;
            match executed {
                Ok(response) => answered(response, &method, &shared, peer),
                Err(error) => {
                    let phase = if error.is_connect() { trace.phase() } else { Phase::Wait };
                    let reused = !trace.progress().started;
                    let failure = failure::on_connection(failure::classify(&error, peer, phase), reused);
                    Err(if has_proxy { failure::of_proxy(failure, &error) } else { failure })
                }
            }
        }
    }
}

/// Runs `future` and passes on its progress, which may be made by another thread.
async fn reporting<F: Future>(future: F, from: &SharedTrace, to: &ConnectTrace) -> F::Output {
    let mut future = pin!(future);
    poll_fn(|cx| {
        let polled = future.as_mut().poll(cx);
        to.set(from.lock().0);
        polled
    })
    .await
}

fn answered(
    mut response: reqwest::Response,
    method: &Method,
    trace: &SharedTrace,
    peer: Peer,
) -> Result<Response<Body>, Failure> {
    let addrs = response.extensions().get::<HttpInfo>().map(addrs_of);
    let (status, version) = (response.status(), response.version());
    let head = Head { status, version, headers: std::mem::take(response.headers_mut()) };
    let transfer_codings = framing::check(&head).map_err(failure::invalid_head)?;
    let connect = own_timings(trace, addrs);
    let body = Body { response, peer, missing: framing::announced(&head, method) };
    Ok(Response { head, remote_addr: addrs.map(|addrs| addrs.remote), connect, transfer_codings, body })
}

/// The body of a response from reqwest.
#[derive(Debug)]
pub(super) struct Body {
    response: reqwest::Response,
    peer: Peer,
    /// What is still to come of an announced length that nobody else counts.
    missing: Option<u64>,
}

impl BodyStream for Body {
    async fn next_chunk(&mut self, sink: &mut impl FnMut(&[u8])) -> Result<More, Failure> {
        match self.response.chunk().await {
            Ok(Some(chunk)) => {
                sink(&chunk);
                self.missing = self.missing.map(|missing| missing.saturating_sub(chunk.len() as u64));
                Ok(More::Yes)
            }
            Ok(None) => match self.missing {
                None | Some(0) => Ok(More::No),
                Some(missing) => Err(framing::too_short(missing)),
            },
            Err(error) => Err(failure::classify(&error, self.peer, Phase::Receive)),
        }
    }
}

/// The request for reqwest, and the pieces of a body that is still to be opened.
fn into_reqwest(request: OutgoingRequest<'_>) -> (reqwest::Request, Option<Arc<[Piece]>>) {
    let headers = request.headers();
    let mut converted = reqwest::Request::new(request.method().clone(), request.url.into_owned());
    *converted.headers_mut() = headers;
    match request.shared.body.as_ref().map(|body| &body.content) {
        None => (converted, None),
        Some(Content::Bytes(bytes)) => {
            *converted.body_mut() = Some(bytes.clone().into());
            (converted, None)
        }
        Some(Content::Pieces(pieces)) => (converted, Some(Arc::clone(pieces))),
    }
}

/// hyper leaves out the length of an empty body.
fn state_empty_body(request: &mut reqwest::Request) {
    let is_empty = request.body().is_none_or(|body| body.size_hint().exact() == Some(0));
    if is_empty && client::expects_body(request.method()) {
        request.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
}

/// What the request spent on the connection that answered it. hyper's pool may have sent the request over another
/// connection than the one it began to open, and that one may go on to serve another request.
fn own_timings(trace: &SharedTrace, answered: Option<ConnectionAddrs>) -> ConnectTimings {
    let (progress, opened) = *trace.lock();
    if answered.is_some() && opened == answered { progress.timings } else { ConnectTimings::default() }
}
