//! Finds the placeholders `{{name}}` of a text.

use std::mem;

/// What starts a placeholder in an encoded text.
pub(super) const ENCODED_START: &str = "%7B%7B";
const ENCODED_END: &str = "%7D%7D";

/// The text that stands for a literal `{{`.
pub(super) const LITERAL: &str = "{{{{}}";

/// The placeholders of a text, each with the text before it, and the text after the last one.
pub(super) struct Split<'a> {
    pub(super) placeholders: Vec<(String, &'a str)>,
    pub(super) tail: String,
}

/// Whether a text has a placeholder, perhaps a malformed one.
pub(in crate::source) fn has_braces(text: &[u8]) -> bool {
    memchr::memmem::find(text, b"{{").is_some()
}

/// The same for the fields of a query or form.
pub(in crate::source) fn has_encoded_braces(fields: &str) -> bool {
    fields.contains(ENCODED_START) || fields.contains("{{")
}

/// Splits a text at its placeholders.
pub(super) fn split(text: &str) -> Result<Split<'_>, String> {
    let (mut placeholders, mut rest, mut literal) = (Vec::new(), text, String::new());
    while let Some((before, behind)) = rest.split_once("{{") {
        literal.push_str(before);
        if let Some(behind) = behind.strip_prefix(&LITERAL[2..]) {
            literal.push_str("{{");
            rest = behind;
            continue;
        }
        let (name, behind) = name_of(behind)?;
        placeholders.push((mem::take(&mut literal), name));
        rest = behind;
    }
    literal.push_str(rest);
    Ok(Split { placeholders, tail: literal })
}

/// The name of the placeholder whose opening braces come before `text`, and the text after it.
pub(super) fn name_of(text: &str) -> Result<(&str, &str), String> {
    let (name, behind) = text
        .split_once("}}")
        .ok_or_else(|| format!("a placeholder {{{{...}}}} is not closed; write {LITERAL} for {{{{"))?;
    match name.trim() {
        name if name.is_empty() || name.contains(['{', '}', '"']) => {
            Err(format!("a placeholder {{{{...}}}} has no name; write {LITERAL} for {{{{"))
        }
        name => Ok((name, behind)),
    }
}

/// The fields of a form or query with their placeholders decoded.
pub(super) fn decoded(fields: &str) -> String {
    let (mut out, mut rest) = (String::with_capacity(fields.len()), fields);
    while let Some((before, behind)) = rest.split_once(ENCODED_START) {
        out.push_str(before);
        out.push_str("{{");
        let literal = behind.strip_prefix(ENCODED_START).and_then(|behind| behind.strip_prefix(ENCODED_END));
        if let Some(behind) = literal {
            out.push_str(&LITERAL[2..]);
            rest = behind;
            continue;
        }
        let Some((name, behind)) = behind.split_once(ENCODED_END) else {
            rest = behind;
            continue;
        };
        let name = name.replace('+', " ");
        out.push_str(&percent_encoding::percent_decode_str(&name).decode_utf8_lossy());
        out.push_str("}}");
        rest = behind;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Result<String, String> {
        let Split { placeholders, tail } = split(text)?;
        let shown: Vec<_> = placeholders.iter().map(|(literal, name)| format!("{literal}<{name}>")).collect();
        Ok(shown.concat() + &tail)
    }

    #[test]
    fn placeholders_are_found() {
        for (text, found) in [
            ("", ""),
            ("a{b}}c", "a{b}}c"),
            ("a{{b}}c{{ d e }}", "a<b>c<d e>"),
            ("{{a}}{{b}}}", "<a><b>}"),
            ("{{{{}}", "{{"),
            ("{{{{}}a}}{{b}}", "{{a}}<b>"),
        ] {
            assert_eq!(shown(text).as_deref(), Ok(found), "{text}");
        }
        for text in ["{{", "{{a", "{{a}", "{{}}", "{{ }}", "{{{a}}", "{{{{a}}"] {
            assert!(shown(text).unwrap_err().contains("write {{{{}} for {{"), "{text}");
        }
    }

    #[test]
    fn placeholders_of_a_form_are_decoded() {
        for (fields, text) in [
            ("a=%7B%7Bseq%7D%7D&b=1", "a={{seq}}&b=1"),
            ("a=%7B%7Brandom+1+9%7D%7D", "a={{random 1 9}}"),
            ("a=%7B%7Bn%C3%A4me%7D%7D%7B", "a={{n\u{e4}me}}%7B"),
            ("a=%7B%7B%7B%7B%7D%7Dx%7D%7D", "a={{{{}}x%7D%7D"),
            ("a={{seq}}&b=%7Bx%7D", "a={{seq}}&b=%7Bx%7D"),
        ] {
            assert_eq!(decoded(fields), text);
        }
    }
}
