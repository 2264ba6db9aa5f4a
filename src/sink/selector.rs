//! Which records are written: those that [`Output::record_filter`] picks.

use crate::jq::FilterLimits;
use crate::model::{Record, Selection};
use crate::schema::render::render_stored;
use crate::schema::{Output, OutputFormat, StoredBody, line_bound};

/// A line from this length on is counted with the memory of the run.
const LARGE: usize = 1 << 20;

/// Applies the filter of records, and counts what it leaves out.
#[derive(Debug)]
pub struct Selector {
    /// The form that the filter sees.
    whole: Output,
    selection: Selection,
}

impl Selector {
    /// Selects the records that are written in this format.
    pub fn new(format: &Output) -> Self {
        let whole = Output { format: OutputFormat::Ndjson, fields: Vec::new(), verbose: false, ..format.clone() };
        Selector { whole, selection: Selection::default() }
    }

    /// What has been left out so far.
    pub fn selection(&self) -> &Selection {
        &self.selection
    }

    /// Whether a record is picked. Without a filter, all are.
    pub fn selects(&mut self, record: &Record) -> bool {
        let mut line = Vec::new();
        if self.whole.record_filter.is_some() {
            line.reserve_exact(line_bound(record, &self.whole)); // growing, it would end at up to twice its length
        }
        self.selects_line(record, None, &mut line)
    }

    /// The same, of a record whose body may be stored in a file. The line that the filter has seen stays in `out`.
    pub(super) fn selects_line(&mut self, record: &Record, stored: Option<&StoredBody>, out: &mut Vec<u8>) -> bool {
        let Some(filter) = &self.whole.record_filter else { return true };
        let start = out.len();
        render_stored(record, stored, &self.whole, out);
        let line = &out[start..];
        match filter.accepts(line, self.limits(line.len())) {
            Ok(accepts) => {
                self.selection.left_out += u64::from(!accepts);
                accepts
            }
            Err(why) => {
                self.selection.failed += 1;
                self.selection.failure.get_or_insert_with(|| why.to_string());
                true
            }
        }
    }

    /// How much memory [`Selector::selects`] takes at most for a large record, in bytes.
    pub fn memory_for(&self, record: &Record) -> usize {
        if self.whole.record_filter.is_none() {
            return 0;
        }
        match line_bound(record, &self.whole) {
            ..LARGE => 0,
            line => line + self.memory_for_line(line),
        }
    }

    /// How much memory the filter takes for a line of this length, in bytes.
    pub(super) fn memory_for_line(&self, len: usize) -> usize {
        self.whole.record_filter.as_ref().map_or(0, |_| self.limits(len).memory)
    }

    fn limits(&self, len: usize) -> FilterLimits {
        FilterLimits::for_document(len, 0).within(self.whole.filter_memory.unwrap_or(usize::MAX))
    }
}

#[cfg(all(test, feature = "jq"))]
mod tests {
    use super::*;
    use crate::jq::Filter;
    use crate::model::{Attempt, Body, Invalid, Job};

    fn record(message: &str) -> Record {
        let place = Default::default();
        let (method, url) = (Default::default(), String::new());
        Record::Invalid(Box::new(Invalid { seq: 7, place, tags: None, method, url, message: message.to_owned() }))
    }

    #[test]
    fn what_the_filter_leaves_out_is_counted() {
        let filter = Filter::compile("if .error.message == \"c\" then error(\"x\") else .error.message == \"a\" end");
        let format = Output { record_filter: Some(filter.unwrap()), fields: Vec::new(), ..Output::default() };
        let mut selector = Selector::new(&format);
        assert_eq!(["a", "b", "c"].map(|message| selector.selects(&record(message))), [true, false, true]);
        let Selection { left_out, failed, failure } = selector.selection().clone();
        assert_eq!((left_out, failed, failure.is_some()), (1, 1, true));
    }

    #[test]
    fn memory_is_for_large_records_of_a_filter() {
        let large = Record::Settled {
            job: Box::new(Job::new(0, "http://a/".parse().unwrap(), Default::default())),
            attempt: Box::new(Attempt {
                body: Body::utf8("x".repeat(LARGE)),
                ..Attempt::empty(std::time::SystemTime::UNIX_EPOCH)
            }),
        };
        let filtered = Output { record_filter: Some(Filter::compile("true").unwrap()), ..Output::default() };
        let selector = Selector::new(&filtered);
        assert!(selector.memory_for(&large) > LARGE && selector.memory_for(&record("a")) == 0);
        assert_eq!(Selector::new(&Output::default()).memory_for(&large), 0);
    }
}
