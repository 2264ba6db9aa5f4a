//! Escapes of surrogate pairs.

use super::unfit::Unfit;

/// The length of the escape, or pair of escapes, that `json` begins with.
///
/// # Errors
/// It is half of a surrogate pair.
pub(super) fn escape_len(json: &[u8]) -> Result<usize, Unfit> {
    match half(json) {
        None => Ok(2), // what follows `\u` has neither quotes nor backslashes
        Some(Half::High) if matches!(json.get(6..).and_then(half), Some(Half::Low)) => Ok(12),
        Some(_) => Err(Unfit::Surrogate),
    }
}

/// Whether a string in `json`, which is valid, has half of a surrogate pair.
pub fn has_unpaired_surrogate(json: &[u8]) -> bool {
    let mut rest = json;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        let Ok(len) = escape_len(&rest[at..]) else { return true };
        rest = rest.get(at + len..).unwrap_or_default();
    }
    false
}

enum Half {
    High,
    Low,
}

/// Which half of a surrogate pair `json` begins with, escaped.
fn half(json: &[u8]) -> Option<Half> {
    match json {
        [b'\\', b'u', b'd' | b'D', b'8' | b'9' | b'a' | b'A' | b'b' | b'B', ..] => Some(Half::High),
        [b'\\', b'u', b'd' | b'D', b'c'..=b'f' | b'C'..=b'F', ..] => Some(Half::Low),
        _ => None,
    }
}
