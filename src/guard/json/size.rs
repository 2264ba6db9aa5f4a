//! How long a text is as a JSON string.

use super::lines::added_by_escapes;

/// How many times larger than what was received a text may become as JSON, apart from [`SLACK`].
const MAX_GROWTH: usize = 3;

/// Growth that does not matter, in bytes.
const SLACK: usize = 4096;

/// The longest escape: `\u001b` for one byte.
const LONGEST_ESCAPE: usize = 6;

/// Whether a text that was received as `received` bytes stays in proportion as a JSON string: at most three times as
/// long, plus 4 KiB. Text that is mostly control characters does not.
pub fn fits_as_text(text: &str, received: usize) -> bool {
    let limit = received.saturating_mul(MAX_GROWTH).saturating_add(SLACK);
    text.len().saturating_mul(LONGEST_ESCAPE) <= limit || escaped_len(text) <= limit
}

/// The length of a text as a JSON string in a line, without its quotes.
pub fn escaped_len(text: &str) -> usize {
    text.len() + text.as_bytes().iter().map(|byte| added(*byte)).sum::<usize>() + added_by_escapes(text.as_bytes())
}

/// How many bytes the escape of a byte adds.
fn added(byte: u8) -> usize {
    match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0c => 1,
        0..b' ' => LONGEST_ESCAPE - 1,
        _ => 0,
    }
}
