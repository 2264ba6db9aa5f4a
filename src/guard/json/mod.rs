//! What JSON may be embedded in a line, so that every reader of lines reads it.

mod lines;
mod size;
#[cfg(test)]
mod tests;

use std::fmt;

pub use lines::escape_line_ends;
pub use size::{escaped_len, fits_as_text};

/// How many levels a whole line nests at most. jq 1.5 and 1.6 read 256, and count an object twice: once for itself, and
/// once for the key whose value is open.
pub const MAX_LEVELS: usize = 250;

/// The levels around a value of a record's key.
pub const IN_RECORD: usize = 1;

/// The levels around an element of a list in a record.
pub const IN_LIST: usize = 2;

/// The most digits of a number, those of its exponent included.
pub const MAX_DIGITS: usize = 1000;

/// Why some readers could not read a line with a JSON value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unfit {
    /// It nests more than this many levels, where an object counts as two.
    Deep(usize),
    /// Half of a surrogate pair is escaped, which stands for no character.
    Surrogate,
    /// A number has more than [`MAX_DIGITS`] digits.
    LongNumber,
    /// A number is beyond the range of 64-bit floating point.
    LargeNumber,
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unfit::Deep(levels) => write!(f, "nests more than {levels} levels (an object counts as two)"),
            Unfit::Surrogate => f.write_str("has an unpaired surrogate"),
            Unfit::LongNumber => write!(f, "has a number of more than {MAX_DIGITS} digits"),
            Unfit::LargeNumber => f.write_str("has a number too large for a double"),
        }
    }
}

/// Checks that a line can embed a JSON value, which is valid and in UTF-8, with `depth` levels around it.
///
/// # Errors
/// What some readers would refuse in it.
pub fn embeddable(json: &[u8], depth: usize) -> Result<(), Unfit> {
    check_surrogates(json)?;
    let max_levels = MAX_LEVELS.saturating_sub(depth);
    let (mut levels, mut at) = (0, 0);
    while let Some(&byte) = json.get(at) {
        at += 1;
        match byte {
            b'"' => at = after_string(json, at),
            b'[' | b'{' => {
                levels += weight(byte);
                if levels > max_levels {
                    return Err(Unfit::Deep(max_levels));
                }
            }
            b']' | b'}' => levels = levels.saturating_sub(weight(byte)),
            b'-' | b'0'..=b'9' => {
                let is_part = |byte: &u8| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-');
                let end = json[at..].iter().position(|byte| !is_part(byte)).map_or(json.len(), |len| at + len);
                check_number(&json[at - 1..end])?;
                at = end;
            }
            _ => {}
        }
    }
    Ok(())
}

/// As how many levels a bracket counts.
fn weight(bracket: u8) -> usize {
    if matches!(bracket, b'{' | b'}') { 2 } else { 1 }
}

/// Where the string ends that contains `at`.
fn after_string(json: &[u8], mut at: usize) -> usize {
    while let Some(len) = json.get(at..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest)) {
        at += len;
        if json[at] == b'"' {
            return at + 1;
        }
        at += 2;
    }
    json.len()
}

fn check_number(number: &[u8]) -> Result<(), Unfit> {
    const SAFE: usize = 100; // no number of so few bytes is large without an exponent
    if number.len() <= SAFE && memchr::memchr2(b'e', b'E', number).is_none() {
        return Ok(());
    }
    if number.iter().filter(|byte| byte.is_ascii_digit()).count() > MAX_DIGITS {
        return Err(Unfit::LongNumber);
    }
    // Near the limit serde_json rounds in another way than the standard library.
    let is_finite = std::str::from_utf8(number).is_ok_and(|text| text.parse().is_ok_and(f64::is_finite));
    match is_finite && serde_json::from_slice::<f64>(number).is_ok() {
        true => Ok(()),
        false => Err(Unfit::LargeNumber),
    }
}

/// Looks for the escape of half a surrogate pair without the other half.
fn check_surrogates(json: &[u8]) -> Result<(), Unfit> {
    let mut paired = 0; // where the second half of the last pair starts
    for at in memchr::memmem::find_iter(json, br"\u") {
        let backslashes = json[..at].iter().rev().take_while(|byte| **byte == b'\\').count();
        if backslashes % 2 == 1 || at > 0 && at == paired {
            continue;
        }
        match half(&json[at..]) {
            None => {}
            Some(Half::High) if matches!(json.get(at + 6..).and_then(half), Some(Half::Low)) => paired = at + 6,
            Some(_) => return Err(Unfit::Surrogate),
        }
    }
    Ok(())
}

enum Half {
    High,
    Low,
}

/// Which half of a surrogate pair `json` starts with, escaped.
fn half(json: &[u8]) -> Option<Half> {
    match json.get(..6)? {
        [b'\\', b'u', b'd' | b'D', b'8' | b'9' | b'a' | b'A' | b'b' | b'B', ..] => Some(Half::High),
        [b'\\', b'u', b'd' | b'D', b'c'..=b'f' | b'C'..=b'F', ..] => Some(Half::Low),
        _ => None,
    }
}
