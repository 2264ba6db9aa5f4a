//! Files that grow by whole blocks: compressed, in parts, and written by one run at a time.

#[cfg(test)]
mod tests;

use std::fs::{self, File};
use std::io::{self, Write};
use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::compression::Coding;
use super::layout::{Layout, Rotate};
use super::tail::TailChecksum;
use super::{folder, sync_directory};

/// A buffer that grew beyond this for one block is shrunk before the next.
const MAX_KEPT: usize = 1 << 20;

/// Where the next block goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Position {
    /// Which part, from 1; 0 where there are no parts.
    pub part: u32,
    /// The bytes before it in that file.
    pub length: u64,
}

/// Appends blocks to the files of a [`Layout`].
///
/// Each `write` takes a block of complete lines, which becomes one gzip member or zstd frame if the file is compressed. A
/// block is in the file as a whole or not at all. Regular files are locked until they are closed, and a part never
/// changes once the next has begun.
#[derive(Debug)]
pub struct Appender {
    layout: Layout,
    file: File,
    at: Position,
    opened: Instant,
    /// A device or a named pipe: what is written cannot be taken back.
    special: bool,
    /// The file may be longer than `at` says, since a write failed half-way.
    has_partial_block: bool,
    encoded: Vec<u8>,
    /// What each file begins with.
    header: Vec<u8>,
    /// The checksum of what the open file ends with, if it is known.
    tail: Option<TailChecksum>,
    /// A part begins only when [`Appender::rotate`] is called.
    manual_rotation: bool,
    /// The parts before the open one.
    earlier: Vec<u32>,
}

impl Appender {
    /// Begins a new output.
    ///
    /// # Errors
    /// Its file exists (`AlreadyExists`), another run is writing it (`ResourceBusy`), a device or a pipe is to be written
    /// in parts (`InvalidInput`), or the system refuses.
    pub fn create(layout: Layout) -> io::Result<Appender> {
        if layout.is_special() {
            return Appender::create_special(layout);
        }
        let _locks = layout.claim(None)?;
        Appender::create_first(layout)
    }

    /// Begins an output of one file in place of an earlier one.
    ///
    /// # Errors
    /// Another run is writing it (`ResourceBusy`), or the system refuses.
    pub fn overwrite(layout: Layout) -> io::Result<Appender> {
        if layout.is_special() {
            return Appender::create_special(layout);
        }
        let mut locks = layout.claim(Some(0))?;
        let file = match take(&mut locks, 0) {
            Some(file) => file,
            None => layout.lock(File::options().append(true).create(true).open(&layout.path)?)?,
        };
        file.set_len(0)?;
        Ok(Appender::new(layout, file, Position::default()))
    }

    /// Begins an output in parts in place of an earlier one, whose parts are removed; part 0 is a file without a number.
    /// `locks` are on them.
    ///
    /// # Errors
    /// The first part exists and is not among them, or the system refuses.
    pub(crate) fn replace_parts(layout: Layout, earlier: &[u32], locks: Vec<(u32, File)>) -> io::Result<Appender> {
        remove(&layout, earlier)?;
        let first = Appender::create_first(layout);
        drop(locks); // only when their replacement is locked
        first
    }

    fn create_special(layout: Layout) -> io::Result<Appender> {
        refuse_parts(&layout)?;
        let file = File::create(&layout.path)?;
        Ok(Appender { special: true, ..Appender::new(layout, file, Position::default()) })
    }

    fn create_first(layout: Layout) -> io::Result<Appender> {
        let part = u32::from(layout.rotate.is_some());
        let file = layout.create_new(part)?;
        Ok(Appender::new(layout, file, Position { part, length: 0 }))
    }

    /// Continues an earlier output at the end of the last of its `parts`, if there are any; part 0 is its only file.
    ///
    /// # Errors
    /// Another run is writing it (`ResourceBusy`), or the system refuses.
    pub fn open_last(layout: Layout, parts: &[u32]) -> io::Result<Option<Appender>> {
        let mut locks = layout.claim(parts.last().copied())?;
        let Some((&part, earlier)) = parts.split_last() else { return Ok(None) };
        let Some(file) = take(&mut locks, part) else { return Ok(None) };
        let length = file.metadata()?.len();
        let earlier = earlier.to_vec();
        Ok(Some(Appender { earlier, ..Appender::new(layout, file, Position { part, length }) }))
    }

    /// Cuts the open file to `length` bytes.
    ///
    /// # Errors
    /// The system refuses.
    pub fn cut(&mut self, length: u64) -> io::Result<()> {
        self.remove_partial_block()?;
        if length < self.at.length {
            self.file.set_len(length)?;
            (self.at.length, self.tail) = (length, None);
        }
        Ok(())
    }

    /// Goes back to an earlier position, in this part or one before it, and removes what this output has behind it.
    ///
    /// # Errors
    /// The system refuses.
    pub fn go_back(&mut self, to: Position) -> io::Result<()> {
        if to.part > self.at.part {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "that part has not begun"));
        }
        if to.part < self.at.part {
            let file = File::options().append(true).create(true).open(self.layout.part_path(to.part));
            let file = self.layout.lock(file?)?;
            let at = Position { part: to.part, length: file.metadata()?.len() };
            let (mut earlier, behind): (Vec<u32>, Vec<u32>) = self.earlier.iter().partition(|&&part| part <= to.part);
            remove(&self.layout, &[&behind[..], &[self.at.part]].concat())?;
            earlier.retain(|&part| part < to.part);
            (self.file, self.at, self.earlier) = (file, at, earlier);
        }
        self.cut(to.length)
    }

    /// Begins a part; all parts before it are closed.
    ///
    /// # Errors
    /// It exists, or the system refuses.
    pub fn begin_part(layout: Layout, part: u32) -> io::Result<Appender> {
        let file = layout.create_new(part)?;
        Ok(Appender::new(layout, file, Position { part, length: 0 }))
    }

    fn new(layout: Layout, file: File, at: Position) -> Appender {
        Appender {
            layout,
            file,
            at,
            opened: Instant::now(),
            special: false,
            has_partial_block: false,
            encoded: Vec::new(),
            header: Vec::new(),
            tail: None,
            manual_rotation: false,
            earlier: Vec::new(),
        }
    }

    /// Begins a new part only when [`Appender::rotate`] is called.
    pub fn with_manual_rotation(self) -> Self {
        Appender { manual_rotation: true, ..self }
    }

    /// Begins each file with `header`.
    pub fn with_header(self, header: Vec<u8>) -> Self {
        Appender { header, ..self }
    }

    /// Takes over what an earlier run knew of the end of the file.
    pub fn with_tail(self, tail: Option<TailChecksum>) -> Self {
        Appender { tail, ..self }
    }

    /// The checksum of what the file ends with, if it is known.
    pub fn tail(&self) -> Option<TailChecksum> {
        self.tail
    }

    /// Where the next block goes, unless a new part is due. A block that failed does not move it.
    pub fn position(&self) -> Position {
        self.at
    }

    /// The open file, for others to sync.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// How the files are named.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Whether the next block begins a new part. A part is never empty.
    pub fn is_due(&self) -> bool {
        self.at.length > 0
            && match self.layout.rotate {
                None => false,
                Some(Rotate::Size(limit)) => self.at.length >= limit,
                Some(Rotate::Age(limit)) => self.opened.elapsed() >= limit,
            }
    }

    /// Closes this part for good and begins the next, which is locked before the lock of this one is released. A number
    /// that somebody else's file has is left out.
    ///
    /// # Errors
    /// The system refuses.
    pub fn rotate(&mut self) -> io::Result<()> {
        self.file.sync_data()?;
        let (part, next) = self.create_next()?;
        sync_directory(folder(&self.layout.path))?;
        self.earlier.push(self.at.part);
        (self.file, self.at, self.opened) = (next, Position { part, length: 0 }, Instant::now());
        self.tail = None;
        Ok(())
    }

    fn create_next(&self) -> io::Result<(u32, File)> {
        let mut part = self.at.part;
        loop {
            part = part.saturating_add(1);
            match self.layout.create_new(part) {
                Err(taken) if taken.kind() == io::ErrorKind::AlreadyExists && part < u32::MAX => {}
                file => return file.map(|file| (part, file)),
            }
        }
    }

    fn append(&mut self, block: &[u8]) -> io::Result<()> {
        self.remove_partial_block()?;
        if self.is_due() && !self.manual_rotation {
            self.rotate()?;
        }
        let begins = self.at.length == 0 && !self.header.is_empty();
        let whole = if begins { [&self.header, block].concat() } else { Vec::new() };
        let block = if whole.is_empty() { block } else { &whole };
        let bytes = if self.layout.coding == Coding::Plain {
            block
        } else {
            self.encoded.clear();
            self.encoded.shrink_to(MAX_KEPT);
            self.layout.coding.encode(block, &mut self.encoded)?;
            &self.encoded
        };
        if let Err(error) = self.file.write_all(bytes) {
            self.has_partial_block = !self.special;
            let _ = self.remove_partial_block(); // tried again before the next block; the first error is the one to report
            return Err(error);
        }
        self.at.length += bytes.len() as u64;
        self.tail = Some(TailChecksum::of(bytes));
        Ok(())
    }

    /// Removes what a failed write left.
    fn remove_partial_block(&mut self) -> io::Result<()> {
        if self.has_partial_block {
            self.file.set_len(self.at.length)?;
            self.has_partial_block = false;
        }
        Ok(())
    }
}

impl Write for Appender {
    fn write(&mut self, block: &[u8]) -> io::Result<usize> {
        if !block.is_empty() {
            self.append(block)?;
        }
        Ok(block.len())
    }

    /// Blocks are never kept back. But zero bytes are not a valid compressed file: without any block, it gets an empty
    /// one.
    fn flush(&mut self) -> io::Result<()> {
        if self.at.length == 0 && (self.layout.coding != Coding::Plain || !self.header.is_empty()) {
            self.append(b"")
        } else {
            Ok(())
        }
    }
}

fn take(held: &mut Vec<(u32, File)>, part: u32) -> Option<File> {
    let found = held.iter().position(|(held, _)| *held == part)?;
    Some(held.remove(found).1)
}

fn refuse_parts(layout: &Layout) -> io::Result<()> {
    if layout.rotate.is_none() {
        return Ok(());
    }
    let message = format!("{} is not a regular file, so it cannot have parts", layout.path.display());
    Err(io::Error::new(io::ErrorKind::InvalidInput, message))
}

/// Removes the last part first, so that a crash never leaves a gap.
fn remove(layout: &Layout, parts: &[u32]) -> io::Result<()> {
    parts.iter().rev().try_for_each(|&part| fs::remove_file(layout.part_path(part)))
}
