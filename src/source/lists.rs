//! The entries of several lists, one list after the other.

use std::io;

use super::input::{Input, OpenError};
use super::lines::Lines;
use super::list::List;
use super::text::Text;
use super::{Entry, Feed, Options};

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
    fn next_batch(&mut self, seq: u64, limit: usize) -> io::Result<Vec<Entry>> {
        let mut batch = Vec::with_capacity(limit);
        while let Some(list) = self.lists.get_mut(self.current) {
            while batch.len() < limit
                && let Some(line) = self.lines.next_line()
            {
                batch.extend(self.text.entry(line, self.current as u32, &list.line_name, seq + batch.len() as u64));
            }
            if !batch.is_empty() {
                break;
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
        }
        Ok(batch)
    }

    fn bytes(&self) -> u64 {
        let current = self.lists.get(self.current);
        self.before + current.map_or(0, |list| list.stored_bytes(self.lines.offset()))
    }

    fn total_bytes(&self) -> Option<u64> {
        self.lists.iter().map(|list| Some(list.extent?.len)).sum()
    }
}
