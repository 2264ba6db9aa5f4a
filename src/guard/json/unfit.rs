//! Why JSON is not embedded.

use std::fmt;

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
