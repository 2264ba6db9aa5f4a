//! The entries of several lists, one list after the other.

use std::io;

use super::input::{Input, OpenError};
use super::lines::Lines;
use super::list::List;
use super::print::Print;
use super::resume::Numbering;
use super::text::{self, Text};
use super::{Entry, Feed, Options};
use crate::job::Place;

pub(super) struct Lists {
    lists: Vec<List>,
    /// The list that is being read.
    current: usize,
    lines: Lines,
    /// The bytes of the lists before it, as they are stored.
    before: u64,
    text: Text,
}

impl Lists {
    pub(super) fn open(inputs: impl IntoIterator<Item = Input>, options: &Options) -> Result<Self, OpenError> {
        let lists = inputs.into_iter().map(Input::open).collect::<Result<_, _>>()?;
        Ok(Lists { lists, current: 0, lines: Lines::new(), before: 0, text: Text::new(options) })
    }

    /// Makes every list readable twice.
    pub(super) fn spool(&mut self) -> io::Result<()> {
        self.lists.iter_mut().filter(|list| list.extent.is_none()).try_for_each(List::spool)
    }

    /// Begins with the first list again.
    pub(super) fn rewind(&mut self) -> io::Result<()> {
        self.lists.iter_mut().try_for_each(List::rewind)?;
        self.lines.restart();
        (self.current, self.before) = (0, 0);
        Ok(())
    }
}

impl Feed for Lists {
    fn read(&mut self, numbering: &mut Numbering, limit: usize) -> io::Result<Option<Vec<Entry>>> {
        let Some(list) = self.lists.get_mut(self.current) else { return Ok(None) };
        let mut batch = Vec::with_capacity(limit);
        while batch.len() < limit
            && let Some(line) = self.lines.next_line()
        {
            if numbering.is_done() {
                if text::is_entry(line.text) {
                    numbering.skip();
                }
            } else if let Some(entry) = self.text.entry(line, self.current as u32, &list.line_name, numbering.seq) {
                batch.push(numbering.take(entry));
            }
        }
        if !batch.is_empty() {
            return Ok(Some(batch));
        }
        if self.lines.ended() {
            self.before += list.stored_bytes(self.lines.offset());
            list.close();
            self.lines.restart();
            self.current += 1;
        } else if let Err(error) = self.lines.fill(list) {
            self.current = usize::MAX;
            return Err(list.failed(error));
        }
        Ok(Some(batch))
    }

    fn seek(&mut self, place: Place) -> io::Result<bool> {
        let current = place.list as usize;
        let Some(list) = self.lists.get_mut(current) else { return Ok(false) };
        if place.line == 0 || !list.seek(place)? {
            return Ok(false);
        }
        self.lines.restart_at(place);
        self.before = self.lists[..current].iter().filter_map(|list| Some(list.extent?.len)).sum();
        self.current = current;
        Ok(true)
    }

    fn prints(&mut self) -> io::Result<Vec<Print>> {
        self.lists.iter_mut().map(List::print).collect()
    }

    fn bytes(&self) -> u64 {
        let current = self.lists.get(self.current);
        self.before + current.map_or(0, |list| list.stored_bytes(self.lines.offset()))
    }

    fn total_bytes(&self) -> Option<u64> {
        self.lists.iter().map(|list| Some(list.extent?.len)).sum()
    }
}
