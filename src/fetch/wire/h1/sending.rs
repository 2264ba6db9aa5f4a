//! A request on its way out.

use std::task::{Context, Poll, ready};

use bytes::Bytes;
use tokio::time::Instant;

use crate::fetch::trace::ConnectTrace;
use crate::fetch::upload::Upload;
use crate::fetch::wire::outgoing_body::OutgoingBody;
use crate::fetch::wire::stream::Stream;
use crate::model::Failure;

/// How many pieces of a body are written before other requests have their turn.
const PIECES: usize = 8;

/// What is still to be sent of a request.
#[derive(Debug, Default)]
pub(super) struct Sending {
    /// The end of a head that the stream did not take at once.
    head: Bytes,
    body: OutgoingBody,
    is_accepted: bool,
    is_flushed: bool,
    /// The server takes no more.
    has_failed: bool,
}

impl Sending {
    /// A request whose body comes from `upload`, if there is one.
    pub(super) fn new(upload: Option<Upload>) -> Self {
        Sending { body: OutgoingBody::new(Bytes::new(), upload), ..Sending::default() }
    }

    /// How much of the files is still to be sent, if there are files.
    pub(super) fn upload_len(&self) -> Option<u64> {
        self.body.upload_len()
    }

    /// Sends `body` after the head.
    pub(super) fn send_after(&mut self, body: Bytes) {
        self.body.piece = body;
    }

    /// Whether the stream has taken something. With TLS, it is encrypted then.
    pub(super) fn is_accepted(&self) -> bool {
        self.is_accepted
    }

    /// Whether the whole request has been sent.
    pub(super) fn is_complete(&self) -> bool {
        self.is_flushed
    }

    /// Writes the head, with a body if that is small.
    pub(super) fn begin(&mut self, cx: &mut Context<'_>, stream: &mut Stream, bytes: &[u8]) {
        match stream.poll_write(cx, bytes) {
            Poll::Pending => self.head = Bytes::copy_from_slice(bytes),
            Poll::Ready(Ok(written)) => {
                self.is_accepted = written > 0;
                self.head = Bytes::copy_from_slice(&bytes[written..]);
            }
            Poll::Ready(Err(_)) => self.has_failed = true,
        }
    }

    /// Sends more. A write error does not fail the exchange: the server may have answered before, so reading goes on.
    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        stream: &mut Stream,
        trace: Option<&ConnectTrace>,
    ) -> Poll<Result<(), Failure>> {
        if self.has_failed || self.is_flushed {
            return Poll::Ready(Ok(()));
        }
        for _ in 0..PIECES {
            let piece = match self.head.is_empty() {
                false => &mut self.head,
                true if ready!(self.body.poll_piece(cx))? => &mut self.body.piece,
                true => {
                    self.is_flushed = ready!(stream.poll_flush(cx)).is_ok();
                    self.has_failed = !self.is_flushed;
                    return Poll::Ready(Ok(()));
                }
            };
            match ready!(stream.poll_write(cx, piece)) {
                Ok(written) if written > 0 => drop(piece.split_to(written)),
                _ => {
                    self.has_failed = true;
                    return Poll::Ready(Ok(()));
                }
            }
            self.is_accepted = true;
            if let Some(trace) = trace {
                trace.update(|progress| progress.active_at = Some(Instant::now()));
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}
