//! Records as they were written: read back from lines of JSON.

#[cfg(test)]
mod tests;
mod values;

use std::borrow::Cow;

use serde::de::IgnoredAny;

use self::values::{IsItem, SavedValues};
use crate::guard::redact::Redact;
use crate::model::{RecordKey, RecordSummary};

/// The longest line that is taken for a record, in bytes.
///
/// Bodies stand within lines, so this is as much as all bodies of a run may hold by default, and a hundred times the
/// largest body by default. Memory follows the lines that are there: only one without an end comes near.
pub const MAX_LINE: usize = 1 << 30;

/// What one line says, as far as anyone asks: bodies are checked to be JSON, and skipped.
#[derive(Debug)]
pub struct SavedRecord<'a>(SavedValues<'a>);

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

impl<'a> SavedRecord<'a> {
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

    /// What a report takes in: the same as from the record that was written.
    pub fn facts(&self) -> RecordSummary<'_> {
        let values = &self.0;
        let last_url = values.final_url.as_deref().unwrap_or(&values.url);
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
            latency_us: values.status_code.and(values.total_ms).map(to_us),
            attempts: values.attempts.unwrap_or_default(),
            redirects: values.redirects,
            page: values.page,
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

/// [`host_key`](crate::model::host_key) of a URL as a record has it: in normal form, but masked and perhaps cut.
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
