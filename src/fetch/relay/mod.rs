//! The client that sends over reqwest: HTTP/1.1 and HTTP/2, proxies, SOCKS and unix sockets.
//!
//! Only this module knows reqwest, hyper and their errors.

mod build;
mod connector;
mod dns;
mod failure;
mod upload;

use std::io;
use std::sync::Arc;

use hyper_util::client::legacy::connect::HttpInfo;

use super::client::{self, BodyStream, More, OutgoingRequest, Response};
use super::resolve::Resolver;
use super::tls::Tls;
use super::trace::{ConnectTimings, ConnectTrace, ConnectionAddrs};
use crate::model::request::Content;
use crate::model::{Failure, Head, Phase};
use crate::plan::Plan;

use connector::{ConnectContext, addrs_of};

/// reqwest, with nothing that would wait, retry, follow redirects or decode by itself.
#[derive(Debug)]
pub struct Client(reqwest::Client);

impl Client {
    pub(super) fn new(plan: &Plan, resolver: &Arc<Resolver>, tls: &Tls) -> io::Result<Self> {
        build::client(plan, resolver, tls).map(Client)
    }
}

impl client::Client for Client {
    type Body = Body;

    async fn send(&self, mut request: OutgoingRequest<'_>, trace: &ConnectTrace) -> Result<Response<Body>, Failure> {
        let tls = request.url.scheme() == "https";
        let context = ConnectContext::new(trace.clone(), request.route.take());
        let request = into_reqwest(request).await?;
        let mut response = context.scope(self.0.execute(request)).await.map_err(|error| {
            let phase = if error.is_connect() { trace.phase() } else { Phase::Wait };
            failure::classify(&error, tls, phase)
        })?;
        let addrs = response.extensions().get::<HttpInfo>().map(addrs_of);
        let (status, version) = (response.status(), response.version());
        let head = Head { status, version, headers: std::mem::take(response.headers_mut()) };
        let connect = own_timings(trace, addrs);
        Ok(Response { head, remote_addr: addrs.map(|addrs| addrs.remote), connect, body: Body { response, tls } })
    }
}

/// The body of a response from reqwest.
#[derive(Debug)]
pub(super) struct Body {
    response: reqwest::Response,
    tls: bool,
}

impl BodyStream for Body {
    async fn next_chunk(&mut self, sink: &mut impl FnMut(&[u8])) -> Result<More, Failure> {
        match self.response.chunk().await {
            Ok(Some(chunk)) => {
                sink(&chunk);
                Ok(More::Yes)
            }
            Ok(None) => Ok(More::No),
            Err(error) => Err(failure::classify(&error, self.tls, Phase::Receive)),
        }
    }
}

async fn into_reqwest(request: OutgoingRequest<'_>) -> Result<reqwest::Request, Failure> {
    let mut converted = reqwest::Request::new(request.method.clone(), request.url.into_owned());
    *converted.headers_mut() = request.headers;
    *converted.body_mut() = match request.body {
        None => None,
        Some(Content::Bytes(bytes)) => Some(bytes.clone().into()),
        Some(Content::Pieces(pieces)) => Some(upload::open(Arc::clone(pieces)).await?),
    };
    Ok(converted)
}

/// What the request spent on the connection that answered it. hyper's pool may have sent the request over another
/// connection than the one it began to open, and that one may go on to serve another request.
fn own_timings(trace: &ConnectTrace, answered: Option<ConnectionAddrs>) -> ConnectTimings {
    let progress = trace.progress();
    if answered.is_some() && progress.addrs == answered { progress.timings } else { ConnectTimings::default() }
}
