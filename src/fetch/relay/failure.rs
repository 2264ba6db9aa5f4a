//! Turns an error of reqwest, hyper, h2 or rustls into one of the closed list of kinds, with its whole cause chain.

use std::error::Error;
use std::io;

use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use tower_service::Service;
use url::Url;

use crate::fetch::error_chain;
use crate::fetch::resolve::NoAddressOfFamily;
use crate::fetch::tls;
use crate::guard::without_os_code;
use crate::model::request::BodyFileError;
use crate::model::{ConnectionFault, ErrorKind, Failure, Phase};
use crate::site::access::AccessDenied;

/// Why a proxy did not open a tunnel. hyper-util does not export the names of these two types.
type TunnelError = <Tunnel<HttpConnector> as Service<http::Uri>>::Error;

/// Why a SOCKS proxy did not connect.
type SocksError = <SocksV5<HttpConnector> as Service<http::Uri>>::Error;

/// Who is at the other end of a connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer {
    /// Whether the URL is https.
    pub(super) tls: bool,
    /// Whether a proxy may speak TLS, too.
    pub(super) tls_proxy: bool,
}

/// The failure that `error`, raised in `phase`, stands for.
pub(super) fn classify(error: &reqwest::Error, peer: Peer, phase: Phase) -> Failure {
    if let Some(denied) = causes(error).find_map(|cause| cause.downcast_ref::<AccessDenied>()) {
        return Failure::from(denied.clone()).during(phase);
    }
    let unsent = phase != Phase::Receive && causes(error).any(is_unsent);
    let family = causes(error).find_map(|cause| cause.downcast_ref::<NoAddressOfFamily>());
    let setting = family.map(|family| family.setting);
    Failure {
        kind: kind(error, peer.tls, phase),
        message: describe(error, peer),
        phase: Some(phase),
        setting,
        unsent,
        fault: None,
    }
}

/// `failure` with what it says of its connection: one that was used before may have been closed by the server at any
/// time, which says nothing of the request.
pub(super) fn on_connection(failure: Failure, reused: bool) -> Failure {
    let closed = matches!(failure.kind, ErrorKind::Closed | ErrorKind::Reset) && failure.phase == Some(Phase::Wait);
    Failure { fault: (reused && closed).then_some(ConnectionFault::Stale), ..failure }
}

/// `failure` of a request through a proxy: says so if it is the proxy that cannot be connected to.
pub(super) fn of_proxy(failure: Failure, error: &reqwest::Error) -> Failure {
    let answered = causes(error).any(|cause| {
        cause.is::<rustls::Error>()
            || matches!(cause.downcast_ref(), Some(error) if !matches!(error, SocksError::Inner(_)))
            || matches!(cause.downcast_ref(), Some(error) if !matches!(error, TunnelError::ConnectFailed(_)))
    });
    let is_of_proxy = failure.phase == Some(Phase::Connect) && error.is_connect() && !answered;
    let message =
        if is_of_proxy { format!("the proxy cannot be reached: {}", failure.message) } else { failure.message };
    Failure { message, ..failure }
}

/// A head that hyper accepts and nobody can make sense of.
pub(super) fn invalid_head(why: String) -> Failure {
    Failure::new(ErrorKind::Protocol, why).during(Phase::Wait)
}

/// Whether the connection closed before the request was sent, or an HTTP/2 server states that it has not processed the
/// request ([RFC 9113], section 8.7).
///
/// [RFC 9113]: https://www.rfc-editor.org/rfc/rfc9113#section-8.7
fn is_unsent(cause: &(dyn Error + 'static)) -> bool {
    if let Some(h2) = cause.downcast_ref::<h2::Error>() {
        let reason = h2.reason();
        return h2.is_remote()
            && (h2.is_reset() && reason == Some(h2::Reason::REFUSED_STREAM)
                || h2.is_go_away() && reason == Some(h2::Reason::NO_ERROR));
    }
    cause.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_canceled)
}

fn kind(error: &reqwest::Error, tls: bool, phase: Phase) -> ErrorKind {
    if error.is_dns() {
        return ErrorKind::Dns;
    }
    if error.is_timeout() {
        return if error.is_connect() { ErrorKind::ConnectTimeout } else { ErrorKind::ReadTimeout };
    }
    if phase == Phase::Dns {
        return ErrorKind::Dns; // the name of a SOCKS proxy: reqwest does not report that as a DNS error
    }
    let known = causes(error).filter_map(|cause| kind_of(cause, error.is_connect(), tls)).last();
    match known {
        Some(kind) => kind,
        None if error.is_connect() => ErrorKind::Connect,
        None => ErrorKind::Protocol,
    }
}

/// The kind that one cause suggests, if any; the innermost suggestion decides.
fn kind_of(cause: &(dyn Error + 'static), connecting: bool, tls: bool) -> Option<ErrorKind> {
    if cause.is::<BodyFileError>() {
        return Some(ErrorKind::InvalidInput);
    }
    if let Some(rustls) = cause.downcast_ref::<rustls::Error>() {
        // In TLS 1.3 a server demands a client certificate only after the handshake.
        let handshake = connecting || matches!(rustls, rustls::Error::AlertReceived(_));
        return Some(if handshake { ErrorKind::Tls } else { ErrorKind::Protocol });
    }
    if let Some(hyper) = cause.downcast_ref::<hyper::Error>() {
        return match hyper {
            e if e.is_incomplete_message() || e.is_closed() || e.is_canceled() => Some(ErrorKind::Closed),
            e if e.is_parse() => Some(ErrorKind::Protocol),
            _ => None,
        };
    }
    if let Some(h2) = cause.downcast_ref::<h2::Error>() {
        return match h2 {
            e if e.is_io() => None,
            e if e.is_remote() && (e.is_reset() || e.is_go_away()) => Some(ErrorKind::Reset),
            _ => Some(ErrorKind::Protocol),
        };
    }
    kind_of_io(cause.downcast_ref::<io::Error>()?.kind(), connecting, tls)
}

fn kind_of_io(kind: io::ErrorKind, connecting: bool, tls: bool) -> Option<ErrorKind> {
    match kind {
        io::ErrorKind::ConnectionRefused => Some(ErrorKind::ConnectRefused),
        io::ErrorKind::TimedOut => Some(ErrorKind::ConnectTimeout),
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => Some(ErrorKind::Reset),
        io::ErrorKind::UnexpectedEof if connecting && tls => Some(ErrorKind::Tls),
        // h2 reports a broken pipe when the connection ends during a stream.
        io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe => Some(ErrorKind::Closed),
        _ => None,
    }
}

/// `error` and its causes, also those that some errors hide from [`Error::source`].
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| {
        if let Some(SocksError::Inner(inner)) = error.downcast_ref::<SocksError>() {
            return Some(inner);
        }
        match error.downcast_ref::<h2::Error>().and_then(h2::Error::get_io) {
            Some(inner) => Some(inner),
            None => error_chain::cause(error),
        }
    })
}

/// What libraries say of an error only to pass on another one.
const WRAPPERS: [&str; 10] = [
    "client error (Connect)",
    "client error (SendRequest)",
    "connection error",
    "dns error",
    "error connecting to socks proxy",
    "error from user's Body stream",
    "error reading a body from connection",
    "SOCKS error: failed to create underlying connection",
    "http2 error",
    "tcp connect error",
];

/// Why TLS failed, or the chain as one line. reqwest's own message is left out where it has a cause: it only says that
/// something failed.
fn describe(error: &reqwest::Error, peer: Peer) -> String {
    if let Some(tls) = causes(error).find_map(|cause| cause.downcast_ref::<rustls::Error>()) {
        let host = error.url().and_then(Url::host_str).filter(|_| !peer.tls_proxy);
        return tls::describe(tls, host.unwrap_or("the server or proxy"));
    }
    let skipped = usize::from(error.source().is_some());
    let messages: Vec<_> = causes(error).skip(skipped).map(message).map(plain).collect();
    let last = messages.len().saturating_sub(1);
    let telling = messages.into_iter().enumerate().filter(|(at, text)| *at == last || !WRAPPERS.contains(&&**text));
    error_chain::join(telling.map(|(_, text)| text))
}

fn message(cause: &(dyn Error + 'static)) -> String {
    if let Some(error) = cause.downcast_ref::<reqwest::Error>() {
        return without_url(error);
    }
    match cause.downcast_ref::<TunnelError>() {
        Some(TunnelError::ProxyAuthRequired) => "the proxy requires authentication (407)".to_owned(),
        Some(TunnelError::TunnelUnsuccessful) => "the proxy refused to connect to the host".to_owned(),
        Some(TunnelError::TunnelUnexpectedEof) => "the proxy closed the connection".to_owned(),
        Some(TunnelError::ConnectFailed(_)) => "cannot connect to the proxy".to_owned(),
        _ => without_os_code(cause),
    }
}

/// `text` with the end of a TLS connection in plain words. It may be repeated by several causes.
fn plain(mut text: String) -> String {
    for (theirs, ours) in [
        ("tls handshake eof", "the server closed the connection during the TLS handshake"),
        (
            "peer closed connection without sending TLS close_notify",
            "the server closed the connection without ending TLS",
        ),
    ] {
        if let Some(at) = text.find(theirs) {
            text.replace_range(at.., ours); // theirs ends with a link
        }
    }
    text
}

/// reqwest ends its message with the URL, which may contain secrets and is in the record anyway.
fn without_url(error: &reqwest::Error) -> String {
    let text = error.to_string();
    match text.find(" for url (") {
        Some(at) => text[..at].to_owned(),
        None => text,
    }
}
