//! Turns the lines of a list into entries, whatever the format.

use super::csv::CsvParser;
use super::job_builder::JobBuilder;
use super::lines::{InputLine, LineContext, is_blank};
use super::ndjson::NdjsonParser;
use super::text::TextParser;
use super::vegeta::VegetaParser;
use super::{Entry, InputFormat, ListOptions};

/// Turns the lines of one list into entries.
///
/// Each line yields at most one entry. A record that spans several lines yields its entry at the last of them, with the
/// position of the first.
pub(super) enum Parser {
    Text(TextParser),
    Ndjson(NdjsonParser),
    Vegeta(VegetaParser),
    Csv(Box<CsvParser>),
}

impl Parser {
    pub(super) fn new(format: InputFormat, options: &ListOptions) -> Self {
        let jobs = || JobBuilder::new(options);
        match format {
            InputFormat::Text => Parser::Text(TextParser::new(options)),
            InputFormat::Ndjson => Parser::Ndjson(NdjsonParser::new(jobs())),
            InputFormat::Vegeta => Parser::Vegeta(VegetaParser::new(jobs())),
            InputFormat::Csv => Parser::Csv(Box::new(CsvParser::new(b',', jobs()))),
            InputFormat::Tsv => Parser::Csv(Box::new(CsvParser::new(b'\t', jobs()))),
        }
    }

    /// Whether the header row is still to be read; no later line can be understood without it.
    pub(super) fn needs_header(&self) -> bool {
        matches!(self, Parser::Csv(csv) if csv.needs_header())
    }

    /// Parses `line`, and returns the entry that it completes.
    ///
    /// # Errors
    /// The list as a whole is unusable: its header row lacks a column, or has one twice.
    pub(super) fn entry(&mut self, line: InputLine<'_>, context: LineContext<'_>) -> Result<Option<Entry>, String> {
        match self {
            Parser::Text(text) => Ok(text.entry(line, context)),
            Parser::Ndjson(ndjson) => Ok(ndjson.entry(line, context)),
            Parser::Vegeta(vegeta) => Ok(vegeta.entry(line, context)),
            Parser::Csv(csv) => csv.entry(line, context),
        }
    }

    /// The number of lines of the last entry. Only a row of a table counts as several.
    pub(super) fn entry_lines(&self) -> u64 {
        match self {
            Parser::Csv(csv) => csv.record_lines(),
            _ => 1,
        }
    }

    /// Whether [`Self::entry`] would return an entry for `line`, found out without building it.
    ///
    /// # Errors
    /// As for [`Self::entry`].
    pub(super) fn skip(&mut self, line: InputLine<'_>) -> Result<bool, String> {
        match self {
            Parser::Text(_) => Ok(TextParser::is_entry(line)),
            Parser::Ndjson(_) => Ok(!is_blank(line.text)),
            Parser::Vegeta(vegeta) => Ok(vegeta.skip(line)),
            Parser::Csv(csv) => csv.skip(line),
        }
    }

    /// The entry for a record that is still open at the end of the list.
    ///
    /// # Errors
    /// The header row itself is still open.
    pub(super) fn finish(&mut self, context: LineContext<'_>) -> Result<Option<Entry>, String> {
        match self {
            Parser::Csv(csv) => csv.finish(context),
            Parser::Vegeta(vegeta) => Ok(vegeta.finish(context)),
            _ => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::source::MAX_RECORD;

    fn check_skip(text: &[u8]) {
        let context = LineContext { list: 0, line_name: "", seq: 0 };
        for format in [InputFormat::Text, InputFormat::Ndjson, InputFormat::Vegeta] {
            let [mut parser, mut skipping] = [(); 2].map(|()| Parser::new(format, &ListOptions::default()));
            let line = InputLine { text, end: b"\n", number: 1, offset: 0 };
            let entry = parser.entry(line, context).unwrap();
            assert_eq!(skipping.skip(line), Ok(entry.is_some()), "{format:?}");
        }
    }

    #[test]
    fn skipping_and_parsing_agree_on_long_lines() {
        for start in ["", "#", "{"] {
            check_skip(&[start.as_bytes(), &vec![b' '; MAX_RECORD + 1]].concat());
        }
    }

    proptest! {
        #[test]
        fn skipping_and_parsing_agree(text in "[ \t\r\u{feff}#{}a]{0,4}", bytes: Vec<u8>) {
            check_skip(text.as_bytes());
            check_skip(&bytes);
        }
    }
}
