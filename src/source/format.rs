//! The formats of lists: the seam between lines and entries.

use std::path::Path;

use super::base::Base;
use super::csv::Csv;
use super::lines::{Line, MAX_LINE};
use super::ndjson::Ndjson;
use super::text::Text;
use super::vegeta::Vegeta;
use super::{Entry, Input, ListOptions};
use crate::storage::compression::Coding;

/// The longest line, or record of several lines, of a list that is not plain text, in bytes. It is more than
/// [`MAX_LINE`], since it may hold a body; a larger one is better named as a file.
pub const MAX_RECORD: usize = 1 << 20;

/// How a list is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum InputFormat {
    /// A URL a line.
    #[default]
    Text,
    /// A JSON object a line.
    Ndjson,
    /// Comma-separated values ([RFC 4180](https://www.rfc-editor.org/rfc/rfc4180)) under a row of names.
    Csv,
    /// Tab-separated values under a row of names, quoted as in CSV.
    Tsv,
    /// vegeta's targets: a JSON object a line.
    Vegeta,
}

impl InputFormat {
    /// What the name of a file says: `.ndjson`, `.jsonl`, `.json`, `.csv`, `.tsv`, a `.gz` or `.zst` behind it or not.
    /// Any other is text.
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

    /// The format of `input`: `told`, or else what its name says. URLs at hand are always text.
    pub fn of_input(input: &Input, told: Option<InputFormat>) -> InputFormat {
        match (input, told) {
            (Input::Urls(_), _) => InputFormat::Text,
            (_, Some(format)) => format,
            (Input::Stdin, None) => InputFormat::Text,
            (Input::File(path), None) => InputFormat::of(path),
            (Input::Text { name, .. }, None) => InputFormat::of(Path::new(name)),
        }
    }

    /// The longest line that is kept whole.
    pub(super) fn max_line(self) -> usize {
        if self == InputFormat::Text { MAX_LINE } else { MAX_RECORD }
    }
}

/// Where an entry comes from.
#[derive(Debug, Clone, Copy)]
pub(super) struct At<'a> {
    /// Which of the lists.
    pub(super) list: u32,
    /// What messages call a line of it, but for the number.
    pub(super) line_name: &'a str,
    /// The ordinal that the entry gets.
    pub(super) seq: u64,
}

/// Turns the lines of one list into entries.
///
/// A line is one entry or none. Of a record that spans lines, the last makes the entry, whose place is that of the
/// first.
pub(super) enum Parser {
    Text(Text),
    Ndjson(Ndjson),
    Vegeta(Vegeta),
    Csv(Box<Csv>),
}

impl Parser {
    pub(super) fn new(format: InputFormat, options: &ListOptions) -> Self {
        let base = || Base::new(options);
        match format {
            InputFormat::Text => Parser::Text(Text::new(options)),
            InputFormat::Ndjson => Parser::Ndjson(Ndjson::new(base())),
            InputFormat::Vegeta => Parser::Vegeta(Vegeta::new(base())),
            InputFormat::Csv => Parser::Csv(Box::new(Csv::new(b',', base()))),
            InputFormat::Tsv => Parser::Csv(Box::new(Csv::new(b'\t', base()))),
        }
    }

    /// Whether a row of names has still to be read: a later line means nothing without it.
    pub(super) fn wants_header(&self) -> bool {
        matches!(self, Parser::Csv(csv) if csv.wants_header())
    }

    /// The entry that `line` is or ends.
    ///
    /// # Errors
    /// The list as a whole makes no sense: it has no row of names, or not the right ones.
    pub(super) fn entry(&mut self, line: Line<'_>, at: At<'_>) -> Result<Option<Entry>, String> {
        match self {
            Parser::Text(text) => Ok(text.entry(line, at.list, at.line_name, at.seq)),
            Parser::Ndjson(ndjson) => Ok(ndjson.entry(line, at)),
            Parser::Vegeta(vegeta) => Ok(vegeta.entry(line, at)),
            Parser::Csv(csv) => csv.entry(line, at),
        }
    }

    /// Whether `line` is or ends an entry: [`Self::entry`] for those that are not wanted, without the work.
    ///
    /// # Errors
    /// As there.
    pub(super) fn skip(&mut self, line: Line<'_>) -> Result<bool, String> {
        match self {
            Parser::Text(_) => Ok(Text::is_entry(line)),
            Parser::Ndjson(_) | Parser::Vegeta(_) => Ok(!is_blank(line.text)),
            Parser::Csv(csv) => csv.skip(line),
        }
    }

    /// The entry that the list breaks off in.
    pub(super) fn finish(&mut self, at: At<'_>) -> Option<Entry> {
        match self {
            Parser::Csv(csv) => csv.finish(at),
            _ => None,
        }
    }
}

/// Whether a line holds nothing; one that is too long to be kept holds something.
pub(super) fn is_blank(line: &[u8]) -> bool {
    line.len() <= MAX_RECORD && line.strip_prefix(super::text::BOM).unwrap_or(line).trim_ascii().is_empty()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_says_how_a_list_is_written() {
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

    fn check_skip(text: &[u8]) {
        let at = At { list: 0, line_name: "", seq: 0 };
        for format in [InputFormat::Text, InputFormat::Ndjson, InputFormat::Vegeta] {
            let mut parser = Parser::new(format, &ListOptions::default());
            let line = Line { text, number: 1, offset: 0 };
            let entry = parser.entry(line, at).unwrap();
            assert_eq!(parser.skip(line), Ok(entry.is_some()), "{format:?}");
        }
    }

    #[test]
    fn a_long_line_is_skipped_or_not_like_others() {
        for start in ["", "#", "{"] {
            check_skip(&[start.as_bytes(), &vec![b' '; MAX_RECORD + 1]].concat());
        }
    }

    proptest! {
        #[test]
        fn what_is_skipped_is_what_would_be_an_entry(text in "[ \t\r\u{feff}#{}a]{0,4}", bytes: Vec<u8>) {
            check_skip(text.as_bytes());
            check_skip(&bytes);
        }
    }
}
