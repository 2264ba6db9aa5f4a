//! What the schedule learns of a host from an attempt.

use crate::model::{Attempt, ErrorKind, Failure, Signal};

/// The signal of an attempt.
pub fn signal(attempt: &Attempt) -> Signal {
    let status = attempt.status().map(|status| status.as_u16());
    match (&attempt.error, status) {
        (Some(error), Some(429 | 503)) if error.is_of_body() => Signal::Overloaded,
        (Some(error), _) => of(error),
        (None, Some(429 | 503)) => Signal::Overloaded,
        (None, Some(500..)) => Signal::Failed,
        (None, Some(_)) => Signal::Answered,
        (None, None) => Signal::Nothing,
    }
}

/// The kind alone does not prove that the host was not reached: TLS may also fail, and a connection time out, later.
fn of(error: &Failure) -> Signal {
    match error.kind {
        _ if error.fault.is_some() => Signal::Nothing,
        _ if error.is_before_sending() => Signal::Unreachable,
        ErrorKind::Dns
        | ErrorKind::ConnectRefused
        | ErrorKind::ConnectTimeout
        | ErrorKind::Connect
        | ErrorKind::Tls => Signal::Failed,
        ErrorKind::Timeout | ErrorKind::ReadTimeout => Signal::Overloaded,
        ErrorKind::Reset
        | ErrorKind::Closed
        | ErrorKind::Protocol
        | ErrorKind::Decode
        | ErrorKind::TooLarge
        | ErrorKind::TooManyRedirects => Signal::Failed,
        ErrorKind::InvalidInput
        | ErrorKind::Blocked
        | ErrorKind::Expectation
        | ErrorKind::Robots
        | ErrorKind::CircuitOpen
        | ErrorKind::Interrupted
        | ErrorKind::Cancelled
        | ErrorKind::Internal => Signal::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::model::Phase;

    #[test]
    fn a_host_that_was_reached_is_not_unreachable() {
        let failed = |kind, phase| signal(&Attempt::failed(SystemTime::now(), Failure::new(kind, "no").during(phase)));
        assert_eq!(failed(ErrorKind::Tls, Phase::Connect), Signal::Unreachable);
        assert_eq!(failed(ErrorKind::Dns, Phase::Dns), Signal::Unreachable);
        assert_eq!(failed(ErrorKind::Tls, Phase::Wait), Signal::Failed, "it has read the request, perhaps");
        assert_eq!(failed(ErrorKind::Timeout, Phase::Connect), Signal::Overloaded);
        assert_eq!(failed(ErrorKind::Reset, Phase::Receive), Signal::Failed);
        assert_eq!(failed(ErrorKind::Cancelled, Phase::Wait), Signal::Nothing);
    }
}
