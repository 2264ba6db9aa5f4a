//! The entries of several lists, one list after the other.

use std::io;

use super::format::{At, Format, Parser};
use super::input::{Input, List, OpenError};
use super::lines::Lines;
use super::{Entry, Feed, Options};

pub(super) struct Lists {
    lists: Vec<List>,
    formats: Vec<Format>,
    /// The list that is being read.
    current: usize,
    lines: Lines,
    /// What reads its lines, once there is one.
    parser: Option<Parser>,
    options: Options,
    /// The bytes of the lists before it.
    before: u64,
}

impl Lists {
    pub(super) fn open(inputs: impl IntoIterator<Item = Input>, options: &Options) -> Result<Self, OpenError> {
        let (mut lists, mut formats) = (Vec::new(), Vec::new());
        for input in inputs {
            formats.push(Format::of_input(&input, options.format));
            lists.push(input.open()?);
        }
        let longest = formats.iter().map(|format| format.max_line()).max().unwrap_or_default();
        let mut lines = Lines::new(longest);
        for (list, &format) in lists.iter_mut().zip(&formats) {
            if format.has_header() && list.extent.is_some() {
                check_header(list, Parser::new(format, options), &mut lines)?;
            }
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
    fn next_batch(&mut self, seq: u64, limit: usize) -> io::Result<Vec<Entry>> {
        let mut batch = Vec::with_capacity(limit);
        while let Some(list) = self.lists.get_mut(self.current) {
            let parser = self.parser.get_or_insert_with(|| Parser::new(self.formats[self.current], &self.options));
            let mut at = At { list: self.current as u32, line_name: &list.line_name, seq };
            while batch.len() < limit
                && let Some(line) = self.lines.next_line()
            {
                at.seq = seq + batch.len() as u64;
                match parser.entry(line, at) {
                    Ok(entry) => batch.extend(entry),
                    Err(reason) => return Err(self.fail(senseless(reason))),
                }
            }
            if !batch.is_empty() {
                break;
            }
            if self.lines.ended() {
                batch.extend(parser.finish(at));
                self.before += self.lines.offset();
                self.lines.restart();
                (self.current, self.parser) = (self.current + 1, None);
            } else if let Err(error) = self.lines.fill(&mut list.bytes) {
                return Err(self.fail(error));
            }
        }
        Ok(batch)
    }

    fn bytes(&self) -> u64 {
        self.before + self.lines.offset()
    }

    fn total_bytes(&self) -> Option<u64> {
        self.lists.iter().map(|list| Some(list.extent?.len)).sum()
    }
}

/// Reads the row of names, where the list can be read again: a wrong one is to cost no request.
fn check_header(list: &mut List, mut parser: Parser, lines: &mut Lines) -> Result<(), OpenError> {
    let named = |list: &List, reason: io::Error| OpenError { name: list.name.clone(), reason };
    while parser.wants_header() {
        if let Some(line) = lines.next_line() {
            parser.skip(line).map_err(|reason| named(list, senseless(reason)))?;
        } else if lines.ended() {
            break; // it holds nothing
        } else {
            lines.fill(&mut list.bytes).map_err(|reason| named(list, reason))?;
        }
    }
    lines.restart();
    list.rewind().map_err(|reason| named(list, reason))
}

/// A list can be read, but not be understood.
fn senseless(reason: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, reason)
}
