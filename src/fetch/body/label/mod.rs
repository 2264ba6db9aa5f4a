//! What Content-Type says of a body.

#[cfg(test)]
mod tests;

use http::header::{CONTENT_TYPE, HeaderMap};

use crate::guard::text::field_text;

/// What a body is labelled as.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Label {
    pub(super) kind: Kind,
    /// The label of its encoding, which need not be a known one.
    pub(super) charset: Option<String>,
}

/// A kind of media type.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Kind {
    Json,
    Html,
    Xhtml,
    Xml,
    /// Text of any other type.
    Text,
    /// Anything else, and what has no label.
    #[default]
    Other,
}

impl Label {
    /// Reads Content-Type as the Fetch Standard does: of several types, the last one counts. It is more lenient with
    /// what stands where a parameter should: servers write `application/json, charset=utf-8`.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let mut essence = String::new();
        let mut charset: Option<String> = None;
        for value in headers.get_all(CONTENT_TYPE) {
            let value = field_text(value.as_bytes());
            for part in Parts(&value) {
                let (found, parameters) = media_type(part);
                if found == "*/*" {
                    continue;
                }
                let own = parameter(parameters, "charset");
                charset = match found.is_empty() {
                    true => charset.or(own),
                    false => own.or(charset.filter(|_| found == essence)),
                };
                if !found.is_empty() {
                    essence = found;
                }
            }
        }
        Label { kind: Kind::of(&essence), charset }
    }
}

impl Kind {
    fn of(essence: &str) -> Self {
        let (kind, subtype) = essence.split_once('/').unwrap_or_default();
        let format = subtype.rsplit_once('+').map_or(subtype, |(_, suffix)| suffix); // RFC 6839, section 3.1
        match (essence, kind, format) {
            ("text/html", _, _) => Kind::Html,
            ("application/xhtml+xml", _, _) => Kind::Xhtml,
            (_, _, "json") => Kind::Json,
            (_, _, "xml") => Kind::Xml,
            (_, "text", _) => Kind::Text,
            // JavaScript, as the MIME Sniffing Standard lists its types; the others are text/*.
            ("application/javascript" | "application/ecmascript", _, _) => Kind::Text,
            ("application/x-javascript" | "application/x-ecmascript", _, _) => Kind::Text,
            _ => Kind::Other,
        }
    }
}

/// The parts of a list, separated by commas that are not quoted.
struct Parts<'a>(&'a str);

impl<'a> Iterator for Parts<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        if self.0.is_empty() {
            return None;
        }
        let (mut is_quoted, mut is_escaped) = (false, false);
        let end = self.0.find(|c| {
            let ends = c == ',' && !is_quoted;
            is_quoted ^= c == '"' && !is_escaped;
            is_escaped = is_quoted && c == '\\' && !is_escaped;
            ends
        });
        let (part, rest) = end.map_or((self.0, ""), |end| (&self.0[..end], &self.0[end + 1..]));
        self.0 = rest;
        Some(part)
    }
}

/// The type and subtype in lower case, and what follows them. Without a type, all of it is parameters.
fn media_type(part: &str) -> (String, &str) {
    let trimmed = part.trim_start_matches(|c: char| c.is_ascii_whitespace() || is_quote(c));
    let kind = token(trimmed);
    let subtype = trimmed[kind.len()..].strip_prefix('/').map_or("", token);
    if kind.is_empty() || subtype.is_empty() {
        return (String::new(), part);
    }
    let end = kind.len() + 1 + subtype.len();
    (trimmed[..end].trim_end_matches(is_quote).to_ascii_lowercase(), &trimmed[end..])
}

/// The token that a text begins with (RFC 9110, section 5.6.2).
fn token(text: &str) -> &str {
    let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    &text[..text.find(|c| !is_token(c)).unwrap_or(text.len())]
}

/// The value of the first parameter `name` that has one.
fn parameter(mut rest: &str, name: &str) -> Option<String> {
    loop {
        let equals = rest.find(['=', ';'])?;
        let (before, after) = (&rest[..equals], &rest[equals + 1..]);
        if rest.as_bytes()[equals] == b';' {
            rest = after;
            continue;
        }
        let (value, after) = parameter_value(after.trim_ascii_start());
        let named = before.split_ascii_whitespace().next_back();
        if named.is_some_and(|named| named.eq_ignore_ascii_case(name)) && !value.is_empty() {
            return Some(value);
        }
        rest = after;
    }
}

/// A value, quoted or not, and what follows it.
fn parameter_value(text: &str) -> (String, &str) {
    if let Some(quoted) = text.strip_prefix('"') {
        let mut value = String::new();
        let mut chars = quoted.chars();
        loop {
            match chars.next() {
                None | Some('"') => return (value.trim_ascii().to_owned(), chars.as_str()),
                Some('\\') => value.extend(chars.next()),
                Some(c) => value.push(c),
            }
        }
    }
    let (value, rest) = text.split_once(';').unwrap_or((text, ""));
    let value = value.split_ascii_whitespace().next().unwrap_or_default();
    (value.trim_matches(is_quote).to_owned(), rest)
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '\'')
}
