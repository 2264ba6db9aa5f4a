//! Inputs that can be named, and what they are once opened.

use std::fs::File;
use std::io;
use std::path::PathBuf;

use super::list::{List, stdin};
use crate::storage::compression::Coding;

/// Something that holds a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A file, a named pipe, a device; decompressed if its name ends in `.gz` or `.zst`.
    File(PathBuf),
    /// Standard input.
    Stdin,
    /// URLs at hand, such as those of a command line; messages call the first of them "argument 1".
    Urls(Vec<String>),
    /// A list at hand.
    Text {
        /// What messages call it.
        name: String,
        /// Its lines.
        text: String,
    },
}

/// An input cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {name}: {}", humane(reason))]
pub struct InputError {
    /// The input.
    pub name: String,
    /// What the system says.
    pub reason: io::Error,
}

impl From<InputError> for io::Error {
    fn from(error: InputError) -> Self {
        io::Error::new(error.reason.kind(), error)
    }
}

impl Input {
    pub(super) fn open(self) -> Result<List, InputError> {
        match self {
            Input::File(path) => List::open(path.display().to_string(), File::open(&path), Coding::of(&path)),
            Input::Stdin => List::open("stdin".to_owned(), stdin(), Coding::Plain),
            Input::Urls(urls) => {
                let text = urls.iter().flat_map(|url| [url, "\n"]).collect();
                Ok(List::in_memory("arguments".to_owned(), "argument".to_owned(), text))
            }
            Input::Text { name, text } => Ok(List::in_memory(name.clone(), format!("{name} line"), text)),
        }
    }
}

/// What the system says, without its number for it.
pub(super) fn humane(reason: &io::Error) -> String {
    let reason = reason.to_string();
    match reason.split_once(" (os error") {
        Some((text, _)) => text.to_owned(),
        None => reason,
    }
}
