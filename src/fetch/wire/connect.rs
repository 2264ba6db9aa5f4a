//! Opens connections: name, addresses, TCP, TLS.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::Instant;
use tokio_rustls::TlsConnector;
use url::{Host, Url};

use super::failure::{self, ConnectError};
use super::h1::tunnel;
use super::pool::Protocol;
use super::race;
use super::stream::Stream;
use crate::fetch::resolve::{ResolveError, Resolver};
use crate::fetch::route::Tunnel;
use crate::fetch::tls::Tls;
use crate::fetch::trace::ConnectTrace;
use crate::model::{ConnectionFault, ErrorKind, Failure, Phase};
use crate::plan::{HttpVersion, Interface, Plan, borrowed};

/// Opens connections as the plan wants them.
pub(super) struct Connector {
    resolver: Arc<Resolver>,
    tls: TlsConnector,
    plan: Arc<Plan>,
}

/// A connection that has been opened.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) stream: Stream,
    pub(super) remote: SocketAddr,
    pub(super) protocol: Protocol,
}

impl Connector {
    pub(super) fn new(plan: &Arc<Plan>, resolver: &Arc<Resolver>, tls: &Tls) -> io::Result<Self> {
        let config: ClientConfig = tls.config(&plan.fetch).map_err(io::Error::other)?;
        Ok(Connector {
            resolver: Arc::clone(resolver),
            tls: TlsConnector::from(Arc::new(config)),
            plan: Arc::clone(plan),
        })
    }

    /// How long connecting may take.
    pub(super) fn connect_timeout(&self) -> Duration {
        self.plan.fetch.connect_timeout
    }

    /// The version that connections to `scheme` speak, as far as that is known before they are opened.
    pub(super) fn protocol(&self, scheme: &str) -> Option<Protocol> {
        match self.plan.fetch.transport.http {
            HttpVersion::Http1 => Some(Protocol::Http1),
            HttpVersion::Http2 => Some(Protocol::Http2),
            HttpVersion::Negotiated if scheme == "http" => Some(Protocol::Http1),
            HttpVersion::Negotiated => None,
        }
    }

    /// Opens a connection for `url`, perhaps through a proxy, and reports each step to `trace`.
    pub(super) async fn open(
        &self,
        url: &Url,
        tunnel: Option<&Tunnel>,
        trace: &ConnectTrace,
    ) -> Result<Opened, Failure> {
        let invalid = || Failure::new(ErrorKind::InvalidInput, "the URL has no host and port to connect to");
        let (host, port) = url.host().zip(url.port_or_known_default()).ok_or_else(invalid)?;
        let (to, to_port) = match tunnel {
            Some(tunnel) => (borrowed(&tunnel.host), tunnel.port),
            None => self.plan.fetch.transport.target(host.clone(), port),
        };
        let of_proxy = |failure| if tunnel.is_some() { failure::of_proxy(failure, &to, to_port) } else { failure };
        trace.update(|progress| progress.started = true);
        let addrs = self.resolve(to.clone(), to_port, trace).await.map_err(of_proxy)?;
        let begun = Instant::now();
        let tcp = race::connect(&addrs, |addr| self.tcp(addr)).await;
        let mut tcp = tcp.map_err(|errors| of_proxy(failure::unreachable(&errors)))?;
        let remote = tcp.peer_addr().map_err(|error| failure::ended(Some(&error), "at once", Phase::Connect))?;
        trace.update(|progress| progress.remote = Some(remote));
        if let Some(tunnel) = tunnel {
            tunnel::open(&mut tcp, tunnel, &format!("{host}:{port}")).await?;
        }
        let (stream, negotiated) = if url.scheme() == "https" {
            self.tls(url.host_str().unwrap_or_default(), tcp).await?
        } else {
            (Stream::Plain(tcp), Protocol::Http1)
        };
        let connected_at = Instant::now();
        trace.update(|progress| {
            progress.timings.handshakes = Some(connected_at - begun);
            progress.connected_at = Some(connected_at);
        });
        Ok(Opened { stream, remote, protocol: self.protocol(url.scheme()).unwrap_or(negotiated) })
    }

    /// The addresses of a host that may be connected to, whether they were looked up or written in the URL.
    async fn resolve(&self, host: Host<&str>, port: u16, trace: &ConnectTrace) -> Result<Vec<SocketAddr>, Failure> {
        trace.update(|progress| progress.resolving = true);
        let (answer, took) = match host {
            Host::Domain(name) => self.resolver.resolve(name, Some(port)).await,
            addr => self.resolver.resolve(&addr.to_string(), Some(port)).await,
        };
        trace.update(|progress| progress.timings.dns = took);
        let addrs = answer.map_err(|error| match error {
            ResolveError::Denied(denied) => Failure::from(denied).during(Phase::Dns),
            ResolveError::Family(why) => {
                Failure::new(ErrorKind::Dns, why.to_string()).by(why.setting).during(Phase::Dns)
            }
            ResolveError::Failed(why) => Failure::new(ErrorKind::Dns, why).during(Phase::Dns),
        })?;
        trace.update(|progress| progress.resolving = false);
        Ok(addrs.into_iter().map(|addr| SocketAddr::new(addr.ip(), port)).collect())
    }

    async fn tcp(&self, addr: SocketAddr) -> Result<TcpStream, ConnectError> {
        let remote = |error| ConnectError { addr, error, is_local: false };
        let socket = if addr.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }.map_err(remote)?;
        self.bind(&socket).map_err(|error| ConnectError { addr, error, is_local: true })?;
        let stream = socket.connect(addr).await.map_err(remote)?;
        stream.set_nodelay(true).map_err(remote)?;
        Ok(stream)
    }

    fn bind(&self, socket: &TcpSocket) -> io::Result<()> {
        match &self.plan.fetch.transport.interface {
            None => Ok(()),
            Some(Interface::Addr(addr)) => socket.bind(SocketAddr::new(*addr, 0)),
            #[cfg(target_os = "linux")]
            Some(Interface::Name(name)) => socket.bind_device(Some(name.as_bytes())),
        }
    }

    async fn tls(&self, host: &str, tcp: TcpStream) -> Result<(Stream, Protocol), Failure> {
        let name = host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.');
        let Ok(server_name) = ServerName::try_from(name.to_owned()) else {
            let message = format!("{host} is not a name that a TLS certificate can have");
            return Err(Failure::new(ErrorKind::InvalidInput, message).during(Phase::Connect));
        };
        let stream = self.tls.connect(server_name, tcp).await.map_err(|error| failure::handshake(&error, host))?;
        let negotiated = match stream.get_ref().1.alpn_protocol() {
            Some(b"h2") => Protocol::Http2,
            _ => Protocol::Http1,
        };
        Ok((Stream::Tls(Box::new(stream)), negotiated))
    }
}

/// The failure of a connection that was not opened in time.
pub(super) fn timed_out(url: &Url, limit: Duration, trace: &ConnectTrace) -> Failure {
    let (host, port) = (url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default());
    let message = match trace.phase() {
        Phase::Dns => format!("no address of {host} within {limit:?}"),
        _ => format!("no connection to {host}:{port} within {limit:?}"),
    };
    Failure::new(ErrorKind::ConnectTimeout, message).during(trace.phase())
}

/// Whether this machine had no room for the connection.
pub(super) fn is_exhausted(failure: &Failure) -> bool {
    failure.fault == Some(ConnectionFault::Exhausted)
}
