//! An open input, read, decompressed, and decoded if it is in UTF-16.

#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

use super::error::InputError;
use super::fingerprint::{self, Extent};
use crate::guard::without_os_code;
use crate::model::{InputFingerprint, LinePosition};
use crate::storage::compression::{Coding, TrailingData};
use crate::storage::text;

/// An open input. Reading it returns its contents in UTF-8, decompressed.
pub(super) struct List {
    /// What messages call it.
    pub name: String,
    /// What messages call one of its lines, without the number.
    pub line_name: String,
    /// Whether it was typed, URL by URL.
    pub is_arguments: bool,
    /// Its stored bytes, if they can be read again.
    pub extent: Option<Extent>,
    /// Whether it is certain that it is in its format, or cannot be known.
    pub looked_at: bool,
    stored: StoredBytes,
    /// The compression that its name implies; once it is read, the one that it has.
    coding: Coding,
    /// Present only from the first read until the list is closed, since it may have large buffers.
    contents: Option<Contents>,
}

/// The bytes as they are stored. Clones of a file share its position.
#[derive(Clone)]
enum StoredBytes {
    File(Arc<File>),
    Text(Cursor<Bytes>),
    Stream(Arc<Mutex<dyn Read + Send>>),
}

/// What a list contains, as text in UTF-8.
enum Contents {
    /// The bytes as they are stored, of which the first ones have been read already.
    Stored(Cursor<Vec<u8>>),
    Converted(Converter),
}

/// Decompresses a list, or decodes UTF-16.
struct Converter {
    bytes: Box<dyn Read + Send>,
    /// The number of stored bytes consumed.
    consumed: Arc<AtomicU64>,
    /// The number of bytes returned.
    produced: u64,
}

impl List {
    pub(super) fn open(name: String, file: io::Result<File>, coding: Coding) -> Result<List, InputError> {
        match file.and_then(|file| Ok((extent(&file)?, file))) {
            Ok((extent, file)) => {
                let (line_name, stored) = (format!("{name} line"), StoredBytes::File(Arc::new(file)));
                Ok(List {
                    name,
                    line_name,
                    is_arguments: false,
                    extent,
                    looked_at: false,
                    stored,
                    coding,
                    contents: None,
                })
            }
            Err(reason) => Err(InputError { name, reason }),
        }
    }

    pub(super) fn in_memory(name: String, line_name: String, text: String) -> List {
        let extent = Some(Extent { start: 0, len: text.len() as u64 });
        let stored = StoredBytes::Text(Cursor::new(text.into()));
        List {
            name,
            line_name,
            is_arguments: false,
            extent,
            looked_at: false,
            stored,
            coding: Coding::Plain,
            contents: None,
        }
    }

    pub(super) fn stream(name: String, bytes: impl Read + Send + 'static) -> List {
        let (line_name, stored) = (format!("{name} line"), StoredBytes::Stream(Arc::new(Mutex::new(bytes))));
        List {
            name,
            line_name,
            is_arguments: false,
            extent: None,
            looked_at: false,
            stored,
            coding: Coding::Plain,
            contents: None,
        }
    }

    /// Moves to the start of the list, which must have an extent.
    pub(super) fn rewind(&mut self) -> io::Result<()> {
        self.close();
        self.start_at(0)
    }

    /// Moves to a line that an earlier run has read. Returns false if the list is compressed, in UTF-16, or cannot be
    /// read again.
    pub(super) fn seek(&mut self, position: LinePosition) -> io::Result<bool> {
        if self.extent.is_none_or(|extent| position.offset > extent.len) {
            return Ok(false);
        }
        self.rewind()?;
        self.contents = Some(self.begin()?);
        let possible = matches!(self.contents, Some(Contents::Stored(_)));
        self.start_at(if possible { position.offset } else { 0 })?;
        self.contents = possible.then(|| Contents::Stored(Cursor::default()));
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

    /// The compression that its name implies; once it is read, the one that it has.
    pub(super) fn coding(&self) -> Coding {
        self.coding
    }

    /// Frees what reading needed.
    pub(super) fn close(&mut self) {
        self.contents = None;
    }

    /// Finds out how the list is stored, by its first bytes: gzip and zstd are read under any name,
    /// even that of the other.
    fn begin(&mut self) -> io::Result<Contents> {
        let head = text::head(&mut self.stored)?;
        match Coding::of_content(&head) {
            Coding::Plain => {} // then the name tells what is wrong with it
            coding => self.coding = coding,
        }
        let consumed = Arc::new(AtomicU64::new(0));
        let stored = Cursor::new(head.clone()).chain(self.stored.clone());
        let counted = CountingReader { bytes: stored, count: Arc::clone(&consumed) };
        let bytes = match self.coding {
            Coding::Plain if text::utf16(&head).is_none() => return Ok(Contents::Stored(Cursor::new(head))),
            coding => text::reader(coding.reader(counted)?),
        };
        Ok(Contents::Converted(Converter { bytes, consumed, produced: 0 }))
    }

    /// The number of stored bytes behind the first `offset` bytes of contents. For a list that is converted this is an
    /// estimate, since conversion runs ahead of the lines.
    pub(super) fn stored_bytes(&self, offset: u64) -> u64 {
        match &self.contents {
            Some(Contents::Converted(converter)) => converter.consumed_for(offset),
            _ => offset,
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

    /// Adds the name of the input to `reason`.
    pub(super) fn error(&self, reason: io::Error) -> io::Error {
        self.named(reason).into()
    }

    /// The same as a typed error. An error without an OS error number comes from the decompressor.
    pub(super) fn named(&self, reason: io::Error) -> InputError {
        let is_trailing = reason.get_ref().is_some_and(|error| error.is::<TrailingData>());
        let reason = match (self.coding, reason.kind()) {
            _ if is_trailing => reason,
            (Coding::Plain, _) => reason,
            _ if reason.raw_os_error().is_some() => reason,
            (_, kind @ io::ErrorKind::UnexpectedEof) => io::Error::new(kind, "it ends early"),
            _ => {
                let why = format!("it is damaged, or not compressed as its name says ({reason})");
                io::Error::new(io::ErrorKind::InvalidData, why)
            }
        };
        InputError { name: self.name.clone(), reason }
    }
}

impl Read for List {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.contents.is_none() {
            self.contents = Some(self.begin()?);
        }
        match &mut self.contents {
            Some(Contents::Converted(converter)) => {
                let read = converter.bytes.read(buffer)?;
                converter.produced += read as u64;
                Ok(read)
            }
            Some(Contents::Stored(head)) => match head.read(buffer)? {
                0 => self.stored.read(buffer),
                read => Ok(read),
            },
            None => Ok(0),
        }
    }
}

impl Converter {
    /// The stored bytes behind the first `offset` bytes of contents, assuming an even ratio.
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
            StoredBytes::Stream(stream) => stream.lock().unwrap_or_else(PoisonError::into_inner).read(buffer),
        }
    }
}

impl Seek for StoredBytes {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match self {
            StoredBytes::File(file) => file.seek(to),
            StoredBytes::Text(text) => text.seek(to),
            StoredBytes::Stream(_) => Err(io::ErrorKind::NotSeekable.into()),
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
