//! Writes values as strict JSON.

use std::fmt;

use super::super::meter::{self, LimitExceeded};
use super::number::write_float;
use super::{Text, Value};

/// The most bytes of a value that an error quotes.
const MAX_QUOTED: usize = 200;

/// Appends a value as JSON without whitespace.
///
/// Values that JSON cannot represent are written as in jq: NaN as null, an infinity as the largest number.
///
/// # Errors
/// The value nests deeper than `max_depth`, or `out` exceeds `max` bytes.
pub(in crate::jq) fn write(value: &Value, out: &mut Text, max: usize, max_depth: usize) -> Result<(), LimitExceeded> {
    meter::work(1);
    match value {
        Value::Array(array) => {
            let deeper = max_depth.checked_sub(1).ok_or(LimitExceeded::Depth)?;
            meter::descend();
            out.push_str("[");
            for (at, item) in array.iter().enumerate() {
                separate(at, out);
                write(item, out, max, deeper)?;
            }
            out.push_str("]");
        }
        Value::Object(object) => {
            let deeper = max_depth.checked_sub(2).ok_or(LimitExceeded::Depth)?;
            meter::descend();
            out.push_str("{");
            for (at, (key, item)) in object.iter().enumerate() {
                separate(at, out);
                string(key, out, max);
                out.push_str(":");
                write(item, out, max, deeper)?;
            }
            out.push_str("}");
        }
        scalar => self::scalar(scalar, out, max),
    }
    if out.len() > max { Err(LimitExceeded::Bytes) } else { Ok(()) }
}

fn separate(at: usize, out: &mut Text) {
    if at > 0 {
        out.push_str(",");
    }
}

fn scalar(value: &Value, out: &mut Text, max: usize) {
    match value {
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Int(int) => out.push_str(itoa::Buffer::new().format(*int)),
        Value::Float(float) if float.is_nan() => out.push_str("null"),
        Value::Float(float) => write_float(float.clamp(f64::MIN, f64::MAX), &mut |part| out.push_str(part)),
        _ => match (value.as_str(), value.as_digits()) {
            (Some(text), _) => string(text, out, max),
            (_, Some(digits)) => match clamped(digits) {
                None => out.push_str(digits),
                Some(largest) => write_float(largest, &mut |part| out.push_str(part)),
            },
            _ => out.push_str("null"),
        },
    }
}

/// The largest float of its sign, if a number is beyond what a float can hold: other readers refuse it.
pub(in crate::jq) fn clamped(digits: &str) -> Option<f64> {
    let small = digits.len() < 300 && !digits.bytes().any(|byte| matches!(byte, b'e' | b'E'));
    let float: f64 = if small { 0.0 } else { digits.parse().unwrap_or(0.0) };
    float.is_infinite().then(|| float.clamp(f64::MIN, f64::MAX))
}

/// Writes a string, or so much of it that `out` exceeds `max` bytes.
fn string(text: &str, out: &mut Text, max: usize) {
    out.push_str("\"");
    let mut rest = &text[..text.floor_char_boundary(max.saturating_add(4))]; // a character has up to 4 bytes
    while let Some(at) = rest.bytes().position(|byte| byte < 0x20 || matches!(byte, b'"' | b'\\' | 0x7f)) {
        out.push_str(&rest[..at]);
        escape(rest.as_bytes()[at], out);
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
    out.push_str("\"");
}

fn escape(byte: u8, out: &mut Text) {
    match byte {
        b'"' => out.push_str("\\\""),
        b'\\' => out.push_str("\\\\"),
        b'\n' => out.push_str("\\n"),
        b'\r' => out.push_str("\\r"),
        b'\t' => out.push_str("\\t"),
        0x08 => out.push_str("\\b"),
        0x0c => out.push_str("\\f"),
        0x7f => out.push_str("\u{7f}"),
        control => out.push_str(&format!("\\u{control:04x}")),
    }
}

/// A value as JSON.
pub(in crate::jq) fn to_json(value: &Value) -> Text {
    let mut text = Text::with_capacity(0);
    match write(value, &mut text, usize::MAX, usize::MAX) {
        Ok(()) => text,
        Err(exceeded) => meter::stop(exceeded),
    }
}

/// The beginning of a value as JSON, at most `max` bytes, for a message.
pub(in crate::jq) fn excerpt(value: &Value, max: usize) -> String {
    let mut text = Text::with_capacity(0);
    let _ = write(value, &mut text, max, usize::MAX);
    let mut excerpt = text.into_string();
    if excerpt.len() > max {
        excerpt.truncate(excerpt.floor_char_boundary(max));
        excerpt.push('…');
    }
    excerpt
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&excerpt(self, MAX_QUOTED))
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
