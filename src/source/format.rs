//! The formats in which a list can be written.

use std::path::Path;

use super::input::Input;
use super::lines::{MAX_LINE, MAX_RECORD};
use crate::storage::compression::Coding;

/// The format of a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum InputFormat {
    /// One URL per line.
    #[default]
    Text,
    /// One JSON object per line.
    Ndjson,
    /// Comma-separated values ([RFC 4180](https://www.rfc-editor.org/rfc/rfc4180)) with a header row.
    Csv,
    /// Tab-separated values with a header row, quoted as in CSV.
    Tsv,
    /// The targets of vegeta: one JSON object per line, or a method and a URL with header fields and a file below.
    Vegeta,
}

impl InputFormat {
    /// The format that a file's extension implies, with or without a final `.gz` or `.zst`: `.ndjson`, `.jsonl`,
    /// `.json`, `.csv` or `.tsv`. Any other file is text.
    pub fn of(path: &Path) -> InputFormat {
        let stem =
            if Coding::of(path) == Coding::Plain { path } else { Path::new(path.file_stem().unwrap_or_default()) };
        let extension = stem.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        match extension.to_ascii_lowercase().as_str() {
            "ndjson" | "jsonl" | "json" => InputFormat::Ndjson,
            "csv" => InputFormat::Csv,
            "tsv" => InputFormat::Tsv,
            _ => InputFormat::Text,
        }
    }

    /// The format of `input`: `explicit`, or else the one that its name implies. URLs in memory are always text.
    pub fn of_input(input: &Input, explicit: Option<InputFormat>) -> InputFormat {
        match (input, explicit) {
            (Input::Urls(_), _) => InputFormat::Text,
            (_, Some(format)) => format,
            (Input::Stdin, None) => InputFormat::Text,
            (Input::File(path), None) => InputFormat::of(path),
            (Input::Text { name, .. }, None) => InputFormat::of(Path::new(name)),
        }
    }

    /// Its name in messages.
    pub(super) fn shown(self) -> &'static str {
        match self {
            InputFormat::Text => "text with a URL on each line",
            InputFormat::Ndjson => "NDJSON",
            InputFormat::Csv => "CSV",
            InputFormat::Tsv => "TSV",
            InputFormat::Vegeta => "vegeta targets",
        }
    }

    /// The longest line that is kept whole, in bytes.
    pub(super) fn max_line(self) -> usize {
        if self == InputFormat::Text { MAX_LINE } else { MAX_RECORD }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extension_implies_the_format() {
        for (name, format) in [
            ("a.ndjson", InputFormat::Ndjson),
            ("dir.csv/a.JSONL", InputFormat::Ndjson),
            ("a.json.zst", InputFormat::Ndjson),
            ("a.csv.gz", InputFormat::Csv),
            ("a.tsv", InputFormat::Tsv),
            ("a.txt.gz", InputFormat::Text),
            ("csv", InputFormat::Text),
            (".gz", InputFormat::Text),
        ] {
            assert_eq!(InputFormat::of(Path::new(name)), format, "{name}");
        }
        let urls = Input::Urls(vec!["http://a/b.csv".to_owned()]);
        assert_eq!(InputFormat::of_input(&urls, Some(InputFormat::Csv)), InputFormat::Text);
        assert_eq!(InputFormat::of_input(&Input::Stdin, None), InputFormat::Text);
        assert_eq!(InputFormat::of_input(&Input::File("a.csv".into()), Some(InputFormat::Text)), InputFormat::Text);
    }
}
