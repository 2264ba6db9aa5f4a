//! Files that grow by whole blocks: compressed, in parts, and written by one run at a time.

mod layout;
#[cfg(test)]
mod tests;

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::coding::Coding;

pub use layout::{Layout, Rotate};

/// A buffer that grew beyond this for one block is given back.
const MAX_KEPT: usize = 1 << 20;

/// Where the next block goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Position {
    /// Which part, from 1; 0 where there are no parts.
    pub part: u32,
    /// The bytes before it in that file.
    pub length: u64,
}

/// What the last bytes before a position are, to know a file again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tail {
    /// How many bytes.
    pub len: u64,
    /// Their CRC-32.
    pub crc: u32,
}

impl Tail {
    /// More would tell nothing more.
    const MAX: usize = 4 << 10;

    fn of(block: &[u8]) -> Self {
        let last = &block[block.len().saturating_sub(Tail::MAX)..];
        Tail { len: last.len() as u64, crc: crc32fast::hash(last) }
    }

    /// Whether the file at `path` has these bytes before its byte `end`.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn is_before(self, end: u64, path: &Path) -> io::Result<bool> {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(end.saturating_sub(self.len)))?;
        let mut last = Vec::new();
        file.take(self.len.min(Tail::MAX as u64)).read_to_end(&mut last)?;
        Ok(Tail::of(&last) == self)
    }
}

/// Appends blocks to the files of a [`Layout`].
///
/// Each `write` takes a block of whole lines as a whole: it becomes one member or frame of the file, or none of it
/// counts. Regular files are locked until they are closed, and a part is never touched again once the next has begun.
#[derive(Debug)]
pub struct Appender {
    layout: Layout,
    file: File,
    at: Position,
    opened: Instant,
    /// A device or a named pipe: bytes once written are gone.
    special: bool,
    /// The file may be longer than `at` says: a block broke off.
    torn: bool,
    encoded: Vec<u8>,
    /// What each file begins with.
    head: Vec<u8>,
    /// What the open file ends with, if that was written here.
    tail: Option<Tail>,
    /// Somebody else says when the next part begins.
    led: bool,
}

impl Appender {
    /// Begins a new output. With `force`, it takes the place of an earlier one: of the file and of all parts.
    ///
    /// # Errors
    /// There is an earlier one (`AlreadyExists`), another run is writing it (`ResourceBusy`), parts are asked of what is
    /// no regular file (`InvalidInput`), or the system refuses.
    pub fn create(layout: Layout, force: bool) -> io::Result<Appender> {
        let part = u32::from(layout.rotate.is_some());
        if layout.is_special() {
            refuse_parts(&layout)?;
            let file = File::create(&layout.path)?;
            return Ok(Appender { special: true, ..Appender::new(layout, file, Position::default()) });
        }
        let mut earlier = layout.claim()?; // closed only when what takes its place is locked
        if let Some((found, _)) = earlier.first().filter(|_| !force) {
            let first = if *found == 0 { 0 } else { layout.parts()?.first().copied().unwrap_or(*found) };
            return Err(layout.exists(first));
        }
        remove_parts_behind(&layout, 0)?;
        let plain = take(&mut earlier, 0);
        let file = match (part, plain) {
            (0, Some(file)) => emptied(file)?,
            (0, None) if force => emptied(layout.lock(File::options().append(true).create(true).open(&layout.path)?)?)?,
            (_, None) => layout.create_new(part)?,
            (_, Some(_locked)) => {
                fs::remove_file(&layout.path)?;
                layout.create_new(part)?
            }
        };
        Ok(Appender::new(layout, file, Position { part, length: 0 }))
    }

    /// Continues an earlier output at its end, if there is one: the file, or the last of its parts.
    ///
    /// # Errors
    /// Another run is writing it (`ResourceBusy`), or the system refuses.
    pub fn open_last(layout: Layout) -> io::Result<Option<Appender>> {
        let mut held = layout.claim()?;
        held.retain(|(part, _)| (*part > 0) == layout.rotate.is_some());
        let Some((part, file)) = held.pop() else { return Ok(None) };
        let length = file.metadata()?.len();
        Ok(Some(Appender::new(layout, file, Position { part, length })))
    }

    /// Takes off what the open file has beyond `length` bytes.
    ///
    /// # Errors
    /// The system refuses.
    pub fn cut(&mut self, length: u64) -> io::Result<()> {
        if length < self.at.length {
            self.file.set_len(length)?;
            (self.at.length, self.tail) = (length, None);
        }
        Ok(())
    }

    /// Goes back to an earlier position, in this part or one before it: what was written behind it goes, parts and all.
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
            remove_parts_behind(&self.layout, to.part)?;
            (self.file, self.at) = (file, at);
        }
        self.cut(to.length)
    }

    /// Begins with a part, those before which are closed.
    ///
    /// # Errors
    /// It is there, or the system refuses.
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
            torn: false,
            encoded: Vec::new(),
            head: Vec::new(),
            tail: None,
            led: false,
        }
    }

    /// The same, but a new part begins with [`Appender::rotate`] alone.
    pub fn led(self) -> Self {
        Appender { led: true, ..self }
    }

    /// What the file ends with, if that was written here.
    pub fn tail(&self) -> Option<Tail> {
        self.tail
    }

    /// The same, with something that each file begins with.
    pub fn with_head(self, head: Vec<u8>) -> Self {
        Appender { head, ..self }
    }

    /// Where the next block goes, unless a new part is due. A block that failed has not moved it.
    pub fn position(&self) -> Position {
        self.at
    }

    /// The file that is open, for others to sync.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// What the files are called.
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

    /// Closes this part for good and begins the next: at no instant is neither of them locked.
    ///
    /// # Errors
    /// The system refuses.
    pub fn rotate(&mut self) -> io::Result<()> {
        self.file.sync_data()?;
        let part = self.at.part.saturating_add(1); // the last there can be exists already
        let next = self.layout.create_new(part)?;
        sync_directory(self.layout.directory())?;
        (self.file, self.at, self.opened) = (next, Position { part, length: 0 }, Instant::now());
        self.tail = None;
        Ok(())
    }

    fn append(&mut self, block: &[u8]) -> io::Result<()> {
        self.mend()?;
        if self.is_due() && !self.led {
            self.rotate()?;
        }
        let whole = if self.at.length == 0 { [&self.head, block].concat() } else { Vec::new() };
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
            self.torn = !self.special;
            let _ = self.mend(); // of the two errors this is the one to tell; the other is met with the next block
            return Err(error);
        }
        self.at.length += bytes.len() as u64;
        self.tail = Some(Tail::of(bytes));
        Ok(())
    }

    /// Removes what is there of a block that broke off.
    fn mend(&mut self) -> io::Result<()> {
        if self.torn {
            self.file.set_len(self.at.length)?;
            self.torn = false;
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

    /// Nothing is kept back. But no bytes are no compressed file: without any block there is one without content.
    fn flush(&mut self) -> io::Result<()> {
        if self.at.length == 0 && (self.layout.coding != Coding::Plain || !self.head.is_empty()) {
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

fn emptied(file: File) -> io::Result<File> {
    file.set_len(0)?;
    Ok(file)
}

fn refuse_parts(layout: &Layout) -> io::Result<()> {
    if layout.rotate.is_none() {
        return Ok(());
    }
    let message = format!("{} is not a regular file, so it cannot have parts", layout.path.display());
    Err(io::Error::new(io::ErrorKind::InvalidInput, message))
}

/// The last goes first: at no instant is there a gap.
fn remove_parts_behind(layout: &Layout, last: u32) -> io::Result<()> {
    let parts = layout.parts()?;
    parts.into_iter().rev().take_while(|&part| part > last).try_for_each(|part| fs::remove_file(layout.part_path(part)))
}

/// A name lasts once the directory that has it is durable.
#[cfg(unix)]
pub(crate) fn sync_directory(directory: &Path) -> io::Result<()> {
    let here = directory.as_os_str().is_empty().then_some(Path::new("."));
    File::open(here.unwrap_or(directory))?.sync_all()
}

/// Directories cannot be synced here, and need not be.
#[cfg(not(unix))]
pub(crate) fn sync_directory(_directory: &Path) -> io::Result<()> {
    Ok(())
}
