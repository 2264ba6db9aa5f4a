//! Numbers that some readers refuse.

use super::unfit::{MAX_DIGITS, Unfit};

/// A number of fewer bytes is in range, unless it has an exponent of three digits or more.
const LONG: usize = 200;

/// Whether a block may begin within a long number. Blocks are shorter than half of one, so each long number has one that
/// begins and ends in it.
pub(super) fn starts_long(block: &[u8; 64]) -> bool {
    is_part(&block[0]) && is_part(&block[63]) && block.iter().all(is_part)
}

/// Checks the number that has a byte at `at`.
pub(super) fn check_long(json: &[u8], at: usize) -> Result<(), Unfit> {
    let number = number_at(json, at);
    if number.len() < LONG { Ok(()) } else { check(number) }
}

/// Checks the number whose exponent begins behind `at`.
pub(super) fn check_exponent(json: &[u8], at: usize) -> Result<(), Unfit> {
    let exponent = &json[(at + 2).min(json.len())..];
    let digits = exponent.strip_prefix(b"+").unwrap_or(exponent);
    if digits.iter().take(3).take_while(|byte| byte.is_ascii_digit()).count() < 3 {
        return Ok(()); // negative, or below 100
    }
    check(number_at(json, at))
}

fn is_part(byte: &u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-')
}

fn number_at(json: &[u8], at: usize) -> &[u8] {
    let start = json[..at].iter().rposition(|byte| !is_part(byte)).map_or(0, |before| before + 1);
    let end = json[at..].iter().position(|byte| !is_part(byte)).map_or(json.len(), |len| at + len);
    &json[start..end]
}

fn check(number: &[u8]) -> Result<(), Unfit> {
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
