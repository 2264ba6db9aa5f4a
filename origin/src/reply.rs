//! The results of handlers: responses and errors.

use std::fmt;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures::Stream;
use futures::stream::{BoxStream, StreamExt};
use hyper::body::{Frame, SizeHint};
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue, SERVER};
use hyper::{Response, StatusCode};
use serde::Serialize;

use super::stats::InFlight;

const SERVER_NAME: HeaderValue = HeaderValue::from_static(concat!("haul-origin/", env!("CARGO_PKG_VERSION")));

/// A response under construction.
pub(super) struct Reply(Response<Body>);

impl Reply {
    pub(super) fn empty() -> Self {
        Reply(Response::new(Body::empty()))
    }

    /// A body in memory.
    pub(super) fn whole(media_type: &'static str, body: impl Into<Bytes>) -> Self {
        Reply(Response::new(Body::new(Content::Whole(body.into())))).media_type(media_type)
    }

    /// A body that is streamed in chunks, with `size` bytes in total if known.
    pub(super) fn streamed<S>(media_type: &'static str, size: Option<u64>, chunks: S) -> Self
    where
        S: Stream<Item = Result<Bytes, Hangup>> + Send + 'static,
    {
        let content = Content::Streamed { chunks: chunks.boxed(), left: size };
        Reply(Response::new(Body::new(content))).media_type(media_type)
    }

    pub(super) fn json(value: &impl Serialize) -> Self {
        let body = serde_json::to_vec(value).expect("the keys of every object are strings");
        Reply::whole("application/json", body)
    }

    pub(super) fn status(mut self, status: StatusCode) -> Self {
        *self.0.status_mut() = status;
        self
    }

    /// Adds a header field, keeping those of the same name.
    pub(super) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers_mut().append(name, value);
        self
    }

    fn media_type(self, media_type: &'static str) -> Self {
        self.header(CONTENT_TYPE, HeaderValue::from_static(media_type))
    }

    /// Removes the body for a response to HEAD, which hyper does over HTTP/1.1 only.
    pub(super) fn without_body(self) -> Self {
        let size = hyper::body::Body::size_hint(self.0.body()).exact();
        let reply = Reply(self.0.map(|_| Body::empty()));
        match size {
            Some(size @ 1..) => reply.header(CONTENT_LENGTH, size.into()),
            _ => reply,
        }
    }

    /// Finishes the response. Its request is in flight until the last byte of the body is passed to the connection.
    pub(super) fn into_response(self, in_flight: InFlight) -> Response<Body> {
        let mut response = self.0;
        response.headers_mut().insert(SERVER, SERVER_NAME);
        response.body_mut().in_flight = Some(in_flight);
        response
    }
}

/// A header value that contains text from the client.
pub(super) fn header_value(text: String) -> Result<HeaderValue, Fault> {
    HeaderValue::from_str(&text).map_err(|_| Fault::bad_request(format!("no header field can hold {text:?}")))
}

/// The error of a handler.
#[derive(Debug)]
pub(super) enum Fault {
    /// The request is invalid.
    Refused(StatusCode, String),
    /// The client asked for the connection to be closed, or has closed it itself.
    Hangup,
}

impl Fault {
    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Fault::Refused(StatusCode::BAD_REQUEST, message.into())
    }
}

impl TryFrom<Fault> for Reply {
    type Error = Hangup;

    fn try_from(fault: Fault) -> Result<Reply, Hangup> {
        match fault {
            Fault::Refused(status, message) => Ok(Reply::json(&serde_json::json!({ "error": message })).status(status)),
            Fault::Hangup => Err(Hangup),
        }
    }
}

/// Makes hyper close the connection, or reset the stream over HTTP/2.
#[derive(Debug)]
pub(super) struct Hangup;

impl fmt::Display for Hangup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("hung up on purpose")
    }
}

impl std::error::Error for Hangup {}

/// The body of a response.
pub(super) struct Body {
    content: Content,
    in_flight: Option<InFlight>,
}

enum Content {
    Whole(Bytes),
    Streamed { chunks: BoxStream<'static, Result<Bytes, Hangup>>, left: Option<u64> },
}

impl Body {
    fn new(content: Content) -> Self {
        Body { content, in_flight: None }
    }

    fn empty() -> Self {
        Body::new(Content::Whole(Bytes::new()))
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = Hangup;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Hangup>>> {
        let chunk = match &mut self.content {
            Content::Whole(bytes) if bytes.is_empty() => None,
            Content::Whole(bytes) => Some(Ok(mem::take(bytes))),
            Content::Streamed { chunks, left } => {
                let chunk = ready!(chunks.poll_next_unpin(context));
                if let (Some(left), Some(Ok(chunk))) = (left, &chunk) {
                    *left = left.saturating_sub(chunk.len() as u64);
                }
                chunk
            }
        };
        // The client may send its next request before hyper drops this body.
        if chunk.is_none() || self.is_end_stream() {
            self.in_flight = None;
        }
        Poll::Ready(chunk.map(|chunk| chunk.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.size_hint().exact() == Some(0)
    }

    fn size_hint(&self) -> SizeHint {
        match &self.content {
            Content::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Content::Streamed { left: Some(left), .. } => SizeHint::with_exact(*left),
            Content::Streamed { left: None, .. } => SizeHint::default(),
        }
    }
}
