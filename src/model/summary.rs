//! The part of a record that a report needs.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use http::StatusCode;

use crate::guard::redact::Redact;
use crate::model::{Attempt, ErrorKind, Job, PagesEnd, Record, host_key};

/// What one record contributes to a report, whether it comes from a run or from a file.
#[derive(Debug, Clone, Default)]
pub struct RecordSummary<'a> {
    /// The input's ordinal.
    pub seq: u64,
    /// The URL as the input has it; the report masks its secrets as `redact` says.
    pub url: &'a str,
    /// A complete response with a status below 400.
    pub ok: bool,
    /// An earlier input has the same request, so this one was not sent.
    pub duplicate: bool,
    /// The status of the last response.
    pub status_code: Option<StatusCode>,
    /// Why there is no complete response: the kind and the message.
    pub error: Option<(ErrorKind, &'a str)>,
    /// The host of the last hop, as in [`host_key`]; none for a malformed input or a duplicate.
    pub host: Option<Cow<'a, str>>,
    /// Body bytes on the wire.
    pub encoded_size: u64,
    /// Body bytes once decoded.
    pub decoded_size: u64,
    /// The duration of the last attempt in microseconds, if a response's head came; in a probe the time from the intended
    /// start to the end of the last attempt, also if it timed out.
    pub latency_us: Option<u64>,
    /// The time on the wire in microseconds, of all hops, if `latency_us` is known.
    pub service_us: Option<u64>,
    /// The time to connect in microseconds, if the last attempt made a connection.
    pub connect_us: Option<u64>,
    /// The time from the last request to the head of its response in microseconds.
    pub wait_us: Option<u64>,
    /// When its last attempt started, in microseconds since 1970; none if there was none.
    pub started_us: Option<u64>,
    /// When a probe was to start it, in microseconds since 1970.
    pub intended_us: Option<u64>,
    /// The name of its group.
    pub group: Option<&'a str>,
    /// It belongs to the warm-up, which a report leaves out.
    pub warm_up: bool,
    /// The number of attempts: the retries, and one more if the last attempt was made.
    pub attempts: u64,
    /// The redirects followed.
    pub redirects: u64,
    /// The number of the page, if pages are followed.
    pub page: Option<u64>,
    /// Why the pages of its input end with it, before the last one.
    pub pages_ended: Option<PagesEnd>,
    /// The number of items in its body.
    pub items: u64,
    /// The body is incomplete.
    pub truncated: bool,
    /// What the report masks.
    pub redact: Redact,
    /// The server asked for a longer pause than the run waits for.
    pub deferred: bool,
}

impl<'a> From<&'a Record> for RecordSummary<'a> {
    fn from(record: &'a Record) -> Self {
        match record {
            Record::Settled { job, attempt } => RecordSummary::settled(job, attempt),
            Record::Invalid(invalid) => RecordSummary {
                seq: invalid.seq,
                url: &invalid.url,
                error: Some((ErrorKind::InvalidInput, &invalid.message)),
                ..RecordSummary::default()
            },
            Record::Duplicate { job, .. } => {
                RecordSummary { seq: job.seq, url: job.given_url(), duplicate: true, ..RecordSummary::default() }
            }
        }
    }
}

impl<'a> RecordSummary<'a> {
    fn settled(job: &'a Job, attempt: &'a Attempt) -> Self {
        let head = attempt.head.as_ref();
        let timings = &attempt.timings;
        let counts = head.is_some() || job.load.is_some() && attempt.timed_out();
        let (latency, service) = (job.latency_of(attempt), job.service_time_of(attempt));
        let items = attempt.paging.as_ref().and_then(|paging| paging.items()).filter(|_| attempt.ok());
        RecordSummary {
            seq: job.seq,
            url: job.given_url(),
            ok: attempt.ok(),
            duplicate: false,
            status_code: attempt.status(),
            error: attempt.error.as_ref().map(|failure| (failure.kind, &*failure.message)),
            host: Some(host_key(&job.url)),
            // Records have sizes and latency only of a response.
            encoded_size: head.map_or(0, |_| attempt.encoded_size),
            decoded_size: head.map_or(0, |_| attempt.decoded_size),
            latency_us: counts.then(|| micros(latency)),
            service_us: counts.then(|| micros(service)),
            connect_us: timings.connect.map(micros),
            wait_us: timings.wait.map(micros),
            started_us: since_1970(attempt.started),
            intended_us: job.load.as_ref().and_then(|load| load.intended_us()),
            group: job.group().map(|group| &**group),
            warm_up: job.load.as_ref().is_some_and(|load| load.warm_up),
            attempts: job.retries().len() as u64 + u64::from(attempt.made),
            redirects: job.redirects().len() as u64,
            page: job.page(),
            pages_ended: attempt.pages_ended(),
            items: items.map_or(0, |items| items.iter().count() as u64),
            truncated: attempt.truncated,
            redact: Redact::default(),
            deferred: attempt.deferred,
        }
    }
}

fn since_1970(time: SystemTime) -> Option<u64> {
    time.duration_since(SystemTime::UNIX_EPOCH).ok().map(micros)
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
