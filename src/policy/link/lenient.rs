//! Reads malformed links as far as others do, such as `parse_header_links` of Python's requests.

use super::element::{Link, Malformed, trim, trim_quotes};
use super::scanner::Scanner;

/// How many quotes of a field may open no string before the others count as ordinary characters: for each of them, haul
/// may have looked for the closing quote to the end of the field.
const MAX_STRAY_QUOTES: usize = 16;

/// Where the element ends that `text` begins with: at the next comma, or where the next link begins if a comma may
/// belong to an unclosed bracket or quote.
pub(super) fn end(malformed: &Malformed<'_>, text: &[u8], stray_quotes: &mut usize) -> usize {
    match *malformed {
        Malformed::NoBracket => next_comma(text, 0, stray_quotes),
        Malformed::NoParameter { at, .. } => next_comma(text, at, stray_quotes),
        Malformed::OpenBracket => next_link(text, 1),
        Malformed::OpenParameter { at, .. } => next_link(text, at),
    }
}

/// The link that the element `text` may be meant as.
pub(super) fn link<'a>(malformed: Malformed<'a>, text: &'a [u8]) -> Option<Link<'a>> {
    let (mut link, parameters) = match malformed {
        Malformed::NoParameter { link, at } | Malformed::OpenParameter { link, at } => (link, &text[at..]),
        Malformed::NoBracket | Malformed::OpenBracket => {
            let (target, parameters) = text.split_at(text.iter().position(|&byte| byte == b';')?);
            (Link { target: trim(target, b" \t'\"<>"), ..Link::default() }, parameters)
        }
    };
    let has_bracket = |text: &[u8]| text.iter().any(|byte| matches!(byte, b'<' | b'>'));
    if has_bracket(parameters) || has_bracket(link.target) {
        return None;
    }
    // Parameters begin after the first semicolon.
    for parameter in parameters.split(|&byte| byte == b';').skip(1) {
        let mut value = Scanner(parameter);
        let name = value.until(|byte| byte == b'=');
        value.take(b'=');
        link.add(name, unquoted(value.0).to_vec());
    }
    Some(link)
}

/// A value without its quotes, and without what follows them.
fn unquoted(value: &[u8]) -> &[u8] {
    let value = value.trim_ascii();
    match value.split_first() {
        Some((quote @ (b'"' | b'\''), inner)) if inner.contains(quote) => Scanner(inner).until(|byte| byte == *quote),
        _ => trim_quotes(value),
    }
}

/// Whether a part of a field names the next page as a relation.
pub(super) fn names_next(text: &[u8]) -> bool {
    let text = if text.starts_with(b"<") { text.splitn(2, |&byte| byte == b'>').last().unwrap_or(text) } else { text };
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    text.split(|&byte| byte == b';').any(|parameter| {
        let mut words = parameter.split(|byte| !is_letter(byte));
        words.any(|word| word.eq_ignore_ascii_case(b"rel")) && words.any(|word| word.eq_ignore_ascii_case(b"next"))
    })
}

/// The first comma outside of quoted strings.
fn next_comma(text: &[u8], from: usize, stray_quotes: &mut usize) -> usize {
    let mut rest = Scanner(&text[from..]);
    loop {
        rest.until(|byte| byte == b',' || byte == b'"' && *stray_quotes < MAX_STRAY_QUOTES);
        if !rest.take(b'"') {
            return text.len() - rest.0.len();
        }
        let mut behind = Scanner(rest.0);
        if behind.quoted().is_some() && behind.ends() {
            rest = behind;
        } else {
            *stray_quotes += 1;
        }
    }
}

/// The first comma that `<` follows.
fn next_link(text: &[u8], from: usize) -> usize {
    let is_before_link = |at: &usize| text[*at] == b',' && text[at + 1..].trim_ascii_start().starts_with(b"<");
    (from..text.len()).find(is_before_link).unwrap_or(text.len())
}
