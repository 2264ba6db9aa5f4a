//! What JSON may be embedded in a line, so that every reader of lines reads it.

mod lines;
mod number;
mod scan;
mod size;
mod surrogate;
#[cfg(test)]
mod tests;
mod unfit;

pub use lines::{added_by_escapes, escape_line_ends};
use scan::Scan;
pub use size::{escaped_len, fits_as_text};
pub use surrogate::has_unpaired_surrogate;
pub use unfit::{MAX_DIGITS, Unfit};

/// How many levels a whole line nests at most. jq reads 256 up to version 1.7, and counts an object twice: once for
/// itself, and once for the key whose value is open.
pub const MAX_LEVELS: usize = 250;

/// The levels around a value of a record's key.
pub const IN_RECORD: usize = 1;

/// The levels around an element of a list in a record.
pub const IN_LIST: usize = 2;

/// Checks that a line can embed a JSON value, which is valid and in UTF-8, with `depth` levels around it.
///
/// # Errors
/// What some readers would refuse in it.
pub fn embeddable(json: &[u8], depth: usize) -> Result<(), Unfit> {
    Scan::new(json, MAX_LEVELS.saturating_sub(depth)).run()
}
