//! HTTP/2 ([RFC 9113]): requests share a connection, which a task of its own drives.
//!
//! [RFC 9113]: https://www.rfc-editor.org/rfc/rfc9113

mod exchange;
mod failure;
mod session;

pub(super) use exchange::{Body, exchange};
pub(super) use session::Session;
