//! Reads records back from lines of JSON.

#[cfg(test)]
mod tests;
mod values;

use std::borrow::Cow;

use serde::de::IgnoredAny;

use self::values::{IsItem, SavedTime, SavedValues};
use crate::guard::redact::Redact;
use crate::model::{RecordKey, RecordSummary};
use crate::schema::BodyRules;
use crate::schema::key::Key;

/// The longest line that may be a record, in bytes.
///
/// Lines contain bodies, so this is the default limit for all bodies of a run, and a hundred times the default limit for
/// one body. Memory grows only with the lines that are read.
pub const MAX_LINE: usize = 1 << 30;

/// The values of one line that reports and resumed runs need; other values are skipped.
#[derive(Debug)]
pub struct SavedRecord<'a>(SavedValues<'a>);

/// What is wrong with a line.
#[derive(Debug, thiserror::Error)]
pub enum SavedError {
    /// The line is not UTF-8.
    #[error("not UTF-8")]
    NotUtf8,
    /// The line is not JSON, or has more than one JSON text.
    #[error("not JSON: {}", in_line(.0))]
    NotJson(serde_json::Error),
    /// The line is JSON, but not an object.
    #[error("not a record: not an object")]
    NotAnObject,
    /// A key occurs twice, or its value has the wrong type.
    #[error("not a record: {}", in_line(.0))]
    NotARecord(serde_json::Error),
    /// A key that every record has is missing.
    #[error("missing {0:?}")]
    Missing(&'static str),
    /// The line is longer than [`MAX_LINE`].
    #[error("longer than {} MiB", MAX_LINE >> 20)]
    TooLong,
    /// The compressed file ends here before its data does.
    #[error("incomplete: the file is truncated")]
    BrokenOff,
}

impl<'a> SavedRecord<'a> {
    /// Reads one line, with or without the line break at its end.
    ///
    /// # Errors
    /// The line is not a record.
    pub fn parse(line: &'a [u8]) -> Result<Self, SavedError> {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let text = simdutf8::basic::from_utf8(line).map_err(|_| SavedError::NotUtf8)?;
        if !text.trim_start().starts_with('{') {
            // serde would take a list of the values for an object.
            serde_json::from_str::<IgnoredAny>(text).map_err(SavedError::NotJson)?;
            return Err(SavedError::NotAnObject);
        }
        let values: SavedValues<'_> = serde_json::from_str(text).map_err(|error| match error.is_data() {
            true => SavedError::NotARecord(error),
            false => SavedError::NotJson(error),
        })?;
        match values.missing_key() {
            Some(key) => Err(SavedError::Missing(key.name())),
            None => Ok(SavedRecord(values)),
        }
    }

    /// Identifies the record within its run.
    pub fn key(&self) -> RecordKey {
        RecordKey { seq: self.0.seq, page: self.0.page.unwrap_or_default(), item: 0 }
    }

    /// The rules by which its body was read, if it has one that tells.
    pub fn body_rules(&self) -> Option<BodyRules> {
        let has = |key| self.0.has(key);
        match (has(Key::Body), has(Key::Charset)) {
            (_, true) => Some(BodyRules::V2),
            (true, false) => Some(BodyRules::V1),
            (false, false) => None,
        }
    }

    /// What a report takes in: the same as from the record that was written.
    pub fn summary(&self) -> RecordSummary<'_> {
        let values = &self.0;
        let last_url = values.final_url.as_deref().unwrap_or(&values.url);
        let of_sent = values.attempts;
        let (timings, intended_at) = (of_sent.and(values.timings), of_sent.and(values.intended_at));
        let timed_out = values.error.as_ref().is_some_and(|error| error.kind.is_timeout());
        let counts = values.status_code.is_some() || intended_at.is_some() && timed_out;
        let to_us = |ms: f64| (ms * 1e3).round() as u64; // it saturates
        RecordSummary {
            seq: values.seq,
            url: &values.url,
            ok: values.ok,
            duplicate: values.duplicate_of.is_some(),
            status_code: values.status_code,
            error: values.error.as_ref().map(|error| (error.kind, &*error.message.0)),
            host: values.attempts.and_then(|_| host(last_url)),
            encoded_size: values.encoded_body_size.unwrap_or_default(),
            decoded_size: values.decoded_body_size.unwrap_or_default(),
            latency_us: timings.filter(|_| counts).map(|ms| to_us(ms.latency.unwrap_or(ms.total))),
            service_us: timings.filter(|_| counts).map(|ms| to_us(ms.service_time.unwrap_or(ms.total))),
            connect_us: timings.and_then(|ms| ms.connect).map(to_us),
            wait_us: timings.and_then(|ms| ms.wait).map(to_us),
            started_us: values.started_at.and_then(SavedTime::since_1970),
            intended_us: intended_at.and_then(SavedTime::since_1970),
            group: of_sent.and(values.group.as_deref()),
            warm_up: values.warm_up.unwrap_or_default(),
            attempts: values.attempts.unwrap_or_default(),
            redirects: values.redirects,
            page: values.page,
            pages_ended: values.pages_ended,
            items: 0,
            truncated: values.truncated.unwrap_or_default(),
            redact: Redact::default(),
            deferred: values.deferred.unwrap_or_default(),
        }
    }
}

/// Whether a line is an item of a page, which takes the place of a record.
pub fn is_item(line: &[u8]) -> bool {
    serde_json::from_slice(line).is_ok_and(|IsItem(is_item)| is_item)
}

/// Whether a line of a record or an item may begin with `bytes`: their first key is always the same.
pub fn may_begin_with(bytes: &[u8]) -> bool {
    let start = format!("{{\"{}\":", Key::Seq.name());
    let shared = start.len().min(bytes.len());
    bytes[..shared] == start.as_bytes()[..shared]
}

/// The [`host_key`](crate::model::host_key) of a URL in a record, which is normalised, but masked and perhaps cut.
fn host(url: &str) -> Option<Cow<'_, str>> {
    let start = url.find("://")? + 3;
    let end = url[start..].find(['/', '?', '#']).map_or(url.len(), |at| start + at);
    Some(match url[start..end].rfind('@') {
        None => Cow::Borrowed(&url[..end]),
        Some(at) => Cow::Owned([&url[..start], &url[start + at + 1..end]].concat()),
    })
}

/// serde_json's message without the number of the line: the text is one line.
fn in_line(error: &serde_json::Error) -> String {
    let message = error.to_string();
    match message.rsplit_once(" at line ") {
        Some((message, _)) => format!("{message} at column {}", error.column()),
        None => message,
    }
}
