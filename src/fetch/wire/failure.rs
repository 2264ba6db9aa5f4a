//! What went wrong with a connection, in one plain sentence.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use url::Host;

use crate::fetch::{error_chain, tls};
use crate::guard::without_os_code;
use crate::model::{ConnectionFault, ErrorKind, Failure, Phase};

/// The failure of a connection that ended: with an error, or with its regular end. `place` says how far the answer had
/// come.
pub(super) fn ended(error: Option<&io::Error>, place: &str, phase: Phase) -> Failure {
    let Some(error) = error else {
        return Failure::new(ErrorKind::Closed, format!("the server closed the connection {place}")).during(phase);
    };
    let (kind, message) = match (error.kind(), rustls_cause(error)) {
        (_, Some(why @ rustls::Error::AlertReceived(_))) => (ErrorKind::Tls, tls::describe(why, "the server")),
        (_, Some(why)) => (ErrorKind::Protocol, tls::describe(why, "the server")),
        (io::ErrorKind::UnexpectedEof, _) => {
            (ErrorKind::Closed, format!("the connection was cut {place}: TLS was not closed"))
        }
        (io::ErrorKind::BrokenPipe, _) => (ErrorKind::Closed, format!("the server closed the connection {place}")),
        (io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted, _) => {
            (ErrorKind::Reset, format!("the server reset the connection {place}"))
        }
        (_, None) => (ErrorKind::Closed, format!("the connection broke {place}: {}", system_message(error))),
    };
    Failure::new(kind, message).during(phase)
}

/// What connecting to one address ended in.
#[derive(Debug)]
pub(super) struct ConnectError {
    pub(super) addr: SocketAddr,
    pub(super) error: io::Error,
    /// The local end could not be bound as the user wants it.
    pub(super) is_local: bool,
}

/// The failure of a connection that could not be opened to any of its addresses. The most telling error gives the kind:
/// a machine without IPv6 cannot reach any IPv6 address.
pub(super) fn unreachable(errors: &[ConnectError]) -> Failure {
    if errors.is_empty() {
        return Failure::new(ErrorKind::Connect, "no address to connect to").during(Phase::Connect);
    }
    let told = errors.iter().map(ConnectError::kind).find(|kind| *kind != ErrorKind::Connect);
    let message = errors.iter().map(ConnectError::sentence).collect::<Vec<_>>().join("; ");
    let fault = errors.iter().all(ConnectError::is_exhausted).then_some(ConnectionFault::Exhausted);
    Failure { fault, ..Failure::new(told.unwrap_or(ErrorKind::Connect), message).during(Phase::Connect) }
}

impl ConnectError {
    fn kind(&self) -> ErrorKind {
        match self.error.kind() {
            _ if self.is_local => ErrorKind::Connect,
            io::ErrorKind::ConnectionRefused => ErrorKind::ConnectRefused,
            io::ErrorKind::TimedOut => ErrorKind::ConnectTimeout,
            io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => ErrorKind::Reset,
            _ => ErrorKind::Connect,
        }
    }

    fn sentence(&self) -> String {
        let ConnectError { addr, error, is_local } = self;
        match error.kind() {
            _ if *is_local => format!("cannot connect from the given interface: {}", system_message(error)),
            _ if self.is_exhausted() => {
                format!("this machine cannot open another connection: {}", system_message(error))
            }
            io::ErrorKind::ConnectionRefused => format!("connection refused by {addr}"),
            io::ErrorKind::TimedOut => format!("{addr} did not answer to the connection attempt"),
            io::ErrorKind::ConnectionReset => format!("connection reset by {addr}"),
            _ => format!("cannot connect to {addr}: {}", system_message(error)),
        }
    }

    /// Whether this machine is out of what a connection takes: descriptors, ports or buffers.
    fn is_exhausted(&self) -> bool {
        let is_out_of_ports = self.error.kind() == io::ErrorKind::AddrNotAvailable && has_local_addr(self.addr);
        !self.is_local && (is_out_of_ports || is_out_of_descriptors(&self.error))
    }
}

#[cfg(unix)]
fn is_out_of_descriptors(error: &io::Error) -> bool {
    use rustix::io::Errno;
    let exhausted = [Errno::MFILE, Errno::NFILE, Errno::NOBUFS];
    error.raw_os_error().is_some_and(|code| exhausted.iter().any(|errno| errno.raw_os_error() == code))
}

#[cfg(not(unix))]
fn is_out_of_descriptors(_: &io::Error) -> bool {
    false
}

/// Whether this machine has an address from which `addr` can be reached. If it has not, as one without IPv6, connecting
/// fails with the same error as when it is out of ports. Nothing is sent.
fn has_local_addr(addr: SocketAddr) -> bool {
    let any: IpAddr = if addr.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    UdpSocket::bind((any, 0)).and_then(|socket| socket.connect(addr)).is_ok()
}

/// The failure of a connection to a proxy.
pub(super) fn of_proxy(failure: Failure, host: &Host<&str>, port: u16) -> Failure {
    Failure { message: format!("the proxy {host}:{port} cannot be reached: {}", failure.message), ..failure }
}

/// The failure of a TLS handshake.
pub(super) fn handshake(error: &io::Error, host: &str) -> Failure {
    let (kind, message) = match (error.kind(), rustls_cause(error)) {
        (_, Some(why)) => (ErrorKind::Tls, tls::describe(why, host)),
        (io::ErrorKind::UnexpectedEof, _) => {
            (ErrorKind::Connect, "the server closed the connection during the TLS handshake".to_owned())
        }
        (io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe, _) => {
            (ErrorKind::Reset, "the server reset the connection during the TLS handshake".to_owned())
        }
        _ => (ErrorKind::Connect, format!("the connection broke during the TLS handshake: {}", system_message(error))),
    };
    Failure::new(kind, message).during(Phase::Connect)
}

/// The error of TLS that `error` wraps, if it does.
pub(super) fn rustls_cause(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref()?.downcast_ref()
}

fn system_message(error: &io::Error) -> String {
    let text = error_chain::describe(error);
    without_os_code(&text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(addr: &str, kind: io::ErrorKind) -> ConnectError {
        ConnectError { addr: addr.parse().unwrap(), error: kind.into(), is_local: false }
    }

    #[test]
    fn the_most_telling_error_gives_the_kind() {
        use io::ErrorKind::{ConnectionRefused, HostUnreachable, TimedOut};
        for (errors, kind) in [
            (vec![], ErrorKind::Connect),
            (vec![("[::1]:80", HostUnreachable)], ErrorKind::Connect),
            (vec![("[::1]:80", HostUnreachable), ("127.0.0.1:80", ConnectionRefused)], ErrorKind::ConnectRefused),
            (vec![("127.0.0.1:80", TimedOut), ("[::1]:80", HostUnreachable)], ErrorKind::ConnectTimeout),
        ] {
            let errors: Vec<_> = errors.into_iter().map(|(addr, kind)| error(addr, kind)).collect();
            let failure = unreachable(&errors);
            assert_eq!((failure.kind, failure.fault), (kind, None), "{failure:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_machine_is_exhausted_only_if_that_explains_every_error() {
        let raw = |errno: rustix::io::Errno| io::Error::from_raw_os_error(errno.raw_os_error());
        let from = |addr: &str, error| ConnectError { addr: addr.parse().unwrap(), error, is_local: false };
        let full = || from("127.0.0.1:80", raw(rustix::io::Errno::MFILE));
        let no_port = || from("127.0.0.1:80", raw(rustix::io::Errno::ADDRNOTAVAIL));
        let refused = || error("127.0.0.1:80", io::ErrorKind::ConnectionRefused);
        assert_eq!(unreachable(&[full(), no_port()]).fault, Some(ConnectionFault::Exhausted));
        assert_eq!(unreachable(&[full(), refused()]).fault, None);
        let bound = ConnectError { is_local: true, ..no_port() };
        assert_eq!(unreachable(&[bound]).fault, None, "the interface that the user gave has no such address");
    }
}
