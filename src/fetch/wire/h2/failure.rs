//! What went wrong with a stream or a connection of HTTP/2, in one plain sentence.

use h2::Reason;

use crate::fetch::wire::failure::ended;
use crate::model::{ErrorKind, Failure, Phase};

/// The failure of a connection that could not begin.
pub(super) fn connecting(error: &h2::Error) -> Failure {
    classify(error, "before it answered", Phase::Connect)
}

/// The failure that `error` stands for. `place` says how far the answer had come.
///
/// A request is unsent if the server states that it has not processed it ([RFC 9113], section 8.7), which it cannot do
/// any more once it has answered.
///
/// [RFC 9113]: https://www.rfc-editor.org/rfc/rfc9113#section-8.7
pub(super) fn classify(error: &h2::Error, place: &str, phase: Phase) -> Failure {
    if let Some(io) = error.get_io() {
        return ended(Some(io), place, phase);
    }
    let reason = error.reason().unwrap_or(Reason::PROTOCOL_ERROR);
    let name = name(reason);
    let refused = error.is_remote() && error.is_reset() && reason == Reason::REFUSED_STREAM;
    let (kind, message) = match (error.is_remote(), error.is_go_away()) {
        (true, true) => (ErrorKind::Reset, format!("the server closed the HTTP/2 connection with {name} {place}")),
        (true, false) => (ErrorKind::Reset, format!("the server reset the HTTP/2 stream with {name} {place}")),
        (false, true) => (ErrorKind::Protocol, format!("the server violated HTTP/2 {place}: {name}")),
        (false, false) => (ErrorKind::Protocol, format!("the HTTP/2 answer is malformed: {name} {place}")),
    };
    let unsent = phase != Phase::Receive && (refused || error.is_remote() && error.is_go_away());
    Failure { unsent, ..Failure::new(kind, message).during(phase) }
}

/// Whether `error` ended the whole connection because of something that the server sent to one stream, perhaps.
pub(super) fn broke_the_connection(error: &h2::Error) -> bool {
    error.is_go_away() && !error.is_remote()
}

/// The name of an error code ([RFC 9113], section 7).
///
/// [RFC 9113]: https://www.rfc-editor.org/rfc/rfc9113#section-7
fn name(reason: Reason) -> String {
    match u32::from(reason) {
        code @ 0..=13 => NAMES[code as usize].to_owned(),
        code => format!("error code {code}"),
    }
}

const NAMES: [&str; 14] = [
    "NO_ERROR",
    "PROTOCOL_ERROR",
    "INTERNAL_ERROR",
    "FLOW_CONTROL_ERROR",
    "SETTINGS_TIMEOUT",
    "STREAM_CLOSED",
    "FRAME_SIZE_ERROR",
    "REFUSED_STREAM",
    "CANCEL",
    "COMPRESSION_ERROR",
    "CONNECT_ERROR",
    "ENHANCE_YOUR_CALM",
    "INADEQUATE_SECURITY",
    "HTTP_1_1_REQUIRED",
];
