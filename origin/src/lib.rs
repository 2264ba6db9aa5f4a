//! An HTTP test server in the spirit of httpbin, for `haul demo`, the tests and the benchmarks.
//!
//! It speaks HTTP/1.1 and HTTP/2 with prior knowledge on the same port. `GET /` lists its endpoints; [`limits`] bounds
//! their parameters.
//!
//! ```
//! let origin = haul_origin::Origin::spawn()?;
//! assert!(origin.url("/json").starts_with("http://127.0.0.1:"));
//! # Ok::<(), std::io::Error>(())
//! ```

mod auth;
mod content;
mod cookies;
mod digest;
mod echo;
mod faulty;
mod hosts;
pub mod limits;
mod navigation;
mod reply;
mod request;
mod routes;
mod slow;
mod stats;

use std::collections::HashMap;
use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::HOST;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpSocket, TcpStream, ToSocketAddrs};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use faulty::Visits;
use hosts::Hosts;
use reply::{Body, Hangup, Reply};
use slow::Timeline;
use stats::{Counters, InFlight};

pub use hosts::HostStats;
pub use stats::Stats;

/// A running server. Dropping it ends its connections and tasks.
#[derive(Debug)]
pub struct Origin {
    addr: SocketAddr,
    shared: Arc<Shared>,
    /// Never used to send: the server stops when it is dropped.
    running: Option<oneshot::Sender<Infallible>>,
    thread: Option<JoinHandle<()>>,
}

/// The state that all connections share.
#[derive(Debug)]
struct Shared {
    http: auto::Builder<TokioExecutor>,
    counters: Counters,
    hosts: Hosts,
    visits: Visits,
    timeline: Timeline,
}

impl Origin {
    /// Serves on `addr` in the current tokio runtime. After the drop, the runtime closes the port as soon as it is polled.
    ///
    /// # Errors
    /// The address cannot be bound.
    pub async fn bind(addr: impl ToSocketAddrs) -> io::Result<Origin> {
        let listener = TcpListener::bind(addr).await?;
        let addr = listener.local_addr()?;
        let shared = Shared::new();
        let (running, stopped) = oneshot::channel();
        tokio::spawn(serve(listener, Arc::clone(&shared), stopped));
        Ok(Origin { addr, shared, running: Some(running), thread: None })
    }

    /// Serves on a free port of 127.0.0.1, on a thread of its own.
    ///
    /// # Errors
    /// The port cannot be bound, or the thread cannot be started.
    pub fn spawn() -> io::Result<Origin> {
        Origin::spawn_on((Ipv4Addr::LOCALHOST, 0).into())
    }

    /// Serves on `addr`, on a thread of its own. The port is closed when the drop returns.
    ///
    /// # Errors
    /// The address cannot be bound, or the thread cannot be started.
    pub fn spawn_on(addr: SocketAddr) -> io::Result<Origin> {
        let socket = if addr.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        // As in the standard library: on Windows, the option would let two listeners share a port.
        socket.set_reuseaddr(cfg!(not(windows)))?;
        socket.bind(addr)?;
        let addr = socket.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
        let listener = {
            let _entered = runtime.enter();
            socket.listen(limits::BACKLOG)?
        };
        let shared = Shared::new();
        let (running, stopped) = oneshot::channel();
        let serving = serve(listener, Arc::clone(&shared), stopped);
        let thread = thread::Builder::new().name("haul-origin".into()).spawn(move || runtime.block_on(serving))?;
        Ok(Origin { addr, shared, running: Some(running), thread: Some(thread) })
    }

    /// The URL of `path`, which must start with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addr)
    }

    /// The address of the listener.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The counters so far.
    pub fn stats(&self) -> Stats {
        self.shared.counters.stats()
    }

    /// Starts counting requests by host.
    pub fn watch_hosts(&self) {
        self.shared.hosts.watch();
    }

    /// The counters by host since [`Self::watch_hosts`], for at most 10,000 hosts.
    pub fn hosts(&self) -> HashMap<String, HostStats> {
        self.shared.hosts.stats().clone()
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        drop(self.running.take());
        if let Some(thread) = self.thread.take() {
            // A panic was already reported by the thread.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn new() -> Arc<Shared> {
        let mut http = auto::Builder::new(TokioExecutor::new());
        http.http2().max_concurrent_streams(limits::STREAMS);
        Arc::new(Shared {
            http,
            counters: Counters::default(),
            hosts: Hosts::default(),
            visits: Visits::default(),
            timeline: Timeline::default(),
        })
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>, stopped: oneshot::Receiver<Infallible>) {
    tokio::select! {
        _ = stopped => {}
        never = accept(listener, shared) => match never {},
    }
}

/// Accepts connections, each in a task of its own. Those tasks end with this one.
async fn accept(listener: TcpListener, shared: Arc<Shared>) -> Infallible {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept(), if connections.len() < limits::CONNECTIONS => match accepted {
                Ok((stream, peer)) => {
                    shared.counters.connected();
                    connections.spawn(serve_connection(stream, peer, Arc::clone(&shared)));
                }
                // Most likely out of file descriptors, until connections are closed.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve_connection(stream: TcpStream, peer: SocketAddr, shared: Arc<Shared>) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| respond(request, peer, Arc::clone(&shared)));
    // It fails when the client disconnects or is disconnected on purpose.
    let _ = shared.http.serve_connection(TokioIo::new(stream), service).await;
}

async fn respond(request: Request<Incoming>, peer: SocketAddr, shared: Arc<Shared>) -> Result<Response<Body>, Hangup> {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    let in_flight =
        InFlight::new(shared, host.or_else(|| request.uri().authority().map(|authority| authority.as_str())));
    let head_only = request.method() == Method::HEAD;
    let shared = &in_flight.shared;
    let reply = match routes::answer(request, peer, &shared.visits, &shared.timeline).await {
        Ok(reply) => reply,
        Err(fault) => Reply::try_from(fault)?,
    };
    let reply = if head_only { reply.without_body() } else { reply };
    Ok(reply.into_response(in_flight))
}
