//! The client that speaks HTTP/1.1 and HTTP/2 itself, directly to the server.
//!
//! It belongs to one thread: no locks, and for HTTP/1.1 no task a connection. An exchange owns its connection and gives
//! it back at the body's end; dropped before, it closes it. All of them share one read buffer and one write buffer.

mod connect;
mod failure;
mod h1;
mod h2;
mod outgoing_body;
mod pool;
mod race;
mod stream;

use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::sync::Arc;

use tokio::time::{Instant, timeout};

use super::client::{self, BodyStream, More, OutgoingRequest, Response};
use super::resolve::Resolver;
use super::tls::Tls;
use super::trace::{ConnectTimings, ConnectTrace};
use super::{fetchers, upload};
use crate::model::Failure;
use crate::model::request::Content;
use crate::plan::Plan;

use connect::{Connector, Opened};
use h1::{Exchange, HeaderLines};
use h2::Session;
use pool::{Connection, Need, Origin, Pool, Protocol};

/// The size of the read buffer: what is read at once.
const READ_BUFFER: usize = 64 << 10;

/// A client of one fetcher.
pub struct Client(Rc<Shared>);

/// What all requests of a client share.
struct Shared {
    pool: Pool,
    connector: Connector,
    lines: RefCell<HeaderLines>,
    read_buffer: RefCell<Box<[u8]>>,
    write_buffer: RefCell<Vec<u8>>,
    no_keepalive: bool,
}

/// A connection for a request.
enum Link {
    Http1(Connection),
    /// A session, and whether it was opened for another request.
    Http2(Session, bool),
}

impl Client {
    /// A client that keeps within `max_open` connections.
    pub(super) fn new(plan: &Arc<Plan>, resolver: &Arc<Resolver>, tls: &Tls, max_open: usize) -> io::Result<Self> {
        let options = &plan.fetch.transport;
        let share = |max: usize| max.div_ceil(fetchers(&plan.fetch).get());
        let max_idle = if options.no_keepalive { 0 } else { options.max_idle.map_or(max_open, share) };
        Ok(Client(Rc::new(Shared {
            pool: Pool::new(max_open, max_idle),
            connector: Connector::new(plan, resolver, tls)?,
            lines: RefCell::default(),
            read_buffer: RefCell::new(vec![0; READ_BUFFER].into()),
            write_buffer: RefCell::default(),
            no_keepalive: options.no_keepalive,
        })))
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

impl Shared {
    /// A connection for a request that finds none idle: one that is shared, or a new one.
    async fn link(
        &self,
        origin: &Rc<Origin>,
        request: &OutgoingRequest<'_>,
        need: Need,
        trace: &ConnectTrace,
    ) -> Result<Link, Failure> {
        let limit = self.connector.timeout();
        let linking = timeout(limit, self.shared_or_new(origin, request, need, trace));
        linking.await.unwrap_or_else(|_| Err(connect::timed_out(&request.url, limit, trace)))
    }

    /// As long as it may turn out that requests can share a connection, one opens it and the others wait.
    async fn shared_or_new(
        &self,
        origin: &Rc<Origin>,
        request: &OutgoingRequest<'_>,
        need: Need,
        trace: &ConnectTrace,
    ) -> Result<Link, Failure> {
        let known = self.connector.protocol(request.url.scheme()).or(origin.speaks.get());
        if need.fresh || origin.is_isolated.get() || known == Some(Protocol::Http1) {
            return self.open(origin, request, trace, need.fresh || origin.is_isolated.get()).await;
        }
        loop {
            let session = origin.session.borrow().clone().filter(|session| !session.is_closed());
            if let Some(session) = session {
                trace.update(|progress| progress.connected_at = Some(Instant::now()));
                return Ok(Link::Http2(session, true));
            }
            if origin.speaks.get() == Some(Protocol::Http1) {
                return self.open(origin, request, trace, false).await;
            }
            if let Some(_leader) = Leader::of(origin) {
                return self.open(origin, request, trace, false).await;
            }
            trace.update(|progress| progress.started = true);
            origin.leader_is_done.notified().await;
        }
    }

    /// Opens a connection. If this machine has no room for it, idle ones make room once.
    async fn open(
        &self,
        origin: &Rc<Origin>,
        request: &OutgoingRequest<'_>,
        trace: &ConnectTrace,
        is_private: bool,
    ) -> Result<Link, Failure> {
        self.pool.make_room();
        let open = self.pool.open();
        let opened = match self.connector.open(&request.url, trace).await {
            Err(failure) if connect::is_exhausted(&failure) && self.pool.evict_some() => {
                self.connector.open(&request.url, trace).await?
            }
            opened => opened?,
        };
        let Opened { stream, remote, protocol } = opened;
        origin.speaks.set(Some(protocol));
        if protocol == Protocol::Http1 {
            let origin = Rc::clone(origin);
            return Ok(Link::Http1(Connection { stream, remote, origin, is_reused: false, _open: open }));
        }
        let session = Session::begin(stream, remote, open).await?;
        if !is_private {
            self.pool.share(origin, session.clone());
        }
        Ok(Link::Http2(session, false))
    }
}

/// The request that opens the first connection to an origin. Dropped, it lets those that wait go on.
struct Leader<'o>(&'o Origin);

impl<'o> Leader<'o> {
    fn of(origin: &'o Origin) -> Option<Self> {
        (!origin.is_led.replace(true)).then_some(Leader(origin))
    }
}

impl Drop for Leader<'_> {
    fn drop(&mut self) {
        self.0.is_led.set(false);
        self.0.leader_is_done.notify_waiters();
    }
}

/// The body of a response.
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
