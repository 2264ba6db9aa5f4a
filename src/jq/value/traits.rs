//! What jaq asks of a value.

use std::ops::Range;

use jaq_core::ValX;
use jaq_core::path::Opt;

use super::super::meter;
use super::index::entries;
use super::{Array, Error, Key, Object, ValR, Value, integer, number_of_text, to_json, update};

impl jaq_core::ValT for Value {
    fn from_num(digits: &str) -> ValR {
        number_of_text(digits).ok_or_else(|| Error::str(format_args!("{digits} is not a number")))
    }

    fn from_map<I: IntoIterator<Item = (Value, Value)>>(entries: I) -> ValR {
        Ok(Value::object(entries.into_iter().map(|(key, value)| (key.into_key(), value)).collect()))
    }

    fn key_values(self) -> Box<dyn Iterator<Item = Result<(Value, Value), Error>>> {
        meter::descend();
        match entries(self) {
            Ok(entries) => Box::new(entries.map(Ok)),
            Err(error) => Box::new(std::iter::once(Err(error))),
        }
    }

    fn values(self) -> Box<dyn Iterator<Item = ValR>> {
        meter::descend();
        match entries(self) {
            Ok(entries) => Box::new(entries.values().map(Ok)),
            Err(error) => Box::new(std::iter::once(Err(error))),
        }
    }

    fn index(self, index: &Value) -> ValR {
        self.at(index)
    }

    fn range(self, range: Range<Option<&Value>>) -> ValR {
        self.slice(range)
    }

    fn map_values<'a, I: Iterator<Item = ValX<'a, Value>>>(self, opt: Opt, f: impl Fn(Value) -> I) -> ValX<'a, Value> {
        update::all(self, opt, f)
    }

    fn map_index<'a, I: Iterator<Item = ValX<'a, Value>>>(
        self,
        index: &Value,
        opt: Opt,
        f: impl Fn(Value) -> I,
    ) -> ValX<'a, Value> {
        update::one(self, index, opt, f)
    }

    fn map_range<'a, I: Iterator<Item = ValX<'a, Value>>>(
        self,
        range: Range<Option<&Value>>,
        opt: Opt,
        f: impl Fn(Value) -> I,
    ) -> ValX<'a, Value> {
        update::slice(self, range, opt, f)
    }

    fn as_bool(&self) -> bool {
        self.is_truthy()
    }

    fn into_string(self) -> Value {
        if self.as_str().is_some() { self } else { to_json(&self).into() }
    }
}

/// What jaq-std asks of a value, for mathematics.
impl jaq_std::ValT for Value {
    fn into_seq<S: FromIterator<Value>>(self) -> Result<S, Value> {
        match self {
            Value::Array(array) => Ok(array.iter().cloned().collect()),
            other => Err(other),
        }
    }

    fn is_int(&self) -> bool {
        matches!(self, Value::Int(_))
    }

    fn as_isize(&self) -> Option<isize> {
        self.as_int().and_then(|int| isize::try_from(int).ok())
    }

    fn as_f64(&self) -> Option<f64> {
        self.as_float()
    }

    fn is_utf8_str(&self) -> bool {
        self.as_str().is_some()
    }

    fn as_bytes(&self) -> Option<&[u8]> {
        self.as_text()
    }

    fn as_sub_str(&self, sub: &[u8]) -> Value {
        Self::from_utf8_bytes(sub.to_vec())
    }

    fn from_utf8_bytes(bytes: impl AsRef<[u8]> + Send + 'static) -> Value {
        Value::string(&String::from_utf8_lossy(bytes.as_ref()))
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Value {
        Value::Bool(value)
    }
}

impl From<isize> for Value {
    fn from(value: isize) -> Value {
        Value::Int(value as i64)
    }
}

impl From<usize> for Value {
    fn from(value: usize) -> Value {
        i64::try_from(value).map_or(Value::Float(value as f64), Value::Int)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Value {
        integer(value)
    }
}

impl From<String> for Value {
    fn from(value: String) -> Value {
        Value::string(&value)
    }
}

impl From<Range<Option<Value>>> for Value {
    fn from(range: Range<Option<Value>>) -> Value {
        // As in jq, a path names both ends.
        let entries = [("start", range.start), ("end", range.end)];
        Value::object(
            entries.map(|(key, bound)| (Key::new(key), bound.unwrap_or_default())).into_iter().collect::<Object>(),
        )
    }
}

impl FromIterator<Value> for Value {
    fn from_iter<I: IntoIterator<Item = Value>>(values: I) -> Value {
        Value::array(values.into_iter().collect::<Array>())
    }
}
