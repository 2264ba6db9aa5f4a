//! What is worth telling about a list as a whole.

use std::fmt;

/// A list that had no request, although that is not an error.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ListNote {
    /// The list is empty, or has only blank lines and comments.
    Empty {
        /// What messages call it.
        list: String,
    },
    /// The list has lines, but each of them is invalid.
    AllInvalid {
        /// What messages call it.
        list: String,
        /// The number of its lines, without blank lines, comments and the header row of a table.
        lines: u64,
    },
}

impl fmt::Display for ListNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ListNote::Empty { list } => write!(f, "{list} has no URLs"),
            ListNote::AllInvalid { list, lines: 1 } => write!(f, "the only line of {list} is not a valid request"),
            ListNote::AllInvalid { list, lines } => write!(f, "none of the {lines} lines of {list} is a valid request"),
        }
    }
}
