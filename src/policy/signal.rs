//! What an attempt tells of its host.

use crate::outcome::{Attempt, ErrorKind, Signal};

/// What the schedule learns from `attempt`.
pub fn signal(attempt: &Attempt) -> Signal {
    match (&attempt.error, attempt.status().map(|status| status.as_u16())) {
        (Some(error), _) => of_kind(error.kind),
        (None, Some(429 | 503)) => Signal::Overloaded,
        (None, Some(500..)) => Signal::Failed,
        (None, Some(_)) => Signal::Answered,
        (None, None) => Signal::Nothing,
    }
}

fn of_kind(kind: ErrorKind) -> Signal {
    match kind {
        ErrorKind::Dns
        | ErrorKind::ConnectRefused
        | ErrorKind::ConnectTimeout
        | ErrorKind::Connect
        | ErrorKind::Tls => Signal::Unreachable,
        ErrorKind::Timeout | ErrorKind::ReadTimeout => Signal::Overloaded,
        ErrorKind::Reset
        | ErrorKind::Closed
        | ErrorKind::Protocol
        | ErrorKind::Decode
        | ErrorKind::TooLarge
        | ErrorKind::TooManyRedirects => Signal::Failed,
        ErrorKind::InvalidInput
        | ErrorKind::Blocked
        | ErrorKind::Robots
        | ErrorKind::CircuitOpen
        | ErrorKind::Interrupted
        | ErrorKind::Cancelled
        | ErrorKind::Internal => Signal::Nothing,
    }
}
