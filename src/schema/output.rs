//! How records are written.

use std::path::PathBuf;

use super::field::Field;
use crate::guard::redact::Redact;
use crate::jq::Filter;

/// What a record contains, and how it is written.
#[derive(Debug, Clone, Default)]
pub struct Output {
    /// Where the body goes.
    pub body: BodyMode,
    /// How a body is read as JSON or text.
    pub body_rules: BodyRules,
    /// Include all response headers, not only the content type.
    pub all_headers: bool,
    /// Include keys without a value, as null.
    pub verbose: bool,
    /// Extracts values from JSON bodies.
    pub extract: Option<Filter>,
    /// Splits JSON bodies into items, which are written in place of successful records.
    pub items: Option<Filter>,
    /// Picks the records that are written to a file or a stream of lines: those on which its first output is neither
    /// false nor null, or on which it fails. It sees the record as it is written by default. Sinks of other kinds, and
    /// observers, get all records.
    pub record_filter: Option<Filter>,
    /// The most memory that [`Output::record_filter`] may take for a record, in bytes.
    pub filter_memory: Option<usize>,
    /// The format of the output.
    pub format: OutputFormat,
    /// The parts of the record that are written, in this order; if empty, the default of the format.
    pub fields: Vec<Field>,
    /// What is masked in records, in their messages, and in the report.
    pub redact: Redact,
}

/// How a body is recorded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum BodyMode {
    /// JSON that is labelled as such as JSON, other text as text, other bytes as base64.
    #[default]
    Auto,
    /// JSON as JSON, however it is labelled; anything else as with [`BodyMode::Auto`].
    Json,
    /// Not at all: it is read to its end, counted and dropped.
    None,
    /// As text if it is text, as base64 otherwise; never as JSON.
    Text,
    /// Always as base64.
    Base64,
    /// As the name of a file in this directory; the name is the hash of the content.
    Dir(PathBuf),
}

/// The version of the rules by which a body is read as JSON or text. A run that is resumed keeps those that it began
/// with, so that one output never mixes two readings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum BodyRules {
    /// A body is UTF-8 or bytes. A byte order mark is a part of it, and what declares another encoding does not count.
    V1,
    /// A byte order mark is not a part of the body, text is decoded from the encoding that it declares, and the record
    /// has the key `charset`.
    #[default]
    V2,
}

impl BodyRules {
    const ALL: [BodyRules; 2] = [BodyRules::V1, BodyRules::V2];

    /// The number of the version.
    pub fn version(self) -> u32 {
        match self {
            BodyRules::V1 => 1,
            BodyRules::V2 => 2,
        }
    }

    /// The rules with this number.
    pub fn from_version(version: u32) -> Option<Self> {
        BodyRules::ALL.into_iter().find(|rules| rules.version() == version)
    }
}

/// The format of the output.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OutputFormat {
    /// One JSON object per line.
    #[default]
    Ndjson,
    /// Comma-separated values after a header row (RFC 4180).
    #[cfg(feature = "csv")]
    Csv,
    /// Tab-separated values after a header row; a backslash escapes tabs, line ends and backslashes within a value.
    Tsv,
    /// Only the extracted values, one per line.
    Raw,
}
