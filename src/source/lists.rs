//! The entries of several lists, one list after the other.

use std::io;

use super::format::{At, InputFormat, Parser};
use super::input::{Input, InputError};
use super::lines::Lines;
use super::list::List;
use super::resume::Numbering;
use super::{Entry, Feed, ListOptions};
use crate::model::{InputFingerprint, LinePosition};

pub(super) struct Lists {
    lists: Vec<List>,
    formats: Vec<InputFormat>,
    /// The list that is being read.
    current: usize,
    lines: Lines,
    /// What reads its lines, once there is one.
    parser: Option<Parser>,
    options: ListOptions,
    /// The bytes of the lists before it, as they are stored.
    before: u64,
}

impl Lists {
    pub(super) fn open(inputs: impl IntoIterator<Item = Input>, options: &ListOptions) -> Result<Self, InputError> {
        let (mut lists, mut formats) = (Vec::new(), Vec::new());
        for input in inputs {
            formats.push(InputFormat::of_input(&input, options.format));
            lists.push(input.open()?);
        }
        let longest = formats.iter().map(|format| format.max_line()).max().unwrap_or_default();
        let mut lines = Lines::new(longest);
        for (list, &format) in lists.iter_mut().zip(&formats) {
            // A wrong one is to cost no request.
            read_header(list, &mut Parser::new(format, options), &mut lines)?;
        }
        Ok(Lists { lists, formats, current: 0, lines, parser: None, options: options.clone(), before: 0 })
    }

    /// Makes every list readable twice.
    pub(super) fn spool(&mut self) -> io::Result<()> {
        self.lists.iter_mut().filter(|list| list.extent.is_none()).try_for_each(List::spool)
    }

    /// Begins with the first list again.
    pub(super) fn rewind(&mut self) -> io::Result<()> {
        self.lists.iter_mut().try_for_each(List::rewind)?;
        self.lines.restart();
        (self.current, self.before, self.parser) = (0, 0, None);
        Ok(())
    }

    fn fail(&mut self, reason: io::Error) -> io::Error {
        let error = self.lists[self.current].failed(reason);
        self.current = usize::MAX;
        error
    }
}

impl Feed for Lists {
    fn read(&mut self, numbering: &mut Numbering, limit: usize) -> io::Result<Option<Vec<Entry>>> {
        let Some(list) = self.lists.get_mut(self.current) else { return Ok(None) };
        let parser = self.parser.get_or_insert_with(|| Parser::new(self.formats[self.current], &self.options));
        let mut at = At { list: self.current as u32, line_name: &list.line_name, seq: numbering.seq };
        let mut batch = Vec::with_capacity(limit);
        while batch.len() < limit
            && let Some(line) = self.lines.next_line()
        {
            at.seq = numbering.seq;
            let read = if numbering.is_skipped() {
                parser.skip(line).map(|is_entry| is_entry.then(|| numbering.skip())).map(|_| None)
            } else {
                parser.entry(line, at)
            };
            match read {
                Ok(entry) => batch.extend(entry.and_then(|entry| numbering.take(entry))),
                Err(reason) => return Err(self.fail(senseless(reason))),
            }
        }
        if !batch.is_empty() {
            return Ok(Some(batch));
        }
        if self.lines.ended() {
            at.seq = numbering.seq;
            match parser.finish(at) {
                Some(_) if numbering.is_skipped() => numbering.skip(),
                entry => batch.extend(entry.and_then(|entry| numbering.take(entry))),
            }
            self.before += list.stored_bytes(self.lines.offset());
            list.close();
            self.lines.restart();
            (self.current, self.parser) = (self.current + 1, None);
        } else if let Err(error) = self.lines.fill(list) {
            return Err(self.fail(error));
        }
        Ok(Some(batch))
    }

    fn seek(&mut self, place: LinePosition) -> io::Result<bool> {
        let current = place.list as usize;
        let Some(list) = self.lists.get_mut(current) else { return Ok(false) };
        let mut parser = Parser::new(self.formats[current], &self.options);
        read_header(list, &mut parser, &mut self.lines)?;
        if place.line == 0 || !list.seek(place)? {
            return Ok(false);
        }
        self.lines.restart_at(place);
        self.before = self.lists[..current].iter().filter_map(|list| Some(list.extent?.len)).sum();
        (self.current, self.parser) = (current, Some(parser));
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

/// Reads the row of names and goes back to the start, where the list can be read again.
fn read_header(list: &mut List, parser: &mut Parser, lines: &mut Lines) -> Result<(), InputError> {
    if list.extent.is_none() || !parser.wants_header() {
        return Ok(());
    }
    let named = |list: &List, reason: io::Error| InputError { name: list.name.clone(), reason };
    while parser.wants_header() {
        if let Some(line) = lines.next_line() {
            parser.skip(line).map_err(|reason| named(list, senseless(reason)))?;
        } else if lines.ended() {
            break; // it holds nothing
        } else {
            lines.fill(list).map_err(|reason| named(list, reason))?;
        }
    }
    lines.restart();
    list.rewind().map_err(|reason| named(list, reason))
}

/// A list can be read, but not be understood.
fn senseless(reason: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, reason)
}
