//! An open input, read and decompressed.

#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;

use super::error::InputError;
use super::fingerprint::{self, Extent};
use crate::guard::without_os_code;
use crate::model::{InputFingerprint, LinePosition};
use crate::storage::compression::Coding;

/// An open input. Reading it returns the decompressed contents.
pub(super) struct List {
    /// What messages call it.
    pub name: String,
    /// What messages call one of its lines, without the number.
    pub line_name: String,
    /// Its stored bytes, if they can be read again.
    pub extent: Option<Extent>,
    stored: StoredBytes,
    coding: Coding,
    /// Present only from the first read until the list is closed, since its buffers are large.
    decompressor: Option<Decompressor>,
}

/// The bytes as they are stored. Clones of a file share its position.
#[derive(Clone)]
enum StoredBytes {
    File(Arc<File>),
    Text(Cursor<Bytes>),
}

struct Decompressor {
    bytes: Box<dyn Read + Send>,
    /// The number of compressed bytes consumed.
    consumed: Arc<AtomicU64>,
    /// The number of decompressed bytes returned.
    produced: u64,
}

impl List {
    pub(super) fn open(name: String, file: io::Result<File>, coding: Coding) -> Result<List, InputError> {
        match file.and_then(|file| Ok((extent(&file)?, file))) {
            Ok((extent, file)) => {
                let (line_name, stored) = (format!("{name} line"), StoredBytes::File(Arc::new(file)));
                Ok(List { name, line_name, extent, stored, coding, decompressor: None })
            }
            Err(reason) => Err(InputError { name, reason }),
        }
    }

    pub(super) fn in_memory(name: String, line_name: String, text: String) -> List {
        let extent = Some(Extent { start: 0, len: text.len() as u64 });
        let stored = StoredBytes::Text(Cursor::new(text.into()));
        List { name, line_name, extent, stored, coding: Coding::Plain, decompressor: None }
    }

    /// Moves to the start of the list, which must have an extent.
    pub(super) fn rewind(&mut self) -> io::Result<()> {
        self.close();
        self.start_at(0)
    }

    /// Moves to a line that an earlier run has read. Returns false if the list is compressed or cannot be read again.
    pub(super) fn seek(&mut self, position: LinePosition) -> io::Result<bool> {
        let within = self.extent.is_some_and(|extent| position.offset <= extent.len);
        let possible = within && self.coding == Coding::Plain;
        if possible {
            self.start_at(position.offset)?;
        }
        Ok(possible)
    }

    fn start_at(&mut self, offset: u64) -> io::Result<()> {
        let start = self.extent.map_or(0, |extent| extent.start) + offset;
        self.stored.seek(SeekFrom::Start(start)).map(drop).map_err(|error| self.error(error))
    }

    /// Copies an input that can be read only once to an unnamed temporary file, which disappears with the process.
    pub(super) fn spool(&mut self) -> io::Result<()> {
        let (spool, len) = copy_to_temporary_file(&mut self.stored).map_err(|reason| {
            let message = format!("cannot copy {} to a temporary file: {}", self.name, without_os_code(&reason));
            io::Error::new(reason.kind(), message)
        })?;
        self.stored = StoredBytes::File(Arc::new(spool));
        self.extent = Some(Extent { start: 0, len });
        self.rewind()
    }

    /// Frees what reading needed.
    pub(super) fn close(&mut self) {
        self.decompressor = None;
    }

    /// The number of stored bytes behind the first `offset` bytes of contents. For a compressed list this is an
    /// estimate, since decompression runs ahead of the lines.
    pub(super) fn stored_bytes(&self, offset: u64) -> u64 {
        match (&self.decompressor, self.coding) {
            (_, Coding::Plain) => offset,
            (None, _) => 0,
            (Some(decompressor), _) => decompressor.consumed_for(offset),
        }
    }

    /// Fingerprints the input. The position does not change.
    pub(super) fn fingerprint(&mut self) -> io::Result<InputFingerprint> {
        let Some(extent) = self.extent else {
            return Ok(InputFingerprint { name: self.name.clone(), len: None, sha256: None });
        };
        let at = self.stored.stream_position();
        let sha256 = at.and_then(|at| {
            let sha256 = fingerprint::sha256(&mut self.stored, extent)?;
            self.stored.seek(SeekFrom::Start(at)).map(|_| sha256)
        });
        let sha256 = Some(sha256.map_err(|error| self.error(error))?);
        Ok(InputFingerprint { name: self.name.clone(), len: Some(extent.len), sha256 })
    }

    /// Adds the name of the input to `reason`. An error without an OS error number comes from the decompressor.
    pub(super) fn error(&self, reason: io::Error) -> io::Error {
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
        let decompressor = match &mut self.decompressor {
            Some(decompressor) => decompressor,
            none => none.insert(Decompressor::new(self.coding, self.stored.clone())?),
        };
        let read = decompressor.bytes.read(buffer)?;
        decompressor.produced += read as u64;
        Ok(read)
    }
}

impl Decompressor {
    fn new(coding: Coding, stored: StoredBytes) -> io::Result<Decompressor> {
        let consumed = Arc::new(AtomicU64::new(0));
        let bytes = coding.reader(CountingReader { bytes: stored, count: Arc::clone(&consumed) })?;
        Ok(Decompressor { bytes, consumed, produced: 0 })
    }

    /// The compressed bytes behind the first `offset` decompressed bytes, assuming an even ratio.
    fn consumed_for(&self, offset: u64) -> u64 {
        let consumed = self.consumed.load(Ordering::Relaxed);
        let share = u128::from(consumed) * u128::from(offset.min(self.produced));
        share.checked_div(u128::from(self.produced)).map_or(consumed, |share| share as u64)
    }
}

/// Counts the bytes read through it.
struct CountingReader<R> {
    bytes: R,
    count: Arc<AtomicU64>,
}

impl<R: Read> Read for CountingReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.bytes.read(buffer)?;
        self.count.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

impl Read for StoredBytes {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            StoredBytes::File(file) => file.read(buffer),
            StoredBytes::Text(text) => text.read(buffer),
        }
    }
}

impl Seek for StoredBytes {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match self {
            StoredBytes::File(file) => file.seek(to),
            StoredBytes::Text(text) => text.seek(to),
        }
    }
}

fn copy_to_temporary_file(bytes: &mut impl Read) -> io::Result<(File, u64)> {
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
    // Standard input may be a file that another process has already read in part.
    let start = file.stream_position()?;
    Ok(Some(Extent { start, len: metadata.len().saturating_sub(start) }))
}

/// Standard input, without the lock and the buffer of [`io::stdin`].
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
