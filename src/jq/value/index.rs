//! Access to the elements of values.

use std::ops::Range;
use std::rc::Rc;

use super::super::meter::{self, LimitExceeded};
use super::errors::{cannot_index, cannot_iterate};
use super::{Array, Error, Object, ValR, Value, equal};

/// The longest way into null of a path, and how often it may slice the same value. With the nesting of values, this
/// bounds the length of a path: jaq-core drops one by recursion.
const MAX_STEPS_INTO_NULL: u16 = 1024;
const MAX_SLICES: u8 = 3;

impl Value {
    /// `.[key]`; null if it does not exist.
    pub(super) fn at(&self, key: &Value) -> ValR {
        if let (Value::Null(steps), Value::Null(_) | Value::Short(_) | Value::Text(_) | Value::Object(_)) = (self, key)
        {
            return Ok(into_null(*steps));
        }
        match (self, key.to_key(), key.as_float()) {
            (Value::Null(steps), ..) if key.is_number() => Ok(into_null(*steps)),
            (Value::Object(object), Some(key), _) => Ok(object.get(&key).map(element).unwrap_or_default()),
            (Value::Array(array), _, Some(at)) => {
                Ok(position(at, array.len()).and_then(|at| array.get(at)).map(element).unwrap_or_default())
            }
            _ => self.index_by_array_or_slice(key),
        }
    }

    /// Indexes with an array (positions) or an object (slice).
    fn index_by_array_or_slice(&self, key: &Value) -> ValR {
        match (self, key) {
            (Value::Array(array), Value::Array(part)) => Ok(positions_of(array, part)),
            (Value::Array(_) | Value::Short(_) | Value::Text(_), Value::Object(range)) => {
                self.slice(range.get_str("start")..range.get_str("end"))
            }
            _ => Err(cannot_index(self, key)),
        }
    }

    /// Whether there is such an element; never in null.
    pub(in crate::jq) fn has(&self, key: &Value) -> ValR {
        match (self, key.to_key(), key.as_float()) {
            (Value::Null(_), ..) => Ok(false.into()),
            (Value::Object(object), Some(key), _) => Ok(object.get(&key).is_some().into()),
            (Value::Array(array), _, Some(at)) => Ok((at >= 0.0 && at < array.len() as f64).into()),
            _ => Err(Error::str(format_args!("Cannot check whether {} has a {} key", self.kind(), key.kind()))),
        }
    }

    /// `.[start:end]`
    pub(super) fn slice(&self, range: Range<Option<&Value>>) -> ValR {
        match self {
            Value::Null(steps) => Ok(into_null(*steps)),
            Value::Array(array) => {
                let Range { start, end } = bounds(&range, array.len())?;
                let mut slice = Array::with_capacity(end - start);
                slice.extend(&array[start..end]);
                slice.slices = slices(array.slices);
                Ok(Value::array(slice))
            }
            _ => match self.as_str() {
                Some(text) => Ok(Value::string(&text[text_bounds(&range, text)?])),
                None => Err(Error::str(format_args!("Cannot index {} with object", self.kind()))),
            },
        }
    }
}

/// A copy of an element. If it is null, the way into null begins here, however the value came to be.
fn element(value: &Value) -> Value {
    if value.is_null() { Value::NULL } else { value.clone() }
}

/// Null, one step further.
fn into_null(steps: u16) -> Value {
    if steps >= MAX_STEPS_INTO_NULL && meter::tracing_paths() {
        meter::stop(LimitExceeded::Path);
    }
    Value::Null(steps.saturating_add(1))
}

/// How often the slice of a slice was taken.
fn slices(before: u8) -> u8 {
    if !meter::tracing_paths() {
        return 0;
    }
    if before >= MAX_SLICES {
        meter::stop(LimitExceeded::Path);
    }
    before + 1
}

/// The position of an element, counted from the end if negative.
pub(super) fn position(at: f64, len: usize) -> Option<usize> {
    let at = at.floor();
    let at = if at < 0.0 { at + len as f64 } else { at };
    (at >= 0.0 && at < usize::MAX as f64).then_some(at as usize) // not of NaN
}

/// The bounds of a slice of a sequence.
pub(super) fn bounds(range: &Range<Option<&Value>>, len: usize) -> Result<Range<usize>, Error> {
    let bound = |value: Option<&Value>, default: usize, round: fn(f64) -> f64| match value {
        None | Some(Value::Null(_)) => Ok(default),
        Some(value) => match value.as_float() {
            None => Err(Error::typ(value.clone(), "number")),
            Some(at) if at < 0.0 => Ok(round(at + len as f64).max(0.0) as usize),
            Some(at) => Ok((round(at) as usize).min(len)), // NaN is 0
        },
    };
    let start = bound(range.start, 0, f64::floor)?;
    let end = bound(range.end, len, f64::ceil)?;
    Ok(start..end.max(start))
}

/// The bounds of a slice of a text, counted in codepoints, in bytes.
pub(super) fn text_bounds(range: &Range<Option<&Value>>, text: &str) -> Result<Range<usize>, Error> {
    meter::work(text.len() / 64);
    if text.is_ascii() {
        return bounds(range, text.len());
    }
    let Range { start, end } = bounds(range, text.chars().count())?;
    let mut offsets = text.char_indices().map(|(at, _)| at).chain([text.len()]);
    let first = offsets.nth(start).unwrap_or(text.len());
    let last = if end > start { offsets.nth(end - start - 1).unwrap_or(text.len()) } else { first };
    Ok(first..last)
}

/// Where a part begins in an array.
fn positions_of(array: &Array, part: &Array) -> Value {
    let mut positions = Array::with_capacity(0);
    positions.slices = slices(array.slices);
    if !part.is_empty() {
        for (at, window) in array.windows(part.len()).enumerate() {
            if window.iter().zip(part.iter()).all(|(one, other)| equal(one, other)) {
                positions.push(Value::Int(at as i64));
            }
        }
    }
    Value::array(positions)
}

/// Where a part begins in a text, counted in codepoints. Occurrences may overlap.
pub(in crate::jq) fn text_positions<'a>(text: &'a str, part: &'a str) -> impl Iterator<Item = i64> + 'a {
    let finder = memchr::memmem::Finder::new(part.as_bytes());
    let (mut from, mut counted, mut codepoints) = (0, 0, 0);
    let ascii = text.is_ascii();
    std::iter::from_fn(move || {
        if part.is_empty() {
            return None;
        }
        let at = from + finder.find(text.as_bytes().get(from..)?)?;
        meter::work(1 + (at - from + part.len()) / 64);
        codepoints += if ascii { at - counted } else { text[counted..at].chars().count() };
        counted = at;
        from = at + 1; // a match never begins within a character
        Some(codepoints as i64)
    })
}

/// Where a value occurs in another.
pub(in crate::jq) fn positions(value: &Value, part: &Value) -> ValR {
    match (value, part) {
        (Value::Null(_), _) => Ok(Value::NULL),
        (Value::Array(array), Value::Array(part)) => Ok(positions_of(array, part)),
        (Value::Array(array), part) => {
            let mut positions = Array::with_capacity(0);
            for (at, item) in array.iter().enumerate() {
                if equal(item, part) {
                    positions.push(Value::Int(at as i64));
                }
            }
            Ok(Value::array(positions))
        }
        _ => match (value.as_str(), part.as_str()) {
            (Some(text), Some(part)) => Ok(Value::array(text_positions(text, part).map(Value::Int).collect())),
            _ => Err(cannot_index(value, part)),
        },
    }
}

/// The elements of a value with their keys.
pub(super) fn entries(value: Value) -> Result<Entries, Error> {
    match value {
        Value::Array(array) => Ok(Entries { of: Container::Array(array), next: 0 }),
        Value::Object(object) => Ok(Entries { of: Container::Object(object), next: 0 }),
        other => Err(cannot_iterate(&other)),
    }
}

enum Container {
    Array(Rc<Array>),
    Object(Rc<Object>),
}

/// Goes through the elements of a shared value.
pub(super) struct Entries {
    of: Container,
    next: usize,
}

impl Entries {
    fn len(&self) -> usize {
        match &self.of {
            Container::Array(array) => array.len(),
            Container::Object(object) => object.len(),
        }
    }

    /// The elements without their keys.
    pub(super) fn values(mut self) -> impl Iterator<Item = Value> {
        std::iter::from_fn(move || {
            let at = self.next;
            self.next += 1;
            match &self.of {
                Container::Array(array) => array.get(at).map(element),
                Container::Object(object) => object.entry_at(at).map(|(_, value)| element(value)),
            }
        })
    }
}

impl Iterator for Entries {
    type Item = (Value, Value);

    fn next(&mut self) -> Option<(Value, Value)> {
        let at = self.next;
        self.next += 1;
        match &self.of {
            Container::Array(array) => array.get(at).map(|value| (Value::Int(at as i64), element(value))),
            Container::Object(object) => {
                object.entry_at(at).map(|(key, value)| (Value::from(key.clone()), element(value)))
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.len().saturating_sub(self.next);
        (left, Some(left))
    }
}
