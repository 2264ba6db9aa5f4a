//! Numbers: what their digits mean, and how they are written.

use super::Value;
use crate::guard::json::MAX_DIGITS;

impl Value {
    /// As a floating-point number, if it is a number.
    pub(in crate::jq) fn as_float(&self) -> Option<f64> {
        match self {
            Value::Int(int) => Some(*int as f64),
            Value::Float(float) => Some(*float),
            Value::ShortNumber(digits) => Some(digits.parse().unwrap_or(f64::NAN)),
            Value::Number(digits) => Some(digits.parse().unwrap_or(f64::NAN)),
            _ => None,
        }
    }

    /// As an integer, if it is a number with an integral value in range.
    pub(in crate::jq) fn as_int(&self) -> Option<i64> {
        match self {
            Value::Int(int) => Some(*int),
            _ => self.as_float().and_then(exact),
        }
    }

    pub(super) fn is_nan(&self) -> bool {
        matches!(self, Value::Float(float) if float.is_nan())
    }

    /// The digits as they came, if the number is still one.
    pub(super) fn as_digits(&self) -> Option<&str> {
        match self {
            Value::ShortNumber(digits) => Some(digits),
            Value::Number(digits) => Some(digits),
            _ => None,
        }
    }
}

/// The integer that a float is, if it is one in range.
fn exact(float: f64) -> Option<i64> {
    let inside = float.fract() == 0.0 && float >= i64::MIN as f64 && float < i64::MAX as f64;
    inside.then_some(float as i64)
}

/// A result of a calculation: an integer where possible.
pub(in crate::jq) fn integer(float: f64) -> Value {
    // Beyond 2^53, the float is less exact than it would seem as an integer.
    match exact(float) {
        Some(int) if float.abs() < 9_007_199_254_740_992.0 && !(int == 0 && float.is_sign_negative()) => {
            Value::Int(int)
        }
        _ => Value::Float(float),
    }
}

/// The number that a text stands for: more forms than JSON has, such as `+1.5`, `007` and `.5`.
pub(in crate::jq) fn number_of_text(text: &str) -> Option<Value> {
    if text == "nan" || text == "NaN" {
        return Some(Value::Float(f64::NAN));
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let starts = unsigned.as_bytes().first().is_some_and(|byte| byte.is_ascii_digit() || *byte == b'.');
    let numeric = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-');
    if !starts || !unsigned.bytes().all(numeric) {
        return None;
    }
    if let Ok(int) = text.parse() {
        return Some(Value::Int(int));
    }
    let float: f64 = text.parse().ok()?;
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let keeps = digits <= MAX_DIGITS && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
    Some(if keeps { Value::digits(text) } else { Value::Float(float) })
}

/// Writes a finite float with the fewest digits that mean it: `1`, `0.1`, `1e17`, `1.5e-7`.
pub(super) fn write_float(float: f64, out: &mut impl FnMut(&str)) {
    if float < 0.0 || (float == 0.0 && float.is_sign_negative()) {
        out("-");
    }
    let scientific = format!("{:e}", float.abs());
    let (mantissa, exponent) = scientific.split_once('e').expect("of this form");
    let exponent: i32 = exponent.parse().expect("of this form");
    let digits: String = mantissa.chars().filter(|c| *c != '.').collect();
    let point = exponent + 1; // where the decimal point is among the digits
    let count = digits.len() as i32;
    if point <= -5 || point > count + 15 {
        return out(&scientific);
    }
    if point <= 0 {
        out("0.");
        out(&"0".repeat(point.unsigned_abs() as usize));
        out(&digits);
    } else if point >= count {
        out(&digits);
        out(&"0".repeat((point - count) as usize));
    } else {
        let (whole, fraction) = digits.split_at(point as usize);
        out(whole);
        out(".");
        out(fraction);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_written_short() {
        let written = |float| {
            let mut text = String::new();
            write_float(float, &mut |part| text.push_str(part));
            text
        };
        let cases = [
            (1.0, "1"),
            (-0.0, "-0"),
            (0.1, "0.1"),
            (1e15, "1000000000000000"),
            (1e17, "1e17"),
            (12_345_678_901_234_567_890.0, "12345678901234567000"),
            (0.0001, "0.0001"),
            (1e-7, "1e-7"),
            (1.5e300, "1.5e300"),
            (f64::MAX, "1.7976931348623157e308"),
            (-12.5, "-12.5"),
        ];
        for (float, text) in cases {
            assert_eq!(written(float), text);
        }
    }

    #[test]
    fn texts_are_numbers_in_more_forms_than_json_has() {
        let float = |text: &str| number_of_text(text).and_then(|value| value.as_float());
        assert_eq!(float("+1.5"), Some(1.5));
        assert_eq!(float("007.5"), Some(7.5));
        assert_eq!(float("1e3"), Some(1000.0));
        for text in ["", "-", "e5", "inf", "0x10", "1 ", "1_0", "1e", "--1"] {
            assert_eq!(float(text), None, "{text}");
        }
    }
}
