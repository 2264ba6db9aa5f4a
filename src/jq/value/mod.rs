//! The values that filters calculate with: JSON whose memory is counted.

mod array;
mod delete;
mod errors;
mod index;
mod nesting;
mod number;
mod object;
mod ops;
mod order;
mod parse;
mod text;
mod traits;
mod update;
mod write;

use std::rc::Rc;

pub(super) use array::Array;
pub(super) use delete::delete_paths;
pub(super) use errors::{cannot_be, cannot_index};
pub(super) use index::{positions, text_positions};
pub(super) use number::{integer, number_of_text};
pub(super) use object::Object;
pub(super) use order::{compare, equal};
pub(super) use parse::{ParseError, Syntax, parse};
use text::InlineStr;
pub(super) use text::{Key, Text};
pub(super) use write::{excerpt, to_json, write};

/// An error that a filter raises.
pub(super) type Error = jaq_core::Error<Value>;

/// A value or an error.
pub(super) type ValR = Result<Value, Error>;

/// A value of JSON. Clones share arrays, objects and long strings, and copy them on writing.
#[derive(Clone)]
pub(super) enum Value {
    /// Null, and how many steps into null led to it.
    Null(u16),
    Bool(bool),
    Int(i64),
    Float(f64),
    /// The digits of a number, as they came, until it is calculated with.
    ShortNumber(InlineStr),
    Number(Rc<Text>),
    Short(InlineStr),
    Text(Rc<Text>),
    Array(Rc<Array>),
    Object(Rc<Object>),
}

const _: () = assert!(size_of::<Value>() == 16);

impl Value {
    pub(super) const NULL: Value = Value::Null(0);

    /// A string.
    pub(super) fn string(text: &str) -> Value {
        InlineStr::new(text).map_or_else(|| Value::Text(Rc::new(Text::new(text))), Value::Short)
    }

    /// The digits of a number.
    fn digits(text: &str) -> Value {
        InlineStr::new(text).map_or_else(|| Value::Number(Rc::new(Text::new(text))), Value::ShortNumber)
    }

    pub(super) fn array(array: Array) -> Value {
        Value::Array(Rc::new(array))
    }

    pub(super) fn object(object: Object) -> Value {
        Value::Object(Rc::new(object))
    }

    pub(super) fn as_str(&self) -> Option<&str> {
        match self {
            Value::Short(short) => Some(short),
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The bytes of a string.
    fn as_text(&self) -> Option<&[u8]> {
        match self {
            Value::Short(short) => Some(short.as_bytes()),
            Value::Text(text) => Some(text.as_bytes()),
            _ => None,
        }
    }

    pub(super) fn is_null(&self) -> bool {
        matches!(self, Value::Null(_))
    }

    /// Neither null nor false.
    pub(super) fn is_truthy(&self) -> bool {
        !matches!(self, Value::Null(_) | Value::Bool(false))
    }

    /// The name of its type.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Value::Null(_) => "null",
            Value::Bool(_) => "boolean",
            Value::Int(_) | Value::Float(_) | Value::ShortNumber(_) | Value::Number(_) => "number",
            Value::Short(_) | Value::Text(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        }
    }

    pub(super) fn is_number(&self) -> bool {
        self.kind() == "number"
    }

    pub(super) fn try_str(&self) -> Result<&str, Error> {
        self.as_str().ok_or_else(|| Error::typ(self.clone(), "string"))
    }

    pub(super) fn into_array(self) -> Result<Rc<Array>, Error> {
        match self {
            Value::Array(array) => Ok(array),
            other => Err(Error::typ(other, "array")),
        }
    }

    /// As a key of an object, if it is a string.
    pub(super) fn to_key(&self) -> Option<Key> {
        match self {
            Value::Short(short) => Some(Key::Short(*short)),
            Value::Text(text) => Some(Key::Text(text.clone())),
            _ => None,
        }
    }
}

impl Default for Value {
    fn default() -> Self {
        Value::NULL
    }
}

impl From<Key> for Value {
    fn from(key: Key) -> Value {
        match key {
            Key::Short(short) => Value::Short(short),
            Key::Text(text) => Value::Text(text),
        }
    }
}

impl From<Text> for Value {
    fn from(text: Text) -> Value {
        InlineStr::new(&text).map_or_else(|| Value::Text(Rc::new(text)), Value::Short)
    }
}
