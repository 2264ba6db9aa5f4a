//! Parses numbers, rates and times as they are written in options, conditions and lists.

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
    is_digits(digits).then(|| digits.parse::<u64>().ok())??.checked_mul(factor)
}

/// A rate as it is written: `5/s`, `300 / min`, `1.5k/h`, `20`.
#[derive(Debug, Clone, Copy)]
pub struct RateText<'a> {
    /// Digits, perhaps with a decimal point between them.
    number: &'a str,
    factor: u64,
    /// In seconds.
    per: u64,
    /// Whether the text names the period. Without a name it is a second.
    pub has_unit: bool,
}

impl<'a> RateText<'a> {
    /// The most digits that a `u64` always holds.
    const MAX_DIGITS: usize = 19;

    /// The parts of a rate.
    pub fn read(text: &'a str) -> Option<Self> {
        let (count, unit) = match text.split_once('/') {
            Some((count, unit)) => (count, Some(unit.trim())),
            None => (text, None),
        };
        let per = match unit {
            None | Some("s" | "sec" | "second") => 1,
            Some("m" | "min" | "minute") => 60,
            Some("h" | "hour") => 3600,
            Some("d" | "day") => 86_400,
            Some(_) => return None,
        };
        let (number, factor) = with_factor(count.trim());
        let (digits, decimals) = number.split_once('.').unwrap_or((number, "0"));
        let is_number = is_digits(digits) && is_digits(decimals);
        is_number.then_some(RateText { number, factor, per, has_unit: unit.is_some() })
    }

    /// The rate per second: infinite, if it is larger than any `f64`.
    pub fn per_second(self) -> f64 {
        let number: f64 = self.number.parse().unwrap_or(f64::INFINITY);
        number * self.factor as f64 / self.per as f64
    }

    /// The rate without rounding, as a number in a number of seconds: `1.5/s` is three in two seconds.
    pub fn exact(self) -> Option<(u64, u64)> {
        let (digits, decimals) = self.number.split_once('.').unwrap_or((self.number, ""));
        let decimals = decimals.trim_end_matches('0');
        if digits.len() + decimals.len() > Self::MAX_DIGITS {
            return None;
        }
        let count = format!("{digits}{decimals}").parse::<u64>().ok()?.checked_mul(self.factor)?;
        let per = 10_u64.checked_pow(decimals.len() as u32)?.checked_mul(self.per)?;
        let common = if decimals.is_empty() { 1 } else { greatest_common_divisor(count, per) };
        Some((count / common, per / common))
    }
}

/// A decimal number without a sign, in millionths.
pub fn millionths(text: &str) -> Option<u64> {
    const DECIMALS: usize = 6;
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    if !is_digits(whole) || !is_digits(decimals) || decimals.len() > DECIMALS {
        return None;
    }
    let whole = whole.parse::<u64>().ok()?.checked_mul(1_000_000)?;
    whole.checked_add(format!("{decimals:0<DECIMALS$}").parse().ok()?)
}

/// Whether a text consists of digits.
pub fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The largest number that divides both; the other one, if one of them is 0.
pub fn greatest_common_divisor(mut a: u64, mut b: u64) -> u64 {
    while b > 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// The digits of `10k`, and what they are multiplied by.
fn with_factor(text: &str) -> (&str, u64) {
    match text.as_bytes().last() {
        Some(b'k' | b'K') => (&text[..text.len() - 1], 1_000),
        Some(b'm' | b'M') => (&text[..text.len() - 1], 1_000_000),
        _ => (text, 1),
    }
}
