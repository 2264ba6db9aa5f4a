//! Checks documents before they are parsed: the parser recurses at each level, and takes quadratic time in the digits of
//! a number.

use serde::de::IgnoredAny;

use crate::jq::limits::FilterError;

/// The maximum nesting depth of arrays and objects.
pub const MAX_DEPTH: usize = 256;

/// The maximum number of digits of a number.
pub const MAX_DIGITS: usize = 1000;

/// Checks that `json` is valid JSON and safe to parse.
pub(super) fn check(json: &[u8]) -> Result<(), FilterError> {
    check_complexity(json).map_err(FilterError::Unfit)?;
    let valid = serde_json::from_slice::<IgnoredAny>(json);
    valid.map(drop).map_err(|why| FilterError::NotJson(why.to_string()))
}

/// Checks that text, valid JSON or not, is safe to parse; the error completes a sentence.
pub(super) fn check_complexity(text: &[u8]) -> Result<(), &'static str> {
    let (mut depth, mut digits) = (0_usize, 0_usize);
    let mut bytes = text.iter();
    while let Some(byte) = bytes.next() {
        digits = if byte.is_ascii_digit() { digits + 1 } else { 0 };
        match byte {
            b'"' => skip_string(&mut bytes),
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return Err("nests more than 256 levels");
        }
        if digits > MAX_DIGITS {
            return Err("has a number of more than 1000 digits");
        }
    }
    Ok(())
}

fn skip_string(bytes: &mut std::slice::Iter<'_, u8>) {
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => drop(bytes.next()),
            b'"' => return,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_DEPTH, MAX_DIGITS, check_complexity};

    #[test]
    fn depth_and_digits_are_limited_outside_strings() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert_eq!(check_complexity(nested(MAX_DEPTH).as_bytes()), Ok(()));
        assert_eq!(check_complexity(nested(MAX_DEPTH + 1).as_bytes()), Err("nests more than 256 levels"));
        assert_eq!(check_complexity("[{".repeat(MAX_DEPTH).as_bytes()), Err("nests more than 256 levels"));
        assert_eq!(check_complexity("[],".repeat(1000).as_bytes()), Ok(()));
        assert_eq!(check_complexity("1".repeat(MAX_DIGITS).as_bytes()), Ok(()));
        assert_eq!(
            check_complexity("1".repeat(MAX_DIGITS + 1).as_bytes()),
            Err("has a number of more than 1000 digits")
        );
        let quoted = format!(r#""\"{}{}""#, "[".repeat(999), "1".repeat(9999));
        assert_eq!(check_complexity(quoted.as_bytes()), Ok(()));
        assert_eq!(check_complexity(br#"["\\", "\"#), Ok(()), "truncated text");
    }
}
