//! What a terminal may have: servers and lists hold characters that would steer it, or turn the direction of writing.

use std::borrow::Cow;
use std::io::{self, Write};

/// `text` on one line, harmless: what steers is escaped as in Rust.
pub fn printable(text: &str) -> Cow<'_, str> {
    escaped(text, steers)
}

/// The same of several lines, which stay.
pub fn printable_lines(text: &str) -> Cow<'_, str> {
    escaped(text, |c| c != '\n' && steers(c))
}

fn escaped(text: &str, is_escaped: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&is_escaped) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if is_escaped(c) { out.extend(c.escape_default()) } else { out.push(c) }
    }
    Cow::Owned(out)
}

/// Control characters of both sets and DEL, and what Unicode has for the direction and the ends of lines.
fn steers(c: char) -> bool {
    let turns = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    turns || c.is_control()
}

/// Writes to a terminal what is harmless there: all but line ends and tabs that steers is escaped as in JSON, `\u001b`,
/// which a string of JSON reads back as it was.
///
/// What is no UTF-8 goes out as U+FFFD: to some terminals a lone byte is a control character.
#[derive(Debug)]
pub struct TerminalWriter<W> {
    out: W,
    /// The beginning of a character that is not whole.
    torn: Vec<u8>,
}

impl<W: Write> TerminalWriter<W> {
    /// Writes to `out`.
    pub fn new(out: W) -> Self {
        TerminalWriter { out, torn: Vec::new() }
    }
}

impl<W: Write> Write for TerminalWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let joined;
        let whole = match self.torn.is_empty() {
            true => bytes,
            false => {
                joined = [&self.torn, bytes].concat();
                &*joined
            }
        };
        let end = whole.len() - torn(whole).len();
        let safe = harmless(&whole[..end]);
        let rest = whole[end..].to_vec();
        self.out.write_all(&safe)?;
        self.torn = rest;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// What `bytes` end with that may become a character.
fn torn(bytes: &[u8]) -> &[u8] {
    let last = bytes.utf8_chunks().last().map_or(&[][..], |chunk| chunk.invalid());
    match std::str::from_utf8(last) {
        Err(why) if why.error_len().is_none() => last,
        _ => &[],
    }
}

fn harmless(bytes: &[u8]) -> Cow<'_, [u8]> {
    let is_escaped = |c: char| !matches!(c, '\n' | '\t') && steers(c);
    let text = match String::from_utf8_lossy(bytes) {
        Cow::Borrowed(text) if !text.contains(is_escaped) => return Cow::Borrowed(bytes),
        text => text,
    };
    let mut out = String::with_capacity(bytes.len() + 8);
    for c in text.chars() {
        match is_escaped(c) {
            true => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            false => out.push(c),
        }
    }
    Cow::Owned(out.into_bytes())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_steers_a_terminal_is_escaped() {
        assert!(matches!(printable("grüße · 漢字"), Cow::Borrowed(_)));
        assert_eq!(printable("a\x1b[31m\n\u{9b}\u{202e}b\x7f"), r"a\u{1b}[31m\n\u{9b}\u{202e}b\u{7f}");
        assert_eq!(printable_lines("a\r\nb\x1b"), "a\\r\nb\\u{1b}");
    }

    fn written(pieces: &[&[u8]]) -> String {
        let mut out = TerminalWriter::new(Vec::new());
        pieces.iter().for_each(|piece| out.write_all(piece).unwrap());
        String::from_utf8(out.out).unwrap()
    }

    #[test]
    fn records_are_written_without_what_steers() {
        assert_eq!(written(&["{\"a\":\"é漢\"}\tb\n".as_bytes()]), "{\"a\":\"é漢\"}\tb\n");
        assert_eq!(written(&[b"\x1b[2J\r\x07\x7f"]), r"\u001b[2J\u000d\u0007\u007f");
        assert_eq!(written(&["\u{9b}31m\u{202e}".as_bytes()]), r"\u009b31m\u202e");
        assert_eq!(written(&[b"a\x9bb"]), "a\u{fffd}b");
        assert_eq!(written(&[b"\xc2", b"\x9b\xe6\xbc", b"\xa2"]), r"\u009b漢");
    }

    proptest! {
        #[test]
        fn pieces_do_not_matter(bytes: Vec<u8>, text: String, at in any::<prop::sample::Index>()) {
            let bytes = [text.as_bytes(), &bytes, b"\n"].concat();
            let (head, tail) = bytes.split_at(at.index(bytes.len()));
            let whole = written(&[&bytes]);
            prop_assert!(!whole.contains(|c| c != '\n' && c != '\t' && steers(c)));
            prop_assert_eq!(written(&[head, tail]), whole);
        }

        #[test]
        fn a_string_of_json_reads_back(text: String) {
            let json = serde_json::to_string(&text).unwrap();
            prop_assert_eq!(serde_json::from_str::<String>(&written(&[json.as_bytes()])).unwrap(), text);
        }
    }
}
