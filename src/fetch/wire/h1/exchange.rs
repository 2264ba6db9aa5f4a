//! A request goes out, and the head of its response comes in.

use std::future::{Future, poll_fn};
use std::io;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use http::Method;

use super::TURN;
use super::body::{Body, Received};
use super::head::{HeadReader, ParsedHead};
use super::sending::Sending;
use crate::fetch::client::OutgoingRequest;
use crate::fetch::trace::ConnectTrace;
use crate::fetch::upload::Upload;
use crate::fetch::wire::failure;
use crate::fetch::wire::pool::Connection;
use crate::fetch::wire::shared::Shared;
use crate::model::request::Content;
use crate::model::{ConnectionFault, Failure, Phase};

/// How much is read at once before the head is complete. What follows the head in it is in memory before there is a
/// permit for it.
const HEAD_READ: usize = 16 << 10;

/// The largest body that goes out together with its head.
const SMALL_BODY: usize = 16 << 10;

/// A request and its response on the way over a connection.
pub(in crate::fetch::wire) struct Exchange {
    connection: Connection,
    sending: Sending,
    head: HeadReader,
    /// Something of an answer has come.
    is_answered: bool,
}

impl Exchange {
    /// An exchange on `connection`. `upload` is the body, if it comes from files.
    pub(in crate::fetch::wire) fn new(connection: Connection, upload: Option<Upload>) -> Self {
        Exchange { connection, sending: Sending::new(upload), head: HeadReader::default(), is_answered: false }
    }

    /// Sends `request` and waits for the head of the response. Both go on together: a server may answer before it has
    /// read everything ([RFC 9112], section 9.5).
    ///
    /// [RFC 9112]: https://www.rfc-editor.org/rfc/rfc9112#section-9.5
    pub(in crate::fetch::wire) fn run<'a>(
        self,
        shared: &'a Rc<Shared>,
        request: &'a OutgoingRequest<'_>,
        trace: &'a ConnectTrace,
    ) -> impl Future<Output = Result<Received, Failure>> + 'a {
        let (mut exchange, mut has_begun) = (Some(self), false);
        poll_fn(move |cx| {
            let this = exchange.as_mut().expect("polled only until it is ready");
            if !std::mem::replace(&mut has_begun, true) {
                this.begin(cx, shared, request);
            }
            if let Poll::Ready(Err(failure)) = this.sending.poll(cx, &mut this.connection.stream, Some(trace)) {
                return Poll::Ready(Err(failure));
            }
            let is_head = *request.method() == Method::HEAD;
            let (head, unread) = ready!(this.poll_head(cx, &mut shared.read_buffer.borrow_mut(), is_head))?;
            let received = exchange.take().map(|exchange| exchange.receive(head, unread, Rc::clone(shared)));
            Poll::Ready(Ok(received.expect("taken once")))
        })
    }

    fn receive(self, head: ParsedHead, unread: Vec<u8>, shared: Rc<Shared>) -> Received {
        let sending = (!self.sending.is_complete()).then(|| Box::new(self.sending));
        Body::after(head, unread, self.connection, sending, shared)
    }

    /// Writes the head, and the body if it is small.
    fn begin(&mut self, cx: &mut Context<'_>, shared: &Shared, request: &OutgoingRequest<'_>) {
        let mut out = shared.write_buffer.borrow_mut();
        out.clear();
        let body_len = match request.body() {
            Some(Content::Bytes(bytes)) => Some(bytes.len() as u64),
            Some(Content::Pieces(_)) => self.sending.upload_len(),
            None => None,
        };
        shared.lines.borrow_mut().write(request, body_len, shared.no_keepalive, &mut out);
        if let Some(Content::Bytes(bytes)) = request.body() {
            if bytes.len() <= SMALL_BODY {
                out.extend_from_slice(bytes);
            } else {
                self.sending.send_after(bytes.clone());
            }
        }
        self.sending.begin(cx, &mut self.connection.stream, &out);
    }

    fn poll_head(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
        is_head: bool,
    ) -> Poll<Result<(ParsedHead, Vec<u8>), Failure>> {
        let mut parsed = 0;
        while parsed < TURN {
            let read = match ready!(self.connection.stream.poll_read(cx, &mut buffer[..HEAD_READ])) {
                Ok(0) => return Poll::Ready(Err(self.ended(None))),
                Err(error) => return Poll::Ready(Err(self.ended(Some(&error)))),
                Ok(read) => read,
            };
            self.is_answered = true;
            parsed += read;
            match self.head.read(&buffer[..read], is_head) {
                Ok(None) => {}
                Ok(Some((head, used))) => return Poll::Ready(Ok((head, buffer[used..read].to_vec()))),
                Err(error) => return Poll::Ready(Err(error.during(Phase::Wait))),
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// The connection ended before the head did.
    fn ended(&mut self, error: Option<&io::Error>) -> Failure {
        let place = if self.head.is_empty() { "before it answered" } else { "within the head of its answer" };
        let stale = self.connection.is_reused && !self.is_answered;
        if stale {
            self.connection.origin.closed_under_a_request();
        }
        Failure {
            unsent: !self.sending.is_accepted(),
            fault: stale.then_some(ConnectionFault::Stale),
            ..failure::ended(error, place, Phase::Wait)
        }
    }
}
