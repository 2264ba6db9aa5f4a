//! What became of an attempt, and why it failed if it did.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::HeaderMap;
use http::{Method, StatusCode, Version};
use serde::{Deserialize, Serialize};
use url::Url;

use super::{ErrorKind, PageInfo};
use crate::jq::Outputs;

/// The part of an attempt in which it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Looking the name up.
    Dns,
    /// Connecting, the TLS handshake included.
    Connect,
    /// Waiting for the response's head.
    Wait,
    /// Receiving the body.
    Receive,
}

/// Why an attempt failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The kind, for counting.
    pub kind: ErrorKind,
    /// The whole cause chain, for reading.
    pub message: String,
    /// Where it happened; none where the request was never sent.
    pub phase: Option<Phase>,
    /// The server has surely not looked at the request, so that any may be sent again.
    pub unsent: bool,
}

impl Failure {
    /// A failure outside every phase.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Failure { kind, message: message.into(), phase: None, unsent: false }
    }

    /// Whether it came before anything of the request was written, so that any may be sent again.
    ///
    /// The kind alone is no proof: a TLS server may refuse our certificate, and a connection time out, once the request
    /// is on its way. Nor is the phase: a request that ran out of time may have gone out on another connection than its
    /// own, which still was being made.
    pub fn is_before_sending(&self) -> bool {
        use ErrorKind::{Connect, ConnectRefused, ConnectTimeout, Dns, Tls};
        matches!(self.phase, Some(Phase::Dns | Phase::Connect))
            && matches!(self.kind, Dns | ConnectRefused | ConnectTimeout | Connect | Tls)
    }

    /// The same failure, in `phase`.
    pub fn during(mut self, phase: Phase) -> Self {
        self.phase = Some(phase);
        self
    }
}

/// How long the parts of an attempt took. A part that did not happen, or that another request paid for, is none.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Timings {
    /// From admission to the start of the attempt.
    pub queue: Duration,
    /// Looking the name up.
    pub dns: Option<Duration>,
    /// TCP and TLS handshakes.
    pub connect: Option<Duration>,
    /// From the connected request to the response's head.
    pub wait: Option<Duration>,
    /// From the response's head to its end.
    pub receive: Option<Duration>,
    /// The whole attempt, the queue not included.
    pub total: Duration,
}

/// The head of a response.
#[derive(Debug, Clone)]
pub struct Head {
    /// The status.
    pub status: StatusCode,
    /// The protocol spoken.
    pub version: Version,
    /// All header fields.
    pub headers: HeaderMap,
}

/// A decoded body, sorted by how a record can show it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Body {
    /// None, or not asked for.
    #[default]
    None,
    /// Valid JSON in UTF-8, as it came.
    Json(Bytes),
    /// UTF-8 without NUL.
    Text(Bytes),
    /// Anything else.
    Binary(Bytes),
}

impl Body {
    /// What it is made of.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Body::None => &[],
            Body::Json(bytes) | Body::Text(bytes) | Body::Binary(bytes) => bytes,
        }
    }

    /// Bytes held.
    pub fn len(&self) -> usize {
        self.bytes().len()
    }

    /// Whether there is nothing to show.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What an attempt tells of its host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// It answered.
    Answered,
    /// It cannot keep up: 429, 503, a timeout.
    Overloaded,
    /// Any other error, or a 5xx. However fast it came, the host is not faster for it.
    Failed,
    /// There was no connection.
    Unreachable,
    /// Nothing: the attempt was cancelled, or never left.
    Nothing,
}

/// One attempt: one request, one hop.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// It has begun: what ends before, as a job that is refused, counts no attempt.
    pub made: bool,
    /// When it started.
    pub started: SystemTime,
    /// How long it took.
    pub timings: Timings,
    /// The address it was sent to.
    pub remote_addr: Option<SocketAddr>,
    /// The response's head, if one came.
    pub head: Option<Head>,
    /// The response's body, as far as it came.
    pub body: Body,
    /// Body bytes on the wire.
    pub encoded_size: u64,
    /// Body bytes once decoded.
    pub decoded_size: u64,
    /// The body is not whole.
    pub truncated: bool,
    /// Why it failed, if it did.
    pub error: Option<Failure>,
    /// What was picked out of the body, if it was asked for and could be.
    pub extract: Option<Outputs>,
    /// What it says of items and of further pages, if that is asked for.
    pub paging: Option<Box<PageInfo>>,
    /// The server asks for a longer pause than the run waits for.
    pub deferred: bool,
    /// A remark that is no error.
    pub note: Option<String>,
}

impl Attempt {
    /// An attempt that ended before anything was received.
    pub fn failed(started: SystemTime, error: Failure) -> Self {
        Attempt { error: Some(error), ..Attempt::empty(started) }
    }

    /// An attempt of which nothing is known yet.
    pub fn empty(started: SystemTime) -> Self {
        Attempt {
            made: true,
            started,
            timings: Timings::default(),
            remote_addr: None,
            head: None,
            body: Body::None,
            encoded_size: 0,
            decoded_size: 0,
            truncated: false,
            error: None,
            extract: None,
            paging: None,
            deferred: false,
            note: None,
        }
    }

    /// Adds a remark to those that there are.
    pub fn remark(&mut self, remark: &str) {
        self.note = Some(match self.note.take() {
            Some(note) => format!("{note}; {remark}"),
            None => remark.to_owned(),
        });
    }

    /// The status, if a response's head came.
    pub fn status(&self) -> Option<StatusCode> {
        self.head.as_ref().map(|head| head.status)
    }

    /// A complete response with a status below 400.
    pub fn ok(&self) -> bool {
        self.error.is_none() && self.status().is_some_and(|status| status.as_u16() < 400)
    }
}

/// An attempt that was followed by another.
#[derive(Debug, Clone, PartialEq)]
pub struct Retried {
    /// Its status, if it had one.
    pub status_code: Option<StatusCode>,
    /// Its failure, if it was one.
    pub error: Option<ErrorKind>,
    /// The pause after it, in milliseconds.
    pub wait_ms: u64,
    /// It failed before the server looked at the request.
    pub unsent: bool,
    /// The server wanted to know who asks, and was told by the next one.
    pub challenged: bool,
    /// Its host could not be reached, and the next one waited until that had changed.
    pub held: bool,
}

impl Retried {
    /// Whether it counts against the retries that are asked for.
    pub fn counts(&self) -> bool {
        !(self.unsent || self.challenged || self.held)
    }
}

/// A redirect that was followed.
#[derive(Debug, Clone, PartialEq)]
pub struct Redirected {
    /// The URL that answered with the redirect.
    pub url: Url,
    /// Its status.
    pub status_code: StatusCode,
    /// The method that asked for it.
    pub method: Method,
    /// It set a cookie that is kept.
    pub changed: bool,
}
