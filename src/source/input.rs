//! Inputs, and how they are opened.

use std::fs::File;
use std::path::PathBuf;

use super::error::InputError;
use super::list::{List, stdin};
use crate::model::ARGUMENTS;
use crate::storage::compression::Coding;

/// Where a list comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Input {
    /// A file, named pipe or device; decompressed if its name ends in `.gz` or `.zst`.
    File(PathBuf),
    /// Standard input.
    Stdin,
    /// URLs in memory, such as those of a command line. Messages call the first one "argument 1".
    Urls(Vec<String>),
    /// A list in memory.
    Text {
        /// What messages call it.
        name: String,
        /// Its lines.
        text: String,
    },
}

impl Input {
    pub(super) fn open(self) -> Result<List, InputError> {
        match self {
            Input::File(path) => List::open(path.display().to_string(), File::open(&path), Coding::of(&path)),
            Input::Stdin => List::open("stdin".to_owned(), stdin(), Coding::Plain),
            Input::Urls(urls) => {
                let text = urls.iter().flat_map(|url| [url, "\n"]).collect();
                let mut list = List::in_memory(ARGUMENTS.to_owned(), "argument".to_owned(), text);
                list.is_arguments = true;
                Ok(list)
            }
            Input::Text { name, text } => Ok(List::in_memory(name.clone(), format!("{name} line"), text)),
        }
    }
}
