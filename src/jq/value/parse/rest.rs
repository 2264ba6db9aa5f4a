//! What is still to come.

use super::super::super::meter;

/// How many bytes are looked at in the time of a unit of work.
const BYTES_PER_WORK: usize = 16;

/// The number of elements of an array in what follows one of its commas. If that is not JSON, any number.
pub(super) fn elements_left(text: &[u8]) -> usize {
    let (mut elements, mut level, mut at) = (1, 0_usize, 0);
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => at += string_len(&text[at + 1..]),
            b'[' | b'{' => level += 1,
            b']' | b'}' if level == 0 => break,
            b']' | b'}' => level -= 1,
            b',' if level == 0 => elements += 1,
            _ => {}
        }
        at += 1;
    }
    meter::work(at / BYTES_PER_WORK);
    elements
}

/// The length of a string from behind its first quote to its last.
fn string_len(text: &[u8]) -> usize {
    let mut len = 0;
    while let Some(at) = memchr::memchr2(b'"', b'\\', text.get(len..).unwrap_or_default()) {
        len += at + 1;
        if text[len - 1] == b'"' {
            return len;
        }
        len += 1; // whatever is escaped
    }
    text.len()
}
