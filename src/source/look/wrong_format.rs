//! What a list looks like that is not in its format.

use std::fmt;

use crate::source::InputFormat;
use crate::storage::compression::Coding;

/// A list is not in the format in which it is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it looks like {looks}, not {}", format.shown())]
pub struct WrongFormat {
    /// The format in which it was to be read.
    pub format: InputFormat,
    /// What it looks like.
    pub looks: LooksLike,
    /// How it is compressed.
    pub coding: Coding,
}

/// What a list looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LooksLike {
    /// A list in this format.
    Format(InputFormat),
    /// A JSON array of objects.
    JsonObjects,
    /// A JSON array of strings.
    JsonStrings,
    /// A JSON string on each line.
    JsonLines,
    /// A JSON object that spans lines.
    JsonDocument,
    /// A table without a header row.
    Headless,
    /// A table with semicolons between fields.
    Semicolons,
    /// A table whose first line tells Excel the delimiter.
    SepLine,
    /// An HTTP archive, as browsers save it.
    Har,
    /// HTML.
    Html,
    /// XML.
    Xml,
    /// A zip archive, as spreadsheets are.
    Zip,
    /// A file compressed with xz.
    Xz,
    /// A file compressed with bzip2.
    Bzip2,
    /// UTF-16 in little endian, without a byte order mark.
    Utf16Le,
    /// UTF-16 in big endian, without a byte order mark.
    Utf16Be,
    /// UTF-32.
    Utf32,
    /// URLs with NULs between them.
    NulSeparated,
    /// Anything else that is not text.
    Binary,
}

impl fmt::Display for LooksLike {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            LooksLike::Format(format) => format.shown(),
            LooksLike::JsonObjects | LooksLike::JsonStrings => "a JSON array",
            LooksLike::JsonLines => "a list of JSON strings",
            LooksLike::JsonDocument => "a JSON document of several lines",
            LooksLike::Headless => "a table without a header row",
            LooksLike::Semicolons => "CSV with semicolons",
            LooksLike::SepLine => "CSV with a first line for Excel (sep=)",
            LooksLike::Har => "an HTTP archive (HAR)",
            LooksLike::Html => "HTML",
            LooksLike::Xml => "XML",
            LooksLike::Zip => "a zip archive or a spreadsheet",
            LooksLike::Xz => "an xz file",
            LooksLike::Bzip2 => "a bzip2 file",
            LooksLike::Utf16Le | LooksLike::Utf16Be => "UTF-16 without a byte order mark",
            LooksLike::Utf32 => "UTF-32",
            LooksLike::NulSeparated => "a list with NULs instead of line ends",
            LooksLike::Binary => "binary data",
        })
    }
}
