//! Refuses tables, in a build without the feature `csv`.

use super::Entry;
use super::job_builder::JobBuilder;
use super::lines::{InputLine, LineContext};

/// Refuses the header row of a table, which is read when the list is opened.
pub(super) struct CsvParser;

const REFUSAL: &str = "haul was built without CSV and TSV lists (feature csv)";

impl CsvParser {
    pub(super) fn new(_: u8, _: JobBuilder) -> Self {
        CsvParser
    }

    pub(super) fn needs_header(&self) -> bool {
        true
    }

    pub(super) fn entry(&mut self, _: InputLine<'_>, _: LineContext<'_>) -> Result<Option<Entry>, String> {
        Err(REFUSAL.to_owned())
    }

    pub(super) fn record_lines(&self) -> u64 {
        1
    }

    pub(super) fn skip(&mut self, _: InputLine<'_>) -> Result<bool, String> {
        Err(REFUSAL.to_owned())
    }

    pub(super) fn finish(&mut self, _: LineContext<'_>) -> Result<Option<Entry>, String> {
        Ok(None)
    }
}
