//! Strings and their escapes.

use super::super::Text;

/// The text of a string without escapes, if it is UTF-8.
pub(super) fn plain(raw: &[u8]) -> Option<&str> {
    if memchr::memchr(b'\\', raw).is_some() {
        return None;
    }
    simdutf8::basic::from_utf8(raw).ok()
}

/// The text of a string; `None` if an escape is not JSON.
pub(super) fn unescape(raw: &[u8]) -> Option<Text> {
    let mut text = Text::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        push_lossy(&rest[..at], &mut text);
        rest = &rest[at + 1..];
        let (kind, after) = rest.split_first()?;
        rest = after;
        let plain = match kind {
            b'"' | b'\\' | b'/' => char::from(*kind),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => unicode(&mut rest)?,
            _ => return None,
        };
        text.push(plain);
    }
    push_lossy(rest, &mut text);
    Some(text)
}

fn push_lossy(bytes: &[u8], text: &mut Text) {
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }
}

/// The character after `\u`, of which the second half of a pair may follow.
fn unicode(rest: &mut &[u8]) -> Option<char> {
    let unit = hex(rest)?;
    if (0xd800..0xdc00).contains(&unit)
        && let Some(mut second) = rest.strip_prefix(b"\\u")
        && let low @ 0xdc00..0xe000 = hex(&mut second)?
    {
        *rest = second;
        let c = 0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
        return char::from_u32(c);
    }
    Some(char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER))
}

fn hex(rest: &mut &[u8]) -> Option<u32> {
    let (digits, after) = rest.split_at_checked(4)?;
    *rest = after;
    let mut unit = 0;
    for digit in digits {
        unit = unit * 16 + char::from(*digit).to_digit(16)?;
    }
    Some(unit)
}
