//! Values as text: JSON that anyone can read, and short messages.

use std::fmt::{self, Write as _};
use std::io::Write as _;

use jaq_json::{Num, Val};
use serde::de::IgnoredAny;

use super::guard::MAX_DEPTH;
use super::watch::Stop;

/// Bytes of an error's message: it may quote a whole document.
const BRIEF: usize = 200;

/// Appends a value as JSON without whitespace, until `out` has more than `cap` bytes.
///
/// What JSON has no form for is written as jq does: NaN as null, an infinity as the largest number. Where jq knows no
/// such value, as bytes or a key that is no string, it becomes a string.
pub(super) fn write(value: &Val, out: &mut Vec<u8>, cap: usize) -> Result<(), Stop> {
    at_depth(value, out, cap, 0)
}

fn at_depth(value: &Val, out: &mut Vec<u8>, cap: usize, depth: usize) -> Result<(), Stop> {
    if depth > MAX_DEPTH {
        return Err(Stop::Depth);
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
                comma(at, out);
                at_depth(item, out, cap, depth + 1)?;
            }
            out.push(b']');
        }
        Val::Obj(entries) => {
            out.push(b'{');
            for (at, (key, item)) in entries.iter().enumerate() {
                comma(at, out);
                self::key(key, out, cap, depth)?;
                out.push(b':');
                at_depth(item, out, cap, depth + 1)?;
            }
            out.push(b'}');
        }
    }
    if out.len() > cap { Err(Stop::Bytes) } else { Ok(()) }
}

fn comma(at: usize, out: &mut Vec<u8>) {
    if at > 0 {
        out.push(b',');
    }
}

fn key(key: &Val, out: &mut Vec<u8>, cap: usize, depth: usize) -> Result<(), Stop> {
    if matches!(key, Val::TStr(_) | Val::BStr(_)) {
        return at_depth(key, out, cap, depth);
    }
    let mut text = Vec::new();
    at_depth(key, &mut text, cap, depth)?;
    string(&String::from_utf8_lossy(&text), out);
    Ok(())
}

fn string(text: &str, out: &mut Vec<u8>) {
    serde_json::to_writer(out, text).expect("a vector takes it");
}

fn number(number: &Num, out: &mut Vec<u8>) {
    match number {
        Num::Float(float) => self::float(*float, out),
        // As it was written, unless that was in a string or in the filter, where more is a number than in JSON.
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

/// An error's message on one line, cut where it is long.
pub(super) fn brief(error: &jaq_core::Error<Val>) -> String {
    let mut message = Brief(String::new());
    let whole = write!(message, "{error}").is_ok();
    let mut text = message.0;
    text.truncate(text.floor_char_boundary(BRIEF));
    if !whole {
        text.push('…');
    }
    text.replace(|c: char| c.is_control(), " ")
}

/// Refuses what comes after it is full.
struct Brief(String);

impl fmt::Write for Brief {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let left = BRIEF.saturating_sub(self.0.len());
        self.0.push_str(&text[..text.floor_char_boundary(left)]);
        if text.len() > left { Err(fmt::Error) } else { Ok(()) }
    }
}
