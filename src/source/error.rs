//! Errors of inputs and of their lines.

use std::io;

use crate::guard::without_os_code;

/// An input cannot be opened or read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {name}: {}", without_os_code(reason))]
pub struct InputError {
    /// The input, as messages name it.
    pub name: String,
    /// The cause.
    pub reason: io::Error,
}

impl From<InputError> for io::Error {
    fn from(error: InputError) -> Self {
        io::Error::new(error.reason.kind(), error)
    }
}

/// Why a line is not a request.
#[derive(Debug)]
pub(super) struct LineError {
    /// The key or column at fault.
    pub(super) key: Option<String>,
    pub(super) reason: String,
}

impl LineError {
    pub(super) fn new(reason: impl Into<String>) -> Self {
        LineError { key: None, reason: reason.into() }
    }

    pub(super) fn of_key(key: impl Into<String>, reason: impl ToString) -> Self {
        LineError { key: Some(key.into()), reason: reason.to_string() }
    }
}
