//! Reads the entries of several lists in turn.

use std::io;

use super::error::InputError;
use super::feed::Feed;
use super::input::Input;
use super::lines::{LineBuffer, LineContext};
use super::list::List;
use super::look::{self, Look, look};
use super::parser::Parser;
use super::resume::Numbering;
use super::{Entry, InputFormat, ListNote, ListOptions, LooksLike, WrongFormat};
use crate::model::{InputFingerprint, LinePosition};

pub(super) struct Lists {
    lists: Vec<List>,
    formats: Vec<InputFormat>,
    /// The list that is being read.
    current: usize,
    lines: LineBuffer,
    /// The parser of its lines, from the first read on.
    parser: Option<Parser>,
    options: ListOptions,
    /// The stored bytes of the lists before it.
    before: u64,
    found: Found,
    /// How many lines of the current list are still to be looked at.
    unsure: u8,
    note: Option<ListNote>,
}

/// What the current list has had so far.
#[derive(Default)]
struct Found {
    /// The number of lines that were requests, or should have been.
    lines: u64,
    /// Whether there may be a request among them.
    has_request: bool,
}

impl Lists {
    pub(super) fn open(inputs: impl IntoIterator<Item = Input>, options: &ListOptions) -> Result<Self, InputError> {
        let (mut lists, mut formats) = (Vec::new(), Vec::new());
        for input in inputs {
            formats.push(InputFormat::of_input(&input, options.format));
            lists.push(input.open()?);
        }
        let longest = formats.iter().map(|format| format.max_line()).max().unwrap_or_default();
        let mut lines = LineBuffer::new(longest);
        for (list, &format) in lists.iter_mut().zip(&formats) {
            // A bad list is reported before the first request is sent.
            look_ahead(list, format, options, &mut lines)?;
            read_header(list, &mut Parser::new(format, options), &mut lines)?;
        }
        Ok(Lists::new(lists, formats, lines, options))
    }

    pub(super) fn of_list(list: List, format: InputFormat, options: &ListOptions) -> Self {
        Lists::new(vec![list], vec![format], LineBuffer::new(format.max_line()), options)
    }

    fn new(lists: Vec<List>, formats: Vec<InputFormat>, lines: LineBuffer, options: &ListOptions) -> Self {
        let (options, found) = (options.clone(), Found::default());
        Lists { lists, formats, current: 0, lines, parser: None, options, before: 0, found, unsure: 0, note: None }
    }

    /// Copies every list that can be read only once to a temporary file.
    pub(super) fn spool(&mut self) -> io::Result<()> {
        self.lists.iter_mut().filter(|list| list.extent.is_none()).try_for_each(List::spool)
    }

    pub(super) fn options(&self) -> &ListOptions {
        &self.options
    }

    /// What messages call a line.
    pub(super) fn name_of(&self, place: LinePosition) -> String {
        let name = self.lists.get(place.list as usize).map_or("line", |list| &list.line_name);
        format!("{name} {}", place.line)
    }

    /// Whether a line is a row of a table.
    pub(super) fn is_table(&self, place: LinePosition) -> bool {
        matches!(self.formats.get(place.list as usize), Some(InputFormat::Csv | InputFormat::Tsv))
    }

    /// Starts again with the first list.
    pub(super) fn rewind(&mut self) -> io::Result<()> {
        self.lists.iter_mut().try_for_each(List::rewind)?;
        self.lines.restart();
        (self.current, self.before, self.parser) = (0, 0, None);
        (self.found, self.unsure, self.note) = (Found::default(), 0, None);
        Ok(())
    }

    /// Whether enough of the current list has been read to know that it is in its format.
    fn is_as_expected(&mut self) -> io::Result<bool> {
        let (format, list) = (self.formats[self.current], &mut self.lists[self.current]);
        let (head, may_grow) = self.lines.ahead();
        let is_copied = list.extent.is_some(); // so its next line does not keep anything waiting
        match look(head, may_grow, is_copied, format, &self.options) {
            Look::Undecided if may_grow => {}
            Look::Wrong(looks) => {
                let reason = wrong_format(list, format, looks);
                let error = InputError { name: list.name.clone(), reason }.into();
                return Err(self.end_with(error));
            }
            Look::Undecided | Look::Fine => list.looked_at = true,
            Look::Unsure => (list.looked_at, self.unsure) = (true, 2),
        }
        Ok(list.looked_at)
    }

    /// Notes what the list was that ends here.
    fn end_list(&mut self) {
        let list = &mut self.lists[self.current];
        self.before += list.stored_bytes(self.lines.offset());
        list.close();
        let found = std::mem::take(&mut self.found);
        let name = || list.name.clone();
        self.note = match found.lines {
            _ if found.has_request || list.is_arguments => None,
            0 => Some(ListNote::Empty { list: name() }),
            lines => Some(ListNote::AllInvalid { list: name(), lines }),
        };
        self.lines.restart();
        (self.current, self.parser, self.unsure) = (self.current + 1, None, 0);
    }

    fn fill(&mut self) -> io::Result<()> {
        let filled = self.lines.fill(&mut self.lists[self.current]);
        filled.map_err(|error| self.fail(error))
    }

    fn fail(&mut self, reason: io::Error) -> io::Error {
        let error = self.lists[self.current].error(reason);
        self.end_with(error)
    }

    fn end_with(&mut self, error: io::Error) -> io::Error {
        self.current = usize::MAX;
        error
    }
}

impl Found {
    fn add(&mut self, entry: Option<&Entry>, lines: u64) {
        self.lines += if entry.is_some() { lines } else { 0 };
        self.has_request |= matches!(entry, Some(Entry::Job(_) | Entry::Target(_)));
    }
}

impl Feed for Lists {
    fn read(&mut self, numbering: &mut Numbering, limit: usize) -> io::Result<Option<Vec<Entry>>> {
        if self.current >= self.lists.len() {
            return Ok(None);
        }
        if !self.lists[self.current].looked_at && !self.is_as_expected()? {
            return self.fill().map(|()| Some(Vec::new()));
        }
        let list = &self.lists[self.current];
        let parser = self.parser.get_or_insert_with(|| Parser::new(self.formats[self.current], &self.options));
        let mut context = LineContext { list: self.current as u32, line_name: &list.line_name, seq: numbering.seq };
        let mut batch = Vec::with_capacity(limit);
        while batch.len() < limit
            && let Some(line) = self.lines.next_line()
        {
            context.seq = numbering.seq;
            if self.unsure > 0
                && let Some(content) = look::content(line.text)
            {
                self.unsure -= 1;
                if self.unsure == 0 && look::is_vegeta_detail(content) {
                    let looks = LooksLike::Format(InputFormat::Vegeta);
                    let error = wrong_format(list, self.formats[self.current], looks);
                    return Err(self.fail(error));
                }
            }
            let read = if numbering.is_skipped() {
                parser.skip(line, context).map(|is_entry| is_entry.then(|| numbering.skip())).map(|skipped| {
                    self.found.has_request |= skipped.is_some();
                    None
                })
            } else {
                parser.entry(line, context)
            };
            match read {
                Ok(entry) => {
                    self.found.add(entry.as_ref(), parser.entry_lines());
                    batch.extend(entry.and_then(|entry| numbering.take(entry)));
                }
                Err(reason) => return Err(self.fail(invalid_list(reason))),
            }
        }
        if !batch.is_empty() {
            return Ok(Some(batch));
        }
        if self.lines.ended() {
            context.seq = numbering.seq;
            let entry = match parser.finish(context) {
                Ok(entry) => entry,
                Err(reason) => return Err(self.fail(invalid_list(reason))),
            };
            self.found.add(entry.as_ref(), parser.entry_lines());
            match entry {
                Some(_) if numbering.is_skipped() => numbering.skip(),
                entry => batch.extend(entry.and_then(|entry| numbering.take(entry))),
            }
            self.end_list();
        } else {
            self.fill()?;
        }
        Ok(Some(batch))
    }

    fn take_note(&mut self) -> Option<ListNote> {
        self.note.take()
    }

    fn seek(&mut self, position: LinePosition) -> io::Result<bool> {
        let current = position.list as usize;
        let Some(list) = self.lists.get_mut(current) else { return Ok(false) };
        let mut parser = Parser::new(self.formats[current], &self.options);
        read_header(list, &mut parser, &mut self.lines)?;
        if position.line == 0 || !list.seek(position)? {
            return Ok(false);
        }
        self.lines.restart_at(position);
        self.before = self.lists[..current].iter().filter_map(|list| Some(list.extent?.len)).sum();
        (self.current, self.parser) = (current, Some(parser));
        self.found = Found { has_request: true, ..Found::default() }; // before that position
        Ok(true)
    }

    fn fingerprints(&mut self) -> io::Result<Vec<InputFingerprint>> {
        self.lists.iter_mut().map(List::fingerprint).collect()
    }

    fn bytes(&self) -> u64 {
        let current = self.lists.get(self.current);
        self.before + current.map_or(0, |list| list.stored_bytes(self.lines.offset()))
    }

    fn total_bytes(&self) -> Option<u64> {
        self.lists.iter().map(|list| Some(list.extent?.len)).sum()
    }
}

/// Refuses a list that is not in its format, and returns to the start, if the list can be read again. What cannot be
/// read is left to the reading of its lines.
fn look_ahead(
    list: &mut List,
    format: InputFormat,
    options: &ListOptions,
    lines: &mut LineBuffer,
) -> Result<(), InputError> {
    if list.extent.is_none() {
        return Ok(());
    }
    list.looked_at = true;
    if list.is_arguments {
        return Ok(());
    }
    let seen = loop {
        let (head, may_grow) = lines.ahead();
        match look(head, may_grow, true, format, options) {
            Look::Undecided if may_grow && lines.fill(list).is_ok() => {}
            seen => break seen,
        }
    };
    lines.restart();
    list.rewind().map_err(|reason| InputError { name: list.name.clone(), reason })?;
    match seen {
        Look::Wrong(looks) => Err(InputError { name: list.name.clone(), reason: wrong_format(list, format, looks) }),
        Look::Undecided | Look::Fine | Look::Unsure => Ok(()),
    }
}

fn wrong_format(list: &List, format: InputFormat, looks: LooksLike) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, WrongFormat { format, looks, coding: list.coding() })
}

/// Reads the header row and returns to the start, if the list can be read again.
fn read_header(list: &mut List, parser: &mut Parser, lines: &mut LineBuffer) -> Result<(), InputError> {
    if list.extent.is_none() || !parser.needs_header() {
        return Ok(());
    }
    let named = |list: &List, reason: io::Error| InputError { name: list.name.clone(), reason };
    while parser.needs_header() {
        let context = LineContext { list: 0, line_name: &list.line_name, seq: 0 };
        if let Some(line) = lines.next_line() {
            parser.skip(line, context).map_err(|reason| named(list, invalid_list(reason)))?;
        } else if lines.ended() {
            parser.finish(context).map_err(|reason| named(list, invalid_list(reason)))?;
            break; // the list is empty
        } else {
            lines.fill(list).map_err(|reason| list.named(reason))?;
        }
    }
    lines.restart();
    list.rewind().map_err(|reason| named(list, reason))
}

/// The error of a list that can be read but not parsed.
fn invalid_list(reason: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, reason)
}
