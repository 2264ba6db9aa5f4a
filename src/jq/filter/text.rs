//! Writes values as strict JSON, and errors as short messages.

use std::fmt::{self, Write as _};
use std::io::Write as _;

use jaq_json::{Num, Val};
use serde::de::IgnoredAny;

use super::document::MAX_DEPTH;
use super::watch::LimitExceeded;

/// The longest error message, in bytes. The original may quote a whole document.
const MAX_MESSAGE: usize = 200;

/// Appends a value as JSON without whitespace.
///
/// Values that JSON cannot represent are written as in jq: NaN as null, an infinity as the largest number. Values that jq
/// does not have, such as bytes and keys other than strings, become strings.
///
/// # Errors
/// The value is nested too deeply, or `out` exceeds `max` bytes.
pub(super) fn write(value: &Val, out: &mut Vec<u8>, max: usize) -> Result<(), LimitExceeded> {
    at_depth(value, out, max, 0)
}

fn at_depth(value: &Val, out: &mut Vec<u8>, max: usize, depth: usize) -> Result<(), LimitExceeded> {
    if depth > MAX_DEPTH {
        return Err(LimitExceeded::Depth);
    }
    match value {
        Val::Null => out.extend_from_slice(b"null"),
        Val::Bool(true) => out.extend_from_slice(b"true"),
        Val::Bool(false) => out.extend_from_slice(b"false"),
        Val::Num(number) => self::number(number, out),
        Val::TStr(text) | Val::BStr(text) => string(&String::from_utf8_lossy(text), out),
        Val::Arr(items) => {
            out.push(b'[');
            for (at, item) in items.iter().enumerate() {
                separator(at, out);
                at_depth(item, out, max, depth + 1)?;
            }
            out.push(b']');
        }
        Val::Obj(entries) => {
            out.push(b'{');
            for (at, (key, item)) in entries.iter().enumerate() {
                separator(at, out);
                object_key(key, out, max, depth)?;
                out.push(b':');
                at_depth(item, out, max, depth + 1)?;
            }
            out.push(b'}');
        }
    }
    if out.len() > max { Err(LimitExceeded::Bytes) } else { Ok(()) }
}

fn separator(at: usize, out: &mut Vec<u8>) {
    if at > 0 {
        out.push(b',');
    }
}

fn object_key(key: &Val, out: &mut Vec<u8>, max: usize, depth: usize) -> Result<(), LimitExceeded> {
    if matches!(key, Val::TStr(_) | Val::BStr(_)) {
        return at_depth(key, out, max, depth);
    }
    let mut text = Vec::new();
    at_depth(key, &mut text, max, depth)?;
    string(&String::from_utf8_lossy(&text), out);
    Ok(())
}

fn string(text: &str, out: &mut Vec<u8>) {
    serde_json::to_writer(out, text).expect("a vector takes it");
}

fn number(number: &Num, out: &mut Vec<u8>) {
    match number {
        Num::Float(float) => self::float(*float, out),
        // Unchanged, unless it comes from a string or from the filter, where more forms are numbers than in JSON.
        Num::Dec(text) if serde_json::from_str::<IgnoredAny>(text).is_err() => {
            self::float(text.parse().unwrap_or(f64::NAN), out);
        }
        number => write!(out, "{number}").expect("a vector takes it"),
    }
}

fn float(float: f64, out: &mut Vec<u8>) {
    if float.is_nan() {
        out.extend_from_slice(b"null");
    } else {
        write!(out, "{}", Num::Float(float.clamp(f64::MIN, f64::MAX))).expect("a vector takes it");
    }
}

/// The message of an error on one line, truncated if it is long.
pub(super) fn message(error: &jaq_core::Error<Val>) -> String {
    let mut message = TruncatedText(String::new());
    let whole = write!(message, "{error}").is_ok();
    let mut text = message.0;
    text.truncate(text.floor_char_boundary(MAX_MESSAGE));
    if !whole {
        text.push('…');
    }
    text.replace(|c: char| c.is_control(), " ")
}

/// Accepts text until it is full.
struct TruncatedText(String);

impl fmt::Write for TruncatedText {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let left = MAX_MESSAGE.saturating_sub(self.0.len());
        self.0.push_str(&text[..text.floor_char_boundary(left)]);
        if text.len() > left { Err(fmt::Error) } else { Ok(()) }
    }
}
