//! Errors, in the words of jq.

use super::write::excerpt;
use super::{Error, Value};

/// The most bytes of a value that such an error quotes: two values fit into a message.
const MAX_QUOTED: usize = 40;

impl Value {
    /// The type of a value and the beginning of its JSON, for a message.
    pub(in crate::jq) fn described(&self) -> String {
        format!("{} ({})", self.kind(), excerpt(self, MAX_QUOTED))
    }
}

pub(in crate::jq) fn cannot_iterate(value: &Value) -> Error {
    Error::str(format_args!("Cannot iterate over {}", value.described()))
}

pub(in crate::jq) fn cannot_index(value: &Value, key: &Value) -> Error {
    match key.as_str() {
        Some(_) => Error::str(format_args!("Cannot index {} with {key}", value.kind())),
        None => Error::str(format_args!("Cannot index {} with {}", value.kind(), key.kind())),
    }
}

/// Two values cannot be added, for example.
pub(in crate::jq) fn cannot_be(one: &Value, other: &Value, done: &str) -> Error {
    Error::str(format_args!("{} and {} cannot be {done}", one.described(), other.described()))
}
