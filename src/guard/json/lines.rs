//! The line ends of Unicode, at which some readers of lines split.

/// NEL, LS and PS in UTF-8, and their escapes.
const LINE_ENDS: [(&[u8], &[u8]); 3] =
    [(b"\xc2\x85", br"\u0085"), (b"\xe2\x80\xa8", br"\u2028"), (b"\xe2\x80\xa9", br"\u2029")];

/// Escapes U+0085, U+2028 and U+2029 in the JSON from `start` on, where they can only be in strings. Python's `splitlines`,
/// Node's `readline` and Java's `Scanner` take them for the end of a line.
pub fn escape_line_ends(out: &mut Vec<u8>, start: usize) {
    let Some(mut end) = next(&out[start..]) else { return };
    let json = out.split_off(start);
    let mut rest = &json[..];
    loop {
        out.extend_from_slice(&rest[..end.at]);
        out.extend_from_slice(end.escape);
        rest = &rest[end.at + end.len..];
        match next(rest) {
            Some(next) => end = next,
            None => break,
        }
    }
    out.extend_from_slice(rest);
}

/// How many bytes [`escape_line_ends`] adds to JSON.
pub fn added_by_escapes(json: &[u8]) -> usize {
    let (mut added, mut rest) = (0, json);
    while let Some(end) = next(rest) {
        added += end.escape.len() - end.len;
        rest = &rest[end.at + end.len..];
    }
    added
}

struct LineEnd {
    at: usize,
    len: usize,
    escape: &'static [u8],
}

/// The first of them.
fn next(json: &[u8]) -> Option<LineEnd> {
    let mut from = 0;
    while let Some(at) = memchr::memchr2(0xc2, 0xe2, &json[from..]) {
        let rest = &json[from + at..];
        if let Some((end, escape)) = LINE_ENDS.iter().find(|(end, _)| rest.starts_with(end)) {
            return Some(LineEnd { at: from + at, len: end.len(), escape });
        }
        from += at + 1;
    }
    None
}
