//! Kinds of failures, made to be counted.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a request has no complete answer: a closed list of few values, made to be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// The input line is no request, or sends a file that cannot be read.
    InvalidInput,
    /// The name has no address.
    Dns,
    /// The host answered the connection attempt with a refusal.
    ConnectRefused,
    /// No connection within the time for it.
    ConnectTimeout,
    /// No connection for another reason.
    Connect,
    /// The TLS handshake failed.
    Tls,
    /// The attempt's deadline passed.
    Timeout,
    /// The server was silent for too long.
    ReadTimeout,
    /// The connection was reset.
    Reset,
    /// The connection was closed before the response was complete.
    Closed,
    /// The response is not HTTP.
    Protocol,
    /// The body is not in the content coding that it claims.
    Decode,
    /// The body is larger than allowed.
    TooLarge,
    /// Redirected too often, or in a circle.
    TooManyRedirects,
    /// Not allowed to go there.
    Blocked,
    /// Refused by the host's robots.txt.
    Robots,
    /// The host has failed too often to be asked.
    CircuitOpen,
    /// Begun before a crash, and not safe to repeat.
    Interrupted,
    /// The run was stopped first.
    Cancelled,
    /// A defect of this program.
    Internal,
}

impl ErrorKind {
    /// Every kind, in the order of the list above.
    pub const ALL: [ErrorKind; 20] = [
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
        ErrorKind::Blocked,
        ErrorKind::Robots,
        ErrorKind::CircuitOpen,
        ErrorKind::Interrupted,
        ErrorKind::Cancelled,
        ErrorKind::Internal,
    ];

    /// Whether the same request may come to something else when it is sent again.
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
            | ErrorKind::Decode => true,
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

    /// The name in records and reports.
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
