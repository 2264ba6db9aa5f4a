//! The names of the files of an output, and the locks on them.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::replace::folder;
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

    /// Whether an output may have come to this part: one of more digits is rather a date.
    pub(crate) fn is_likely(&self, part: u32) -> bool {
        part < 10_u32.pow(DIGITS as u32)
    }

    /// The regular files with the name of a part, in ascending order. The name alone does not make them ours.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn parts(&self) -> io::Result<Vec<u32>> {
        let mut parts = Vec::new();
        for entry in fs::read_dir(folder(&self.path))? {
            parts.extend(self.part_of(&self.path.with_file_name(entry?.file_name())));
        }
        parts.retain(|&part| self.part_path(part).is_file());
        parts.sort_unstable();
        Ok(parts)
    }

    /// Locks every file that another run could be writing. Only `target` has to be writable.
    ///
    /// A run locks its next part before it releases the last. So locking the last two of consecutive parts in this
    /// order, and checking that no further part has appeared since, meets every run in progress.
    pub(crate) fn claim(&self, target: Option<u32>) -> io::Result<Vec<(u32, File)>> {
        loop {
            let parts = self.likely_parts()?;
            let mut watched = vec![0];
            watched.extend(parts.iter().filter(|&&part| !has(&parts, part, 1) || !has(&parts, part, 2)));
            watched.extend(target.filter(|part| !watched.contains(part)));
            watched.sort_unstable();
            let mut held = Vec::new();
            for part in watched {
                let opened = match target == Some(part) {
                    true => self.open_target(part)?.map(|file| self.lock(file)),
                    false => self.open_watched(part),
                };
                held.extend(opened.transpose()?.map(|file| (part, file)));
            }
            if self.likely_parts()? == parts {
                return Ok(held);
            }
        }
    }

    fn likely_parts(&self) -> io::Result<Vec<u32>> {
        let parts = self.parts()?;
        Ok(parts.into_iter().filter(|&part| self.is_likely(part)).collect())
    }

    /// Opens and locks a part that is not to be written, if there is a file: it may be somebody else's, so an error means
    /// that it is not in use. On NFS, only a descriptor that is open for writing can be locked.
    fn open_watched(&self, part: u32) -> Option<io::Result<File>> {
        let path = self.part_path(part);
        let is_denied = |error: &io::Error| {
            matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem)
        };
        match OpenOptions::new().append(true).open(&path) {
            _ if !path.is_file() => None,
            Ok(file) => Some(self.lock(file)),
            Err(error) if is_denied(&error) => self.lock_read_only(File::open(path).ok()?),
            Err(_) => None,
        }
    }

    fn lock_read_only(&self, file: File) -> Option<io::Result<File>> {
        match self.lock(file) {
            Err(error) if error.kind() != io::ErrorKind::ResourceBusy => None,
            locked => Some(locked),
        }
    }

    /// Opens a part to be written, if there is a file.
    fn open_target(&self, part: u32) -> io::Result<Option<File>> {
        let path = self.part_path(part);
        match OpenOptions::new().append(true).open(path) {
            Ok(file) => Ok(Some(file)),
            Err(gone) if gone.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
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

    fn exists(&self, part: u32) -> io::Error {
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

/// Whether the part that is `further` parts behind is there.
fn has(parts: &[u32], part: u32, further: u32) -> bool {
    part.checked_add(further).is_some_and(|next| parts.binary_search(&next).is_ok())
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
