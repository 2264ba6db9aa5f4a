//! Splits a table into records, by means of csv-core.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder, Terminator};

use crate::guard::text::grouped;
use crate::model::LinePosition;
use crate::source::error::LineError;
use crate::source::lines::{InputLine, MAX_RECORD, is_blank};
use crate::storage::text::{from_decoded, without_boms};

/// The most columns of a table.
const MAX_COLUMNS: usize = 4_096;

/// Reads one record at a time, from one line or several.
pub(super) struct RecordReader {
    reader: Reader,
    delimiter: u8,
    bytes: Vec<u8>,
    /// The number of bytes in use.
    filled: usize,
    /// The end of each field in `bytes`.
    ends: Vec<usize>,
    /// The number of fields in use.
    fields: usize,
    /// Where the current record starts, while it is incomplete.
    pub(super) start: Option<LinePosition>,
    /// The number of lines of the record so far.
    lines: u64,
    too_long: bool,
}

impl RecordReader {
    pub(super) fn new(delimiter: u8) -> Self {
        let reader = ReaderBuilder::new().delimiter(delimiter).terminator(Terminator::CRLF).build();
        RecordReader {
            reader,
            delimiter,
            bytes: vec![0; 1024],
            filled: 0,
            ends: vec![0; 16],
            fields: 0,
            start: None,
            lines: 0,
            too_long: false,
        }
    }

    /// Adds a line. If it ends a record, returns where the record starts; its fields are available until the next line.
    pub(super) fn push(&mut self, line: InputLine<'_>, place: LinePosition) -> Option<LinePosition> {
        let text = if line.number == 1 { without_boms(line.text) } else { line.text };
        if self.start.is_none() {
            if is_blank(line.text) && !line.text.contains(&self.delimiter) {
                return None; // a row of empty fields is a row
            }
            (self.filled, self.fields, self.lines, self.too_long) = (0, 0, 0, false);
        }
        self.lines += 1;
        let start = *self.start.get_or_insert(place);
        let whole = text.len() <= MAX_RECORD;
        self.too_long |= !whole;
        let end = if line.end.is_empty() { b"\n" } else { line.end };
        let ended = self.feed(text) || self.feed(end) || !whole;
        if !ended {
            return None;
        }
        if !whole {
            self.reader.reset(); // the part that was dropped may have opened or closed a quote
        }
        self.start = None;
        Some(start)
    }

    /// Feeds bytes to csv-core. Returns whether they end the record.
    fn feed(&mut self, mut text: &[u8]) -> bool {
        while !text.is_empty() {
            let (bytes, ends) = (&mut self.bytes[self.filled..], &mut self.ends[self.fields..]);
            let (result, read, written, ended) = self.reader.read_record(text, bytes, ends);
            text = &text[read..];
            self.filled += written;
            self.fields += ended;
            match result {
                ReadRecordResult::InputEmpty => return false,
                ReadRecordResult::Record | ReadRecordResult::End => return true,
                ReadRecordResult::OutputFull if self.bytes.len() < MAX_RECORD => {
                    self.bytes.resize(2 * self.bytes.len(), 0)
                }
                ReadRecordResult::OutputEndsFull if self.ends.len() < MAX_COLUMNS => {
                    self.ends.resize(2 * self.ends.len(), 0)
                }
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {
                    // The record is invalid anyway: it only has to be read to its end.
                    self.too_long = true;
                    (self.filled, self.fields) = (0, 0);
                }
            }
        }
        false // csv-core takes empty input for the end of the list
    }

    /// The number of lines that the last record spans.
    pub(super) fn lines(&self) -> u64 {
        self.lines
    }

    /// What to add to an error of a record that spans lines, which may be unintended.
    pub(super) fn several_lines(&self) -> String {
        match self.lines {
            0 | 1 => String::new(),
            lines => format!("; the row spans {} lines: is a quote unclosed?", grouped(lines)),
        }
    }

    pub(super) fn fields(&self) -> Result<Vec<&str>, LineError> {
        if self.too_long {
            return Err(LineError::new(format!(
                "longer than {} MiB, or more than {MAX_COLUMNS} fields{}",
                MAX_RECORD >> 20,
                self.several_lines()
            )));
        }
        let text = from_decoded(&self.bytes[..self.filled]).map_err(|why| LineError::new(why.to_string()))?;
        let mut start = 0;
        let fields = self.ends[..self.fields].iter().map(|&end| text.get(std::mem::replace(&mut start, end)..end));
        fields.collect::<Option<_>>().ok_or_else(|| LineError::new("not UTF-8"))
    }
}
