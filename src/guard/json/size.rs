//! How long a text is as a JSON string.

use super::lines::added_by_escapes;

/// How many times larger than what was received a text may become as JSON, apart from [`SLACK`].
const MAX_GROWTH: usize = 3;

/// Growth that does not matter, in bytes.
const SLACK: usize = 4096;

/// The longest escape: `\u001b` for one byte.
const LONGEST_ESCAPE: u8 = 6;

/// Whether a text that was received as `received` bytes stays in proportion as a JSON string: at most three times as
/// long, plus 4 KiB. Text that is mostly control characters does not.
pub fn fits_as_text(text: &str, received: usize) -> bool {
    let limit = received.saturating_mul(MAX_GROWTH).saturating_add(SLACK);
    text.len().saturating_mul(LONGEST_ESCAPE.into()) <= limit || escaped_len(text) <= limit
}

/// The length of a text as a JSON string in a line, without its quotes.
pub fn escaped_len(text: &str) -> usize {
    let bytes = text.as_bytes();
    let sum = |bytes: &[u8]| usize::from(bytes.iter().map(|byte| added(*byte)).sum::<u8>());
    let (chunks, rest) = bytes.as_chunks::<32>(); // their sums fit a byte, and many are added at once
    bytes.len() + chunks.iter().map(|chunk| sum(chunk)).sum::<usize>() + sum(rest) + added_by_escapes(bytes)
}

/// How many bytes the escape of a byte adds, without a branch.
fn added(byte: u8) -> u8 {
    let is = |wanted: u8| u8::from(byte == wanted);
    let short = u8::from(byte.wrapping_sub(0x08) < 6) & (1 - is(0x0b)); // `\b`, `\t`, `\n`, `\f` and `\r`
    let quoted = is(b'"') | is(b'\\');
    quoted + (LONGEST_ESCAPE - 1) * u8::from(byte < b' ') - (LONGEST_ESCAPE - 2) * short
}
