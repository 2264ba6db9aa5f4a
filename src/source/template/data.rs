//! A body with `{{columns}}` in it.

use std::fmt;

use http::header::HeaderValue;
use serde::de::IgnoredAny;
use url::form_urlencoded::byte_serialize;

use super::{Piece, Pieces, Value, missing, no_text, quoted};
use crate::model::request::{FORM, JSON, Payload};

/// A body with placeholders such as `{"name": "{{name}}", "age": {{age}}}`, filled so that it stays what it is.
///
/// In JSON a value within a string is escaped; outside of one it is inserted as a JSON value. In a form it is
/// percent-encoded. In anything else it stands as it is.
#[derive(Debug, Clone, PartialEq)]
pub struct DataTemplate {
    /// Each placeholder stands within a JSON string or not.
    text: Pieces<bool>,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Json,
    Form,
    Plain,
}

impl DataTemplate {
    /// Reads a template. Its kind follows from the content type that is sent; where none is named, it is JSON if it
    /// reads as JSON, and a form otherwise.
    ///
    /// # Errors
    /// A placeholder is not closed or has no name, or what should be JSON is none.
    pub fn parse(text: &str, content_type: Option<&HeaderValue>) -> Result<Self, String> {
        let mut template = DataTemplate { text: pieces(text)?, kind: Kind::Json };
        let sample = template.text.written(|piece| Ok(if piece.at { "x" } else { "0" }.to_owned()))?;
        let json = serde_json::from_str::<IgnoredAny>(&sample);
        template.kind = match (content_type.map(kind_of), json) {
            (Some(Kind::Json), Err(why)) => return Err(format!("not valid JSON: {why}")),
            (None, Err(_)) => Kind::Form,
            (None, Ok(_)) => Kind::Json,
            (Some(kind), _) => kind,
        };
        Ok(template)
    }

    /// What version 0.1 computed the digest of a template from, to know the one of an earlier run again.
    pub fn v1_digest_text(&self) -> String {
        let pieces = self.text.pieces.iter().map(|Piece { literal, column, at }| {
            format!("Piece {{ literal: {literal:?}, column: {column:?}, at: {at} }}")
        });
        let kind = match self.kind {
            Kind::Json => "Json",
            Kind::Form => "Form",
            Kind::Plain => "Plain",
        };
        let (pieces, tail) = (pieces.collect::<Vec<_>>().join(", "), &self.text.tail);
        format!("DataTemplate {{ text: Pieces {{ pieces: [{pieces}], tail: {tail:?} }}, kind: {kind} }}")
    }

    /// The columns that it wants.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.text.columns()
    }

    /// The body that `values` make.
    pub(in crate::source) fn fill<'v>(&self, values: impl Fn(&str) -> Option<Value<'v>>) -> Result<Payload, String> {
        let body = self.text.written(|piece| {
            let value = values(&piece.column).ok_or_else(|| missing(&piece.column))?;
            if self.kind == Kind::Json && !piece.at {
                return Ok(value.json().into_owned());
            }
            let text = value.text().ok_or_else(|| no_text(&piece.column))?;
            Ok(match self.kind {
                Kind::Json => escaped(text),
                Kind::Form => byte_serialize(text.as_bytes()).collect(),
                Kind::Plain => text.to_owned(),
            })
        })?;
        Ok(match self.kind {
            Kind::Json => Payload::of_type(body, JSON),
            Kind::Form => Payload::of_type(body, FORM),
            Kind::Plain => Payload::untyped(body),
        })
    }
}

/// As it was read, but for blanks within placeholders.
impl fmt::Display for DataTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.pieces.iter().try_for_each(|piece| write!(f, "{}{{{{{}}}}}", piece.literal, piece.column))?;
        f.write_str(&self.text.tail)
    }
}

fn pieces(text: &str) -> Result<Pieces<bool>, String> {
    let (mut pieces, mut rest, mut in_string) = (Vec::new(), text, false);
    while let Some((literal, behind)) = rest.split_once("{{") {
        let (column, behind) = behind.split_once("}}").ok_or("a placeholder {{...}} is not closed")?;
        let column = column.trim();
        if column.is_empty() || column.contains(['{', '}', '"']) {
            return Err("a placeholder {{...}} has no name".to_owned());
        }
        in_string = in_string_after(literal, in_string);
        pieces.push(Piece { literal: literal.to_owned(), column: column.to_owned(), at: in_string });
        rest = behind;
    }
    Ok(Pieces { pieces, tail: rest.to_owned() })
}

/// Whether the end of `json` stands within a string, if its start does or does not.
fn in_string_after(json: &str, mut in_string: bool) -> bool {
    let mut bytes = json.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => in_string = !in_string,
            b'\\' if in_string => _ = bytes.next(),
            _ => {}
        }
    }
    in_string
}

fn kind_of(content_type: &HeaderValue) -> Kind {
    let text = String::from_utf8_lossy(content_type.as_bytes()).to_ascii_lowercase();
    let essence = text.split(';').next().unwrap_or_default().trim();
    match essence {
        JSON => Kind::Json,
        FORM => Kind::Form,
        json if json.ends_with("+json") => Kind::Json,
        _ => Kind::Plain,
    }
}

/// A text as it stands within a JSON string.
fn escaped(text: &str) -> String {
    let quoted = quoted(text);
    quoted[1..quoted.len() - 1].to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::model::request::Content;

    fn fill(template: &str, content_type: Option<&'static str>, value: Value<'_>) -> Result<String, String> {
        let content_type = content_type.map(HeaderValue::from_static);
        let payload = DataTemplate::parse(template, content_type.as_ref())?
            .fill(|column| (column == "x").then(|| value.clone()))?;
        let Content::Bytes(bytes) = payload.content else { panic!("{payload:?}") };
        Ok(String::from_utf8(bytes.to_vec()).unwrap())
    }

    #[test]
    fn a_value_stands_as_its_place_demands() {
        let cell = Value::Cell;
        for (template, kind, value, body) in [
            (r#"{"a":"{{x}}"}"#, None, cell("\"\\\n"), r#"{"a":"\"\\\n"}"#),
            (r#"{"a":{{x}}}"#, None, cell("1.50"), r#"{"a":1.50}"#),
            (r#"{"a":{{ x }}}"#, None, cell("007"), r#"{"a":"007"}"#),
            (r#"[{{x}},"\"{{x}}"]"#, None, cell("true"), r#"[true,"\"true"]"#),
            (r#"[{{x}}]"#, None, cell("1,2"), r#"["1,2"]"#),
            (r#"[{{x}}]"#, None, cell(" 1"), r#"[" 1"]"#),
            (r#"[{{x}}]"#, None, cell(""), r#"[""]"#),
            (r#"[{{x}}]"#, None, Value::Text("1".into()), r#"["1"]"#),
            (r#"[{{x}}]"#, None, Value::Json("[1]"), "[[1]]"),
            ("a={{x}}&b=1", None, cell("2 & 3"), "a=2+%26+3&b=1"),
            ("a={{x}}", Some("Application/X-WWW-Form-Urlencoded; charset=utf-8"), cell("&"), "a=%26"),
            ("<a>{{x}}</a>", Some("application/xml"), cell("&"), "<a>&</a>"),
            (r#"{"a":"{{x}}"}"#, Some("text/plain"), cell("\""), r#"{"a":"""}"#),
            ("[{{x}}]", Some("application/problem+json"), cell("a"), r#"["a"]"#),
            ("nothing", None, cell("a"), "nothing"),
        ] {
            assert_eq!(fill(template, kind, value.clone()).as_deref(), Ok(body), "{template} {value:?}");
        }
    }

    #[test]
    fn what_cannot_be_filled_is_refused() {
        for (template, kind, value) in [
            ("{{x", None, Value::Cell("")),
            ("{{}}", None, Value::Cell("")),
            ("{{y}}", None, Value::Cell("")),
            ("a={{x}}", Some(JSON), Value::Cell("")),
            ("{{x}}: 1", Some(JSON), Value::Cell("")),
            (r#"["{{x}}"]"#, None, Value::Json("[1]")),
            ("a={{x}}", None, Value::Json("null")),
        ] {
            assert!(fill(template, kind, value).is_err(), "{template}");
        }
    }

    proptest! {
        #[test]
        fn json_stays_json_and_gives_the_value_back(value in "\\PC*|[\"\\\\\n\t{}]*|-?[0-9.eE+]{0,4}|true|null") {
            let template = r#"{"in": "a{{x}}\"", "as": {{x}}, "{{x}}": 1, "{{x}}k": [{{x}}]}"#;
            let body = fill(template, None, Value::Cell(&value)).unwrap();
            let body: serde_json::Value = serde_json::from_str(&body).unwrap();
            prop_assert_eq!(&body["in"], &json!(format!("a{value}\"")));
            let bare = serde_json::from_str(&value).ok().filter(|v: &serde_json::Value| !v.is_array() && !v.is_object());
            let is_value = body["as"] == json!(value) || Some(&body["as"]) == bare.as_ref();
            prop_assert!(is_value, "{}", body);
            prop_assert_eq!(&body[format!("{value}k")][0], &body["as"]);
        }

        #[test]
        fn a_form_gives_the_value_back(value: String) {
            let body = fill("a={{x}}&b=1", None, Value::Cell(&value)).unwrap();
            let pairs: Vec<_> = url::form_urlencoded::parse(body.as_bytes()).map(|(_, v)| v.into_owned()).collect();
            prop_assert_eq!(pairs, [value, "1".to_owned()]);
        }

        #[test]
        fn no_template_is_a_panic(text in "([{}x\"\\\\:,]|\\{\\{x\\}\\})*", value: String) {
            let _ = fill(&text, None, Value::Cell(&value));
        }
    }
}
