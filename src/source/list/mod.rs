//! An open input: its bytes as they are stored, and as they are read.

#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;

use super::fingerprint;
use super::input::{InputError, humane};
use crate::model::{InputFingerprint, LinePosition};
use crate::storage::compression::Coding;

/// An open input. It reads as what it holds, decompressed.
pub(super) struct List {
    /// What messages call it.
    pub name: String,
    /// What messages call one of its lines, but for the number.
    pub line_name: String,
    /// Where its bytes start and how many there are, as they are stored; known where they can be read again.
    pub extent: Option<Extent>,
    stored: Stored,
    coding: Coding,
    /// What undoes the coding: there from the first read until the list is closed, since it has large buffers.
    decoder: Option<Decoder>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Extent {
    pub start: u64,
    pub len: u64,
}

/// Bytes as they are stored. The clones of a file share its position.
#[derive(Clone)]
enum Stored {
    File(Arc<File>),
    Text(Cursor<Bytes>),
}

struct Decoder {
    bytes: Box<dyn Read + Send>,
    /// How many bytes it has read.
    taken: Arc<AtomicU64>,
    /// How many it has made of them.
    given: u64,
}

impl List {
    pub(super) fn open(name: String, file: io::Result<File>, coding: Coding) -> Result<List, InputError> {
        match file.and_then(|file| Ok((extent(&file)?, file))) {
            Ok((extent, file)) => {
                let (line_name, stored) = (format!("{name} line"), Stored::File(Arc::new(file)));
                Ok(List { name, line_name, extent, stored, coding, decoder: None })
            }
            Err(reason) => Err(InputError { name, reason }),
        }
    }

    pub(super) fn in_memory(name: String, line_name: String, text: String) -> List {
        let extent = Some(Extent { start: 0, len: text.len() as u64 });
        let stored = Stored::Text(Cursor::new(text.into()));
        List { name, line_name, extent, stored, coding: Coding::Plain, decoder: None }
    }

    /// The same list from its start; for one that has an extent.
    pub(super) fn rewind(&mut self) -> io::Result<()> {
        self.close();
        self.start_at(0)
    }

    /// Moves to a line that an earlier run saw; false where that cannot be: only a plain list can be sought in.
    pub(super) fn seek(&mut self, place: LinePosition) -> io::Result<bool> {
        let within = self.extent.is_some_and(|extent| place.offset <= extent.len);
        let possible = within && self.coding == Coding::Plain;
        if possible {
            self.start_at(place.offset)?;
        }
        Ok(possible)
    }

    fn start_at(&mut self, offset: u64) -> io::Result<()> {
        let start = self.extent.map_or(0, |extent| extent.start) + offset;
        self.stored.seek(SeekFrom::Start(start)).map(drop).map_err(|error| self.failed(error))
    }

    /// Moves what can be read only once into a temporary file that has no name and goes with the process.
    pub(super) fn spool(&mut self) -> io::Result<()> {
        let (spool, len) = copied(&mut self.stored).map_err(|reason| {
            let message = format!("cannot copy {} to a temporary file: {}", self.name, humane(&reason));
            io::Error::new(reason.kind(), message)
        })?;
        self.stored = Stored::File(Arc::new(spool));
        self.extent = Some(Extent { start: 0, len });
        self.rewind()
    }

    /// Gives back what reading needed.
    pub(super) fn close(&mut self) {
        self.decoder = None;
    }

    /// How many of the stored bytes the first `offset` bytes were made of. Of a compressed list this is an estimate,
    /// since it is read ahead of its lines.
    pub(super) fn stored_bytes(&self, offset: u64) -> u64 {
        match (&self.decoder, self.coding) {
            (_, Coding::Plain) => offset,
            (None, _) => 0,
            (Some(decoder), _) => decoder.taken_for(offset),
        }
    }

    /// What tells whether its contents are those of another time. The position stays as it is.
    pub(super) fn fingerprint(&mut self) -> io::Result<InputFingerprint> {
        let Some(extent) = self.extent else {
            return Ok(InputFingerprint { name: self.name.clone(), len: None, sha256: None });
        };
        let at = self.stored.stream_position();
        let sha256 = at.and_then(|at| {
            let sha256 = fingerprint::sha256(&mut self.stored, extent)?;
            self.stored.seek(SeekFrom::Start(at)).map(|_| sha256)
        });
        let sha256 = Some(sha256.map_err(|error| self.failed(error))?);
        Ok(InputFingerprint { name: self.name.clone(), len: Some(extent.len), sha256 })
    }

    /// `reason`, naming the input. What the system did not say, a decoder did.
    pub(super) fn failed(&self, reason: io::Error) -> io::Error {
        let reason = match (self.coding, reason.kind()) {
            (Coding::Plain, _) => reason,
            _ if reason.raw_os_error().is_some() => reason,
            (_, kind @ io::ErrorKind::UnexpectedEof) => io::Error::new(kind, "it ends early"),
            (_, kind) => io::Error::new(kind, format!("it is damaged, or not compressed as its name says ({reason})")),
        };
        InputError { name: self.name.clone(), reason }.into()
    }
}

impl Read for List {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.coding == Coding::Plain {
            return self.stored.read(buffer);
        }
        let decoder = match &mut self.decoder {
            Some(decoder) => decoder,
            none => none.insert(Decoder::new(self.coding, self.stored.clone())?),
        };
        let read = decoder.bytes.read(buffer)?;
        decoder.given += read as u64;
        Ok(read)
    }
}

impl Decoder {
    fn new(coding: Coding, stored: Stored) -> io::Result<Decoder> {
        let taken = Arc::new(AtomicU64::new(0));
        let bytes = coding.reader(Counted { bytes: stored, count: Arc::clone(&taken) })?;
        Ok(Decoder { bytes, taken, given: 0 })
    }

    /// How many bytes it read for the first `offset` bytes it gave, if they were even.
    fn taken_for(&self, offset: u64) -> u64 {
        let taken = self.taken.load(Ordering::Relaxed);
        let share = u128::from(taken) * u128::from(offset.min(self.given));
        share.checked_div(u128::from(self.given)).map_or(taken, |share| share as u64)
    }
}

/// Counts what is read.
struct Counted<R> {
    bytes: R,
    count: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.bytes.read(buffer)?;
        self.count.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

impl Read for Stored {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Stored::File(file) => file.read(buffer),
            Stored::Text(text) => text.read(buffer),
        }
    }
}

impl Seek for Stored {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match self {
            Stored::File(file) => file.seek(to),
            Stored::Text(text) => text.seek(to),
        }
    }
}

fn copied(bytes: &mut impl Read) -> io::Result<(File, u64)> {
    let mut file = tempfile::tempfile()?;
    let len = io::copy(bytes, &mut file)?;
    Ok((file, len))
}

fn extent(mut file: &File) -> io::Result<Option<Extent>> {
    let metadata = file.metadata()?;
    if metadata.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if !metadata.is_file() {
        return Ok(None);
    }
    // Standard input may be a file that another process has read a part of.
    let start = file.stream_position()?;
    Ok(Some(Extent { start, len: metadata.len().saturating_sub(start) }))
}

/// Standard input without the lock and the buffer of [`io::stdin`].
#[cfg(unix)]
pub(super) fn stdin() -> io::Result<File> {
    use std::os::fd::AsFd;
    io::stdin().as_fd().try_clone_to_owned().map(File::from)
}

#[cfg(windows)]
pub(super) fn stdin() -> io::Result<File> {
    use std::os::windows::io::AsHandle;
    io::stdin().as_handle().try_clone_to_owned().map(File::from)
}
