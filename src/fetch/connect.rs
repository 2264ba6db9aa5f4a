//! What a request pays for on its way to a connection: name look-up and handshakes, measured inside the connector.
//!
//! hyper's pool may give a request another connection than the one it began to open, and may finish opening that one
//! in the background. So the attempt carries a task-local cell into the connector and the resolver, and believes it
//! only when the connection's addresses are those of the response.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use hyper_util::client::legacy::connect::{Connection, HttpInfo};
use tokio::time::Instant;
use tower_layer::Layer;
use tower_service::Service;

use super::route::Route;

pub(super) type BoxError = Box<dyn std::error::Error + Send + Sync>;

tokio::task_local! {
    static OPENING: Opening;
}

/// A connection being opened for one attempt.
#[derive(Debug, Clone, Default)]
pub(super) struct Opening {
    state: Arc<Mutex<Opened>>,
    route: Option<Arc<Route>>,
}

/// How far it came.
#[derive(Debug, Clone, Default)]
pub(super) struct Opened {
    /// The connector was asked for a connection.
    pub(super) begun: bool,
    /// The resolver was asked for an address, and has not answered.
    pub(super) resolving: bool,
    /// How long the name look-up took.
    pub(super) dns: Option<Duration>,
    /// How long the handshakes took.
    pub(super) connect: Option<Duration>,
    /// When the handshakes were over.
    pub(super) done: Option<Instant>,
    /// The connection's local and remote address.
    pub(super) ends: Option<(SocketAddr, SocketAddr)>,
}

impl Opening {
    /// One that takes this way.
    pub(super) fn by(route: Option<Route>) -> Self {
        Opening { state: Arc::default(), route: route.map(Arc::new) }
    }

    /// The way that it takes, where that matters.
    pub(super) fn route(&self) -> Option<&Route> {
        self.route.as_deref()
    }

    /// Runs an attempt that reports to this cell.
    pub(super) fn watch<F: Future>(&self, attempt: F) -> impl Future<Output = F::Output> + use<F> {
        OPENING.scope(self.clone(), attempt)
    }

    /// The cell of the attempt that is running.
    pub(super) fn current() -> Option<Opening> {
        OPENING.try_with(Clone::clone).ok()
    }

    pub(super) fn state(&self) -> MutexGuard<'_, Opened> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Measures each connection for the attempt that asked for it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Timed;

impl<S> Layer<S> for Timed {
    type Service = TimedConnector<S>;

    fn layer(&self, connector: S) -> TimedConnector<S> {
        TimedConnector(Arc::new(Mutex::new(connector)))
    }
}

/// hyper clones the connector for every request; behind an `Arc` that is a count, and only connecting really clones.
pub(super) struct TimedConnector<S>(Arc<Mutex<S>>);

impl<S> Clone for TimedConnector<S> {
    fn clone(&self) -> Self {
        TimedConnector(Arc::clone(&self.0))
    }
}

impl<S, R> Service<R> for TimedConnector<S>
where
    S: Service<R, Error = BoxError> + Clone,
    S::Response: Connection + Send,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).poll_ready(cx)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let mut connector = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(opening) = Opening::current() else { return Box::pin(connector.call(request)) };
        let begun = Instant::now();
        *opening.state() = Opened { begun: true, ..Opened::default() };
        let connecting = opening.watch(connector.call(request)); // also when it goes on detached
        Box::pin(async move {
            let connection = connecting.await?;
            let mut extras = http::Extensions::new();
            connection.connected().get_extras(&mut extras);
            let mut opened = opening.state();
            opened.ends = extras.get::<HttpInfo>().map(|info| (info.local_addr(), info.remote_addr()));
            let done = Instant::now();
            opened.done = Some(done);
            opened.connect = Some((done - begun).saturating_sub(opened.dns.unwrap_or_default()));
            drop(opened);
            Ok(connection)
        })
    }
}
