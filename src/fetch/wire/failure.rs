//! What went wrong with a connection, in one plain sentence.

use std::io;
use std::net::SocketAddr;

use crate::fetch::error_chain;
use crate::guard::without_os_code;
use crate::model::{ConnectionFault, ErrorKind, Failure, Phase};

/// The failure of a connection that ended: with an error, or with its regular end. `place` says how far the answer had
/// come.
pub(super) fn ended(error: Option<&io::Error>, place: &str, phase: Phase) -> Failure {
    let Some(error) = error else {
        return Failure::new(ErrorKind::Closed, format!("the server closed the connection {place}")).during(phase);
    };
    let (kind, message) = match (error.kind(), rustls_cause(error)) {
        (_, Some(rustls::Error::AlertReceived(alert))) => {
            (ErrorKind::Tls, format!("the server ended TLS with the alert {alert:?} {place}"))
        }
        (_, Some(why)) => (ErrorKind::Protocol, format!("TLS failed {place}: {why}")),
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

/// The failure of a connection that could not be opened to any of its addresses.
pub(super) fn unreachable(errors: &[ConnectError]) -> Failure {
    let Some(first) = errors.first() else {
        return Failure::new(ErrorKind::Connect, "no address to connect to").during(Phase::Connect);
    };
    let kind = match first.error.kind() {
        io::ErrorKind::ConnectionRefused => ErrorKind::ConnectRefused,
        io::ErrorKind::TimedOut => ErrorKind::ConnectTimeout,
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => ErrorKind::Reset,
        _ => ErrorKind::Connect,
    };
    let message = errors.iter().map(sentence).collect::<Vec<_>>().join("; ");
    let exhausted = errors.iter().any(|error| !error.is_local && is_exhausted(&error.error));
    let kind = if exhausted { ErrorKind::Connect } else { kind };
    let fault = exhausted.then_some(ConnectionFault::Exhausted);
    Failure { fault, ..Failure::new(kind, message).during(Phase::Connect) }
}

fn sentence(ConnectError { addr, error, is_local }: &ConnectError) -> String {
    match error.kind() {
        _ if *is_local => format!("cannot connect from the given interface: {}", system_message(error)),
        _ if is_exhausted(error) => format!("this machine cannot open another connection: {}", system_message(error)),
        io::ErrorKind::ConnectionRefused => format!("connection refused by {addr}"),
        io::ErrorKind::TimedOut => format!("{addr} did not answer to the connection attempt"),
        io::ErrorKind::ConnectionReset => format!("connection reset by {addr}"),
        _ => format!("cannot connect to {addr}: {}", system_message(error)),
    }
}

/// Whether this machine is out of what a connection takes: descriptors, ports or buffers.
pub(super) fn is_exhausted(error: &io::Error) -> bool {
    #[cfg(unix)]
    {
        use rustix::io::Errno;
        let exhausted = [Errno::MFILE, Errno::NFILE, Errno::ADDRNOTAVAIL, Errno::NOBUFS];
        error.raw_os_error().is_some_and(|code| exhausted.iter().any(|errno| errno.raw_os_error() == code))
    }
    #[cfg(not(unix))]
    matches!(error.kind(), io::ErrorKind::AddrNotAvailable)
}

/// The failure of a TLS handshake.
pub(super) fn handshake(error: &io::Error, host: &str) -> Failure {
    let (kind, message) = match (error.kind(), rustls_cause(error)) {
        (_, Some(why)) => (ErrorKind::Tls, format!("TLS with {host} failed: {why}")),
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
