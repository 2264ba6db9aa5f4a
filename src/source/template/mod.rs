//! Templates that a line's values fill: a URL's and a body's.

mod data;
mod url;

use std::borrow::Cow;

pub use data::DataTemplate;
pub use url::UrlTemplate;

/// A text with placeholders, of each of which `M` says where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Pieces<M> {
    pieces: Vec<Piece<M>>,
    /// What stands behind the last placeholder.
    tail: String,
}

/// A placeholder, and what stands before it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Piece<M> {
    literal: String,
    column: String,
    at: M,
}

impl<M> Pieces<M> {
    fn columns(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().map(|piece| piece.column.as_str())
    }

    fn written(&self, mut value: impl FnMut(&Piece<M>) -> Result<String, String>) -> Result<String, String> {
        let mut text = String::new();
        for piece in &self.pieces {
            text.push_str(&piece.literal);
            text.push_str(&value(piece)?);
        }
        text.push_str(&self.tail);
        Ok(text)
    }
}

/// A value that fills a placeholder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value<'a> {
    /// A cell of a table, which may be meant for a number.
    Cell(&'a str),
    /// A text.
    Text(Cow<'a, str>),
    /// Another JSON value.
    Json(&'a str),
}

impl<'a> Value<'a> {
    /// As text; none for null, a list and an object.
    fn text(&self) -> Option<&str> {
        match self {
            Value::Cell(text) => Some(text),
            Value::Text(text) => Some(text),
            Value::Json(json) => Some(*json).filter(|json| !json.starts_with(['[', '{', 'n'])),
        }
    }

    /// As JSON.
    fn json(&self) -> Cow<'a, str> {
        match self {
            Value::Json(json) => Cow::Borrowed(json),
            Value::Cell(text) if is_bare(text) => Cow::Borrowed(text),
            Value::Cell(text) => Cow::Owned(quoted(text)),
            Value::Text(text) => Cow::Owned(quoted(text)),
        }
    }
}

/// A text as a JSON string.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Whether a text is JSON as it stands: a number, true, false or null.
fn is_bare(text: &str) -> bool {
    match text.as_bytes() {
        b"true" | b"false" | b"null" => true,
        [b'-' | b'0'..=b'9', .., b'0'..=b'9'] | [b'0'..=b'9'] => {
            serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
        }
        _ => false,
    }
}

/// What is said of a placeholder that a line has nothing for.
fn missing(column: &str) -> String {
    format!("no {column:?} for the template")
}

/// What is said of a value that is no text.
fn no_text(column: &str) -> String {
    format!("{column:?} must be a string, a number, true or false for the template")
}
