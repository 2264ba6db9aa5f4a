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
    pub(super) fn skip(&mut self, line: InputLine<'_>, context: LineContext<'_>) -> Result<bool, String> {
        match self {
            Parser::Text(_) => Ok(TextParser::is_entry(line)),
            Parser::Ndjson(_) => Ok(!is_blank(line.text)),
            Parser::Vegeta(vegeta) => Ok(vegeta.skip(line, context)),
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
    use crate::model::LinePosition;
    use crate::source::MAX_RECORD;
    use crate::source::tests::facts;

    fn check_skip(text: &[u8]) {
        let context = LineContext { list: 0, line_name: "", seq: 0 };
        for format in [InputFormat::Text, InputFormat::Ndjson, InputFormat::Vegeta] {
            let [mut parser, mut skipping] = [(); 2].map(|()| Parser::new(format, &ListOptions::default()));
            let line = InputLine { text, end: b"\n", number: 1, offset: 0 };
            let entry = parser.entry(line, context).unwrap();
            assert_eq!(skipping.skip(line, context), Ok(entry.is_some()), "{format:?}");
        }
    }

    #[test]
    fn skipping_and_parsing_agree_on_long_lines() {
        for start in ["", "#", "{"] {
            check_skip(&[start.as_bytes(), &vec![b' '; MAX_RECORD + 1]].concat());
        }
    }

    const FORMATS: [InputFormat; 5] =
        [InputFormat::Text, InputFormat::Ndjson, InputFormat::Vegeta, InputFormat::Csv, InputFormat::Tsv];

    /// The entries of `list`, the second of the run, without those that `is_skipped`.
    fn read(format: InputFormat, list: &str, is_skipped: impl Fn(u64) -> bool) -> Vec<(u64, LinePosition, String)> {
        let mut parser = Parser::new(format, &ListOptions::default());
        let (mut context, mut entries) = (LineContext { list: 1, line_name: "line", seq: 0 }, Vec::new());
        let mut offset = 0;
        for (number, text) in (1..).zip(list.split_inclusive('\n')) {
            let end: &[u8] = if text.ends_with('\n') { b"\n" } else { b"" };
            let line = InputLine { text: text.trim_end_matches('\n').as_bytes(), end, number, offset };
            offset += text.len() as u64;
            let ends = if is_skipped(context.seq) {
                parser.skip(line, context).unwrap()
            } else {
                let entry = parser.entry(line, context).unwrap();
                entries.extend(entry.as_ref().map(facts));
                entry.is_some()
            };
            context.seq += u64::from(ends);
        }
        let last = parser.finish(context).unwrap();
        entries.extend(last.as_ref().map(facts).filter(|(seq, ..)| !is_skipped(*seq)));
        entries
    }

    #[test]
    fn a_target_behind_a_skipped_one_keeps_its_place() {
        let list = "GET http://a/\nX-A: 1\nGET http://b/\nX(B: 1\n";
        let place = LinePosition { list: 1, line: 3, offset: 21 };
        let message = "line 3: \"X(B\" is not a header name".to_owned();
        assert_eq!(read(InputFormat::Vegeta, list, |seq| seq == 0), [(1, place, message)]);
    }

    proptest! {
        #[test]
        fn skipping_changes_no_other_entry(
            lines in proptest::collection::vec("GET http://[a-c]/|X[(]?-A: 1|@b|#|http://a/,b|\"http://a/|b\"|a\tb||[{]\"url\":\"http://a/\"[}]", 0..12),
            skipped in proptest::collection::vec(any::<bool>(), 13),
        ) {
            for format in FORMATS {
                let header = match format {
                    InputFormat::Csv => "url,name\n",
                    InputFormat::Tsv => "url\tname\n",
                    _ => "",
                };
                let list = header.to_owned() + &lines.join("\n");
                let is_skipped = |seq: u64| skipped[seq as usize];
                let mut all = read(format, &list, |_| false);
                all.retain(|(seq, ..)| !is_skipped(*seq));
                prop_assert_eq!(read(format, &list, is_skipped), all, "{:?}", format);
            }
        }

        #[test]
        fn skipping_and_parsing_agree(text in "[ \t\r\u{feff}#{}a]{0,4}", bytes: Vec<u8>) {
            check_skip(text.as_bytes());
            check_skip(&bytes);
        }
    }
}
