//! Reads and writes [cookie files](super::netscape).

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::netscape::{self, BadLine};
use super::{Jar, MAX_ATTRIBUTE, MAX_COOKIE, MAX_COOKIES};
use crate::storage::{FileAccess, folder, replace, text};

/// The largest file that is read, in bytes: the size of a full jar.
pub const MAX_FILE: u64 = (MAX_COOKIES * (MAX_COOKIE + 2 * MAX_ATTRIBUTE + 64)) as u64;

/// A cookie file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum CookieFileError {
    /// An I/O error.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The file is larger than [`MAX_FILE`].
    #[error("too large for a cookie file")]
    TooLarge,
    /// No line is a cookie.
    #[error("not a cookie file: {0}")]
    Bad(#[from] BadLine),
}

/// Reads the cookies in `path`. `skipped` is told of each line that is neither a cookie nor a comment.
///
/// # Errors
/// The file cannot be read, or is not a cookie file.
pub fn read(path: &Path, now: SystemTime, mut skipped: impl FnMut(BadLine)) -> Result<Jar, CookieFileError> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_FILE + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(CookieFileError::TooLarge);
    }
    let read = netscape::parse(&text::decode_bytes(bytes))?;
    read.skipped.into_iter().for_each(&mut skipped);
    Ok(Jar::new(read.cookies, now))
}

/// Writes `jar` to `path`, atomically and readable by its owner only (mode 0600): readers see the old file or the new
/// one, even after a crash.
///
/// # Errors
/// The file cannot be created in its directory, written, or renamed.
pub fn write(path: &Path, jar: &Jar) -> io::Result<()> {
    let path: PathBuf = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()); // replace the target of a link
    replace(&path, &netscape::render(jar), FileAccess::Owner)
}

/// Checks that the directory of `path` exists, so that writing cannot fail for that reason later.
///
/// # Errors
/// The directory cannot be read.
pub fn check_folder(path: &Path) -> io::Result<()> {
    fs::read_dir(folder(path)).map(drop)
}
