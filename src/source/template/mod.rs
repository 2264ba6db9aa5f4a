//! URL and body templates, filled with the values of a line.

mod braces;
mod data;
mod generated;
mod url;

use std::borrow::Cow;
use std::mem;

pub(super) use braces::{has_braces, has_encoded_braces};
pub use data::DataTemplate;
pub(super) use generated::{Generated, Inserted, Pieces, Values};
pub use url::UrlTemplate;

/// A text with placeholders. `C` is the context of a placeholder.
#[derive(Debug, Clone, PartialEq, Eq)]
struct TemplateText<C> {
    placeholders: Vec<Placeholder<C>>,
    /// The text after the last placeholder.
    tail: String,
}

/// A placeholder, and the text before it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Placeholder<C> {
    literal: String,
    column: String,
    context: C,
}

impl<C> TemplateText<C> {
    fn columns(&self) -> impl Iterator<Item = &str> {
        self.placeholders.iter().map(|placeholder| placeholder.column.as_str())
    }

    /// Fills in the values of columns, encoded by `encode`. A probe generates the values of other names: `generate`
    /// says how they are inserted, or that they are not allowed.
    fn resolve<'v>(
        &self,
        values: impl Fn(&str) -> Option<TemplateValue<'v>>,
        encode: impl Fn(&Placeholder<C>, &TemplateValue<'v>) -> Result<String, String>,
        generate: impl Fn(&C) -> Option<Inserted>,
    ) -> Result<Pieces, String> {
        let (mut pieces, mut text) = (Vec::new(), String::new());
        for placeholder in &self.placeholders {
            text.push_str(&placeholder.literal);
            let name = &placeholder.column;
            if let Some(value) = values(name) {
                text.push_str(&encode(placeholder, &value)?);
                continue;
            }
            let how = generate(&placeholder.context).ok_or_else(|| missing(name))?;
            let value = Generated::parse(name)?.ok_or_else(|| generated::unknown(name))?;
            pieces.push((mem::take(&mut text).into(), value, how));
        }
        text.push_str(&self.tail);
        Ok(Pieces { pieces, tail: text })
    }

    fn fill(&self, mut value: impl FnMut(&Placeholder<C>) -> Result<String, String>) -> Result<String, String> {
        let mut text = String::new();
        for placeholder in &self.placeholders {
            text.push_str(&placeholder.literal);
            text.push_str(&value(placeholder)?);
        }
        text.push_str(&self.tail);
        Ok(text)
    }
}

/// A value that fills a placeholder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TemplateValue<'a> {
    /// A cell of a table, which may represent a number.
    #[cfg(feature = "csv")]
    Cell(&'a str),
    /// A JSON string, decoded.
    Text(Cow<'a, str>),
    /// Any other JSON value.
    Json(&'a str),
    /// A value that cannot be sent, and why.
    NotText(&'static str),
}

impl<'a> TemplateValue<'a> {
    /// The value as text. Null, a list or an object has none.
    pub(super) fn text(&self, column: &str) -> Result<&str, String> {
        match self {
            #[cfg(feature = "csv")]
            TemplateValue::Cell(text) => Ok(text),
            TemplateValue::Text(text) => Ok(text),
            TemplateValue::Json(json) if json.starts_with(['[', '{', 'n']) => {
                Err(format!("{column:?} must be a string, a number, true or false for the template"))
            }
            TemplateValue::Json(json) => Ok(json),
            TemplateValue::NotText(why) => Err(format!("{column:?} {why}")),
        }
    }

    /// The value as JSON.
    fn json(&self, column: &str) -> Result<Cow<'a, str>, String> {
        Ok(match self {
            TemplateValue::NotText(why) => return Err(format!("{column:?} {why}")),
            TemplateValue::Json(json) => Cow::Borrowed(json),
            #[cfg(feature = "csv")]
            TemplateValue::Cell(text) if is_json_literal(text) => Cow::Borrowed(text),
            #[cfg(feature = "csv")]
            TemplateValue::Cell(text) => Cow::Owned(quoted(text)),
            TemplateValue::Text(text) => Cow::Owned(quoted(text)),
        })
    }
}

/// A text as a JSON string.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Whether a text is a JSON number, `true`, `false` or `null`.
#[cfg(feature = "csv")]
fn is_json_literal(text: &str) -> bool {
    match text.as_bytes() {
        b"true" | b"false" | b"null" => true,
        [b'-' | b'0'..=b'9', .., b'0'..=b'9'] | [b'0'..=b'9'] => {
            serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
        }
        _ => false,
    }
}

/// The error for a placeholder without a value.
pub(super) fn missing(column: &str) -> String {
    format!("no {column:?} for the template")
}
