//! The seam between an attempt and the wire.
//!
//! A [`Client`] sends one request and returns the head of its response; a [`BodyStream`] yields the body. Both know
//! HTTP and nothing else: the deadline, the memory budget, content codings and what a record shows of a body are the
//! attempt's business, so that every client behaves alike. Calls are dispatched statically, and a chunk costs no
//! allocation.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::sync::Arc;

use http::Method;
use http::header::HeaderMap;
use url::Url;

use super::route::Route;
use super::trace::{ConnectTimings, ConnectTrace};
use crate::model::request::Content;
use crate::model::{Failure, Head, Request};

/// Sends requests over connections that it keeps for one fetcher.
pub(super) trait Client {
    /// The body of a response.
    type Body: BodyStream;

    /// Sends `request` and waits for the head of the response.
    ///
    /// The client reports to `trace` how far it got with connecting. The attempt drops the future when it runs out
    /// of time and then takes the phase from there.
    async fn send(&self, request: OutgoingRequest<'_>, trace: &ConnectTrace) -> Result<Response<Self::Body>, Failure>;
}

/// The body of a response on its way in, still in its content coding.
pub(super) trait BodyStream {
    /// Waits for more of the body and passes it to `sink`, which copies what it keeps.
    ///
    /// Cancel-safe: bytes that `sink` has not seen are yielded by the next call.
    async fn next_chunk(&mut self, sink: &mut impl FnMut(&[u8])) -> Result<More, Failure>;

    /// What is remarkable about the response and no error. Ask when the body has ended.
    fn note(&mut self) -> Option<String> {
        None
    }
}

/// Whether a body goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum More {
    /// It may; the next call tells.
    Yes,
    /// It was complete with the chunks passed so far.
    No,
}

/// A request as it goes out.
#[derive(Debug)]
pub(super) struct OutgoingRequest<'a> {
    /// What it shares with other requests.
    pub(super) shared: &'a Arc<Request>,
    /// Header fields of its own, in place of shared ones of the same name.
    pub(super) added: Option<Box<HeaderMap>>,
    /// Without user information, which is in the headers, and without a fragment.
    pub(super) url: Cow<'a, Url>,
    /// How to get there, where an option depends on it.
    pub(super) route: Option<Box<Route>>,
    /// It must not go over a connection that was used before.
    pub(super) fresh: bool,
}

impl OutgoingRequest<'_> {
    pub(super) fn method(&self) -> &Method {
        &self.shared.method
    }

    pub(super) fn body(&self) -> Option<&Content> {
        self.shared.body.as_ref().map(|body| &body.content)
    }

    /// All header fields but those that belong to the connection and the framing of the body.
    pub(super) fn headers(&self) -> HeaderMap {
        let mut headers = self.shared.headers_to_send();
        let Some(added) = self.added.as_deref() else { return headers };
        for name in added.keys() {
            headers.remove(name);
        }
        headers.extend(added.iter().map(|(name, value)| (name.clone(), value.clone())));
        headers
    }
}

/// Whether a request with this method states that it has no body, by `Content-Length: 0`: the method has a meaning for
/// one, and servers answer 411 if they are not told ([RFC 9110], section 8.6).
///
/// [RFC 9110]: https://www.rfc-editor.org/rfc/rfc9110#section-8.6
pub(super) fn expects_body(method: &Method) -> bool {
    matches!(*method, Method::POST | Method::PUT | Method::PATCH)
}

/// A response whose head has arrived.
#[derive(Debug)]
pub(super) struct Response<B> {
    pub(super) head: Head,
    /// The server's address, if the connection has one.
    pub(super) remote_addr: Option<SocketAddr>,
    /// What this request paid for its connection; nothing for a reused one.
    pub(super) connect: ConnectTimings,
    /// The transfer codings of the body beside chunked, in the order in which they were applied.
    pub(super) transfer_codings: Vec<TransferCoding>,
    pub(super) body: B,
}

/// A transfer coding that compresses the body on its way ([RFC 9112], section 7.2).
///
/// [RFC 9112]: https://www.rfc-editor.org/rfc/rfc9112#section-7.2
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TransferCoding {
    Gzip,
    Deflate,
}
