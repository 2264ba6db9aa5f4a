//! Tables under a row of names, by csv-core: quoted fields, and records that span lines.

#[cfg(test)]
mod tests;

use csv_core::{ReadRecordResult, Reader, ReaderBuilder, Terminator};
use serde_json::value::RawValue;

use super::Entry;
use super::base::{Base, Flaw, Seen, Wanted, method, place};
use super::format::{At, MAX_RECORD, is_blank};
use super::lines::Line;
use super::template::Value;
use super::text::BOM;
use crate::model::{Job, LinePosition, Tags};

/// The most columns of a table.
const MAX_COLUMNS: usize = 4_096;

/// The most names of columns that a message shows.
const MAX_SHOWN: usize = 12;

/// Turns records into entries.
pub(super) struct Csv {
    base: Base,
    records: Records,
    header: Option<Header>,
}

/// What the columns are called, and which of them say what to ask.
struct Header {
    names: Vec<String>,
    /// The names as keys of an object.
    keys: Vec<String>,
    url: Option<usize>,
    method: Option<usize>,
    id: Option<usize>,
}

impl Csv {
    pub(super) fn new(delimiter: u8, base: Base) -> Self {
        Csv { base, records: Records::new(delimiter), header: None }
    }

    /// Whether the row of names has still to be read.
    pub(super) fn wants_header(&self) -> bool {
        self.header.is_none()
    }

    /// The entry of the record that `line` ends, unless it is the row of names.
    pub(super) fn entry(&mut self, line: Line<'_>, at: At<'_>) -> Result<Option<Entry>, String> {
        let Some(begun) = self.records.push(line, place(line, at)) else { return Ok(None) };
        let Some(header) = &self.header else {
            self.header = Some(Header::read(&self.records, &self.base)?);
            return Ok(None);
        };
        let job = header.job(&self.records, &mut self.base, begun, at.seq);
        Ok(Some(match job {
            Ok(job) => Entry::Job(Box::new(job)),
            Err(flaw) => self.base.invalid(flaw, header.seen(&self.records), begun, at),
        }))
    }

    /// Whether `line` ends a record other than the row of names.
    pub(super) fn skip(&mut self, line: Line<'_>) -> Result<bool, String> {
        if self.records.push(line, LinePosition::default()).is_none() {
            return Ok(false);
        }
        let skipped = self.header.is_some();
        if !skipped {
            self.header = Some(Header::read(&self.records, &self.base)?);
        }
        Ok(skipped)
    }

    /// A record that has begun when the list ends.
    pub(super) fn finish(&mut self, at: At<'_>) -> Option<Entry> {
        let begun = self.records.begun.take()?;
        let flaw = Flaw::new("unclosed quote");
        Some(self.base.invalid(flaw, Seen::default(), begun, at))
    }
}

impl Header {
    fn read(records: &Records, base: &Base) -> Result<Self, String> {
        let fields = records.fields().map_err(|flaw| format!("the header row is {}", flaw.reason))?;
        let names: Vec<String> = fields.iter().map(|name| name.trim().to_owned()).collect();
        if let Some(twice) = (1..names.len()).find(|&n| names[..n].contains(&names[n])) {
            return Err(format!("duplicate column {:?}", names[twice]));
        }
        let find = |wanted: &str| names.iter().position(|name| name == wanted);
        let has_template = base.url_template().is_some();
        let url = find("url").filter(|_| !has_template);
        if url.is_none() && !has_template {
            return Err(format!(
                "no column \"url\": the header row has {}; rename one, or use --url with {{columns}}",
                listed(&names)
            ));
        }
        if let Some(unknown) = base.wanted_columns().find(|column| find(column).is_none()) {
            return Err(format!("no column {unknown:?} for the template: the header row has {}", listed(&names)));
        }
        let keys = names.iter().map(|name| format!("{}:", serde_json::Value::from(name.as_str()))).collect();
        Ok(Header { url, method: find("method"), id: find("id"), names, keys })
    }

    fn job(&self, records: &Records, base: &mut Base, place: LinePosition, seq: u64) -> Result<Job, Flaw> {
        let fields = records.fields()?;
        if fields.len() != self.names.len() {
            let (has, names) = (fields.len(), self.names.len());
            return Err(Flaw::new(format!("{has} fields, but {names} columns")));
        }
        let values = |column: &str| Some(Value::Cell(fields[self.names.iter().position(|name| name == column)?]));
        let typed = self.method.map(|at| fields[at].trim()).filter(|text| !text.is_empty());
        let method = typed.map(method).transpose().map_err(|why| Flaw::at("method", why))?;
        let wanted = Wanted { method, tags: self.tags(&fields), ..Wanted::default() };
        match (self.url.map(|at| fields[at].trim()), base.url_template()) {
            (None, Some(template)) => {
                let (given, url) = base.fill_url(template, values).map_err(Flaw::new)?;
                base.job((&given, url), wanted, values, place, seq)
            }
            (given, _) => {
                let given = given.filter(|given| !given.is_empty()).ok_or_else(|| Flaw::at("url", "is empty"))?;
                let url = base.resolve(given).map_err(|why| Flaw::at("url", why))?;
                base.job((given, url), wanted, values, place, seq)
            }
        }
    }

    /// The id, and all that says nothing of the request.
    fn tags(&self, fields: &[&str]) -> Tags {
        let used = [self.url, self.method, self.id];
        let mut meta = Vec::new();
        for (at, (key, value)) in self.keys.iter().zip(fields).enumerate() {
            if !used.contains(&Some(at)) {
                meta.push(if meta.is_empty() { b'{' } else { b',' });
                meta.extend_from_slice(key.as_bytes());
                serde_json::to_writer(&mut meta, value).expect("text is JSON, and a vector takes it");
            }
        }
        if !meta.is_empty() {
            meta.push(b'}');
        }
        let id = self.id.map(|at| serde_json::Value::from(fields[at]).to_string());
        Tags { id: id.and_then(raw), meta: String::from_utf8(meta).ok().and_then(raw) }
    }

    /// What can be shown of a record that is no request.
    fn seen(&self, records: &Records) -> Seen {
        let Ok(fields) = records.fields() else { return Seen::default() };
        let url = self.url.and_then(|at| fields.get(at)).map(|url| (*url).to_owned()).unwrap_or_default();
        let typed = self.method.and_then(|at| fields.get(at));
        let tags = if fields.len() == self.names.len() { self.tags(&fields) } else { Tags::default() };
        Seen { method: typed.and_then(|text| method(text.trim()).ok()), url, tags }
    }
}

/// `json` as it is; nothing if it is nothing.
fn raw(json: String) -> Option<Box<RawValue>> {
    RawValue::from_string(json).ok()
}

fn listed(names: &[String]) -> String {
    let mut shown: Vec<_> = names.iter().take(MAX_SHOWN).map(|name| format!("{name:?}")).collect();
    if names.len() > MAX_SHOWN {
        shown.push("more".to_owned());
    }
    shown.join(", ")
}

/// The record that is being read, made of one line or several.
struct Records {
    reader: Reader,
    bytes: Vec<u8>,
    /// How many of them are filled.
    filled: usize,
    ends: Vec<usize>,
    /// How many of them are filled.
    fields: usize,
    /// Where the record begins, while it goes on.
    begun: Option<LinePosition>,
    too_long: bool,
}

impl Records {
    fn new(delimiter: u8) -> Self {
        let reader = ReaderBuilder::new().delimiter(delimiter).terminator(Terminator::Any(b'\n')).build();
        Records { reader, bytes: vec![0; 1024], filled: 0, ends: vec![0; 16], fields: 0, begun: None, too_long: false }
    }

    /// Takes a line in. If it ends a record, that is to be had until the next line, and began where this says.
    fn push(&mut self, line: Line<'_>, place: LinePosition) -> Option<LinePosition> {
        let text = if line.number == 1 { line.text.strip_prefix(BOM).unwrap_or(line.text) } else { line.text };
        if self.begun.is_none() {
            if is_blank(line.text) {
                return None;
            }
            (self.filled, self.fields, self.too_long) = (0, 0, false);
        }
        let begun = *self.begun.get_or_insert(place);
        let whole = text.len() <= MAX_RECORD;
        self.too_long |= !whole;
        let ended = self.feed(text) || self.feed(b"\n") || !whole;
        if !ended {
            return None;
        }
        if !whole {
            self.reader.reset(); // whether a quote was open in what is not there, nobody knows
        }
        self.begun = None;
        self.trim_carriage_return(text);
        Some(begun)
    }

    /// Gives bytes to the parser; true when they end the record.
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
                    // Nobody will look at it: it only has to be read to its end.
                    self.too_long = true;
                    (self.filled, self.fields) = (0, 0);
                }
            }
        }
        false // to the parser, no bytes are the end of the list
    }

    /// A line may end with a carriage return, which is no part of its last field.
    fn trim_carriage_return(&mut self, line: &[u8]) {
        if line.ends_with(b"\r")
            && let Some(last) = self.fields.checked_sub(1)
            && self.filled > 0
            && self.bytes[self.filled - 1] == b'\r'
        {
            self.filled -= 1;
            self.ends[last] -= 1;
        }
    }

    fn fields(&self) -> Result<Vec<&str>, Flaw> {
        if self.too_long {
            return Err(Flaw::new(format!("longer than {} MiB, or more than {MAX_COLUMNS} fields", MAX_RECORD >> 20)));
        }
        let text = std::str::from_utf8(&self.bytes[..self.filled]).map_err(|_| Flaw::new("not UTF-8"))?;
        let mut start = 0;
        let fields = self.ends[..self.fields].iter().map(|&end| text.get(std::mem::replace(&mut start, end)..end));
        fields.collect::<Option<_>>().ok_or_else(|| Flaw::new("not UTF-8"))
    }
}
