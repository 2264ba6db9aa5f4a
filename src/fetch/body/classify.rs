//! Whether a body is JSON, other text, or neither.

#[cfg(test)]
mod tests;

use bytes::Bytes;
use http::header::HeaderMap;

use super::label::{Kind, Label};
use super::{json, text, v1};
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
        return text::decode(&label, bytes, truncated);
    }
    let why = match json::read(&bytes) {
        Ok(json) => return (Body::Json(json), None),
        Err(why) => why,
    };
    let (body, note) = text::decode(&label, bytes, truncated);
    let note = match note {
        _ if is_labelled => format!("labelled as JSON, but {why}"),
        None => format!("not JSON: {why}"),
        Some(note) => format!("not JSON: {why}; {note}"),
    };
    (body, Some(note))
}

/// What conditions on a body look at: its text, however it is recorded, or its bytes if it is not text. `shown` is what
/// the record has of it.
pub(in crate::fetch) fn searched(output: &Output, headers: &HeaderMap, shown: &Body, bytes: &Bytes) -> Bytes {
    match (shown, output.body_rules) {
        (Body::Json(text) | Body::Text { text, .. }, _) => text.clone(),
        (_, BodyRules::V1) => bytes.clone(),
        _ => match text::decode(&Label::of(headers), bytes.clone(), false).0 {
            Body::Text { text, .. } => text,
            _ => bytes.clone(),
        },
    }
}
