//! A layer around reqwest's connector: it measures each connection for the request that asked for it, and closes those
//! that lead to an address that is denied.
//!
//! hyper's pool may give a request another connection than the one it began to open, and may finish opening that one
//! in the background. So a task-local carries the request's trace into the connector and the resolver.

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

use crate::fetch::route::Route;
use crate::fetch::trace::ConnectProgress;
use crate::site::access::{Access, AccessDenied};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

tokio::task_local! {
    static CONTEXT: ConnectContext;
}

/// Both ends of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ConnectionAddrs {
    pub(super) local: SocketAddr,
    pub(super) remote: SocketAddr,
}

/// How far connecting has got. It is shared: hyper may go on with it after the attempt is over.
#[derive(Debug, Clone, Default)]
pub(super) struct SharedTrace(Arc<Mutex<(ConnectProgress, Option<ConnectionAddrs>)>>);

impl SharedTrace {
    /// The progress, to read or to update, and both ends of the connection, once it is open.
    pub(super) fn lock(&self) -> MutexGuard<'_, (ConnectProgress, Option<ConnectionAddrs>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the connector and the resolver must know of the request that a connection is opened for.
#[derive(Debug, Clone, Default)]
pub(super) struct ConnectContext {
    trace: SharedTrace,
    route: Option<Arc<Route>>,
}

impl ConnectContext {
    pub(super) fn new(route: Option<Box<Route>>) -> Self {
        ConnectContext { trace: SharedTrace::default(), route: route.map(Arc::from) }
    }

    /// The context of the request that is running. Outside of one, the reports go nowhere.
    pub(super) fn current() -> Self {
        CONTEXT.try_with(Clone::clone).unwrap_or_default()
    }

    /// Runs `future` with this context.
    pub(super) fn scope<F: Future>(self, future: F) -> impl Future<Output = F::Output> + use<F> {
        CONTEXT.scope(self, future)
    }

    pub(super) fn trace(&self) -> &SharedTrace {
        &self.trace
    }

    /// Notes that the resolver is being asked.
    pub(super) fn looks_up(&self) {
        self.trace.lock().0.resolving = true;
    }

    /// Notes that the resolver has answered.
    pub(super) fn looked_up(&self, found: bool, took: Option<Duration>) {
        let mut trace = self.trace.lock();
        let progress = &mut trace.0;
        progress.resolving = !found;
        if let Some(took) = took {
            progress.timings.dns = Some(progress.timings.dns.unwrap_or_default() + took);
        }
    }

    /// The port that a connection to `name` will use, if the route says so.
    pub(super) fn port_of(&self, name: &str) -> Option<u16> {
        self.route.as_deref()?.port_of(name)
    }
}

/// Wraps reqwest's connector.
///
/// URLs and resolved addresses are checked before connecting; the check on the open connection holds even if one comes
/// about in another way.
#[derive(Debug, Clone)]
pub(super) struct ConnectorLayer {
    /// Set if addresses matter.
    access: Option<Access>,
}

impl ConnectorLayer {
    pub(super) fn new(access: &Access) -> Self {
        ConnectorLayer { access: access.address_rule().map(|_| access.clone()) }
    }
}

impl<S> Layer<S> for ConnectorLayer {
    type Service = Connector<S>;

    fn layer(&self, inner: S) -> Connector<S> {
        Connector(Arc::new(Shared { inner: Mutex::new(inner), access: self.access.clone() }))
    }
}

/// hyper clones the connector for every request. Behind an `Arc` that only counts; connecting makes the real clone.
pub(super) struct Connector<S>(Arc<Shared<S>>);

struct Shared<S> {
    inner: Mutex<S>,
    access: Option<Access>,
}

impl<S> Clone for Connector<S> {
    fn clone(&self) -> Self {
        Connector(Arc::clone(&self.0))
    }
}

impl<S, R> Service<R> for Connector<S>
where
    S: Service<R, Error = BoxError> + Clone + Send + 'static,
    S::Response: Connection + Send,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.inner.lock().unwrap_or_else(PoisonError::into_inner).poll_ready(cx)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let mut inner = self.0.inner.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (shared, context) = (Arc::clone(&self.0), ConnectContext::current());
        let begun = Instant::now();
        *context.trace.lock() = (ConnectProgress { started: true, ..ConnectProgress::default() }, None);
        let connecting = context.clone().scope(inner.call(request)); // hyper may go on with it in the background
        Box::pin(async move {
            let connection = connecting.await?;
            let addrs = addrs_of_connection(&connection);
            if let Some(access) = &shared.access {
                check(access, addrs)?;
            }
            let connected_at = Instant::now();
            let mut trace = context.trace.lock();
            let (progress, ends) = &mut *trace;
            let dns = progress.timings.dns.unwrap_or_default();
            progress.timings.handshakes = Some((connected_at - begun).saturating_sub(dns));
            (progress.connected_at, progress.remote) = (Some(connected_at), addrs.map(|addrs| addrs.remote));
            *ends = addrs;
            drop(trace);
            Ok(connection)
        })
    }
}

/// Both ends of a connection.
pub(super) fn addrs_of(info: &HttpInfo) -> ConnectionAddrs {
    ConnectionAddrs { local: info.local_addr(), remote: info.remote_addr() }
}

fn addrs_of_connection(connection: &impl Connection) -> Option<ConnectionAddrs> {
    let mut extras = http::Extensions::new();
    connection.connected().get_extras(&mut extras);
    extras.get::<HttpInfo>().map(addrs_of)
}

fn check(access: &Access, addrs: Option<ConnectionAddrs>) -> Result<(), AccessDenied> {
    let addrs = addrs.ok_or_else(AccessDenied::unknown)?;
    access.check_addr(addrs.remote.ip())
}

#[cfg(test)]
mod tests {
    use hyper_util::client::legacy::connect::Connected;
    use tokio::io::AsyncReadExt;
    use tokio::net::TcpListener;

    use super::*;
    use crate::fetch::memory::MemoryBudget;
    use crate::fetch::resolve::Resolver;
    use crate::fetch::route::Routes;
    use crate::fetch::{Http, Transport};
    use crate::model::{Attempt, ErrorKind, Job, Phase};
    use crate::plan::{ClientKind, Plan};

    /// Makes an attempt whose route and resolver check nothing, so that only the connection itself is checked. Also
    /// returns what a server on loopback reads.
    async fn attempt(access: Access) -> (Attempt, Vec<u8>) {
        let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://localhost:{}/", server.local_addr().unwrap().port());
        let mut plan = Plan { access, ..Plan::default() };
        plan.fetch.client = ClientKind::Relay;
        let job = Job::new(0, url.parse().unwrap(), plan.request.0.clone());
        let routes = Arc::new(Routes::new(&plan.fetch.transport, &Access::default(), ClientKind::Relay));
        let transport = Http { routes, resolver: Arc::<Resolver>::default(), ..Http::new(&plan) };
        let client = transport.client().unwrap();
        let mut permit = MemoryBudget::new(1 << 20).book(0);
        let serve = async {
            let (mut connection, _) = server.accept().await.unwrap();
            let mut bytes = vec![0; 1024];
            let read = connection.read(&mut bytes).await.unwrap();
            bytes.truncate(read);
            bytes
        };
        tokio::join!(transport.attempt(&client, &job, &mut permit), serve)
    }

    #[tokio::test]
    async fn a_connection_to_a_denied_address_is_closed_unused() {
        let (attempt, bytes) = attempt(Access { deny_private: true, ..Access::default() }).await;
        assert_eq!(bytes, b"", "the server was connected to, and saw its end");
        let failure = attempt.error.unwrap();
        assert_eq!((failure.kind, failure.phase), (ErrorKind::Blocked, Some(Phase::Connect)));
        assert_eq!(failure.message, "127.0.0.1 is not public: Loopback, 127.0.0.0/8");
    }

    #[tokio::test]
    async fn any_other_connection_is_used() {
        let deny = vec!["127.0.0.2".parse().unwrap()];
        let (_, bytes) = attempt(Access { deny, ..Access::default() }).await;
        assert!(bytes.starts_with(b"GET / HTTP/1.1\r\n"));
    }

    #[test]
    fn a_connection_to_an_unknown_address_is_not_used() {
        struct Anonymous;
        impl Connection for Anonymous {
            fn connected(&self) -> Connected {
                Connected::new()
            }
        }
        let access = Access { deny_private: true, ..Access::default() };
        let denied = check(&access, addrs_of_connection(&Anonymous)).unwrap_err();
        assert!(denied.to_string().starts_with("an unknown address is refused"));
    }
}
