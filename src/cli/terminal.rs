//! What is known of a terminal.

use console::Term;

/// The width of a terminal in columns; unlimited without a terminal.
pub(crate) fn columns(out: &Term) -> usize {
    out.size_checked().map_or(usize::MAX, |(_, columns)| columns.into())
}
