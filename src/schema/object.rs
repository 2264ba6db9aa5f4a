//! A JSON object with keys of a record, written key by key.

use std::io::Write;
use std::net::SocketAddr;
use std::ops::Range;
use std::time::SystemTime;

use jiff::Timestamp;
use jiff::fmt::temporal::DateTimePrinter;
use serde::Serialize;

use super::field::Field;
use super::key::{Key, KeySet};
use super::value::member;
use crate::guard::json::escape_line_ends;

const INTO_VEC: &str = "writing to a vector does not fail";

/// Writes an object, one key after the other.
pub(super) struct ObjectWriter<'a> {
    out: &'a mut Vec<u8>,
    start: usize,
    /// Keys without a value are written as null.
    verbose: bool,
    is_empty: bool,
    selection: Option<Selection>,
}

/// The keys that the fields of a line need, and where their values are.
struct Selection {
    keys: KeySet,
    ranges: ValueRanges,
}

/// Where the values of keys are in a text.
#[derive(Debug, Default)]
pub(crate) struct ValueRanges(Vec<(Key, Range<usize>)>);

impl ValueRanges {
    /// The JSON of a field of `text`, if the record has it.
    pub(crate) fn get<'t>(&self, text: &'t str, field: &Field) -> Option<&'t str> {
        let (_, range) = self.0.iter().find(|(key, _)| *key == field.key())?;
        field.path().iter().try_fold(&text[range.clone()], |value, step| member(value, step))
    }
}

impl<'a> ObjectWriter<'a> {
    pub(super) fn new(out: &'a mut Vec<u8>, verbose: bool) -> Self {
        let start = out.len();
        out.push(b'{');
        ObjectWriter { out, start, verbose, is_empty: true, selection: None }
    }

    /// Writes only the keys that `fields` need.
    pub(super) fn of_fields(out: &'a mut Vec<u8>, fields: &[Field]) -> Self {
        let keys = fields.iter().map(Field::key).collect();
        let selection = Selection { keys, ranges: ValueRanges(Vec::with_capacity(fields.len())) };
        ObjectWriter { selection: Some(selection), ..ObjectWriter::new(out, false) }
    }

    /// Ends the object and its line. The ranges are those of a selection, and empty without one.
    pub(super) fn end(self) -> ValueRanges {
        self.out.extend_from_slice(b"}\n");
        match self.selection {
            Some(selection) => selection.ranges,
            None => {
                escape_line_ends(self.out, self.start);
                ValueRanges::default()
            }
        }
    }

    /// Whether the line may have the key at all.
    pub(super) fn wants(&self, key: Key) -> bool {
        self.selection.as_ref().is_none_or(|selection| selection.keys.contains(key))
    }

    /// Writes a key and its value. Without a value, the key is null or left out, as the table and the options say.
    pub(super) fn value(&mut self, key: Key, value: Option<impl Serialize>) {
        self.put(key, value, |value, out| serde_json::to_writer(out, &value).expect(INTO_VEC));
    }

    /// The same with JSON that is written already.
    pub(super) fn json(&mut self, key: Key, json: Option<&[u8]>) {
        self.put(key, json, on_one_line);
    }

    /// The same with a point in time, to the millisecond.
    pub(super) fn time(&mut self, key: Key, at: Option<SystemTime>) {
        const MILLISECONDS: DateTimePrinter = DateTimePrinter::new().precision(Some(3));
        self.put(key, at, |at, out| quote(&MILLISECONDS, at, out));
    }

    /// The same with a point in time, to the microsecond.
    pub(super) fn exact_time(&mut self, key: Key, at: Option<SystemTime>) {
        const MICROSECONDS: DateTimePrinter = DateTimePrinter::new().precision(Some(6));
        self.put(key, at, |at, out| quote(&MICROSECONDS, at, out));
    }

    /// The same with a value that needs no quoting in JSON.
    pub(super) fn plain(&mut self, key: Key, text: Option<impl std::fmt::Display>) {
        self.put(key, text, |text, out| write!(out, "\"{text}\"").expect(INTO_VEC));
    }

    /// The same with an address. The standard library formats those of IPv4 slowly.
    pub(super) fn addr(&mut self, key: Key, addr: Option<SocketAddr>) {
        self.put(key, addr, |addr, out| match addr {
            SocketAddr::V4(addr) => {
                let mut number = itoa::Buffer::new();
                let mut separator = b'"';
                for octet in addr.ip().octets() {
                    out.push(separator);
                    out.extend_from_slice(number.format(octet).as_bytes());
                    separator = b'.';
                }
                out.push(b':');
                out.extend_from_slice(number.format(addr.port()).as_bytes());
                out.push(b'"');
            }
            SocketAddr::V6(addr) => write!(out, "\"{addr}\"").expect(INTO_VEC),
        });
    }

    /// The same with a list of JSON values.
    pub(super) fn list<'v>(&mut self, key: Key, values: Option<impl Iterator<Item = &'v str>>) {
        self.put(key, values, |values, out| {
            out.push(b'[');
            for (at, value) in values.enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                out.extend_from_slice(value.as_bytes());
            }
            out.push(b']');
        });
    }

    fn put<T>(&mut self, key: Key, value: Option<T>, write: impl FnOnce(T, &mut Vec<u8>)) {
        if !self.wants(key) || value.is_none() && !self.verbose && !key.is_always_present() {
            return;
        }
        if !std::mem::take(&mut self.is_empty) {
            self.out.push(b',');
        }
        self.out.push(b'"');
        self.out.extend_from_slice(key.name().as_bytes());
        self.out.extend_from_slice(b"\":");
        let start = self.out.len();
        match value {
            Some(value) => write(value, self.out),
            None => self.out.extend_from_slice(b"null"),
        }
        if let Some(selection) = &mut self.selection {
            selection.ranges.0.push((key, start..self.out.len()));
        }
    }
}

fn quote(printer: &DateTimePrinter, at: SystemTime, out: &mut Vec<u8>) {
    out.push(b'"');
    let at = Timestamp::try_from(at).unwrap_or_default();
    printer.print_timestamp(&at, &mut *out).expect(INTO_VEC);
    out.push(b'"');
}

/// Appends valid JSON unchanged but for line breaks: in JSON, a raw control character can only stand between tokens.
fn on_one_line(json: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(json);
    if memchr::memchr2(b'\n', b'\r', json).is_some() {
        for byte in &mut out[start..] {
            *byte = if *byte < b' ' { b' ' } else { *byte };
        }
    }
}
