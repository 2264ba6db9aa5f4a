//! What all requests of a client share: its connections and its buffers.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::sync::Arc;

use tokio::time::{Instant, timeout};

use super::connect::{self, Connector, Opened};
use super::h1::HeaderLines;
use super::h2::Session;
use super::pool::{Connection, Need, Origin, Pool, Protocol};
use crate::fetch::client::OutgoingRequest;
use crate::fetch::limits::{self, ConnectionLimits};
use crate::fetch::resolve::Resolver;
use crate::fetch::route::Route;
use crate::fetch::tls::Tls;
use crate::fetch::trace::ConnectTrace;
use crate::model::Failure;
use crate::plan::Plan;

/// The size of the read buffer: what is read at once.
const READ_BUFFER: usize = 64 << 10;

/// What all requests of a client share.
pub(super) struct Shared {
    pub(super) pool: Pool,
    connector: Connector,
    pub(super) lines: RefCell<HeaderLines>,
    pub(super) read_buffer: RefCell<Box<[u8]>>,
    pub(super) write_buffer: RefCell<Vec<u8>>,
    pub(super) no_keepalive: bool,
    /// See [`limits::stream_window`].
    stream_window: u32,
}

/// A connection for a request.
pub(super) enum Link {
    Http1(Connection),
    /// A session, and whether it was opened for another request.
    Http2(Session, bool),
}

impl Shared {
    pub(super) fn new(
        plan: &Arc<Plan>,
        resolver: &Arc<Resolver>,
        tls: &Tls,
        limits: ConnectionLimits,
    ) -> io::Result<Self> {
        let no_keepalive = plan.fetch.transport.no_keepalive;
        Ok(Shared {
            pool: Pool::new(limits.max_open, if no_keepalive { 0 } else { limits.max_idle }),
            connector: Connector::new(plan, resolver, tls)?,
            lines: RefCell::default(),
            read_buffer: RefCell::new(vec![0; READ_BUFFER].into()),
            write_buffer: RefCell::default(),
            no_keepalive,
            stream_window: limits::stream_window(&plan.limits),
        })
    }

    /// A connection for a request that finds none idle: one that is shared, or a new one.
    pub(super) async fn link(
        &self,
        origin: &Rc<Origin>,
        request: &OutgoingRequest<'_>,
        need: Need,
        trace: &ConnectTrace,
    ) -> Result<Link, Failure> {
        let limit = self.connector.connect_timeout();
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
        let is_private = origin.needs_fresh(need) || origin.is_isolated.get();
        if is_private || known == Some(Protocol::Http1) {
            return self.open(origin, request, trace, is_private).await;
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
        let tunnel = request.route.as_deref().and_then(Route::tunnel);
        self.pool.make_room();
        let open = self.pool.open();
        let opened = match self.connector.open(&request.url, tunnel, trace).await {
            Err(failure) if connect::is_exhausted(&failure) && self.pool.evict_some() => {
                self.connector.open(&request.url, tunnel, trace).await?
            }
            opened => opened?,
        };
        let Opened { stream, remote, protocol } = opened;
        origin.speaks.set(Some(protocol));
        if protocol == Protocol::Http1 {
            let origin = Rc::clone(origin);
            return Ok(Link::Http1(Connection { stream, remote, origin, is_reused: false, _open: open }));
        }
        let session = Session::begin(stream, remote, open, self.stream_window).await?;
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
        (!origin.is_led.replace(true)).then(|| Leader(origin))
    }
}

impl Drop for Leader<'_> {
    fn drop(&mut self) {
        self.0.is_led.set(false);
        self.0.leader_is_done.notify_waiters();
    }
}
