//! The first version of the rules for bodies, for runs that began with it: a body is UTF-8 or bytes.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderMap};
use serde::de::IgnoredAny;

use crate::model::Body;
use crate::plan::BodyMode;

/// Classifies a body that is to be recorded as JSON or text if it is that.
pub(super) fn classify(mode: &BodyMode, headers: &HeaderMap, bytes: Bytes, truncated: bool) -> (Body, Option<String>) {
    let (asks_for_json, is_labelled) = (matches!(mode, BodyMode::Auto | BodyMode::Json), is_json(headers));
    let is_json = asks_for_json && !truncated && (is_labelled || *mode == BodyMode::Json);
    let Some(text) = text(&bytes) else {
        let note = if is_labelled { "labelled as JSON, but not UTF-8 text" } else { "not JSON: not UTF-8 text" };
        return (Body::Binary(bytes), is_json.then(|| note.to_owned()));
    };
    if !is_json {
        return (Body::utf8(bytes), None);
    }
    match serde_json::from_str::<IgnoredAny>(text) {
        Ok(_) => (Body::Json(bytes), None),
        Err(why) => {
            let found = if is_labelled { "labelled as JSON, but invalid" } else { "not JSON" };
            let note = format!("{found}: {why}");
            (Body::utf8(bytes), Some(note))
        }
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
