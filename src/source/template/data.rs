//! Body templates with `{{column}}` placeholders.

use std::fmt;

use http::header::HeaderValue;
use serde::de::IgnoredAny;
use url::form_urlencoded::byte_serialize;

use super::braces::{self, LITERAL, Split, split};
use super::{Generated, Inserted, Pieces, Placeholder, TemplateText, TemplateValue, quoted};
use crate::model::request::{FORM, JSON, Payload};

/// A body with placeholders, such as `{"name": "{{name}}", "age": {{age}}}`. Filling it keeps it well-formed.
///
/// In JSON a value is escaped within a string, and inserted as a JSON value elsewhere. In a form it is percent-encoded.
/// In anything else it is inserted unchanged.
#[derive(Debug, Clone, PartialEq)]
pub struct DataTemplate {
    /// The context of a placeholder: whether it is within a JSON string.
    text: TemplateText<bool>,
    kind: BodyKind,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum BodyKind {
    Json,
    Form,
    Plain,
}

impl DataTemplate {
    /// Parses a template. The content type that is sent decides how values are inserted; without one, the template is
    /// JSON if it parses as JSON, and a form otherwise.
    ///
    /// # Errors
    /// A placeholder is not closed or has no name, or `content_type` is JSON and the template is not.
    pub fn parse(text: &str, content_type: Option<&HeaderValue>) -> Result<Self, String> {
        let mut template = DataTemplate { text: parse(text)?, kind: BodyKind::Json };
        let sample = template.text.fill(|placeholder| Ok(if placeholder.context { "x" } else { "0" }.to_owned()))?;
        let json = serde_json::from_str::<IgnoredAny>(&sample);
        template.kind = match (content_type.map(kind_of), json) {
            (Some(BodyKind::Json), Err(why)) => return Err(format!("not valid JSON: {why}")),
            (None, Err(_)) => BodyKind::Form,
            (None, Ok(_)) => BodyKind::Json,
            (Some(kind), _) => kind,
        };
        Ok(template)
    }

    /// The text from which version 0.1 computed the digest of a template. Its checkpoints depend on it.
    pub fn v1_digest_text(&self) -> String {
        let pieces = self.text.placeholders.iter().map(|Placeholder { literal, column, context: at }| {
            format!("Piece {{ literal: {literal:?}, column: {column:?}, at: {at} }}")
        });
        let kind = match self.kind {
            BodyKind::Json => "Json",
            BodyKind::Form => "Form",
            BodyKind::Plain => "Plain",
        };
        let (pieces, tail) = (pieces.collect::<Vec<_>>().join(", "), &self.text.tail);
        format!("DataTemplate {{ text: Pieces {{ pieces: [{pieces}], tail: {tail:?} }}, kind: {kind} }}")
    }

    /// The columns that it uses.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.text.columns()
    }

    /// Whether a probe makes all its values itself, so that it needs no columns.
    pub fn is_generated(&self) -> bool {
        self.columns().all(|name| !matches!(Generated::parse(name), Ok(None)))
    }

    /// A body of a request that has placeholders: it keeps its own type, unless a header sets another.
    pub(in crate::source) fn of_body(
        text: &str,
        header: Option<&HeaderValue>,
        own: Option<&HeaderValue>,
    ) -> Result<Self, String> {
        let is_like_json = text.trim_start().starts_with(['{', '[']) && DataTemplate::parse(text, None)?.is_json();
        let kind = match (header, own.map(kind_of)) {
            (Some(header), _) => kind_of(header),
            (None, Some(BodyKind::Json)) => BodyKind::Json,
            _ if is_like_json => BodyKind::Json,
            (None, kind) => kind.unwrap_or(BodyKind::Plain),
        };
        match kind {
            BodyKind::Json => DataTemplate::parse(text, Some(&HeaderValue::from_static(JSON))),
            BodyKind::Form => Ok(DataTemplate { text: parse(&braces::decoded(text))?, kind }),
            BodyKind::Plain => Ok(DataTemplate { text: parse(text)?, kind }),
        }
    }

    /// A text whose values are inserted as they are.
    pub(in crate::source) fn plain(text: &str) -> Result<Self, String> {
        Ok(DataTemplate { text: parse(text)?, kind: BodyKind::Plain })
    }

    /// The encoded fields of a query.
    pub(in crate::source) fn query(fields: &str) -> Result<Self, String> {
        Ok(DataTemplate { text: parse(&braces::decoded(fields))?, kind: BodyKind::Form })
    }

    fn is_json(&self) -> bool {
        self.kind == BodyKind::Json
    }

    /// Fills the template with `values`, and with what is generated if it is that of a probe.
    pub(in crate::source) fn resolve<'v>(
        &self,
        values: impl Fn(&str) -> Option<TemplateValue<'v>>,
        is_probe: bool,
    ) -> Result<Pieces, String> {
        let encode = |placeholder: &Placeholder<bool>, value: &TemplateValue<'v>| {
            if self.kind == BodyKind::Json && !placeholder.context {
                return Ok(value.json(&placeholder.column)?.into_owned());
            }
            let text = value.text(&placeholder.column)?;
            Ok(match self.kind {
                BodyKind::Json => escaped(text),
                BodyKind::Form => byte_serialize(text.as_bytes()).collect(),
                BodyKind::Plain => text.to_owned(),
            })
        };
        let generate = |in_string: &bool| match self.kind {
            _ if !is_probe => None,
            BodyKind::Json if !in_string => Some(Inserted::JsonValue),
            BodyKind::Form => Some(Inserted::Encoded),
            BodyKind::Json | BodyKind::Plain => Some(Inserted::AsIs),
        };
        self.text.resolve(values, encode, generate)
    }

    /// Fills the template with `values`.
    pub(in crate::source) fn fill<'v>(
        &self,
        values: impl Fn(&str) -> Option<TemplateValue<'v>>,
    ) -> Result<Payload, String> {
        self.resolve(values, false).map(|filled| self.payload(filled.tail))
    }

    /// A filled template as a body.
    pub(in crate::source) fn payload(&self, body: String) -> Payload {
        match self.kind {
            BodyKind::Json => Payload::of_type(body, JSON),
            BodyKind::Form => Payload::of_type(body, FORM),
            BodyKind::Plain => Payload::untyped(body),
        }
    }
}

/// The template as parsed, without the blanks in its placeholders.
impl fmt::Display for DataTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut placeholders = self.text.placeholders.iter();
        let literal = |text: &str| text.replace("{{", LITERAL);
        placeholders.try_for_each(|it| write!(f, "{}{{{{{}}}}}", literal(&it.literal), it.column))?;
        f.write_str(&literal(&self.text.tail))
    }
}

fn parse(text: &str) -> Result<TemplateText<bool>, String> {
    let (Split { placeholders, tail }, mut in_string) = (split(text)?, false);
    let placeholders = placeholders.into_iter().map(|(literal, name)| {
        in_string = in_string_after(&literal, in_string);
        Placeholder { literal, column: name.to_owned(), context: in_string }
    });
    Ok(TemplateText { placeholders: placeholders.collect(), tail })
}

/// Whether `json` ends within a string, given whether it starts in one.
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

fn kind_of(content_type: &HeaderValue) -> BodyKind {
    let text = String::from_utf8_lossy(content_type.as_bytes()).to_ascii_lowercase();
    let essence = text.split(';').next().unwrap_or_default().trim();
    match essence {
        JSON => BodyKind::Json,
        FORM => BodyKind::Form,
        json if json.ends_with("+json") => BodyKind::Json,
        _ => BodyKind::Plain,
    }
}

/// A text escaped for use within a JSON string.
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

    fn fill(template: &str, content_type: Option<&'static str>, value: TemplateValue<'_>) -> Result<String, String> {
        let content_type = content_type.map(HeaderValue::from_static);
        let payload = DataTemplate::parse(template, content_type.as_ref())?
            .fill(|column| (column == "x").then(|| value.clone()))?;
        let Content::Bytes(bytes) = payload.content else { panic!("{payload:?}") };
        Ok(String::from_utf8(bytes.to_vec()).unwrap())
    }

    #[test]
    fn values_are_encoded_for_their_context() {
        let cell = TemplateValue::Cell;
        for (template, kind, value, body) in [
            (r#"{"a":"{{x}}"}"#, None, cell("\"\\\n"), r#"{"a":"\"\\\n"}"#),
            (r#"{"a":{{x}}}"#, None, cell("1.50"), r#"{"a":1.50}"#),
            (r#"{"a":{{ x }}}"#, None, cell("007"), r#"{"a":"007"}"#),
            (r#"[{{x}},"\"{{x}}"]"#, None, cell("true"), r#"[true,"\"true"]"#),
            (r#"[{{x}}]"#, None, cell("1,2"), r#"["1,2"]"#),
            (r#"[{{x}}]"#, None, cell(" 1"), r#"[" 1"]"#),
            (r#"[{{x}}]"#, None, cell(""), r#"[""]"#),
            (r#"[{{x}}]"#, None, TemplateValue::Text("1".into()), r#"["1"]"#),
            (r#"[{{x}}]"#, None, TemplateValue::Json("[1]"), "[[1]]"),
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
    fn impossible_templates_and_values_are_refused() {
        for (template, kind, value) in [
            ("{{x", None, TemplateValue::Cell("")),
            ("{{}}", None, TemplateValue::Cell("")),
            ("{{y}}", None, TemplateValue::Cell("")),
            ("a={{x}}", Some(JSON), TemplateValue::Cell("")),
            ("{{x}}: 1", Some(JSON), TemplateValue::Cell("")),
            (r#"["{{x}}"]"#, None, TemplateValue::Json("[1]")),
            ("a={{x}}", None, TemplateValue::Json("null")),
        ] {
            assert!(fill(template, kind, value).is_err(), "{template}");
        }
    }

    proptest! {
        #[test]
        fn json_stays_valid_and_the_value_reads_back(value in "\\PC*|[\"\\\\\n\t{}]*|-?[0-9.eE+]{0,4}|true|null") {
            let template = r#"{"in": "a{{x}}\"", "as": {{x}}, "{{x}}": 1, "{{x}}k": [{{x}}]}"#;
            let body = fill(template, None, TemplateValue::Cell(&value)).unwrap();
            let body: serde_json::Value = serde_json::from_str(&body).unwrap();
            prop_assert_eq!(&body["in"], &json!(format!("a{value}\"")));
            let bare = serde_json::from_str(&value).ok().filter(|v: &serde_json::Value| !v.is_array() && !v.is_object());
            let is_value = body["as"] == json!(value) || Some(&body["as"]) == bare.as_ref();
            prop_assert!(is_value, "{}", body);
            prop_assert_eq!(&body[format!("{value}k")][0], &body["as"]);
        }

        #[test]
        fn a_value_in_a_form_reads_back(value: String) {
            let body = fill("a={{x}}&b=1", None, TemplateValue::Cell(&value)).unwrap();
            let pairs: Vec<_> = url::form_urlencoded::parse(body.as_bytes()).map(|(_, v)| v.into_owned()).collect();
            prop_assert_eq!(pairs, [value, "1".to_owned()]);
        }

        #[test]
        fn parsing_never_panics(text in "([{}x\"\\\\:,]|\\{\\{x\\}\\})*", value: String) {
            let _ = fill(&text, None, TemplateValue::Cell(&value));
        }
    }
}
