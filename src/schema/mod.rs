//! How a record is written: its keys, read back, selected, and laid out as a table.

pub mod field;
mod key;
mod object;
mod output;
pub(crate) mod render;
pub(crate) mod rows;
pub mod saved;
mod serialize;
mod value;
mod values;

use std::path::PathBuf;

pub use output::{BodyMode, Output, OutputFormat};

/// Where a body is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredBody {
    /// Its file, below the directory as that was given.
    pub path: PathBuf,
    /// The SHA-256 of its content, in hexadecimal.
    pub sha256: String,
}
