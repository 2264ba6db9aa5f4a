//! Whether a body is JSON, other text, or neither.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderMap};
use serde::de::IgnoredAny;

use crate::guard::json::{IN_RECORD, embeddable, fits_as_text};
use crate::model::Body;
use crate::plan::BodyMode;

/// Classifies a body by how a record can show it, with a note if it is not what its label says.
pub(in crate::fetch) fn classify(
    mode: &BodyMode,
    headers: &HeaderMap,
    bytes: Bytes,
    truncated: bool,
) -> (Body, Option<String>) {
    if bytes.is_empty() || *mode == BodyMode::None {
        return (Body::None, None);
    }
    let as_bytes = matches!(mode, BodyMode::Base64 | BodyMode::Dir(_));
    let Some(text) = (if as_bytes { None } else { text(&bytes) }) else {
        let mislabelled = *mode == BodyMode::Auto && !truncated && is_json(headers);
        return (Body::Binary(bytes), mislabelled.then(|| "labelled as JSON, but not UTF-8 text".into()));
    };
    if *mode == BodyMode::Text || truncated || !is_json(headers) {
        return match fits_as_text(text, bytes.len()) {
            true => (Body::Text(bytes), None),
            false => (Body::Binary(bytes), Some("too many control characters to be given as text".into())),
        };
    }
    let note = match serde_json::from_str::<IgnoredAny>(text) {
        Ok(_) => match embeddable(&bytes, IN_RECORD) {
            Ok(()) => return (Body::Json(bytes), None),
            Err(why) => format!("JSON given as text, since it {why}"),
        },
        Err(why) => format!("labelled as JSON, but invalid: {why}"),
    };
    match fits_as_text(text, bytes.len()) {
        true => (Body::Text(bytes), Some(note)),
        false => (Body::Binary(bytes), Some(note)),
    }
}

/// UTF-8 without NUL.
fn text(bytes: &[u8]) -> Option<&str> {
    simdutf8::basic::from_utf8(bytes).ok().filter(|_| memchr::memchr(0, bytes).is_none())
}

/// `application/json`, or any type with the `+json` suffix (RFC 6839, section 3.1).
fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()) else { return false };
    let essence = value.split(';').next().unwrap_or_default().trim();
    let Some((_, subtype)) = essence.split_once('/') else { return false };
    subtype.eq_ignore_ascii_case("json")
        || subtype.rsplit_once('+').is_some_and(|(_, suffix)| suffix.eq_ignore_ascii_case("json"))
}
