//! Attempts: their timings, responses and failures.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{HeaderMap, HeaderValue};
use http::{StatusCode, Version};
use serde::{Deserialize, Serialize};
use url::Url;

use super::{Charset, ErrorKind, PageInfo, PagesEnd, Setting, SettingNames};
use crate::jq::Outputs;

/// The phase of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Phase {
    /// Name resolution.
    Dns,
    /// Connecting, including the TLS handshake.
    Connect,
    /// Waiting for the response head.
    Wait,
    /// Receiving the body.
    Receive,
}

/// Why an attempt failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The kind of error, for programs.
    pub kind: ErrorKind,
    /// The whole chain of causes, for people.
    pub message: String,
    /// The phase in which it happened. `None` if the request was never attempted.
    pub phase: Option<Phase>,
    /// The setting that decided it, if one did.
    pub setting: Option<Setting>,
    /// Whether the server has certainly not processed the request, so that even an unsafe one can be retried.
    pub unsent: bool,
    /// What it says of the connection, if it says nothing of the request or the server.
    pub fault: Option<ConnectionFault>,
}

/// What is wrong with a connection, if neither the request nor the server is to blame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectionFault {
    /// It had been used before, and ended without one byte of the response.
    Stale,
    /// This machine had no descriptor, port or buffer left for it.
    Exhausted,
}

impl Failure {
    /// A failure outside all phases.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Failure { kind, message: message.into(), phase: None, setting: None, unsent: false, fault: None }
    }

    /// Whether it happened before any byte of the request was written, so that even an unsafe one can be retried.
    ///
    /// Neither the kind nor the phase proves that alone. A TLS server can reject our certificate, and a connection can
    /// time out, after the request was sent. A request that timed out while its own connection was being made may have
    /// been sent on another one.
    pub fn is_before_sending(&self) -> bool {
        use ErrorKind::{Connect, ConnectRefused, ConnectTimeout, Dns, Reset, Tls};
        matches!(self.phase, Some(Phase::Dns | Phase::Connect))
            && matches!(self.kind, Dns | ConnectRefused | ConnectTimeout | Connect | Reset | Tls)
    }

    /// Whether all that is wrong is the body of the response, so that what its head says holds.
    pub fn is_of_body(&self) -> bool {
        use ErrorKind::{Closed, ConnectTimeout, Decode, Protocol, ReadTimeout, Reset, Timeout, Tls, TooLarge};
        self.phase == Some(Phase::Receive)
            && matches!(
                self.kind,
                Closed | ConnectTimeout | Decode | Protocol | ReadTimeout | Reset | Timeout | Tls | TooLarge
            )
    }

    /// The same failure, decided by `setting`.
    pub fn by(mut self, setting: Setting) -> Self {
        self.setting = Some(setting);
        self
    }

    /// The same failure, in `phase`.
    pub fn during(mut self, phase: Phase) -> Self {
        self.phase = Some(phase);
        self
    }
}

/// The durations of the phases of an attempt. A phase is `None` if it did not happen, or happened for another request.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Timings {
    /// From admission to the start of the attempt.
    pub queue: Duration,
    /// Name resolution.
    pub dns: Option<Duration>,
    /// TCP and TLS handshakes.
    pub connect: Option<Duration>,
    /// From sending the request to receiving the response head.
    pub wait: Option<Duration>,
    /// From the response head to the end of the body.
    pub receive: Option<Duration>,
    /// The whole attempt, without `queue`.
    pub total: Duration,
}

/// The head of a response.
#[derive(Debug, Clone)]
pub struct Head {
    /// The status.
    pub status: StatusCode,
    /// The HTTP version.
    pub version: Version,
    /// The header fields.
    pub headers: HeaderMap,
}

/// A decoded body, classified by how a record can represent it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Body {
    /// No body, or one that was not kept.
    #[default]
    None,
    /// Valid JSON in UTF-8, without a byte order mark and otherwise unchanged.
    Json(Bytes),
    /// Text without NUL.
    Text {
        /// The text in UTF-8, without a byte order mark.
        text: Bytes,
        /// The encoding that it came in.
        charset: Charset,
    },
    /// Anything else.
    Binary(Bytes),
}

impl Body {
    /// Text that came in UTF-8.
    pub fn utf8(text: impl Into<Bytes>) -> Self {
        Body::Text { text: text.into(), charset: Charset::UTF_8 }
    }

    /// The body as it is recorded: JSON and text in UTF-8, anything else as it came.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Body::None => &[],
            Body::Json(bytes) | Body::Text { text: bytes, .. } | Body::Binary(bytes) => bytes,
        }
    }

    /// The length in bytes.
    pub fn len(&self) -> usize {
        self.bytes().len()
    }

    /// Whether the body is empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What an attempt says about the health of its host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// The host answered.
    Answered,
    /// The host is overloaded: 429, 503, or a timeout.
    Overloaded,
    /// Any other error, or a 5xx. Its latency says nothing about the capacity of the host.
    Failed,
    /// The host could not be connected to.
    Unreachable,
    /// Nothing: the attempt was cancelled, or never sent.
    Nothing,
}

/// One attempt: one request and its response, without following redirects.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// Whether it counts as an attempt. A job that is refused beforehand does not.
    pub made: bool,
    /// When it started.
    pub started: SystemTime,
    /// The durations of its phases.
    pub timings: Timings,
    /// The address that it was sent to.
    pub remote_addr: Option<SocketAddr>,
    /// The response head, if received.
    pub head: Option<Head>,
    /// The response body, as far as received.
    pub body: Body,
    /// The size of the body as received, in bytes.
    pub encoded_size: u64,
    /// The size of the decoded body in bytes.
    pub decoded_size: u64,
    /// Whether the body is incomplete.
    pub truncated: bool,
    /// Why it failed, if it did.
    pub error: Option<Failure>,
    /// What was expected of it, if it is complete and not that. It counts once nothing else follows from the attempt.
    pub unmet: Option<Box<Failure>>,
    /// The values extracted from the body, if requested.
    pub extract: Option<Outputs>,
    /// Its items and the next page, if requested.
    pub paging: Option<Box<PageInfo>>,
    /// The Authorization header that a login brought, or why it brought none; `None` if it was not to bring one.
    pub token: Option<Box<Result<HeaderValue, String>>>,
    /// Whether the server asks for a longer delay than the run accepts.
    pub deferred: bool,
    /// A remark that is not an error.
    pub note: Option<String>,
    /// The setting that the end of the note is about.
    pub note_setting: Option<Setting>,
}

impl Attempt {
    /// An attempt that failed before anything was received.
    pub fn failed(started: SystemTime, error: Failure) -> Self {
        Attempt { error: Some(error), ..Attempt::empty(started) }
    }

    /// An attempt without a result.
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
            unmet: None,
            extract: None,
            paging: None,
            token: None,
            deferred: false,
            note: None,
            note_setting: None,
        }
    }

    /// Appends a remark to the note.
    pub fn remark(&mut self, remark: &str) {
        self.note = Some(match self.note.take() {
            Some(note) => format!("{note}; {remark}"),
            None => remark.to_owned(),
        });
    }

    /// Appends a remark about a setting to the note.
    pub fn remark_on(&mut self, setting: Setting, remark: &str) {
        self.remark(remark);
        self.note_setting = Some(setting);
    }

    /// Names the settings that its messages are about.
    pub fn name_settings(&mut self, names: SettingNames) {
        if let Some(Failure { message, setting: Some(setting), .. }) = &mut self.error {
            names.append(message, *setting);
        }
        if let (Some(note), Some(setting)) = (&mut self.note, self.note_setting.take()) {
            names.append(note, setting);
        }
    }

    /// The status, if a response head was received.
    pub fn status(&self) -> Option<StatusCode> {
        self.head.as_ref().map(|head| head.status)
    }

    /// The head of the response, unless something other than the body failed. Where the head decides, a body that
    /// nobody needs does not.
    pub fn deciding_head(&self) -> Option<&Head> {
        self.head.as_ref().filter(|_| self.error.as_ref().is_none_or(Failure::is_of_body))
    }

    /// Why the pages of its job end with it, before the last one.
    pub fn pages_ended(&self) -> Option<PagesEnd> {
        self.paging.as_ref()?.ended
    }

    /// Whether it ended because a time limit had passed.
    pub fn timed_out(&self) -> bool {
        self.error.as_ref().is_some_and(|error| error.kind.is_timeout())
    }

    /// Whether it is a complete response with a status below 400.
    pub fn ok(&self) -> bool {
        self.error.is_none() && self.status().is_some_and(|status| status.as_u16() < 400)
    }
}

/// An attempt that was retried.
#[derive(Debug, Clone, PartialEq)]
pub struct Retried {
    /// Its status, if it received one.
    pub status_code: Option<StatusCode>,
    /// The kind of its failure, if it failed.
    pub error: Option<ErrorKind>,
    /// The delay before the next attempt, in milliseconds.
    pub wait_ms: u64,
    /// Whether it failed before the server processed the request.
    pub unsent: bool,
    /// Whether the server asked for authentication, which the next attempt provided.
    pub auth_challenge: bool,
    /// Whether its host was unreachable, and the next attempt waited until it was reachable again.
    pub host_unreachable: bool,
}

impl Retried {
    /// Whether it counts against the maximum number of retries.
    pub fn counts(&self) -> bool {
        !(self.unsent || self.auth_challenge || self.host_unreachable)
    }
}

/// A redirect that was followed.
#[derive(Debug, Clone, PartialEq)]
pub struct Redirected {
    /// The URL that redirected.
    pub url: Url,
    /// The status of the redirect.
    pub status_code: StatusCode,
}
