//! The last look at where a connection leads, once it is there: whatever happened before, none is used that goes where
//! it must not.
//!
//! Addresses are checked before as well: those in URLs when an attempt begins, all others by the resolver. This is what
//! holds should a connection ever come about in another way.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper_util::client::legacy::connect::{Connection, HttpInfo};
use tower_layer::Layer;
use tower_service::Service;

use super::connect::BoxError;
use crate::site::access::{Access, AccessDenied};

/// Drops connections to addresses that are denied, before a request is sent over them.
#[derive(Debug, Clone)]
pub(super) struct Guard(Arc<Access>);

impl Guard {
    pub(super) fn new(access: &Access) -> Self {
        Guard(Arc::new(access.clone()))
    }
}

impl<S> Layer<S> for Guard {
    type Service = GuardedConnector<S>;

    fn layer(&self, connector: S) -> GuardedConnector<S> {
        GuardedConnector { access: Arc::clone(&self.0), connector }
    }
}

/// A connector whose connections lead nowhere that is denied.
#[derive(Debug, Clone)]
pub(super) struct GuardedConnector<S> {
    access: Arc<Access>,
    connector: S,
}

impl<S, R> Service<R> for GuardedConnector<S>
where
    S: Service<R>,
    S::Error: Into<BoxError>,
    S::Response: Connection + Send,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.connector.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let (access, connecting) = (Arc::clone(&self.access), self.connector.call(request));
        Box::pin(async move {
            let connection = connecting.await.map_err(Into::into)?;
            check(&access, &connection)?;
            Ok(connection)
        })
    }
}

fn check(access: &Access, connection: &impl Connection) -> Result<(), AccessDenied> {
    let mut extras = http::Extensions::new();
    connection.connected().get_extras(&mut extras);
    let info = extras.get::<HttpInfo>().ok_or_else(AccessDenied::unknown)?;
    access.check_addr(info.remote_addr().ip())
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
    use crate::fetch::tls::Tls;
    use crate::fetch::{Http, Transport};
    use crate::model::{Attempt, ErrorKind, Job, Phase};
    use crate::plan::Plan;

    /// An attempt over a transport that looks at no URL and at no address that it looks up, but guards its connections;
    /// and what it makes a server on loopback read.
    async fn attempt(access: Access) -> (Attempt, Vec<u8>) {
        let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://localhost:{}/", server.local_addr().unwrap().port());
        let plan = Plan { access, ..Plan::default() };
        let job = Job::new(0, url.parse().unwrap(), plan.request.0.clone());
        let routes = Arc::new(Routes::new(&plan.fetch.transport, &Access::default()));
        let transport =
            Http { plan: Arc::new(plan), routes, resolver: Arc::<Resolver>::default(), tls: Tls::default() };
        let client = transport.client().unwrap();
        let mut room = MemoryBudget::new(1 << 20).book(0);
        let serve = async {
            let (mut connection, _) = server.accept().await.unwrap();
            let mut bytes = vec![0; 1024];
            let read = connection.read(&mut bytes).await.unwrap();
            bytes.truncate(read);
            bytes
        };
        tokio::join!(transport.attempt(&client, &job, &mut room), serve)
    }

    #[tokio::test]
    async fn a_connection_that_leads_where_it_must_not_is_dropped_unused() {
        let (attempt, bytes) = attempt(Access { deny_private: true, ..Access::default() }).await;
        assert_eq!(bytes, b"", "the server was connected to, and saw its end");
        let failure = attempt.error.unwrap();
        assert_eq!((failure.kind, failure.phase), (ErrorKind::Blocked, Some(Phase::Connect)));
        assert_eq!(failure.message, "127.0.0.1 is not public: Loopback, 127.0.0.0/8 (--deny-private)");
    }

    #[tokio::test]
    async fn any_other_is_used() {
        let deny = vec!["127.0.0.2".parse().unwrap()];
        let (_, bytes) = attempt(Access { deny, ..Access::default() }).await;
        assert!(bytes.starts_with(b"GET / HTTP/1.1\r\n"));
    }

    #[test]
    fn one_that_does_not_tell_where_it_leads_is_not_used() {
        struct Nowhere;
        impl Connection for Nowhere {
            fn connected(&self) -> Connected {
                Connected::new()
            }
        }
        let denied = check(&Access { deny_private: true, ..Access::default() }, &Nowhere).unwrap_err();
        assert!(denied.to_string().starts_with("an unknown address is refused"));
    }
}
