//! Numbers and times as they are written in options, conditions and lists.

use std::time::Duration;

use jiff::SignedDuration;

/// `500ms`, `2s`, `1m30s`; a bare number is seconds.
pub fn duration(text: &str) -> Option<Duration> {
    match text.parse::<f64>() {
        Ok(seconds) => Duration::try_from_secs_f64(seconds).ok(),
        Err(_) => text.parse::<SignedDuration>().ok().and_then(|signed| Duration::try_from(signed).ok()),
    }
}

/// `64`, `10k`, `2M`.
pub fn whole(text: &str) -> Option<u64> {
    let (digits, factor) = with_factor(text);
    digits.parse::<u64>().ok()?.checked_mul(factor)
}

/// The digits of `10k`, and what they are multiplied by.
pub fn with_factor(text: &str) -> (&str, u64) {
    match text.as_bytes().last() {
        Some(b'k' | b'K') => (&text[..text.len() - 1], 1_000),
        Some(b'm' | b'M') => (&text[..text.len() - 1], 1_000_000),
        _ => (text, 1),
    }
}
