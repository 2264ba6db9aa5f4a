//! From an error of the libraries underneath to one of our closed list, with its whole cause chain.

use std::error::Error;
use std::io;

use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use tower_service::Service;

use crate::model::request::BodyFileError;
use crate::model::{ErrorKind, Failure, Phase};
use crate::site::access::AccessDenied;

/// Why a proxy opened no tunnel. The crate that makes these two has no name for them.
type TunnelError = <Tunnel<HttpConnector> as Service<http::Uri>>::Error;

/// Why a SOCKS proxy did not connect us.
type SocksError = <SocksV5<HttpConnector> as Service<http::Uri>>::Error;

/// What `error` amounts to, in `phase`.
pub(super) fn of(error: &reqwest::Error, tls: bool, phase: Phase) -> Failure {
    if let Some(denied) = causes(error).find_map(|cause| cause.downcast_ref::<AccessDenied>()) {
        return Failure::from(denied.clone()).during(phase);
    }
    let unsent = causes(error).any(is_unsent);
    Failure { kind: kind(error, tls, phase), message: chain(error), phase: Some(phase), unsent }
}

/// A connection that closed before the request went out, or an HTTP/2 server that says it has not looked at it
/// ([RFC 9113], section 8.7).
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
        return ErrorKind::Dns; // of a SOCKS proxy's name, which reqwest does not see
    }
    let known = causes(error).filter_map(|cause| kind_of(cause, error.is_connect(), tls)).last();
    match known {
        Some(kind) => kind,
        None if error.is_connect() => ErrorKind::Connect,
        None => ErrorKind::Protocol,
    }
}

/// What one link of the chain tells; the deepest that tells anything decides.
fn kind_of(cause: &(dyn Error + 'static), connecting: bool, tls: bool) -> Option<ErrorKind> {
    if cause.is::<BodyFileError>() {
        return Some(ErrorKind::InvalidInput);
    }
    if let Some(rustls) = cause.downcast_ref::<rustls::Error>() {
        // In TLS 1.3 a server that wants a certificate of ours says so once we are connected.
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
        // h2 calls it a broken pipe when the connection ends under a stream.
        io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe => Some(ErrorKind::Closed),
        _ => None,
    }
}

/// `error` and all that it came from. Some hide what they wrap from `source`.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&cause| {
        if let Some(inner) = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            return Some(inner as &(dyn Error + 'static));
        }
        if let Some(SocksError::Inner(inner)) = cause.downcast_ref::<SocksError>() {
            return Some(inner);
        }
        match cause.downcast_ref::<h2::Error>().and_then(h2::Error::get_io) {
            Some(inner) => Some(inner),
            None => cause.source(),
        }
    })
}

/// The chain as one line. Left out are reqwest's own first words, which only say that something went wrong, and a
/// link that repeats the end of the one before it.
pub(super) fn chain(error: &(dyn Error + 'static)) -> String {
    let says_nothing = error.is::<reqwest::Error>() && error.source().is_some();
    let mut message = String::new();
    for cause in causes(error).skip(usize::from(says_nothing)) {
        let link = words(cause);
        if message.ends_with(&link) {
            continue;
        }
        if !message.is_empty() {
            message.push_str(": ");
        }
        message.push_str(&link);
    }
    message
}

fn words(cause: &(dyn Error + 'static)) -> String {
    if let Some(error) = cause.downcast_ref::<reqwest::Error>() {
        return without_url(error);
    }
    match cause.downcast_ref::<TunnelError>() {
        Some(TunnelError::ProxyAuthRequired) => "the proxy requires authentication (407)".to_owned(),
        Some(TunnelError::TunnelUnsuccessful) => "the proxy refused to connect to the host".to_owned(),
        Some(TunnelError::TunnelUnexpectedEof) => "the proxy closed the connection".to_owned(),
        Some(TunnelError::ConnectFailed(_)) => "cannot connect to the proxy".to_owned(),
        _ => cause.to_string(),
    }
}

/// reqwest ends its words with the URL, which may hold secrets and stands in the record anyway.
fn without_url(error: &reqwest::Error) -> String {
    let text = error.to_string();
    match text.find(" for url (") {
        Some(at) => text[..at].to_owned(),
        None => text,
    }
}
