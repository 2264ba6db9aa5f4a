//! How a record is written: its keys, read back, selected, and laid out as a table.

pub mod field;
mod key;
mod object;
mod output;
pub(crate) mod render;
pub(crate) mod rows;
pub mod saved;
mod serialize;
mod size;
mod value;
mod values;

use std::path::PathBuf;

pub use output::{BodyMode, BodyRules, Output, OutputFormat};
pub use size::{item_bound, line_bound};

/// The file that holds a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredBody {
    /// Its path, starting with the directory as the user wrote it.
    pub path: PathBuf,
    /// The SHA-256 of the body, in hexadecimal.
    pub sha256: String,
}
