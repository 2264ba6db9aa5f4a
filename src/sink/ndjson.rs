//! Records as lines of JSON: schema 1, described in `docs/record.md`.

use std::borrow::Cow;
use std::io::{self, Write};
use std::time::{Duration, SystemTime};

use base64::display::Base64Display;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use jiff::fmt::temporal::DateTimePrinter;
use reqwest::Version;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName};
use serde::{Serialize, Serializer};

use super::Sink;
use crate::job::{Job, Tags};
use crate::outcome::{Attempt, Body, ErrorKind, Failure, Timings};
use crate::plan::Output;
use crate::record::{Invalid, MAX_SHOWN_URL, Record};
use crate::redact;

/// Bytes that are written at once, unless the writer asks for less.
const BUFFER: usize = 64 << 10;

/// A buffer that grew beyond this for one line is given back.
const MAX_KEPT: usize = 1 << 20;

/// Writes each record as one line.
#[derive(Debug)]
pub struct Ndjson<W> {
    out: W,
    format: Output,
    buffer: Vec<u8>,
}

impl<W: Write> Ndjson<W> {
    /// Lines to `out`, which need not be buffered.
    pub fn new(out: W, format: Output) -> Self {
        Ndjson { out, format, buffer: Vec::with_capacity(BUFFER + BUFFER / 4) }
    }
}

impl<W: Write + Send + 'static> Sink for Ndjson<W> {
    fn put(&mut self, record: &Record) -> io::Result<()> {
        render(record, self.format, &mut self.buffer);
        if self.buffer.len() >= BUFFER { self.flush() } else { Ok(()) }
    }

    fn buffered(&self) -> usize {
        self.buffer.len()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.write_all(&self.buffer)?;
        self.out.flush()?;
        self.buffer.clear();
        if self.buffer.capacity() > MAX_KEPT {
            self.buffer.shrink_to(BUFFER);
        }
        Ok(())
    }
}

/// Appends a record's line to `out`.
pub fn render(record: &Record, format: Output, out: &mut Vec<u8>) {
    let mut line = Line { out, verbose: format.verbose, empty: true };
    line.out.push(b'{');
    match record {
        Record::Settled { job, attempt } => settled(&mut line, job, attempt, format.all_headers),
        Record::Invalid(invalid) => not_a_request(&mut line, invalid),
    }
    line.out.extend_from_slice(b"}\n");
}

fn settled(line: &mut Line<'_>, job: &Job, attempt: &Attempt, all_headers: bool) {
    let head = attempt.head.as_ref();
    line.must("seq", job.seq);
    line.tags(job.tags.as_deref());
    line.must("method", job.given_method().as_str());
    line.must("url", cut(&redact::url(job.given_url()))); // in this order: a cut can hide that something is a secret
    line.may("final_url", final_url(job).as_deref());
    line.must("ok", attempt.ok());
    line.must("status_code", attempt.status().map(|status| status.as_u16()));
    line.must("error", attempt.error.as_ref());
    line.may("http_version", head.map(|head| version(head.version)));
    line.may("remote_addr", attempt.remote_addr);
    line.time("started_at", attempt.started);
    line.must("timings_ms", Milliseconds::from(attempt.timings));
    line.must("attempts", job.retries().len() + 1);
    line.may("retries", unless_empty(job.retries()));
    line.may("redirects", unless_empty(job.redirects()));
    line.headers(head.map(|head| &head.headers), all_headers);
    line.may("encoded_body_size", head.map(|_| attempt.encoded_size));
    line.may("decoded_body_size", head.map(|_| attempt.decoded_size));
    line.may("truncated", attempt.truncated.then_some(true));
    line.body(&attempt.body);
    line.nulls(&AFTER_BODY);
    line.may("note", attempt.note.as_deref());
}

fn not_a_request(line: &mut Line<'_>, invalid: &Invalid) {
    line.must("seq", invalid.seq);
    line.tags(invalid.tags.as_deref());
    line.must("method", invalid.method.as_str());
    line.must("url", cut(&invalid.url));
    line.nulls(&["final_url"]);
    line.must("ok", false);
    line.must("status_code", None::<u16>);
    line.must("error", Failure::new(ErrorKind::InvalidInput, invalid.message.as_str()));
    line.nulls(&["http_version", "remote_addr", "started_at", "timings_ms", "attempts", "retries", "redirects"]);
    line.nulls(&["headers", "encoded_body_size", "decoded_body_size", "truncated"]);
    line.body(&Body::None);
    line.nulls(&AFTER_BODY);
    line.nulls(&["note"]);
}

/// Keys after the body that nothing fills yet.
const AFTER_BODY: [&str; 9] =
    ["body_path", "body_sha256", "page", "next_url", "item", "extract", "duplicate_of", "deferred", "intended_at"];

/// A JSON object on its way out, its keys in the order in which they are written.
struct Line<'a> {
    out: &'a mut Vec<u8>,
    verbose: bool,
    empty: bool,
}

impl Line<'_> {
    /// A key that is always there.
    fn must(&mut self, key: &str, value: impl Serialize) {
        self.key(key);
        serde_json::to_writer(&mut *self.out, &value).expect("our own values are JSON, and a vector takes them");
    }

    /// A key that is there when it has something to say.
    fn may(&mut self, key: &str, value: Option<impl Serialize>) {
        if self.verbose || value.is_some() {
            self.must(key, value);
        }
    }

    /// Keys that have nothing to say.
    fn nulls(&mut self, keys: &[&str]) {
        if self.verbose {
            keys.iter().for_each(|key| self.must(key, ()));
        }
    }

    /// What the input hands through.
    fn tags(&mut self, tags: Option<&Tags>) {
        let (id, meta) = tags.map_or((None, None), |tags| (tags.id.as_deref(), tags.meta.as_deref()));
        for (key, value) in [("id", id), ("meta", meta)] {
            match value {
                Some(value) => {
                    self.key(key);
                    self.embed(value.get().as_bytes());
                }
                None => self.nulls(&[key]),
            }
        }
    }

    fn key(&mut self, key: &str) {
        if !std::mem::take(&mut self.empty) {
            self.out.push(b',');
        }
        self.out.push(b'"');
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
    }

    fn time(&mut self, key: &str, at: SystemTime) {
        const MILLISECONDS: DateTimePrinter = DateTimePrinter::new().precision(Some(3));
        self.key(key);
        self.out.push(b'"');
        let at = Timestamp::try_from(at).unwrap_or_default();
        MILLISECONDS.print_timestamp(&at, &mut *self.out).expect("a vector takes it");
        self.out.push(b'"');
    }

    fn headers(&mut self, headers: Option<&HeaderMap>, all: bool) {
        let shown = headers.map(|headers| Fields { headers, all }).filter(|fields| fields.names().next().is_some());
        self.may("headers", shown);
    }

    fn body(&mut self, body: &Body) {
        match body {
            Body::None => self.nulls(&["json", "body", "body_base64"]),
            Body::Json(json) => {
                self.key("json");
                self.embed(json);
                self.nulls(&["body", "body_base64"]);
            }
            Body::Text(text) => {
                self.nulls(&["json"]);
                self.must("body", String::from_utf8_lossy(text));
                self.nulls(&["body_base64"]);
            }
            Body::Binary(bytes) => {
                self.nulls(&["json", "body"]);
                self.key("body_base64");
                write!(self.out, "\"{}\"", Base64Display::new(bytes, &BASE64_STANDARD)).expect("a vector takes it");
            }
        }
    }

    /// Valid JSON as it came, on one line: within it, a raw control character can only stand between tokens.
    fn embed(&mut self, json: &[u8]) {
        let start = self.out.len();
        self.out.extend_from_slice(json);
        if memchr::memchr2(b'\n', b'\r', json).is_some() {
            for byte in &mut self.out[start..] {
                *byte = if *byte < b' ' { b' ' } else { *byte };
            }
        }
    }
}

/// Header fields by name, each with the list of its values.
struct Fields<'a> {
    headers: &'a HeaderMap,
    all: bool,
}

impl Fields<'_> {
    fn names(&self) -> impl Iterator<Item = &HeaderName> {
        self.headers.keys().filter(|name| self.all || *name == CONTENT_TYPE)
    }
}

impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.names().map(|name| (name.as_str(), Values(self.headers, name))))
    }
}

struct Values<'a>(&'a HeaderMap, &'a HeaderName);

impl Serialize for Values<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.get_all(self.1).iter().map(|value| String::from_utf8_lossy(value.as_bytes())))
    }
}

/// [`Timings`] in milliseconds, with three decimals.
#[derive(Serialize)]
struct Milliseconds {
    queue: f64,
    dns: Option<f64>,
    connect: Option<f64>,
    wait: Option<f64>,
    receive: Option<f64>,
    total: f64,
}

impl From<Timings> for Milliseconds {
    fn from(timings: Timings) -> Self {
        let ms = |time: Duration| time.as_micros() as f64 / 1e3;
        Milliseconds {
            queue: ms(timings.queue),
            dns: timings.dns.map(ms),
            connect: timings.connect.map(ms),
            wait: timings.wait.map(ms),
            receive: timings.receive.map(ms),
            total: ms(timings.total),
        }
    }
}

/// Where the last attempt went, if the input does not say so.
fn final_url(job: &Job) -> Option<Cow<'_, str>> {
    (job.given.is_some() || !job.redirects().is_empty()).then(|| redact::url(job.url.as_str()))
}

/// As much of an input's URL as a record shows.
fn cut(url: &str) -> &str {
    let end = (0..=url.len().min(MAX_SHOWN_URL)).rfind(|&end| url.is_char_boundary(end));
    &url[..end.unwrap_or_default()]
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
