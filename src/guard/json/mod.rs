//! What JSON may be embedded in a line, so that every reader of lines reads it.

mod lines;
mod number;
mod scan;
mod size;
mod surrogate;
#[cfg(test)]
mod tests;

use std::fmt;

pub use lines::{added_by_escapes, escape_line_ends};
use scan::Scan;
pub use size::{escaped_len, fits_as_text};

/// How many levels a whole line nests at most. jq reads 256 up to version 1.7, and counts an object twice: once for
/// itself, and once for the key whose value is open.
pub const MAX_LEVELS: usize = 250;

/// The levels around a value of a record's key.
pub const IN_RECORD: usize = 1;

/// The levels around an element of a list in a record.
pub const IN_LIST: usize = 2;

/// The most digits of a number, those of its fraction and exponent included.
pub const MAX_DIGITS: usize = 1000;

/// Why some readers could not read a line with a JSON value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unfit {
    /// It nests more than this many levels, where an object counts as two.
    Deep(usize),
    /// Half of a surrogate pair is escaped, which stands for no character.
    Surrogate,
    /// A number has more than [`MAX_DIGITS`] digits.
    LongNumber,
    /// A number is beyond the range of 64-bit floating point.
    LargeNumber,
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unfit::Deep(levels) => write!(f, "nests more than {levels} levels (an object counts as two)"),
            Unfit::Surrogate => f.write_str("has an unpaired surrogate"),
            Unfit::LongNumber => write!(f, "has a number of more than {MAX_DIGITS} digits"),
            Unfit::LargeNumber => f.write_str("has a number too large for a double"),
        }
    }
}

/// Checks that a line can embed a JSON value, which is valid and in UTF-8, with `depth` levels around it.
///
/// # Errors
/// What some readers would refuse in it.
pub fn embeddable(json: &[u8], depth: usize) -> Result<(), Unfit> {
    Scan::new(json, MAX_LEVELS.saturating_sub(depth)).run()
}
