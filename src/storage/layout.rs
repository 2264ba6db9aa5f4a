//! The names of the files of an output, and the locks on them.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::storage::compression::Coding;

/// The least number of digits of a part's number, so that names sort as numbers do.
const DIGITS: usize = 6;

/// The files of an output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// The file, or the path that the names of its parts derive from.
    pub path: PathBuf,
    /// How it is compressed.
    pub coding: Coding,
    /// When the next part begins; none for a single file.
    pub rotate: Option<Rotate>,
}

/// When a part is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rotate {
    /// Once it has this many bytes, compressed or not.
    Size(u64),
    /// Once it has been open for this long.
    Age(Duration),
}

impl Layout {
    /// Files whose compression follows from the name of `path`.
    pub fn new(path: impl Into<PathBuf>, rotate: Option<Rotate>) -> Self {
        let path = path.into();
        Layout { coding: Coding::of(&path), path, rotate }
    }

    /// Whether the path is a device or a named pipe, which is never locked and has no parts.
    pub fn is_special(&self) -> bool {
        self.path.metadata().is_ok_and(|found| !found.is_file())
    }

    /// The path of a part: `out.000001.ndjson.gz` for `out.ndjson.gz`. Part 0 is the path itself.
    pub fn part_path(&self, part: u32) -> PathBuf {
        if part == 0 {
            return self.path.clone();
        }
        let (stem, rest) = self.split_name();
        let mut name = stem.to_owned();
        name.push(format!(".{part:0DIGITS$}"));
        name.push(rest);
        self.path.with_file_name(name)
    }

    /// The number of the part with this path.
    pub fn part_of(&self, path: &Path) -> Option<u32> {
        let (stem, rest) = self.split_name();
        let name = path.file_name()?.as_encoded_bytes().strip_prefix(stem.as_encoded_bytes())?;
        let digits = name.strip_suffix(rest.as_encoded_bytes())?.strip_prefix(b".")?;
        let part = str::from_utf8(digits).ok()?.parse().ok()?;
        (part > 0 && self.part_path(part) == path).then_some(part)
    }

    /// The numbered parts that exist, in ascending order.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn parts(&self) -> io::Result<Vec<u32>> {
        let mut parts = Vec::new();
        for entry in fs::read_dir(self.directory())? {
            parts.extend(self.part_of(&self.path.with_file_name(entry?.file_name())));
        }
        parts.sort_unstable();
        Ok(parts)
    }

    /// The directory of the files.
    pub(super) fn directory(&self) -> &Path {
        match self.path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        }
    }

    /// Locks every file that another run could be writing.
    ///
    /// A run locks its next part before it releases the last. So locking the last two parts in this order, and checking
    /// that no further part has appeared since, meets every run in progress.
    pub(super) fn claim(&self) -> io::Result<Vec<(u32, File)>> {
        loop {
            let parts = self.parts()?;
            let mut held = Vec::new();
            for &part in [0].iter().chain(&parts[parts.len().saturating_sub(2)..]) {
                match OpenOptions::new().append(true).open(self.part_path(part)) {
                    Ok(file) => held.push((part, self.lock(file)?)),
                    Err(gone) if gone.kind() == io::ErrorKind::NotFound => {}
                    Err(error) => return Err(error),
                }
            }
            if self.parts()?.last() == parts.last() {
                return Ok(held);
            }
        }
    }

    /// Locks a file until it is closed.
    pub(super) fn lock(&self, file: File) -> io::Result<File> {
        match file.try_lock() {
            Ok(()) if is_removed(&file)? => Err(self.busy()),
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => Err(self.busy()),
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => Ok(file), // the file system has no locks
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Creates a file that must not exist, and locks it.
    pub(super) fn create_new(&self, part: u32) -> io::Result<File> {
        match OpenOptions::new().append(true).create_new(true).open(self.part_path(part)) {
            Ok(file) => self.lock(file),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(self.exists(part)),
            Err(error) => Err(error),
        }
    }

    pub(super) fn exists(&self, part: u32) -> io::Error {
        io::Error::new(io::ErrorKind::AlreadyExists, format!("{} already exists", self.part_path(part).display()))
    }

    fn busy(&self) -> io::Error {
        let message = format!("another run is writing {}", self.path.display());
        io::Error::new(io::ErrorKind::ResourceBusy, message)
    }

    /// The name before and after a part's number. A suffix such as `.gz` keeps the one before it.
    fn split_name(&self) -> (&OsStr, OsString) {
        let name = Path::new(self.path.file_name().unwrap_or_default());
        let mut rest = OsString::new();
        let mut stem = name;
        for _ in 0..if Coding::of(name) == Coding::Plain { 1 } else { 2 } {
            let Some(extension) = stem.extension() else { break };
            let behind = std::mem::replace(&mut rest, OsString::from("."));
            rest.push(extension);
            rest.push(behind);
            stem = Path::new(stem.file_stem().unwrap_or_default());
        }
        (stem.as_os_str(), rest)
    }
}

/// Whether another run removed the file after we opened it and before we locked it.
#[cfg(unix)]
fn is_removed(file: &File) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    Ok(file.metadata()?.nlink() == 0)
}

/// An open file cannot be removed here.
#[cfg(not(unix))]
fn is_removed(_file: &File) -> io::Result<bool> {
    Ok(false)
}
