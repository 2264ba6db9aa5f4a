//! The keys of a record: written, read back, picked and laid out as a table.

pub mod field;
pub(crate) mod line;
pub(crate) mod render;
pub mod saved;
pub(crate) mod table;
pub(crate) mod value;

use std::path::PathBuf;

/// Where a body is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredBody {
    /// Its file, below the directory as that was given.
    pub path: PathBuf,
    /// The SHA-256 of its content, in hexadecimal.
    pub sha256: String,
}
