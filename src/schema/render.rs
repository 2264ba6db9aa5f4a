//! A record as a JSON object: schema 1, described in `docs/record.md`.

use std::borrow::Cow;
use std::fmt::Display;

use base64::display::Base64Display;
use base64::prelude::BASE64_STANDARD;
use http::Method;

use super::field::Field;
use super::key::Key;
use super::object::ObjectWriter;
pub(crate) use super::object::ValueRanges;
use super::values::{
    ErrorObject, HeaderObject, HeaderOptions, Milliseconds, RedirectObject, RetryObject, http_version,
};
use super::{BodyMode, BodyRules, Output, StoredBody};
use crate::guard::redact::Redact;
use crate::jq::Outputs;
use crate::model::{Attempt, Body, Charset, ErrorKind, Invalid, Job, Record, Tags, shown_message, shown_url};

/// Appends a record's line to `out`.
pub fn render(record: &Record, format: &Output, out: &mut Vec<u8>) {
    render_stored(record, None, format, out);
}

/// The same for a record whose body is in a file.
pub(crate) fn render_stored(record: &Record, stored: Option<&StoredBody>, format: &Output, out: &mut Vec<u8>) {
    let headers = HeaderOptions { all: format.all_headers, fields: &[], redact: format.redact };
    let line = ObjectWriter::new(out, format.verbose);
    RecordView::new(record, stored, format, headers).write(line);
}

/// Appends the keys that `fields` need, and returns where their values are.
pub(crate) fn render_fields(
    record: &Record,
    stored: Option<&StoredBody>,
    format: &Output,
    fields: &[Field],
    out: &mut Vec<u8>,
) -> ValueRanges {
    let names_header = |field: &Field| field.key() == Key::Headers && !field.path().is_empty();
    let all = format.all_headers || fields.iter().any(names_header);
    let headers = HeaderOptions { all, fields, redact: format.redact };
    RecordView::new(record, stored, format, headers).write(ObjectWriter::of_fields(out, fields))
}

/// Appends the line of an item of a page.
pub(crate) fn render_item(job: &Job, item: &str, out: &mut Vec<u8>) {
    let mut line = ObjectWriter::new(out, false);
    line.value(Key::Seq, Some(job.seq));
    line.json(Key::Id, id(job.tags.as_deref()));
    line.value(Key::Page, Some(job.page().unwrap_or(1)));
    line.json(Key::Item, Some(item.as_bytes()));
    line.end();
}

/// What every record repeats of its input.
struct InputView<'a> {
    seq: u64,
    tags: Option<&'a Tags>,
    method: &'a Method,
    url: &'a str,
}

impl<'a> InputView<'a> {
    fn of_job(job: &'a Job) -> Self {
        InputView { seq: job.seq, tags: job.tags.as_deref(), method: job.given_method(), url: job.given_url() }
    }

    fn of_invalid(invalid: &'a Invalid) -> Self {
        let Invalid { seq, tags, method, url, .. } = invalid;
        InputView { seq: *seq, tags: tags.as_deref(), method, url }
    }
}

/// What a line shows, whatever kind of record it is.
struct RecordView<'a> {
    input: InputView<'a>,
    /// None for an input that was not sent.
    sent: Option<(&'a Job, &'a Attempt)>,
    error: Option<ErrorObject<'a>>,
    duplicate_of: Option<u64>,
    stored: Option<&'a StoredBody>,
    body: &'a Body,
    rules: BodyRules,
    note: Option<&'a str>,
    headers: HeaderOptions<'a>,
    redact: Redact,
    verbose: bool,
}

impl<'a> RecordView<'a> {
    fn new(record: &'a Record, stored: Option<&'a StoredBody>, format: &Output, headers: HeaderOptions<'a>) -> Self {
        let (redact, rules) = (format.redact, format.body_rules);
        let (input, sent, error) = match record {
            Record::Settled { job, attempt } => {
                let error = attempt.error.as_ref().map(|failure| ErrorObject::new(failure, redact));
                (InputView::of_job(job), Some((&**job, &**attempt)), error)
            }
            Record::Invalid(invalid) => {
                let error = ErrorObject::of_kind(ErrorKind::InvalidInput, &invalid.message, redact);
                (InputView::of_invalid(invalid), None, Some(error))
            }
            Record::Duplicate { job, .. } => (InputView::of_job(job), None, None),
        };
        let body = match (sent, &format.body) {
            (None, _) | (_, BodyMode::Dir(_)) => &Body::None,
            (Some((_, attempt)), _) => &attempt.body,
        };
        RecordView {
            input,
            sent,
            error,
            duplicate_of: record.duplicate_of(),
            stored,
            body,
            rules,
            note: record.note(),
            headers,
            redact,
            verbose: format.verbose,
        }
    }

    fn write(&self, mut line: ObjectWriter<'_>) -> ValueRanges {
        for &key in Key::ALL {
            if line.wants(key) {
                self.write_key(key, &mut line);
            }
        }
        line.end()
    }

    /// Every key has its arm: the compiler asks for one when the table gets a key.
    fn write_key(&self, key: Key, line: &mut ObjectWriter<'_>) {
        let (redact, stored) = (self.redact, self.stored);
        let (job, attempt) = self.sent.unzip();
        let head = attempt.and_then(|attempt| attempt.head.as_ref());
        let load = job.and_then(|job| job.load.as_deref());
        match key {
            Key::Seq => line.value(key, Some(self.input.seq)),
            Key::Id => line.json(key, id(self.input.tags)),
            Key::Meta => line.json(key, meta(self.input.tags)),
            Key::Group => line.value(key, self.input.tags.and_then(|tags| tags.group.as_deref())),
            Key::Method => line.value(key, Some(self.input.method.as_str())),
            Key::Url => line.value(key, Some(shown_url(self.input.url, redact))),
            Key::FinalUrl => line.value(key, job.and_then(final_url).map(|url| redact.url(url))),
            Key::Ok => line.value(key, Some(attempt.is_some_and(Attempt::ok))),
            Key::StatusCode => line.value(key, head.map(|head| head.status.as_u16())),
            Key::Error => line.value(key, self.error.as_ref()),
            Key::HttpVersion => line.value(key, head.map(|head| http_version(head.version))),
            Key::RemoteAddr => line.addr(key, attempt.and_then(|attempt| attempt.remote_addr)),
            Key::StartedAt => line.time(key, attempt.map(|attempt| attempt.started)),
            Key::TimingsMs => {
                line.value(key, self.sent.map(|(job, attempt)| Milliseconds::new(job, attempt, self.verbose)));
            }
            Key::Attempts => line.value(key, self.sent.map(|(job, attempt)| attempts(job, attempt))),
            Key::Retries => line.value(key, retries(job)),
            Key::Reconnects => line.value(key, job.map(Job::reconnects).filter(|reconnects| *reconnects > 0)),
            Key::Redirects => line.value(key, redirects(job, redact)),
            Key::Headers => line.value(key, head.and_then(|head| HeaderObject::new(&head.headers, self.headers))),
            Key::EncodedBodySize => line.value(key, head.and(attempt).map(|attempt| attempt.encoded_size)),
            Key::DecodedBodySize => line.value(key, head.and(attempt).map(|attempt| attempt.decoded_size)),
            Key::Truncated => line.value(key, attempt.and_then(|attempt| flag(attempt.truncated))),
            Key::Json => line.json(key, json(self.body)),
            Key::Body => line.value(key, text(self.body)),
            Key::Charset if self.rules == BodyRules::V1 => {}
            Key::Charset => line.plain(key, charset(self.body)),
            Key::BodyBase64 => line.plain(key, base64(self.body)),
            Key::BodyPath => line.value(key, stored.map(|stored| stored.path.to_string_lossy())),
            Key::BodySha256 => line.value(key, stored.map(|stored| &stored.sha256)),
            Key::Page => line.value(key, job.and_then(Job::page)),
            Key::NextUrl => line.value(key, attempt.and_then(next_url).map(|url| redact.url(url))),
            Key::PagesEnded => line.value(key, attempt.and_then(Attempt::pages_ended)),
            Key::Item => line.json(key, None), // only items of pages have it
            Key::Extract => line.list(key, attempt.and_then(|attempt| attempt.extract.as_ref()).map(Outputs::iter)),
            Key::DuplicateOf => line.value(key, self.duplicate_of),
            Key::Deferred => line.value(key, attempt.and_then(|attempt| flag(attempt.deferred))),
            Key::IntendedAt => line.exact_time(key, load.map(|load| load.intended_at)),
            Key::WarmUp => line.value(key, load.and_then(|load| flag(load.warm_up))),
            Key::Note => line.value(key, self.note.map(|note| shown_message(note, redact))),
        }
    }
}

fn id(tags: Option<&Tags>) -> Option<&[u8]> {
    Some(tags?.id.as_ref()?.get().as_bytes())
}

fn meta(tags: Option<&Tags>) -> Option<&[u8]> {
    Some(tags?.meta.as_ref()?.get().as_bytes())
}

/// Where the last attempt went, if that differs from the input's URL.
fn final_url(job: &Job) -> Option<&str> {
    (job.given.is_some() || !job.redirects().is_empty()).then(|| job.url.as_str())
}

fn next_url(attempt: &Attempt) -> Option<&str> {
    Some(attempt.paging.as_ref()?.next_url.as_ref()?.as_str())
}

fn attempts(job: &Job, attempt: &Attempt) -> usize {
    job.retries().len() + usize::from(attempt.made)
}

fn retries(job: Option<&Job>) -> Option<Vec<RetryObject>> {
    let retries = job?.retries();
    (!retries.is_empty()).then(|| retries.iter().map(RetryObject::from).collect())
}

fn redirects(job: Option<&Job>, redact: Redact) -> Option<Vec<RedirectObject<'_>>> {
    let redirects = job?.redirects();
    (!redirects.is_empty()).then(|| redirects.iter().map(|redirect| RedirectObject::new(redirect, redact)).collect())
}

fn json(body: &Body) -> Option<&[u8]> {
    if let Body::Json(json) = body { Some(json) } else { None }
}

fn text(body: &Body) -> Option<Cow<'_, str>> {
    if let Body::Text { text, .. } = body { Some(String::from_utf8_lossy(text)) } else { None }
}

fn charset(body: &Body) -> Option<Charset> {
    if let Body::Text { charset, .. } = body { Some(*charset) } else { None }
}

fn base64(body: &Body) -> Option<impl Display> {
    if let Body::Binary(bytes) = body { Some(Base64Display::new(bytes, &BASE64_STANDARD)) } else { None }
}

/// A flag is a key only if it is set.
fn flag(is_set: bool) -> Option<bool> {
    is_set.then_some(true)
}
