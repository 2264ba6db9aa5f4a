//! A request and its response on a stream of HTTP/2.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use h2::{RecvStream, SendStream};
use http::header::{ACCEPT, CONTENT_LENGTH, HOST, HeaderValue};
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{Request, Uri, Version};
use url::Position;

use super::failure::{broke_the_connection, classify};
use super::session::{Active, Session};
use crate::fetch::client::{More, OutgoingRequest, expects_body};
use crate::fetch::framing::content_length;
use crate::fetch::upload::Upload;
use crate::fetch::wire::outgoing_body::OutgoingBody;
use crate::fetch::wire::pool::Origin;
use crate::model::request::Content;
use crate::model::{ConnectionFault, ErrorKind, Failure, Head, Phase};

/// How many pieces of a body are sent before other requests have their turn.
const PIECES: usize = 8;

/// Sends `request` over `session` and waits for the head of the response. `is_reused` says that the session was not
/// opened for this request.
pub(in crate::fetch::wire) async fn exchange(
    session: Session,
    is_reused: bool,
    origin: &Rc<Origin>,
    request: &OutgoingRequest<'_>,
    upload: Option<Upload>,
) -> Result<(Head, Body), Failure> {
    let failed = |error: h2::Error, active: &Active| failure_before_the_head(&error, active, is_reused, origin);
    let body = match request.body() {
        Some(Content::Bytes(bytes)) => OutgoingBody::new(bytes.clone(), None),
        _ => OutgoingBody::new(Bytes::new(), upload),
    };
    let converted = convert(request, &body)?;
    let active = session.enter();
    let ready = session.send.clone().ready().await;
    let mut send = ready.map_err(|error| unsent(failed(error, &active)))?;
    let has_no_body = body.piece.is_empty() && body.upload_len().is_none_or(|len| len == 0);
    let sent = send.send_request(converted, has_no_body);
    let (mut response, stream) = sent.map_err(|error| unsent(failed(error, &active)))?;
    let mut sending = Sending { stream, body, is_done: has_no_body, has_failed: false };
    let response = poll_fn(|cx| {
        if let Poll::Ready(Err(failure)) = sending.poll(cx) {
            return Poll::Ready(Err(failure));
        }
        Pin::new(&mut response).poll(cx).map_err(|error| failed(error, &active))
    })
    .await?;
    let (parts, stream) = response.into_parts();
    let head = Head { status: parts.status, version: Version::HTTP_2, headers: parts.headers };
    let sending = (!sending.is_done).then_some(sending);
    let length = content_length(&head.headers).ok().flatten();
    Ok((head, Body { stream, sending, received: 0, length, note: None, active }))
}

/// Nothing of the request has been given to the connection.
fn unsent(failure: Failure) -> Failure {
    Failure { unsent: true, ..failure }
}

/// A connection that ends, or takes no more, may take requests down that had no part in it: if it was shared, each of them
/// may go again, on a connection of its own.
fn failure_before_the_head(error: &h2::Error, active: &Active, is_reused: bool, origin: &Rc<Origin>) -> Failure {
    let session = &active.0;
    let mut failure = classify(error, "before it answered", Phase::Wait);
    let is_over = error.is_io() || error.is_go_away();
    if is_over {
        session.close();
    }
    if broke_the_connection(error) {
        origin.is_isolated.set(true);
    }
    if (is_over || failure.unsent) && (is_reused || session.is_shared()) {
        failure.fault = Some(ConnectionFault::Stale);
        if !failure.unsent {
            origin.closed_under_a_request();
        }
    }
    failure
}

/// The request as h2 takes it.
///
/// # Errors
/// The URL cannot be sent.
fn convert(request: &OutgoingRequest<'_>, body: &OutgoingBody) -> Result<Request<()>, Failure> {
    let mut headers = request.headers();
    let url = &request.url;
    let authority = match headers.remove(HOST) {
        Some(host) => Authority::from_maybe_shared(Bytes::copy_from_slice(host.as_bytes())),
        None => Authority::try_from(&url[Position::BeforeHost..Position::AfterPort]),
    };
    let path = PathAndQuery::try_from(&url[Position::BeforePath..Position::AfterQuery]);
    let invalid = || Failure::new(ErrorKind::InvalidInput, "the URL cannot be sent over HTTP/2");
    let mut parts = http::uri::Parts::default();
    parts.scheme = Some(if url.scheme() == "https" { Scheme::HTTPS } else { Scheme::HTTP });
    parts.authority = Some(authority.map_err(|_| invalid())?);
    parts.path_and_query = Some(path.map_err(|_| invalid())?);
    headers.entry(ACCEPT).or_insert(HeaderValue::from_static("*/*"));
    let len = match request.body() {
        Some(Content::Bytes(bytes)) => Some(bytes.len() as u64),
        Some(Content::Pieces(_)) => body.upload_len(),
        None => expects_body(request.method()).then_some(0),
    };
    headers.remove(CONTENT_LENGTH);
    if let Some(len) = len {
        headers.insert(CONTENT_LENGTH, len.into());
    }
    let mut converted = Request::new(());
    *converted.method_mut() = request.method().clone();
    *converted.uri_mut() = Uri::from_parts(parts).map_err(|_| invalid())?;
    *converted.version_mut() = Version::HTTP_2;
    *converted.headers_mut() = headers;
    Ok(converted)
}

/// A body that is being sent.
struct Sending {
    stream: SendStream<Bytes>,
    body: OutgoingBody,
    is_done: bool,
    has_failed: bool,
}

impl Sending {
    /// Sends more. A server that takes no more does not fail the exchange: it may have answered.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        for _ in 0..PIECES {
            if self.is_done || self.has_failed {
                return Poll::Ready(Ok(()));
            }
            let has_more = ready!(self.body.poll_piece(cx))?;
            let sent = if has_more {
                self.stream.reserve_capacity(self.body.piece.len());
                match ready!(self.stream.poll_capacity(cx)) {
                    Some(Ok(capacity)) => {
                        let piece = self.body.piece.split_to(capacity.min(self.body.piece.len()));
                        self.stream.send_data(piece, false)
                    }
                    Some(Err(error)) => Err(error),
                    None => {
                        self.has_failed = true;
                        continue;
                    }
                }
            } else {
                self.is_done = true;
                self.stream.send_data(Bytes::new(), true)
            };
            self.has_failed |= sent.is_err();
            self.is_done &= sent.is_ok();
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// The body of a response over HTTP/2.
pub(in crate::fetch) struct Body {
    stream: RecvStream,
    /// The request, if it has not been sent completely.
    sending: Option<Sending>,
    received: u64,
    /// The length that the head announces.
    length: Option<u64>,
    note: Option<String>,
    /// It keeps the session alive.
    active: Active,
}

impl Body {
    /// What is remarkable about the response.
    pub(in crate::fetch::wire) fn note(&mut self) -> Option<String> {
        self.note.take()
    }

    pub(in crate::fetch::wire) async fn next_chunk(&mut self, sink: &mut impl FnMut(&[u8])) -> Result<More, Failure> {
        poll_fn(|cx| self.poll_chunk(cx, sink)).await
    }

    fn poll_chunk(&mut self, cx: &mut Context<'_>, sink: &mut impl FnMut(&[u8])) -> Poll<Result<More, Failure>> {
        if let Some(sending) = &mut self.sending {
            let _ = sending.poll(cx);
            if sending.is_done {
                self.sending = None;
            }
        }
        match ready!(self.stream.poll_data(cx)) {
            Some(Ok(chunk)) => {
                sink(&chunk);
                self.received += chunk.len() as u64;
                let _ = self.stream.flow_control().release_capacity(chunk.len());
                Poll::Ready(Ok(if self.stream.is_end_stream() { self.end() } else { More::Yes }))
            }
            // Of a stream that has ended, but whose request is still being sent, h2 forgets the end with the connection.
            Some(Err(_)) if self.sending.is_some() && self.length == Some(self.received) => Poll::Ready(Ok(self.end())),
            Some(Err(error)) => {
                if error.is_io() || error.is_go_away() {
                    self.active.0.close();
                }
                let place = format!("after {} bytes of the body", self.received);
                Poll::Ready(Err(classify(&error, &place, Phase::Receive)))
            }
            None => Poll::Ready(Ok(self.end())),
        }
    }

    fn end(&mut self) -> More {
        if self.sending.take().is_some() {
            self.note = Some("the answer came before the request had been sent completely".to_owned());
        }
        More::No
    }
}
