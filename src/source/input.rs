//! Inputs, and what they are once opened.

use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::path::PathBuf;

/// Something that holds a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A file, a named pipe, a device.
    File(PathBuf),
    /// Standard input.
    Stdin,
    /// URLs at hand, such as those of a command line; messages call the first of them "argument 1".
    Urls(Vec<String>),
    /// A list at hand.
    Text {
        /// What messages call it.
        name: String,
        /// Its lines.
        text: String,
    },
}

/// An input cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {name}: {}", humane(reason))]
pub struct OpenError {
    /// The input.
    pub name: String,
    /// What the system says.
    pub reason: io::Error,
}

impl From<OpenError> for io::Error {
    fn from(error: OpenError) -> Self {
        io::Error::new(error.reason.kind(), error)
    }
}

/// An open input.
pub(super) struct List {
    /// What messages call it.
    pub name: String,
    /// What messages call one of its lines, but for the number.
    pub line_name: String,
    /// Its bytes.
    pub bytes: Box<dyn Bytes>,
    /// Where they start and how many there are; known where they can be read again.
    pub extent: Option<Extent>,
}

/// Bytes to read, and to seek in if they have an [`Extent`].
pub(super) trait Bytes: Read + Seek + Send {}

impl<T: Read + Seek + Send> Bytes for T {}

#[derive(Clone, Copy)]
pub(super) struct Extent {
    pub start: u64,
    pub len: u64,
}

impl Input {
    pub(super) fn open(self) -> Result<List, OpenError> {
        match self {
            Input::File(path) => List::open(path.display().to_string(), File::open(&path)),
            Input::Stdin => List::open("stdin".to_owned(), stdin()),
            Input::Urls(urls) => {
                let text = urls.iter().flat_map(|url| [url, "\n"]).collect();
                Ok(List::in_memory("arguments".to_owned(), "argument".to_owned(), text))
            }
            Input::Text { name, text } => Ok(List::in_memory(name.clone(), format!("{name} line"), text)),
        }
    }
}

impl List {
    fn open(name: String, file: io::Result<File>) -> Result<List, OpenError> {
        match file.and_then(|file| Ok((extent(&file)?, file))) {
            Ok((extent, file)) => Ok(List { line_name: format!("{name} line"), name, bytes: Box::new(file), extent }),
            Err(reason) => Err(OpenError { name, reason }),
        }
    }

    fn in_memory(name: String, line_name: String, text: String) -> List {
        let extent = Some(Extent { start: 0, len: text.len() as u64 });
        List { name, line_name, extent, bytes: Box::new(Cursor::new(text)) }
    }

    /// The same list from its start; for one that has an extent.
    pub(super) fn rewind(&mut self) -> io::Result<()> {
        let start = self.extent.map_or(0, |extent| extent.start);
        self.bytes.seek(SeekFrom::Start(start)).map(drop).map_err(|error| self.failed(error))
    }

    /// Moves what can be read only once into a temporary file that has no name and goes with the process.
    pub(super) fn spool(&mut self) -> io::Result<()> {
        let (spool, len) = copied(&mut self.bytes).map_err(|reason| {
            let message = format!("cannot copy {} to a temporary file: {}", self.name, humane(&reason));
            io::Error::new(reason.kind(), message)
        })?;
        self.bytes = Box::new(spool);
        self.extent = Some(Extent { start: 0, len });
        self.rewind()
    }

    /// `reason`, naming the input.
    pub(super) fn failed(&self, reason: io::Error) -> io::Error {
        OpenError { name: self.name.clone(), reason }.into()
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
fn stdin() -> io::Result<File> {
    use std::os::fd::AsFd;
    io::stdin().as_fd().try_clone_to_owned().map(File::from)
}

#[cfg(windows)]
fn stdin() -> io::Result<File> {
    use std::os::windows::io::AsHandle;
    io::stdin().as_handle().try_clone_to_owned().map(File::from)
}

fn humane(reason: &io::Error) -> String {
    let reason = reason.to_string();
    match reason.split_once(" (os error") {
        Some((text, _)) => text.to_owned(),
        None => reason,
    }
}
