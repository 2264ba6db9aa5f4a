//! A record's line: an object, some of its fields, a row of a table, or the extracted values.

use std::io;

use super::bodies::BodyStore;
use super::selector::Selector;
use crate::jq::Outputs;
use crate::model::{Job, Record, Selection};
use crate::schema::field::Field;
use crate::schema::render::{ValueRanges, render_fields, render_item, render_stored};
#[cfg(feature = "csv")]
use crate::schema::rows::csv_row;
use crate::schema::rows::{bare_row, cell, columns, json_row, tsv_row};
use crate::schema::{BodyMode, Output, OutputFormat, item_bound, line_bound};

/// A buffer that grew beyond this for one record shrinks back to it.
const MAX_KEPT: usize = 1 << 20;

/// Encodes records as lines, and stores their bodies if those go to files.
#[derive(Debug)]
pub(super) struct RecordEncoder {
    format: Output,
    fields: Vec<Field>,
    store: Option<BodyStore>,
    /// The keys of a record of which only some fields are written.
    scratch: Vec<u8>,
    selector: Selector,
}

impl RecordEncoder {
    pub(super) fn new(format: Output) -> Self {
        let store = if let BodyMode::Dir(path) = &format.body { Some(BodyStore::new(path.clone())) } else { None };
        let is_table = !matches!(format.format, OutputFormat::Ndjson | OutputFormat::Raw);
        let fields = if is_table { columns(&format) } else { format.fields.clone() };
        let selector = Selector::new(&format);
        RecordEncoder { format, fields, store, scratch: Vec::new(), selector }
    }

    /// What the filter of records has left out so far.
    pub(super) fn selection(&self) -> &Selection {
        self.selector.selection()
    }

    /// Appends the header row, if the format has one.
    pub(super) fn header(&self, out: &mut Vec<u8>) {
        let names = || self.fields.iter().map(Field::name);
        match self.format.format {
            #[cfg(feature = "csv")]
            OutputFormat::Csv => csv_row(names(), out),
            OutputFormat::Tsv => tsv_row(names(), out),
            OutputFormat::Ndjson | OutputFormat::Raw => {}
        }
    }

    /// How much memory the line of a record takes, if it is large.
    pub(super) fn memory_for(&self, record: &Record) -> usize {
        let item = items(record).map(|(job, item)| item_bound(job, item)).max().unwrap_or(0);
        if !self.makes_long_line(record) {
            return item;
        }
        let line = line_bound(record, &self.format).max(item);
        // What is picked from a line is there twice, and a third time as the cell of a table.
        let copies = match self.format.format {
            OutputFormat::Ndjson | OutputFormat::Raw => 1 + usize::from(!self.fields.is_empty()),
            _ => 3,
        };
        line * copies + self.selector.memory_for_line(line)
    }

    /// Stores a record's body and appends its line, or those of its items. After each line it calls `hand_on`, which may
    /// empty `out`: the lines of all items may be many times as long as the page.
    ///
    /// # Errors
    /// The body could not be stored, or `hand_on` has failed.
    pub(super) fn append(
        &mut self,
        record: &Record,
        out: &mut Vec<u8>,
        mut hand_on: impl FnMut(&mut Vec<u8>) -> io::Result<()>,
    ) -> io::Result<()> {
        let stored = match (&self.store, record) {
            (Some(store), Record::Settled { attempt, .. }) => store.locate(&attempt.body),
            _ => None,
        };
        if self.makes_long_line(record) {
            let is_whole = self.format.format == OutputFormat::Ndjson && self.fields.is_empty();
            let buffer = if is_whole || self.format.record_filter.is_some() { &mut *out } else { &mut self.scratch };
            buffer.reserve_exact(line_bound(record, &self.format)); // growing, it would end at up to twice its length
        }
        let start = out.len();
        if !self.selector.selects_line(record, stored.as_ref(), out) {
            out.truncate(start);
            return Ok(());
        }
        if let (Some(store), Some(stored), Record::Settled { attempt, .. }) = (&self.store, &stored, record) {
            store.put(&attempt.body, stored)?;
        }
        if out.len() > start && self.is_whole(record) {
            return hand_on(out); // what the filter has seen is what is written
        }
        out.truncate(start);
        match (self.format.format, record) {
            (OutputFormat::Raw, Record::Settled { attempt, .. }) => {
                let extracted = attempt.extract.iter().flat_map(Outputs::iter);
                let items = items(record).map(|(_, item)| item).filter(|_| attempt.extract.is_none());
                for output in extracted.chain(items) {
                    bare_row(output, out);
                    hand_on(out)?;
                }
            }
            _ if self.is_split(record) => {
                for (job, item) in items(record) {
                    render_item(job, item, out);
                    hand_on(out)?;
                }
            }
            (OutputFormat::Raw, Record::Invalid(_) | Record::Duplicate { .. }) => {}
            (OutputFormat::Ndjson, _) if self.fields.is_empty() => {
                render_stored(record, stored.as_ref(), &self.format, out);
            }
            (format, _) => {
                let ranges = render_fields(record, stored.as_ref(), &self.format, &self.fields, &mut self.scratch);
                self.write_part(format, &ranges, out);
                self.scratch.clear();
                self.scratch.shrink_to(MAX_KEPT);
            }
        }
        hand_on(out)
    }

    /// Whether a record is written as the filter sees it.
    fn is_whole(&self, record: &Record) -> bool {
        let is_json = self.format.format == OutputFormat::Ndjson && self.fields.is_empty() && !self.format.verbose;
        is_json && !self.is_split(record)
    }

    /// Whether a line of the whole record is made, so long that its length is worth counting in advance.
    fn makes_long_line(&self, record: &Record) -> bool {
        let Record::Settled { attempt, .. } = record else { return false };
        let is_made = self.format.record_filter.is_some() || !self.is_split(record);
        is_made && attempt.body.len() + attempt.extract.as_ref().map_or(0, Outputs::size) > MAX_KEPT
    }

    /// Whether the items of a record are written in its place.
    fn is_split(&self, record: &Record) -> bool {
        self.format.items.is_some() && record.ok()
    }

    fn write_part(&self, format: OutputFormat, ranges: &ValueRanges, out: &mut Vec<u8>) {
        let text = std::str::from_utf8(&self.scratch).expect("JSON is written in UTF-8");
        let values = self.fields.iter().map(|field| (field, ranges.get(text, field)));
        let cells = values.clone().map(|(field, value)| cell(field, value));
        match format {
            #[cfg(feature = "csv")]
            OutputFormat::Csv => csv_row(cells, out),
            OutputFormat::Tsv => tsv_row(cells, out),
            OutputFormat::Ndjson | OutputFormat::Raw => json_row(values, out),
        }
    }
}

/// The items of a page that is ok.
fn items(record: &Record) -> impl Iterator<Item = (&Job, &str)> {
    let page = match record {
        Record::Settled { job, attempt } if attempt.ok() => {
            attempt.paging.as_ref().and_then(|page| Some((&**job, page.items()?)))
        }
        _ => None,
    };
    page.into_iter().flat_map(|(job, items)| items.iter().map(move |item| (job, item)))
}

#[cfg(test)]
mod tests;
