//! Parses tables with a header row, by means of csv-core: quoted fields, and records that span lines.

mod records;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use serde_json::value::RawValue;

use super::Entry;
use super::error::LineError;
use super::job_builder::{JobBuilder, LineRequest, PartialRequest, parse_method};
use super::lines::{InputLine, LineContext};
use super::probe::{parse_at, parse_group, parse_weight};
use super::template::{TemplateValue, UrlTemplate};
use crate::guard::text::grouped;
use crate::model::{LinePosition, Setting, Tags};
use records::RecordReader;

/// The most column names that a message lists.
const MAX_LISTED: usize = 12;

/// Turns records into entries.
pub(super) struct CsvParser {
    jobs: JobBuilder,
    records: RecordReader,
    header: Option<Header>,
}

/// The names of the columns, and the indices of those that describe the request.
struct Header {
    names: Vec<String>,
    /// Whether a column has no name of its own, but is called by its number.
    nameless: Vec<bool>,
    /// The names as keys of a JSON object, each with its colon.
    keys: Vec<String>,
    url: Option<usize>,
    method: Option<usize>,
    id: Option<usize>,
    group: Option<usize>,
    weight: Option<usize>,
    at: Option<usize>,
}

impl CsvParser {
    pub(super) fn new(delimiter: u8, jobs: JobBuilder) -> Self {
        CsvParser { jobs, records: RecordReader::new(delimiter), header: None }
    }

    /// Whether the header row is still to be read.
    pub(super) fn needs_header(&self) -> bool {
        self.header.is_none()
    }

    /// The entry for the record that `line` ends, unless it is the header row.
    pub(super) fn entry(&mut self, line: InputLine<'_>, context: LineContext<'_>) -> Result<Option<Entry>, String> {
        let Some(start) = self.records.push(line, context.position(line)) else { return Ok(None) };
        let Some(header) = &self.header else {
            self.header = Some(Header::read(&self.records, &self.jobs)?);
            return Ok(None);
        };
        let job = header.job(&self.records, &mut self.jobs, start, context.seq);
        Ok(Some(match job {
            Ok(entry) => entry,
            Err(error) => self.jobs.invalid(error, header.partial_request(&self.records), start, context),
        }))
    }

    /// The number of lines of the last record.
    pub(super) fn record_lines(&self) -> u64 {
        self.records.lines()
    }

    /// Whether `line` ends a record other than the header row.
    pub(super) fn skip(&mut self, line: InputLine<'_>) -> Result<bool, String> {
        if self.records.push(line, LinePosition::default()).is_none() {
            return Ok(false);
        }
        let skipped = self.header.is_some();
        if !skipped {
            self.header = Some(Header::read(&self.records, &self.jobs)?);
        }
        Ok(skipped)
    }

    /// The entry for a record that is still open at the end of the list.
    pub(super) fn finish(&mut self, context: LineContext<'_>) -> Result<Option<Entry>, String> {
        let Some(start) = self.records.start.take() else { return Ok(None) };
        if self.header.is_none() {
            return Err("the header row has an unclosed quote".to_owned()); // and would take in all others
        }
        let error = LineError::new(unclosed(self.records.lines() - 1));
        Ok(Some(self.jobs.invalid(error, PartialRequest::default(), start, context)))
    }
}

impl Header {
    fn read(records: &RecordReader, jobs: &JobBuilder) -> Result<Self, String> {
        let fields = records.fields().map_err(|error| format!("the header row is {}", error.reason))?;
        let nameless: Vec<bool> = fields.iter().map(|name| name.trim().is_empty()).collect();
        let name = |(number, name): (usize, &&str)| match name.trim() {
            "" => format!("column {number}"),
            name => name.to_owned(),
        };
        let names: Vec<String> = (1..).zip(&fields).map(name).collect();
        if let Some(duplicate) = (1..names.len()).find(|&n| names[..n].contains(&names[n])) {
            return Err(format!("duplicate column {:?}", names[duplicate]));
        }
        let find = |column: &str| names.iter().position(|name| name == column);
        let template = jobs.url_template();
        let url = template.map_or(Some("url"), UrlTemplate::whole_column).and_then(find);
        if url.is_none() && template.is_none() {
            let mut why = format!("no column \"url\": the header row has {}; name the column of URLs", listed(&names));
            jobs.options().setting_names.append(&mut why, Setting::UrlColumn);
            why += ", or use a template with {columns}";
            jobs.options().setting_names.append(&mut why, Setting::UrlTemplate);
            return Err(why);
        }
        if let Some(unknown) = jobs.options().template_columns().find(|column| find(column).is_none()) {
            return Err(no_column(unknown, template.and_then(UrlTemplate::whole_column), &names));
        }
        let options = jobs.options();
        let optional = |column: &Option<Arc<str>>| match column.as_deref() {
            None => Ok(None),
            Some(column) => find(column).map(Some).ok_or_else(|| no_column(column, Some(column), &names)),
        };
        let group = optional(&options.group_column)?;
        let (weight, at) = (optional(&options.weight_column)?, optional(&options.at_column)?);
        let keys = names.iter().map(|name| format!("{}:", serde_json::Value::from(name.as_str()))).collect();
        let other = |column: &str| find(column).filter(|at| Some(*at) != url);
        Ok(Header { url, method: other("method"), id: other("id"), group, weight, at, names, nameless, keys })
    }

    fn job(
        &self,
        records: &RecordReader,
        jobs: &mut JobBuilder,
        place: LinePosition,
        seq: u64,
    ) -> Result<Entry, LineError> {
        let fields = records.fields()?;
        if fields.len() != self.names.len() {
            let (has, names) = (fields.len(), self.names.len());
            return Err(LineError::new(format!("{has} fields, but {names} columns{}", records.several_lines())));
        }
        let values =
            &|column: &str| Some(TemplateValue::Cell(fields[self.names.iter().position(|name| name == column)?]));
        let method = self.method.map(|at| fields[at].trim()).filter(|text| !text.is_empty());
        let method = method.map(parse_method).transpose().map_err(|why| LineError::of_key("method", why))?;
        let cell = |at: Option<usize>| at.map(|at| (&self.names[at], fields[at].trim()));
        let weight = cell(self.weight).filter(|(_, text)| !text.is_empty());
        let weight = weight.map(|(name, text)| parse_weight(text).map_err(|why| LineError::of_key(name, why)));
        let at = cell(self.at).map(|(name, text)| parse_at(text).map_err(|why| LineError::of_key(name, why)));
        let (weight, at) = (weight.transpose()?, at.transpose()?);
        let tags = self.tags(&fields, self.group(&fields)?);
        let line = LineRequest { method, tags, weight, at, ..LineRequest::default() };
        match (self.url.map(|at| fields[at].trim()), jobs.url_template()) {
            (None, Some(template)) => {
                let url = jobs.fill_url(template, values).map_err(LineError::new)?;
                jobs.entry(url, line, values, place, seq)
            }
            (given, _) => {
                let column = self.url.map_or("url", |at| &self.names[at]);
                let given =
                    given.filter(|given| !given.is_empty()).ok_or_else(|| LineError::of_key(column, "is empty"))?;
                let url = jobs.resolve(given, values).map_err(|why| LineError::of_key(column, why))?;
                jobs.entry(url, line, values, place, seq)
            }
        }
    }

    fn group(&self, fields: &[&str]) -> Result<Option<Arc<str>>, LineError> {
        let Some(at) = self.group else { return Ok(None) };
        parse_group(fields[at]).map_err(|why| LineError::of_key(&self.names[at], why))
    }

    /// The group, the id, and as meta all columns that do not describe the request. A spreadsheet may have empty ones
    /// at its edge.
    fn tags(&self, fields: &[&str], group: Option<Arc<str>>) -> Tags {
        let used = [self.url, self.method, self.id, self.group, self.weight, self.at];
        let mut meta = Vec::new();
        for (at, (key, value)) in self.keys.iter().zip(fields).enumerate() {
            let is_edge = self.nameless[at] && value.is_empty();
            if !used.contains(&Some(at)) && !is_edge {
                meta.push(if meta.is_empty() { b'{' } else { b',' });
                meta.extend_from_slice(key.as_bytes());
                serde_json::to_writer(&mut meta, value).expect("text is JSON, and a vector takes it");
            }
        }
        if !meta.is_empty() {
            meta.push(b'}');
        }
        let id = self.id.map(|at| serde_json::Value::from(fields[at]).to_string());
        Tags { id: id.and_then(raw), meta: String::from_utf8(meta).ok().and_then(raw), note: None, group }
    }

    /// What could be read of an invalid record.
    fn partial_request(&self, records: &RecordReader) -> PartialRequest {
        let Ok(fields) = records.fields() else { return PartialRequest::default() };
        let url = self.url.and_then(|at| fields.get(at)).map(|url| (*url).to_owned()).unwrap_or_default();
        let method = self.method.and_then(|at| fields.get(at));
        let tags = match fields.len() == self.names.len() {
            true => self.tags(&fields, self.group(&fields).unwrap_or_default()),
            false => Tags::default(),
        };
        PartialRequest { method: method.and_then(|text| parse_method(text.trim()).ok()), url, tags }
    }
}

/// The error of a row whose quote is still open at the end of the list, `more` lines below.
fn unclosed(more: u64) -> String {
    match more {
        0 => "unclosed quote".to_owned(),
        1 => "unclosed quote: the last line of the list was read as part of this row".to_owned(),
        more => {
            let more = grouped(more);
            format!("unclosed quote: the {more} lines up to the end of the list were read as part of this row")
        }
    }
}

/// The error of a column that a template uses, or that `urls` names, but the table does not have.
fn no_column(unknown: &str, urls: Option<&str>, names: &[String]) -> String {
    let user = if urls == Some(unknown) { "" } else { " for the template" };
    let meant = names.iter().find(|name| name.to_lowercase() == unknown.to_lowercase());
    let meant = meant.map_or_else(String::new, |meant| format!("; did you mean {meant:?}?"));
    format!("no column {unknown:?}{user}: the header row has {}{meant}", listed(names))
}

fn raw(json: String) -> Option<Box<RawValue>> {
    RawValue::from_string(json).ok()
}

fn listed(names: &[String]) -> String {
    let mut shown: Vec<_> = names.iter().take(MAX_LISTED).map(|name| format!("{name:?}")).collect();
    if names.len() > MAX_LISTED {
        shown.push("more".to_owned());
    }
    shown.join(", ")
}
