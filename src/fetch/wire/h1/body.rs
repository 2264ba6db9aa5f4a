//! The body of a response on its way in. At its end the connection goes back to the pool.

use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use super::TURN;
use super::chunked::ChunkDecoder;
use super::head::{Framing, ParsedHead};
use super::sending::Sending;
use crate::fetch::client::{More, TransferCoding};
use crate::fetch::wire::failure;
use crate::fetch::wire::pool::Connection;
use crate::fetch::wire::shared::Shared;
use crate::model::{Failure, Head, Phase};

/// How many bytes of data cost as much as one of the lines between them. Of tiny chunks a turn is so much smaller.
const LINE_COST: usize = 16;

/// A response whose head has come.
pub(in crate::fetch::wire) struct Received {
    pub(in crate::fetch::wire) head: Head,
    pub(in crate::fetch::wire) transfer_codings: Vec<TransferCoding>,
    pub(in crate::fetch::wire) body: Body,
}

/// The body of a response over HTTP/1.1.
pub(in crate::fetch) struct Body {
    shared: Rc<Shared>,
    connection: Option<Connection>,
    /// The request, if it has not been sent completely.
    sending: Option<Box<Sending>>,
    state: State,
    /// What has been read and not been looked at.
    unread: Vec<u8>,
    is_persistent: bool,
    notes: Vec<String>,
    /// The bytes since other requests had their turn.
    parsed: usize,
    /// How much is read at once.
    read_size: usize,
}

enum State {
    Length { received: u64, length: u64 },
    Chunked(ChunkDecoder),
    Close,
    Done,
}

impl Body {
    /// The body that follows a head. `unread` came with the head.
    pub(super) fn after(
        parsed: ParsedHead,
        unread: Vec<u8>,
        connection: Connection,
        sending: Option<Box<Sending>>,
        shared: Rc<Shared>,
    ) -> Received {
        let state = match parsed.framing {
            Framing::Length(length) => State::Length { received: 0, length },
            Framing::Chunked => State::Chunked(ChunkDecoder::default()),
            Framing::Close => State::Close,
        };
        let (is_persistent, notes) = (parsed.is_persistent, parsed.notes);
        let mut body = Body {
            shared,
            connection: Some(connection),
            sending,
            state,
            unread,
            is_persistent,
            notes,
            parsed: 0,
            read_size: TURN,
        };
        if parsed.framing == Framing::Length(0) {
            body.finish();
        }
        Received { head: parsed.head, transfer_codings: parsed.transfer_codings, body }
    }

    /// What is remarkable about the response.
    pub(in crate::fetch::wire) fn note(&mut self) -> Option<String> {
        (!self.notes.is_empty()).then(|| std::mem::take(&mut self.notes).join("; "))
    }

    pub(in crate::fetch::wire) async fn next_chunk(&mut self, sink: &mut impl FnMut(&[u8])) -> Result<More, Failure> {
        poll_fn(|cx| self.poll_chunk(cx, sink)).await
    }

    fn poll_chunk(&mut self, cx: &mut Context<'_>, sink: &mut impl FnMut(&[u8])) -> Poll<Result<More, Failure>> {
        let Some(connection) = &mut self.connection else { return Poll::Ready(Ok(More::No)) };
        if self.parsed >= TURN {
            self.parsed = 0;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if let Some(sending) = &mut self.sending {
            let _ = sending.poll(cx, &mut connection.stream, None);
            if sending.is_complete() {
                self.sending = None;
            }
        }
        if !self.unread.is_empty() {
            let unread = std::mem::take(&mut self.unread);
            return Poll::Ready(self.take_in(&unread, sink));
        }
        let shared = Rc::clone(&self.shared);
        let mut buffer = shared.read_buffer.borrow_mut();
        match ready!(connection.stream.poll_read(cx, &mut buffer[..self.read_size])) {
            Ok(0) if matches!(self.state, State::Close) => {
                self.finish();
                Poll::Ready(Ok(More::No))
            }
            Ok(0) => Poll::Ready(Err(failure::ended(None, &self.place(), Phase::Receive))),
            Err(error) => Poll::Ready(Err(failure::ended(Some(&error), &self.place(), Phase::Receive))),
            Ok(read) => Poll::Ready(self.take_in(&buffer[..read], sink)),
        }
    }

    fn take_in(&mut self, bytes: &[u8], sink: &mut impl FnMut(&[u8])) -> Result<More, Failure> {
        self.parsed += bytes.len();
        let (used, is_over) = match &mut self.state {
            State::Length { received, length } => {
                let used = bytes.len().min(usize::try_from(*length - *received).unwrap_or(usize::MAX));
                sink(&bytes[..used]);
                *received += used as u64;
                (used, received == length)
            }
            State::Chunked(decoder) => {
                let used = decoder.decode(bytes, sink).map_err(|error| error.during(Phase::Receive))?;
                let line_bytes = decoder.take_line_bytes();
                self.parsed += line_bytes * LINE_COST;
                self.read_size = if line_bytes > used / LINE_COST { TURN / LINE_COST } else { TURN };
                (used, decoder.is_done())
            }
            State::Close => {
                sink(bytes);
                (bytes.len(), false)
            }
            State::Done => (0, true),
        };
        if !is_over {
            return Ok(More::Yes);
        }
        self.is_persistent &= used == bytes.len(); // nobody asked for more
        self.finish();
        Ok(More::No)
    }

    /// Gives the connection back, if another request may follow on it.
    fn finish(&mut self) {
        self.state = State::Done;
        let Some(connection) = self.connection.take() else { return };
        if self.sending.take().is_some() {
            self.notes.push("the answer came before the request had been sent completely".to_owned());
        } else if self.is_persistent && self.unread.is_empty() {
            self.shared.pool.put(connection);
        }
    }

    /// How far the body has come.
    fn place(&self) -> String {
        match &self.state {
            State::Length { received, length } => format!("after {received} of {length} bytes of the body"),
            State::Chunked(_) => "before the last chunk of the body".to_owned(),
            State::Close | State::Done => "within the body".to_owned(),
        }
    }
}
