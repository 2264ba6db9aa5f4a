//! The outputs of a filter.

use std::borrow::Cow;

/// The outputs of a filter in order, as JSON without insignificant whitespace.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outputs(String);

impl Outputs {
    /// Outputs on a line each.
    #[cfg(feature = "jq")]
    pub(super) fn new(lines: String) -> Self {
        Outputs(lines)
    }

    /// The JSON of each output.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.lines() // such JSON contains no line feeds
    }

    /// Whether the filter output nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The size of the outputs in bytes.
    pub fn size(&self) -> usize {
        self.0.len()
    }
}

/// An output as text: the characters of a string, and the JSON of anything else.
pub fn bare(output: &str) -> Cow<'_, str> {
    if output.starts_with('"') {
        return serde_json::from_str(output).map_or(Cow::Borrowed(output), Cow::Owned);
    }
    Cow::Borrowed(output)
}
