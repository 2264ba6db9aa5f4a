//! A connection that speaks HTTP/2.

use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use h2::client::{Builder, SendRequest};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;

use super::failure;
use crate::fetch::wire::open_connections::OpenConnection;
use crate::fetch::wire::stream::Stream;
use crate::model::Failure;

/// What may be on its way over a connection, in bytes: more than over all of its streams, whose windows have bounds, or
/// those that wait for memory would keep the others waiting.
const CONNECTION_WINDOW: u32 = 1 << 30;

/// The largest header list of a response. It is generous, because exceeding it may cost the whole connection.
const MAX_HEADER_LIST: u32 = 1 << 20;

/// A connection that requests share. It is closed once nobody has a clone.
#[derive(Debug, Clone)]
pub(in crate::fetch::wire) struct Session {
    pub(super) send: SendRequest<Bytes>,
    pub(in crate::fetch::wire) remote: SocketAddr,
    usage: Rc<Usage>,
}

#[derive(Debug)]
struct Usage {
    /// Requests on their way.
    active: Cell<usize>,
    /// All requests so far.
    requests: Cell<u64>,
    since: Cell<Instant>,
    is_closed: Cell<bool>,
}

impl Session {
    /// Begins HTTP/2 on a new connection, with a window of this size for each stream. `open` counts it until it is closed.
    pub(in crate::fetch::wire) async fn begin(
        stream: Stream,
        remote: SocketAddr,
        open: OpenConnection,
        window: u32,
    ) -> Result<Self, Failure> {
        match stream {
            Stream::Plain(stream) => Session::over(stream, remote, open, window).await,
            Stream::Tls(stream) => Session::over(stream, remote, open, window).await,
        }
    }

    async fn over<S>(stream: S, remote: SocketAddr, open: OpenConnection, window: u32) -> Result<Self, Failure>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let mut builder = Builder::new();
        builder
            .enable_push(false)
            .initial_window_size(window)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_header_list_size(MAX_HEADER_LIST);
        let (send, connection) = builder.handshake(stream).await.map_err(|error| failure::connecting(&error))?;
        tokio::spawn(async move {
            let _ = connection.await; // each stream has the error, too
            drop(open);
        });
        let usage = Usage {
            active: Cell::new(0),
            requests: Cell::new(0),
            since: Cell::new(Instant::now()),
            is_closed: Cell::new(false),
        };
        Ok(Session { send, remote, usage: Rc::new(usage) })
    }

    /// Whether it takes no more requests, as far as is known.
    pub(in crate::fetch::wire) fn is_closed(&self) -> bool {
        if !self.usage.is_closed.get() {
            let ready = self.send.clone().poll_ready(&mut Context::from_waker(Waker::noop()));
            self.usage.is_closed.set(matches!(ready, Poll::Ready(Err(_))));
        }
        self.usage.is_closed.get()
    }

    /// Takes no more requests.
    pub(super) fn close(&self) {
        self.usage.is_closed.set(true);
    }

    /// Since when it has had no request on its way.
    pub(in crate::fetch::wire) fn idle_since(&self) -> Option<Instant> {
        (self.usage.active.get() == 0).then(|| self.usage.since.get())
    }

    /// Whether other requests than the one that opened it have used it.
    pub(super) fn is_shared(&self) -> bool {
        self.usage.requests.get() > 1
    }

    /// Counts a request until the guard is dropped.
    pub(super) fn enter(&self) -> Active {
        self.usage.active.set(self.usage.active.get() + 1);
        self.usage.requests.set(self.usage.requests.get() + 1);
        Active(self.clone())
    }
}

/// A request on its way.
#[derive(Debug)]
pub(super) struct Active(pub(super) Session);

impl Drop for Active {
    fn drop(&mut self) {
        let Session { usage, .. } = &self.0;
        usage.active.set(usage.active.get() - 1);
        usage.since.set(Instant::now());
    }
}
