//! Records as they were written: read back from lines of JSON.

mod fold;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;

use reqwest::StatusCode;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};

use crate::done::Key;
use crate::outcome::ErrorKind;
use crate::redact::Redact;
use crate::report::Facts;

pub use fold::{MAX_LINE, fold};

/// What one line says, as far as anyone asks: bodies are checked to be JSON, and skipped.
#[derive(Debug)]
pub struct Saved<'a> {
    seq: u64,
    page: Option<u64>,
    url: Cow<'a, str>,
    final_url: Option<Cow<'a, str>>,
    ok: bool,
    status_code: Option<StatusCode>,
    error: Option<Error<'a>>,
    duplicate_of: Option<u64>,
    total_ms: Option<f64>,
    /// None for an input that was no request, or was not sent.
    attempts: Option<u64>,
    redirects: u64,
    encoded_size: u64,
    decoded_size: u64,
    truncated: bool,
    deferred: bool,
}

/// What is wrong with a line.
#[derive(Debug, thiserror::Error)]
pub enum SavedError {
    /// The line has bytes that are no text.
    #[error("not UTF-8")]
    NotUtf8,
    /// The line has no JSON, or not JSON alone.
    #[error("not JSON: {}", in_line(.0))]
    NotJson(serde_json::Error),
    /// The line has JSON of another kind.
    #[error("not a record: not an object")]
    NotAnObject,
    /// A key is there twice, or its value is not what a record has there.
    #[error("not a record: {}", in_line(.0))]
    NotARecord(serde_json::Error),
    /// A key is missing that every record has.
    #[error("missing {0:?}")]
    Missing(&'static str),
    /// The line is longer than [`MAX_LINE`].
    #[error("longer than {} MiB", MAX_LINE >> 20)]
    TooLong,
    /// What is compressed breaks off here.
    #[error("incomplete: the file is truncated")]
    BrokenOff,
}

impl<'a> Saved<'a> {
    /// Reads one line, with or without the line break at its end.
    ///
    /// # Errors
    /// It is no record.
    pub fn parse(line: &'a [u8]) -> Result<Self, SavedError> {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let text = simdutf8::basic::from_utf8(line).map_err(|_| SavedError::NotUtf8)?;
        if !text.trim_start().starts_with('{') {
            // serde would take a list of the values for an object.
            serde_json::from_str::<IgnoredAny>(text).map_err(SavedError::NotJson)?;
            return Err(SavedError::NotAnObject);
        }
        let fields: Fields<'_> = serde_json::from_str(text).map_err(|error| match error.is_data() {
            true => SavedError::NotARecord(error),
            false => SavedError::NotJson(error),
        })?;
        fields.method.ok_or(SavedError::Missing("method"))?;
        Ok(Saved {
            seq: fields.seq.ok_or(SavedError::Missing("seq"))?,
            page: fields.page,
            url: fields.url.ok_or(SavedError::Missing("url"))?.0,
            final_url: fields.final_url.map(|url| url.0),
            ok: fields.ok.ok_or(SavedError::Missing("ok"))?,
            status_code: fields.status_code.ok_or(SavedError::Missing("status_code"))?.map(|status| status.0),
            error: fields.error.ok_or(SavedError::Missing("error"))?,
            duplicate_of: fields.duplicate_of,
            total_ms: fields.timings_ms.map(|timings| timings.total),
            attempts: fields.attempts,
            redirects: fields.redirects.unwrap_or_default().0,
            encoded_size: fields.encoded_body_size.unwrap_or_default(),
            decoded_size: fields.decoded_body_size.unwrap_or_default(),
            truncated: fields.truncated.unwrap_or_default(),
            deferred: fields.deferred.unwrap_or_default(),
        })
    }

    /// What tells the record from all others of its run.
    pub fn key(&self) -> Key {
        Key { seq: self.seq, page: self.page.unwrap_or_default(), item: 0 }
    }

    /// What a report takes in: the same as of the record that was written.
    pub fn facts(&self) -> Facts<'_> {
        let last_url = self.final_url.as_deref().unwrap_or(&self.url);
        let to_us = |ms: f64| (ms * 1e3).round() as u64; // it saturates
        Facts {
            seq: self.seq,
            url: &self.url,
            ok: self.ok,
            duplicate: self.duplicate_of.is_some(),
            status_code: self.status_code,
            error: self.error.as_ref().map(|error| (error.kind, &*error.message.0)),
            host: self.attempts.and_then(|_| host(last_url)),
            encoded_size: self.encoded_size,
            decoded_size: self.decoded_size,
            latency_us: self.status_code.and(self.total_ms).map(to_us),
            attempts: self.attempts.unwrap_or_default(),
            redirects: self.redirects,
            page: self.page,
            items: 0,
            truncated: self.truncated,
            redact: Redact::default(),
            deferred: self.deferred,
        }
    }
}

/// Whether a line is an item of a page, which is written in place of a record.
pub fn is_item(line: &[u8]) -> bool {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Item {
        #[serde(rename = "seq")]
        _seq: u64,
        #[serde(rename = "id")]
        _id: Option<IgnoredAny>,
        #[serde(rename = "page")]
        _page: u64,
        #[serde(rename = "item")]
        _item: IgnoredAny,
    }
    line.trim_ascii_start().starts_with(b"{") && serde_json::from_slice::<Item>(line).is_ok()
}

/// [`host_key`](crate::job::host_key) of a URL as a record has it: in normal form, but masked and perhaps cut.
fn host(url: &str) -> Option<Cow<'_, str>> {
    let start = url.find("://")? + 3;
    let end = url[start..].find(['/', '?', '#']).map_or(url.len(), |at| start + at);
    Some(match url[start..end].rfind('@') {
        None => Cow::Borrowed(&url[..end]),
        Some(at) => Cow::Owned([&url[..start], &url[start + at + 1..end]].concat()),
    })
}

/// The keys of a line. Those that every record has are an option here, to tell a missing one from a wrong one.
#[derive(Deserialize)]
struct Fields<'a> {
    #[serde(default, deserialize_with = "present")]
    seq: Option<u64>,
    #[serde(default, borrow, deserialize_with = "present")]
    method: Option<Text<'a>>,
    #[serde(default, borrow, deserialize_with = "present")]
    url: Option<Text<'a>>,
    #[serde(borrow)]
    final_url: Option<Text<'a>>,
    #[serde(default, deserialize_with = "present")]
    ok: Option<bool>,
    #[serde(default, deserialize_with = "present")]
    status_code: Option<Option<Status>>,
    #[serde(default, borrow, deserialize_with = "present")]
    error: Option<Option<Error<'a>>>,
    timings_ms: Option<Timings>,
    attempts: Option<u64>,
    redirects: Option<Count>,
    encoded_body_size: Option<u64>,
    decoded_body_size: Option<u64>,
    truncated: Option<bool>,
    deferred: Option<bool>,
    page: Option<u64>,
    duplicate_of: Option<u64>,
}

/// A key that is there, null or not.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// A string: borrowed from the line, unless it has escapes. Within an option, a bare `Cow` would always be owned.
#[derive(Debug, Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

#[derive(Debug, Deserialize)]
struct Error<'a> {
    kind: ErrorKind,
    #[serde(borrow)]
    message: Text<'a>,
}

#[derive(Deserialize)]
struct Timings {
    total: f64,
}

#[derive(Deserialize)]
#[serde(try_from = "u16")]
struct Status(StatusCode);

impl TryFrom<u16> for Status {
    type Error = &'static str;

    fn try_from(number: u16) -> Result<Self, Self::Error> {
        StatusCode::from_u16(number).map(Status).map_err(|_| "expected a status from 100 to 999")
    }
}

/// The length of a list whose items nobody asks for.
#[derive(Default)]
struct Count(u64);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Items;
        impl<'de> Visitor<'de> for Items {
            type Value = Count;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Count, A::Error> {
                let mut count = 0;
                while items.next_element::<IgnoredAny>()?.is_some() {
                    count += 1;
                }
                Ok(Count(count))
            }
        }
        deserializer.deserialize_seq(Items)
    }
}

/// serde_json's words, which count the lines of a text that is one line.
fn in_line(error: &serde_json::Error) -> String {
    let words = error.to_string();
    match words.rsplit_once(" at line ") {
        Some((words, _)) => format!("{words} at column {}", error.column()),
        None => words,
    }
}
