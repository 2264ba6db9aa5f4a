//! Reads the entries of several lists in turn.

use std::io;

use super::error::InputError;
use super::feed::Feed;
use super::input::Input;
use super::lines::{LineBuffer, LineContext};
use super::list::List;
use super::parser::Parser;
use super::resume::Numbering;
use super::{Entry, InputFormat, ListOptions};
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
            // A bad header row is reported before the first request is sent.
            read_header(list, &mut Parser::new(format, options), &mut lines)?;
        }
        Ok(Lists { lists, formats, current: 0, lines, parser: None, options: options.clone(), before: 0 })
    }

    /// Copies every list that can be read only once to a temporary file.
    pub(super) fn spool(&mut self) -> io::Result<()> {
        self.lists.iter_mut().filter(|list| list.extent.is_none()).try_for_each(List::spool)
    }

    /// Starts again with the first list.
    pub(super) fn rewind(&mut self) -> io::Result<()> {
        self.lists.iter_mut().try_for_each(List::rewind)?;
        self.lines.restart();
        (self.current, self.before, self.parser) = (0, 0, None);
        Ok(())
    }

    fn fail(&mut self, reason: io::Error) -> io::Error {
        let error = self.lists[self.current].error(reason);
        self.current = usize::MAX;
        error
    }
}

impl Feed for Lists {
    fn read(&mut self, numbering: &mut Numbering, limit: usize) -> io::Result<Option<Vec<Entry>>> {
        let Some(list) = self.lists.get_mut(self.current) else { return Ok(None) };
        let parser = self.parser.get_or_insert_with(|| Parser::new(self.formats[self.current], &self.options));
        let mut context = LineContext { list: self.current as u32, line_name: &list.line_name, seq: numbering.seq };
        let mut batch = Vec::with_capacity(limit);
        while batch.len() < limit
            && let Some(line) = self.lines.next_line()
        {
            context.seq = numbering.seq;
            let read = if numbering.is_skipped() {
                parser.skip(line).map(|is_entry| is_entry.then(|| numbering.skip())).map(|_| None)
            } else {
                parser.entry(line, context)
            };
            match read {
                Ok(entry) => batch.extend(entry.and_then(|entry| numbering.take(entry))),
                Err(reason) => return Err(self.fail(invalid_list(reason))),
            }
        }
        if !batch.is_empty() {
            return Ok(Some(batch));
        }
        if self.lines.ended() {
            context.seq = numbering.seq;
            match parser.finish(context) {
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

/// Reads the header row and returns to the start, if the list can be read again.
fn read_header(list: &mut List, parser: &mut Parser, lines: &mut LineBuffer) -> Result<(), InputError> {
    if list.extent.is_none() || !parser.needs_header() {
        return Ok(());
    }
    let named = |list: &List, reason: io::Error| InputError { name: list.name.clone(), reason };
    while parser.needs_header() {
        if let Some(line) = lines.next_line() {
            parser.skip(line).map_err(|reason| named(list, invalid_list(reason)))?;
        } else if lines.ended() {
            break; // the list is empty
        } else {
            lines.fill(list).map_err(|reason| named(list, reason))?;
        }
    }
    lines.restart();
    list.rewind().map_err(|reason| named(list, reason))
}

/// The error of a list that can be read but not parsed.
fn invalid_list(reason: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, reason)
}
