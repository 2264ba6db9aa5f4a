//! A record as an object of JSON: schema 1, described in `docs/record.md`.

use std::borrow::Cow;

use http::Version;
use serde::{Serialize, Serializer};

use super::StoredBody;
use super::line::{Headers, Line, Milliseconds, Places};
use crate::guard::redact::Redact;
use crate::jq::Outputs;
use crate::model::{Attempt, Body, ErrorKind, Failure, Invalid, Job, Phase, Record, Redirected, shown_url};
use crate::plan::{BodyMode, Output};
use crate::schema::field::Field;

/// Appends a record's line to `out`.
pub fn render(record: &Record, format: &Output, out: &mut Vec<u8>) {
    whole(record, None, format, out);
}

/// The same, of a record whose body is in a file.
pub(crate) fn whole(record: &Record, stored: Option<&StoredBody>, format: &Output, out: &mut Vec<u8>) {
    let mut line = Line::new(out, format.verbose);
    let headers = Headers { all: format.all_headers, named: &[], redact: format.redact };
    fill(&mut line, record, stored, format, headers);
    line.end();
}

/// Appends what `fields` need of a record; says where.
pub(crate) fn part(
    record: &Record,
    stored: Option<&StoredBody>,
    format: &Output,
    fields: &[Field],
    out: &mut Vec<u8>,
) -> Places {
    let named = fields.iter().any(|field| field.key() == "headers" && !field.path().is_empty());
    let headers = Headers { all: format.all_headers || named, named: fields, redact: format.redact };
    let mut line = Line::of(fields, out);
    fill(&mut line, record, stored, format, headers);
    line.end()
}

fn fill(line: &mut Line<'_>, record: &Record, stored: Option<&StoredBody>, format: &Output, headers: Headers<'_>) {
    let redact = format.redact;
    match record {
        Record::Settled { job, attempt } => {
            settled(line, job, attempt, headers);
            match format.body {
                BodyMode::Dir(_) => line.body(&Body::None),
                _ => line.body(&attempt.body),
            }
            line.may("body_path", stored.map(|stored| stored.path.to_string_lossy()));
            line.may("body_sha256", stored.map(|stored| &stored.sha256));
            line.may("page", job.page());
            let next_url = attempt.paging.as_ref().and_then(|paging| paging.next_url.as_ref());
            line.may("next_url", next_url.map(|url| redact.url(url.as_str())));
            line.nulls(&["item"]);
            line.extract(attempt.extract.as_ref());
            line.nulls(&["duplicate_of"]);
            line.may("deferred", attempt.deferred.then_some(true));
            line.nulls(&["intended_at"]);
            line.may("note", attempt.note.as_deref().map(|note| redact.message(note)));
        }
        Record::Invalid(invalid) => not_a_request(line, invalid, redact),
        Record::Duplicate { job, of } => duplicate(line, job, *of, redact),
    }
}

/// Appends a line for each item of a page.
pub(crate) fn items(job: &Job, items: &Outputs, out: &mut Vec<u8>) {
    for item in items.iter() {
        let mut line = Line::new(out, false);
        line.must("seq", job.seq);
        line.id(job.tags.as_deref());
        line.must("page", job.page().unwrap_or(1));
        line.json("item", item);
        line.end();
    }
}

fn settled(line: &mut Line<'_>, job: &Job, attempt: &Attempt, headers: Headers<'_>) {
    let redact = headers.redact;
    let head = attempt.head.as_ref();
    line.must("seq", job.seq);
    line.tags(job.tags.as_deref());
    line.must("method", job.given_method().as_str());
    line.must("url", shown_url(job.given_url(), redact));
    line.may("final_url", final_url(job).map(|url| redact.url(url)));
    line.must("ok", attempt.ok());
    line.must("status_code", attempt.status().map(|status| status.as_u16()));
    line.must("error", attempt.error.as_ref().map(|failure| Told::new(failure, redact)));
    line.may("http_version", head.map(|head| version(head.version)));
    line.may("remote_addr", attempt.remote_addr);
    line.time("started_at", attempt.started);
    line.must("timings_ms", Milliseconds::from(attempt.timings));
    line.must("attempts", job.retries().len() + usize::from(attempt.made));
    line.may("retries", unless_empty(job.retries()));
    line.may("redirects", unless_empty(job.redirects()).map(|hops| Hops { hops, redact }));
    line.headers(head.map(|head| &head.headers), headers);
    line.may("encoded_body_size", head.map(|_| attempt.encoded_size));
    line.may("decoded_body_size", head.map(|_| attempt.decoded_size));
    line.may("truncated", attempt.truncated.then_some(true));
}

fn not_a_request(line: &mut Line<'_>, invalid: &Invalid, redact: Redact) {
    line.must("seq", invalid.seq);
    line.tags(invalid.tags.as_deref());
    line.must("method", invalid.method.as_str());
    line.must("url", shown_url(&invalid.url, redact));
    let failure = Failure::new(ErrorKind::InvalidInput, invalid.message.as_str());
    not_sent(line, Some(Told::new(&failure, redact)), None);
}

fn duplicate(line: &mut Line<'_>, job: &Job, of: u64, redact: Redact) {
    line.must("seq", job.seq);
    line.tags(job.tags.as_deref());
    line.must("method", job.given_method().as_str());
    line.must("url", shown_url(job.given_url(), redact));
    not_sent(line, None, Some(of));
}

/// All that follows the URL of an input that was not sent.
fn not_sent(line: &mut Line<'_>, error: Option<Told<'_>>, duplicate_of: Option<u64>) {
    line.nulls(&["final_url"]);
    line.must("ok", false);
    line.must("status_code", None::<u16>);
    line.must("error", error);
    line.nulls(&["http_version", "remote_addr", "started_at", "timings_ms", "attempts", "retries", "redirects"]);
    line.nulls(&["headers", "encoded_body_size", "decoded_body_size", "truncated"]);
    line.body(&Body::None);
    line.nulls(&["body_path", "body_sha256", "page", "next_url", "item", "extract"]);
    line.may("duplicate_of", duplicate_of);
    line.nulls(&["deferred", "intended_at", "note"]);
}

/// Where the last attempt went, if the input does not say so.
fn final_url(job: &Job) -> Option<&str> {
    (job.given.is_some() || !job.redirects().is_empty()).then(|| job.url.as_str())
}

/// A [`Failure`] as a record tells it.
#[derive(Serialize)]
struct Told<'a> {
    kind: ErrorKind,
    message: Cow<'a, str>,
    phase: Option<Phase>,
}

impl<'a> Told<'a> {
    fn new(failure: &'a Failure, redact: Redact) -> Self {
        Told { kind: failure.kind, message: redact.message(&failure.message), phase: failure.phase }
    }
}

/// Redirects that were followed.
struct Hops<'a> {
    hops: &'a [Redirected],
    redact: Redact,
}

impl Serialize for Hops<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Hop<'a> {
            url: Cow<'a, str>,
            status_code: u16,
        }
        serializer.collect_seq(
            self.hops
                .iter()
                .map(|hop| Hop { url: self.redact.url(hop.url.as_str()), status_code: hop.status_code.as_u16() }),
        )
    }
}

fn unless_empty<T>(list: &[T]) -> Option<&[T]> {
    (!list.is_empty()).then_some(list)
}

fn version(version: Version) -> &'static str {
    match version {
        Version::HTTP_09 => "0.9",
        Version::HTTP_10 => "1.0",
        Version::HTTP_2 => "2",
        Version::HTTP_3 => "3",
        _ => "1.1",
    }
}
