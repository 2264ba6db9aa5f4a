//! HTTP/1.1 ([RFC 9112]): a request goes out and its response comes in on a connection that they have for themselves.
//!
//! [RFC 9112]: https://www.rfc-editor.org/rfc/rfc9112

mod body;
mod chunked;
mod exchange;
mod head;
mod mend;
mod request;
mod sending;
#[cfg(test)]
mod tests;
pub(super) mod tunnel;

pub(super) use body::Body;
pub(super) use exchange::Exchange;
pub(super) use request::HeaderLines;

use crate::model::{ErrorKind, Failure, Phase};

/// How many bytes of a response are parsed before other requests have their turn.
const TURN: usize = 64 << 10;

/// A response that is not HTTP/1.1: a sentence that says why.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ProtocolError(String);

impl ProtocolError {
    fn new(why: impl Into<String>) -> Self {
        ProtocolError(why.into())
    }

    fn during(self, phase: Phase) -> Failure {
        Failure::new(ErrorKind::Protocol, self.0).during(phase)
    }
}
