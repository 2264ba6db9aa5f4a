//! The kinds of errors.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a request did not get a complete response, or not the one that was expected: one of a few values, suitable for counting. Later versions may add some.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorKind {
    /// The input line is not a request, no request can name its URL, or its body file cannot be read.
    InvalidInput,
    /// The name could not be resolved.
    Dns,
    /// The host refused the connection.
    ConnectRefused,
    /// Connecting took too long.
    ConnectTimeout,
    /// Connecting failed for another reason.
    Connect,
    /// The TLS handshake failed.
    Tls,
    /// The attempt took too long.
    Timeout,
    /// The server sent nothing for too long.
    ReadTimeout,
    /// The connection was reset.
    Reset,
    /// The connection was closed before the response was complete.
    Closed,
    /// The response is not valid HTTP.
    Protocol,
    /// The body is not valid in its content coding.
    Decode,
    /// The body exceeds the maximum size.
    TooLarge,
    /// Too many redirects, or pages in a loop.
    TooManyRedirects,
    /// The answer is complete, but not what was expected.
    Expectation,
    /// The access rules forbid the request.
    Blocked,
    /// The robots.txt of the origin forbids the request.
    Robots,
    /// The host was repeatedly unreachable.
    CircuitOpen,
    /// The request was sent before a crash, and is not safe to repeat.
    Interrupted,
    /// The run was stopped before the request was complete.
    Cancelled,
    /// A bug in haul.
    Internal,
}

impl ErrorKind {
    /// All kinds, in order of declaration.
    pub const ALL: [ErrorKind; 21] = [
        ErrorKind::InvalidInput,
        ErrorKind::Dns,
        ErrorKind::ConnectRefused,
        ErrorKind::ConnectTimeout,
        ErrorKind::Connect,
        ErrorKind::Tls,
        ErrorKind::Timeout,
        ErrorKind::ReadTimeout,
        ErrorKind::Reset,
        ErrorKind::Closed,
        ErrorKind::Protocol,
        ErrorKind::Decode,
        ErrorKind::TooLarge,
        ErrorKind::TooManyRedirects,
        ErrorKind::Expectation,
        ErrorKind::Blocked,
        ErrorKind::Robots,
        ErrorKind::CircuitOpen,
        ErrorKind::Interrupted,
        ErrorKind::Cancelled,
        ErrorKind::Internal,
    ];

    /// Whether a time limit had passed.
    pub fn is_timeout(self) -> bool {
        matches!(self, ErrorKind::ConnectTimeout | ErrorKind::ReadTimeout | ErrorKind::Timeout)
    }

    /// Whether the error may be transient, so that a retry can succeed.
    pub const fn may_pass(self) -> bool {
        match self {
            ErrorKind::Dns
            | ErrorKind::ConnectRefused
            | ErrorKind::ConnectTimeout
            | ErrorKind::Connect
            | ErrorKind::Tls
            | ErrorKind::Timeout
            | ErrorKind::ReadTimeout
            | ErrorKind::Reset
            | ErrorKind::Closed
            | ErrorKind::Protocol
            | ErrorKind::Decode
            | ErrorKind::Expectation => true,
            ErrorKind::InvalidInput
            | ErrorKind::TooLarge
            | ErrorKind::TooManyRedirects
            | ErrorKind::Blocked
            | ErrorKind::Robots
            | ErrorKind::CircuitOpen
            | ErrorKind::Interrupted
            | ErrorKind::Cancelled
            | ErrorKind::Internal => false,
        }
    }

    /// The name of the kind in records and reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            ErrorKind::InvalidInput => "invalid_input",
            ErrorKind::Dns => "dns",
            ErrorKind::ConnectRefused => "connect_refused",
            ErrorKind::ConnectTimeout => "connect_timeout",
            ErrorKind::Connect => "connect",
            ErrorKind::Tls => "tls",
            ErrorKind::Timeout => "timeout",
            ErrorKind::ReadTimeout => "read_timeout",
            ErrorKind::Reset => "reset",
            ErrorKind::Closed => "closed",
            ErrorKind::Protocol => "protocol",
            ErrorKind::Decode => "decode",
            ErrorKind::TooLarge => "too_large",
            ErrorKind::TooManyRedirects => "too_many_redirects",
            ErrorKind::Expectation => "expectation",
            ErrorKind::Blocked => "blocked",
            ErrorKind::Robots => "robots",
            ErrorKind::CircuitOpen => "circuit_open",
            ErrorKind::Interrupted => "interrupted",
            ErrorKind::Cancelled => "cancelled",
            ErrorKind::Internal => "internal",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
