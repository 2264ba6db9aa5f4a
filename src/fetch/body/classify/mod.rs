//! Whether a body is JSON, other text, or neither.

#[cfg(test)]
mod tests;

use bytes::Bytes;
use http::header::HeaderMap;

use super::label::{Kind, Label};
use super::text::{self, Text};
use super::{json, v1};
use crate::model::Body;
use crate::plan::{BodyMode, BodyRules, Output};

/// Classifies a body by how a record can show it, with a note if it is not what its label says.
pub(in crate::fetch) fn classify(
    output: &Output,
    headers: &HeaderMap,
    bytes: Bytes,
    truncated: bool,
) -> (Body, Option<String>) {
    match (&output.body, output.body_rules) {
        (BodyMode::None, _) => (Body::None, None),
        _ if bytes.is_empty() => (Body::None, None),
        (BodyMode::Base64 | BodyMode::Dir(_), _) => (Body::Binary(bytes), None),
        (mode, BodyRules::V1) => v1::classify(mode, headers, bytes, truncated),
        (mode, _) => newest(mode, headers, bytes, truncated),
    }
}

fn newest(mode: &BodyMode, headers: &HeaderMap, bytes: Bytes, truncated: bool) -> (Body, Option<String>) {
    let label = Label::of(headers);
    let is_labelled = label.kind == Kind::Json;
    let asks_for_json = *mode == BodyMode::Json || *mode == BodyMode::Auto && is_labelled;
    if !asks_for_json || truncated {
        return as_text(&label, bytes, truncated);
    }
    let why = match json::read(&bytes) {
        Ok(json) => return (Body::Json(json), None),
        Err(why) => why.note(is_labelled),
    };
    match as_text(&label, bytes, truncated) {
        (body, Some(note)) if !is_labelled => (body, Some(format!("{why}; {note}"))),
        (body, _) => (body, Some(why)),
    }
}

fn as_text(label: &Label, bytes: Bytes, truncated: bool) -> (Body, Option<String>) {
    match text::decode(label, &bytes, truncated) {
        Ok(Text { text, charset }) if text::fits(&text, bytes.len()) => (Body::Text { text, charset }, None),
        Ok(_) => (Body::Binary(bytes), Some("too many control characters to be given as text".to_owned())),
        Err(note) => (Body::Binary(bytes), note),
    }
}

/// How much memory the text of a body takes beside its bytes, if it has to be decoded: to be shown, or to be searched.
pub(in crate::fetch) fn size_of_text(
    output: &Output,
    headers: &HeaderMap,
    bytes: &[u8],
    truncated: bool,
    is_searched: bool,
) -> Option<usize> {
    match (&output.body, output.body_rules) {
        (_, BodyRules::V1) => None,
        (BodyMode::None | BodyMode::Base64 | BodyMode::Dir(_), _) if !is_searched => None,
        _ => text::size_of_copy(&Label::of(headers), bytes, truncated),
    }
}

/// What conditions on a body look at: its text, however it is recorded, or its bytes if it is not text. `shown` is what
/// the record has of it.
pub(in crate::fetch) fn searched(output: &Output, headers: &HeaderMap, shown: &Body, bytes: &Bytes) -> Bytes {
    match (shown, output.body_rules) {
        (Body::Json(text) | Body::Text { text, .. }, _) => text.clone(),
        (_, BodyRules::V1) => bytes.clone(),
        _ => text::decode(&Label::of(headers), bytes, false).map_or_else(|_| bytes.clone(), |decoded| decoded.text),
    }
}
