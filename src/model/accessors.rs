//! What a record holds, for programs.

use std::fmt;
use std::net::SocketAddr;
use std::str::Utf8Error;
use std::sync::LazyLock;

use bytes::Bytes;
use http::header::HeaderMap;
use http::{Method, Version};
use serde::Deserialize;
use serde_json::value::RawValue;
use url::Url;

use super::{Attempt, Body, Charset, ErrorKind, Job, Phase, Record, Redirected, Retried, Tags, Timings};
use crate::jq::Outputs;

static NO_HEADERS: LazyLock<HeaderMap> = LazyLock::new(HeaderMap::new);

/// Why a record has no complete response: see [`Record::error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecordError<'a> {
    /// The kind, for counting.
    pub kind: ErrorKind,
    /// The whole chain of causes, for reading.
    pub message: &'a str,
    /// The phase in which the last attempt failed; none if nothing was sent.
    pub phase: Option<Phase>,
}

impl fmt::Display for RecordError<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.message)
    }
}

impl Record {
    /// The URL as the input gives it. It need not be valid.
    pub fn url(&self) -> &str {
        match self {
            Record::Settled { job, .. } | Record::Duplicate { job, .. } => job.given_url(),
            Record::Invalid(invalid) => &invalid.url,
        }
    }

    /// The URL of the last request, after redirects; none if the input is not a valid request, or repeats another one.
    pub fn final_url(&self) -> Option<&Url> {
        self.settled().map(|(job, _)| &job.url)
    }

    /// The method that the input asks for.
    pub fn method(&self) -> &Method {
        match self {
            Record::Settled { job, .. } | Record::Duplicate { job, .. } => job.given_method(),
            Record::Invalid(invalid) => &invalid.method,
        }
    }

    /// The input's own `id`, as JSON.
    pub fn id(&self) -> Option<&RawValue> {
        self.tags()?.id.as_deref()
    }

    /// The input's own `meta`, as JSON.
    pub fn meta(&self) -> Option<&RawValue> {
        self.tags()?.meta.as_deref()
    }

    /// The protocol version of the last response.
    pub fn version(&self) -> Option<Version> {
        Some(self.attempt()?.head.as_ref()?.version)
    }

    /// All headers of the last response; empty if none came.
    pub fn headers(&self) -> &HeaderMap {
        self.attempt().and_then(|attempt| attempt.head.as_ref()).map_or(&NO_HEADERS, |head| &head.headers)
    }

    /// The body, as far as it came; empty if bodies are not recorded. JSON and text are in UTF-8, whatever they came in:
    /// [`BodyMode::Base64`](crate::plan::BodyMode::Base64) leaves all bodies as they came. Cloning the bytes is cheap.
    pub fn bytes(&self) -> Bytes {
        match self.body() {
            Body::None => Bytes::new(),
            Body::Json(bytes) | Body::Text { text: bytes, .. } | Body::Binary(bytes) => bytes.clone(),
        }
    }

    /// The body as text.
    ///
    /// # Errors
    /// The body is not UTF-8.
    pub fn text(&self) -> Result<&str, Utf8Error> {
        std::str::from_utf8(self.body().bytes())
    }

    /// The encoding that the text came in, if the body is text.
    pub fn charset(&self) -> Option<Charset> {
        if let Body::Text { charset, .. } = self.body() { Some(*charset) } else { None }
    }

    /// The body, parsed as JSON.
    ///
    /// # Errors
    /// The body is not the JSON of a `T`.
    pub fn json<'a, T: Deserialize<'a>>(&'a self) -> serde_json::Result<T> {
        serde_json::from_slice(self.body().bytes())
    }

    /// Why there is no complete response. A status such as 404 is not an error.
    pub fn error(&self) -> Option<RecordError<'_>> {
        match self {
            Record::Settled { attempt, .. } => {
                let failure = attempt.error.as_ref()?;
                Some(RecordError { kind: failure.kind, message: &failure.message, phase: failure.phase })
            }
            Record::Invalid(invalid) => {
                Some(RecordError { kind: ErrorKind::InvalidInput, message: &invalid.message, phase: None })
            }
            Record::Duplicate { .. } => None,
        }
    }

    /// How many requests were sent for the input, redirects not counted.
    pub fn attempts(&self) -> usize {
        self.settled().map_or(0, |(job, attempt)| job.retries().len() + usize::from(attempt.made))
    }

    /// The attempts that were followed by a retry, in order.
    pub fn retries(&self) -> &[Retried] {
        self.settled().map_or(&[], |(job, _)| job.retries())
    }

    /// How often a reused connection turned out to be closed, so that the request was sent again on a fresh one.
    pub fn reconnects(&self) -> u32 {
        self.settled().map_or(0, |(job, _)| job.reconnects())
    }

    /// The redirects that were followed, in order.
    pub fn redirects(&self) -> &[Redirected] {
        self.settled().map_or(&[], |(job, _)| job.redirects())
    }

    /// How long the parts of the last attempt took.
    pub fn timings(&self) -> Option<&Timings> {
        self.attempt().map(|attempt| &attempt.timings)
    }

    /// The address that the last attempt was sent to.
    pub fn remote_addr(&self) -> Option<SocketAddr> {
        self.attempt()?.remote_addr
    }

    /// Whether a part of the body is missing.
    pub fn is_truncated(&self) -> bool {
        self.attempt().is_some_and(|attempt| attempt.truncated)
    }

    /// The outputs of the jq filter, each as JSON.
    pub fn extracted(&self) -> impl Iterator<Item = &str> {
        self.attempt().and_then(|attempt| attempt.extract.as_ref()).into_iter().flat_map(Outputs::iter)
    }

    /// The number of the page, from 1, if pages are followed.
    pub fn page(&self) -> Option<u64> {
        self.settled()?.0.page()
    }

    /// A remark that is not an error.
    pub fn note(&self) -> Option<&str> {
        match self.attempt() {
            Some(attempt) => attempt.note.as_deref(), // it has that on the tags
            None => self.tags()?.note.as_deref(),
        }
    }

    fn settled(&self) -> Option<(&Job, &Attempt)> {
        match self {
            Record::Settled { job, attempt } => Some((job, attempt)),
            Record::Invalid(_) | Record::Duplicate { .. } => None,
        }
    }

    fn attempt(&self) -> Option<&Attempt> {
        self.settled().map(|(_, attempt)| attempt)
    }

    fn body(&self) -> &Body {
        self.attempt().map_or(&Body::None, |attempt| &attempt.body)
    }

    fn tags(&self) -> Option<&Tags> {
        match self {
            Record::Settled { job, .. } | Record::Duplicate { job, .. } => job.tags.as_deref(),
            Record::Invalid(invalid) => invalid.tags.as_deref(),
        }
    }
}
