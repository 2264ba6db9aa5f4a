//! How the values of single keys are written.

use std::borrow::Cow;
use std::time::Duration;

use http::Version;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName};
use serde::{Serialize, Serializer};

use super::field::Field;
use super::key::Key;
use crate::guard::redact::Redact;
use crate::guard::text::field_text;
use crate::model::{Attempt, ErrorKind, Failure, Job, Phase, Redirected, Retried, shown_message};

/// Why there is no complete response.
#[derive(Serialize)]
pub(super) struct ErrorObject<'a> {
    kind: ErrorKind,
    message: Cow<'a, str>,
    phase: Option<Phase>,
}

impl<'a> ErrorObject<'a> {
    pub(super) fn new(failure: &'a Failure, redact: Redact) -> Self {
        ErrorObject { phase: failure.phase, ..ErrorObject::of_kind(failure.kind, &failure.message, redact) }
    }

    /// An error outside every phase.
    pub(super) fn of_kind(kind: ErrorKind, message: &'a str, redact: Redact) -> Self {
        ErrorObject { kind, message: shown_message(message, redact), phase: None }
    }
}

/// [`Timings`](crate::model::Timings) in milliseconds, with three decimals.
#[derive(Serialize)]
pub(super) struct Milliseconds {
    queue: f64,
    dns: Option<f64>,
    connect: Option<f64>,
    wait: Option<f64>,
    receive: Option<f64>,
    total: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    latency: Option<Option<f64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_time: Option<Option<f64>>,
}

impl Milliseconds {
    /// Those of `attempt`, the last one of `job`. Only a probe has the last two, which are null in verbose lines of other
    /// runs.
    pub(super) fn new(job: &Job, attempt: &Attempt, verbose: bool) -> Self {
        let ms = |time: Duration| time.as_micros() as f64 / 1e3;
        let of_probe = |time: Duration| match job.load {
            Some(_) => Some(Some(ms(time))),
            None => verbose.then_some(None),
        };
        let timings = &attempt.timings;
        Milliseconds {
            queue: ms(timings.queue),
            dns: timings.dns.map(ms),
            connect: timings.connect.map(ms),
            wait: timings.wait.map(ms),
            receive: timings.receive.map(ms),
            total: ms(timings.total),
            latency: of_probe(job.latency_of(attempt)),
            service_time: of_probe(job.service_time_of(attempt)),
        }
    }
}

/// An attempt that was followed by another.
#[derive(Serialize)]
pub(super) struct RetryObject {
    status_code: Option<u16>,
    error: Option<ErrorKind>,
    wait_ms: u64,
}

impl From<&Retried> for RetryObject {
    fn from(retry: &Retried) -> Self {
        let status_code = retry.status_code.map(|status| status.as_u16());
        RetryObject { status_code, error: retry.error, wait_ms: retry.wait_ms }
    }
}

/// A redirect that was followed.
#[derive(Serialize)]
pub(super) struct RedirectObject<'a> {
    url: Cow<'a, str>,
    status_code: u16,
}

impl<'a> RedirectObject<'a> {
    pub(super) fn new(redirect: &'a Redirected, redact: Redact) -> Self {
        RedirectObject { url: redact.url(redirect.url.as_str()), status_code: redirect.status_code.as_u16() }
    }
}

/// Which header fields are shown, and how.
#[derive(Clone, Copy)]
pub(super) struct HeaderOptions<'a> {
    /// Not only the content type.
    pub(super) all: bool,
    /// Naming a header field in `--fields` asks for its value, even if that is a secret.
    pub(super) fields: &'a [Field],
    pub(super) redact: Redact,
}

impl HeaderOptions<'_> {
    fn names(&self, name: &HeaderName) -> bool {
        let names = |field: &Field| field.path().first().is_some_and(|first| name == first.as_str());
        self.fields.iter().any(|field| field.key() == Key::Headers && names(field))
    }
}

/// Header fields by name, each with the list of its values.
pub(super) struct HeaderObject<'a> {
    headers: &'a HeaderMap,
    options: HeaderOptions<'a>,
}

impl<'a> HeaderObject<'a> {
    /// The header fields to show, if there are any.
    pub(super) fn new(headers: &'a HeaderMap, options: HeaderOptions<'a>) -> Option<Self> {
        let object = HeaderObject { headers, options };
        let is_empty = object.names().next().is_none();
        (!is_empty).then_some(object)
    }

    fn names(&self) -> impl Iterator<Item = &'a HeaderName> {
        let all = self.options.all;
        self.headers.keys().filter(move |&name| all || name == CONTENT_TYPE)
    }
}

impl Serialize for HeaderObject<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.names().map(|name| (name.as_str(), HeaderValues { object: self, name })))
    }
}

struct HeaderValues<'a> {
    object: &'a HeaderObject<'a>,
    name: &'a HeaderName,
}

impl Serialize for HeaderValues<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let HeaderObject { headers, options } = self.object;
        let is_named = options.names(self.name);
        let values = headers.get_all(self.name).iter().map(|value| field_text(value.as_bytes()));
        serializer.collect_seq(values.map(|value| MaskedHeader { options, name: self.name, is_named, value }))
    }
}

struct MaskedHeader<'a> {
    options: &'a HeaderOptions<'a>,
    name: &'a HeaderName,
    is_named: bool,
    value: Cow<'a, str>,
}

impl Serialize for MaskedHeader<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.options.redact.header(self.name, &self.value, self.is_named))
    }
}

pub(super) fn http_version(version: Version) -> &'static str {
    match version {
        Version::HTTP_09 => "0.9",
        Version::HTTP_10 => "1.0",
        Version::HTTP_2 => "2",
        Version::HTTP_3 => "3",
        _ => "1.1",
    }
}
