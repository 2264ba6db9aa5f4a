//! An object of JSON on its way out, key by key.

use std::borrow::Cow;
use std::io::Write;
use std::ops::Range;
use std::time::{Duration, SystemTime};

use base64::display::Base64Display;
use base64::prelude::BASE64_STANDARD;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName};
use jiff::Timestamp;
use jiff::fmt::temporal::DateTimePrinter;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::guard::redact::Redact;
use crate::jq::Outputs;
use crate::model::{Body, Tags, Timings};
use crate::schema::field::Field;

/// A JSON object on its way out, its keys in the order in which they are written.
pub(crate) struct Line<'a> {
    out: &'a mut Vec<u8>,
    verbose: bool,
    empty: bool,
    only: Option<Selection<'a>>,
}

/// The keys that some fields are of, and where their values stand.
struct Selection<'a> {
    fields: &'a [Field],
    places: Places,
}

/// Where the values of keys stand.
pub(crate) type Places = Vec<(&'static str, Range<usize>)>;

impl<'a> Line<'a> {
    /// Begins an object; if it is `verbose`, keys that have nothing to say are there as null.
    pub(crate) fn new(out: &'a mut Vec<u8>, verbose: bool) -> Self {
        out.push(b'{');
        Line { out, verbose, empty: true, only: None }
    }

    /// Begins one with no other keys than those that `fields` need.
    pub(crate) fn of(fields: &'a [Field], out: &'a mut Vec<u8>) -> Self {
        Line { only: Some(Selection { fields, places: Vec::with_capacity(fields.len()) }), ..Line::new(out, false) }
    }

    /// Ends the object; says where the values of a selection stand.
    pub(crate) fn end(self) -> Places {
        self.out.extend_from_slice(b"}\n");
        self.only.map_or_else(Vec::new, |only| only.places)
    }

    fn wants(&self, key: &str) -> bool {
        self.only.as_ref().is_none_or(|only| only.fields.iter().any(|field| field.key() == key))
    }

    /// A key that is always there.
    pub(crate) fn must(&mut self, key: &'static str, value: impl Serialize) {
        self.put(key, |out| {
            serde_json::to_writer(out, &value).expect("our own values are JSON, and a vector takes them");
        });
    }

    /// A key that is there when it has something to say.
    pub(crate) fn may(&mut self, key: &'static str, value: Option<impl Serialize>) {
        if self.verbose || value.is_some() {
            self.must(key, value);
        }
    }

    /// Keys that have nothing to say.
    pub(crate) fn nulls(&mut self, keys: &[&'static str]) {
        if self.verbose {
            keys.iter().for_each(|key| self.must(key, ()));
        }
    }

    fn put(&mut self, key: &'static str, write: impl FnOnce(&mut Vec<u8>)) {
        if !self.wants(key) {
            return;
        }
        if !std::mem::take(&mut self.empty) {
            self.out.push(b',');
        }
        self.out.push(b'"');
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
        let start = self.out.len();
        write(self.out);
        if let Some(only) = &mut self.only {
            only.places.push((key, start..self.out.len()));
        }
    }

    pub(crate) fn time(&mut self, key: &'static str, at: SystemTime) {
        const MILLISECONDS: DateTimePrinter = DateTimePrinter::new().precision(Some(3));
        self.put(key, |out| {
            out.push(b'"');
            let at = Timestamp::try_from(at).unwrap_or_default();
            MILLISECONDS.print_timestamp(&at, &mut *out).expect("a vector takes it");
            out.push(b'"');
        });
    }

    pub(crate) fn headers(&mut self, headers: Option<&HeaderMap>, how: Headers<'_>) {
        let shown = headers.map(|headers| Fields { headers, how }).filter(|fields| fields.names().next().is_some());
        self.may("headers", shown);
    }

    pub(crate) fn body(&mut self, body: &Body) {
        match body {
            Body::None => self.nulls(&["json", "body", "body_base64"]),
            Body::Json(json) => {
                self.put("json", |out| embed(json, out));
                self.nulls(&["body", "body_base64"]);
            }
            Body::Text(text) => {
                self.nulls(&["json"]);
                self.must("body", String::from_utf8_lossy(text));
                self.nulls(&["body_base64"]);
            }
            Body::Binary(bytes) => {
                self.nulls(&["json", "body"]);
                self.put("body_base64", |out| {
                    write!(out, "\"{}\"", Base64Display::new(bytes, &BASE64_STANDARD)).expect("a vector takes it");
                });
            }
        }
    }

    /// What the input hands through.
    pub(crate) fn tags(&mut self, tags: Option<&Tags>) {
        self.id(tags);
        self.handed("meta", tags.and_then(|tags| tags.meta.as_deref()));
    }

    /// The input's own id.
    pub(crate) fn id(&mut self, tags: Option<&Tags>) {
        self.handed("id", tags.and_then(|tags| tags.id.as_deref()));
    }

    fn handed(&mut self, key: &'static str, json: Option<&RawValue>) {
        match json {
            Some(json) => self.put(key, |out| embed(json.get().as_bytes(), out)),
            None => self.nulls(&[key]),
        }
    }

    /// A key whose value is JSON on one line.
    pub(crate) fn json(&mut self, key: &'static str, json: &str) {
        self.put(key, |out| out.extend_from_slice(json.as_bytes()));
    }

    pub(crate) fn extract(&mut self, outputs: Option<&Outputs>) {
        let Some(outputs) = outputs else { return self.nulls(&["extract"]) };
        self.put("extract", |out| {
            out.push(b'[');
            for (at, output) in outputs.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                out.extend_from_slice(output.as_bytes());
            }
            out.push(b']');
        });
    }
}

/// Valid JSON as it came, on one line: within it, a raw control character can only stand between tokens.
fn embed(json: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(json);
    if memchr::memchr2(b'\n', b'\r', json).is_some() {
        for byte in &mut out[start..] {
            *byte = if *byte < b' ' { b' ' } else { *byte };
        }
    }
}

/// Which header fields are shown, and how.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Headers<'a> {
    /// Not the content type alone.
    pub(crate) all: bool,
    /// Whoever names a field asks for its value.
    pub(crate) named: &'a [Field],
    pub(crate) redact: Redact,
}

impl Headers<'_> {
    fn is_named(&self, name: &HeaderName) -> bool {
        self.named
            .iter()
            .any(|field| field.key() == "headers" && field.path().first().is_some_and(|at| name == at.as_str()))
    }
}

/// Header fields by name, each with the list of its values.
struct Fields<'a> {
    headers: &'a HeaderMap,
    how: Headers<'a>,
}

impl Fields<'_> {
    fn names(&self) -> impl Iterator<Item = &HeaderName> {
        self.headers.keys().filter(|&name| self.how.all || name == CONTENT_TYPE)
    }
}

impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.names().map(|name| (name.as_str(), Values { fields: self, name })))
    }
}

struct Values<'a> {
    fields: &'a Fields<'a>,
    name: &'a HeaderName,
}

impl Serialize for Values<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (name, Fields { headers, how }) = (self.name, self.fields);
        let named = how.is_named(name);
        let values = headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
        serializer.collect_seq(values.map(|value| Shown { value, name, named, redact: how.redact }))
    }
}

struct Shown<'a> {
    value: Cow<'a, str>,
    name: &'a HeaderName,
    named: bool,
    redact: Redact,
}

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.redact.header(self.name, &self.value, self.named))
    }
}

/// [`Timings`] in milliseconds, with three decimals.
#[derive(Serialize)]
pub(crate) struct Milliseconds {
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
