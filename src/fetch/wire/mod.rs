//! The client that speaks HTTP/1.1 and HTTP/2 itself, directly to the server.
//!
//! It belongs to one thread: no locks, and for HTTP/1.1 no task a connection. An exchange owns its connection and gives
//! it back at the body's end; dropped before, it closes it. All of them share one read buffer and one write buffer.

mod connect;
mod failure;
mod h1;
mod h2;
mod open_connections;
mod outgoing_body;
mod pool;
mod race;
mod shared;
mod stream;

use std::io;
use std::rc::Rc;
use std::sync::Arc;

use super::client::{self, BodyStream, More, OutgoingRequest, Response};
use super::limits::ConnectionLimits;
use super::resolve::Resolver;
use super::tls::Tls;
use super::trace::{ConnectTimings, ConnectTrace};
use super::upload;
use crate::model::Failure;
use crate::model::request::Content;
use crate::plan::Plan;

use h1::Exchange;
use pool::Need;
use shared::{Link, Shared};

/// A client of one fetcher.
pub struct Client(Rc<Shared>);

impl Client {
    /// A client that keeps within `limits`.
    pub(super) fn new(
        plan: &Arc<Plan>,
        resolver: &Arc<Resolver>,
        tls: &Tls,
        limits: ConnectionLimits,
    ) -> io::Result<Self> {
        Shared::new(plan, resolver, tls, limits).map(|shared| Client(Rc::new(shared)))
    }

    /// Closes connections that have idled too long. Call it now and then.
    pub(super) fn sweep(&self) {
        self.0.pool.sweep();
    }
}

impl client::Client for Client {
    type Body = Body;

    async fn send(&self, request: OutgoingRequest<'_>, trace: &ConnectTrace) -> Result<Response<Body>, Failure> {
        let shared = &self.0;
        let upload = match request.body() {
            Some(Content::Pieces(pieces)) => Some(Box::pin(upload::open(Arc::clone(pieces))).await?),
            _ => None,
        };
        let origin = shared.pool.origin(&request.url);
        let need = Need { fresh: request.fresh || shared.no_keepalive, is_unsafe: !request.shared.is_idempotent() };
        let link = match shared.pool.take(&origin, need) {
            Some(connection) => Link::Http1(connection),
            None => Box::pin(shared.link(&origin, &request, need, trace)).await?,
        };
        match link {
            Link::Http1(connection) => {
                let remote = connection.remote;
                trace.update(|progress| progress.remote = Some(remote));
                let received = Exchange::new(connection, upload).run(shared, &request, trace).await?;
                Ok(Response {
                    head: received.head,
                    remote_addr: Some(remote),
                    connect: trace.progress().timings,
                    transfer_codings: received.transfer_codings,
                    body: Body::Http1(received.body),
                })
            }
            Link::Http2(session, is_reused) => {
                let remote = session.remote;
                trace.update(|progress| progress.remote = Some(remote));
                let exchange = h2::exchange(session, is_reused, &origin, &request, upload);
                let (head, body) = Box::pin(exchange).await?;
                let connect = if is_reused { ConnectTimings::default() } else { trace.progress().timings };
                let body = Body::Http2(Box::new(body));
                Ok(Response { head, remote_addr: Some(remote), connect, transfer_codings: Vec::new(), body })
            }
        }
    }
}

/// The body of a response.
#[allow(clippy::large_enum_variant)] // most are of HTTP/1.1, and a box would cost each an allocation
pub(super) enum Body {
    Http1(h1::Body),
    Http2(Box<h2::Body>),
}

impl BodyStream for Body {
    async fn next_chunk(&mut self, sink: &mut impl FnMut(&[u8])) -> Result<More, Failure> {
        match self {
            Body::Http1(body) => body.next_chunk(sink).await,
            Body::Http2(body) => body.next_chunk(sink).await,
        }
    }

    fn note(&mut self) -> Option<String> {
        match self {
            Body::Http1(body) => body.note(),
            Body::Http2(body) => body.note(),
        }
    }
}
