//! Errors of inputs and of their lines.

use std::io;

/// An input cannot be opened or read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {name}: {}", describe(reason))]
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

/// An I/O error as text, without the error number of the operating system.
pub(super) fn describe(reason: &io::Error) -> String {
    let reason = reason.to_string();
    match reason.split_once(" (os error") {
        Some((text, _)) => text.to_owned(),
        None => reason,
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
