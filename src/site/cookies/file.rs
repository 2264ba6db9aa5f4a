//! Reads and writes [cookie files](super::netscape).

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::netscape::{self, BadLine, CookieLines};
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
    /// A line is not a cookie, and the first line does not show that the file is for cookies.
    #[error("not replaced, since it does not begin as a cookie file does, and {0}")]
    Foreign(BadLine),
    /// There are comments only.
    #[error("not a cookie file, so it is not replaced")]
    NoCookie,
}

/// The most links that lead from one to the next, as in Linux.
const MAX_LINKS: usize = 40;

/// Reads the cookies in `path`. `skipped` is told of each line that is neither a cookie nor a comment.
///
/// # Errors
/// The file cannot be read, or is not a cookie file.
pub fn read(path: &Path, now: SystemTime, mut skipped: impl FnMut(BadLine)) -> Result<Jar, CookieFileError> {
    let read = parse(&content(path)?)?;
    read.skipped.into_iter().for_each(&mut skipped);
    Ok(Jar::new(read.cookies, now))
}

/// Checks that [`write`] may replace what is at `path`: nothing, a file without content, one that begins as cookie files
/// do, or one with cookies, comments and empty lines only.
///
/// # Errors
/// The file cannot be read, or may hold something else.
pub fn check_replaceable(path: &Path) -> Result<(), CookieFileError> {
    let text = match content(path) {
        Err(CookieFileError::Io(error)) if error.kind() == ErrorKind::NotFound => return Ok(()),
        text => text?,
    };
    let read = parse(&text)?;
    match read.skipped.first() {
        _ if read.has_header || text.trim_ascii().is_empty() => Ok(()),
        Some(&bad) => Err(CookieFileError::Foreign(bad)),
        None if read.cookies.is_empty() => Err(CookieFileError::NoCookie),
        None => Ok(()),
    }
}

fn parse(text: &[u8]) -> Result<CookieLines, CookieFileError> {
    netscape::parse(text).map_err(CookieFileError::Bad)
}

fn content(path: &Path) -> Result<Vec<u8>, CookieFileError> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_FILE + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(CookieFileError::TooLarge);
    }
    Ok(text::decode_bytes(bytes))
}

/// Writes `jar` to `path`, atomically and readable by its owner only (mode 0600): readers see the old file or the new
/// one, even after a crash. Lines of the old file that are not cookies stay, before the cookies.
///
/// # Errors
/// The old file cannot be read, or the new one cannot be created in its directory, written, or renamed.
pub fn write(path: &Path, jar: &Jar) -> io::Result<()> {
    let before = match content(path) {
        Err(CookieFileError::Io(error)) if error.kind() == ErrorKind::NotFound => Vec::new(),
        before => before.map_err(io::Error::other)?,
    };
    replace(&target(path), &netscape::render(jar, &before), FileAccess::Owner)
}

/// Where the links at `path` lead, whether or not there is a file.
fn target(path: &Path) -> PathBuf {
    let mut target = path.to_owned();
    for _ in 0..MAX_LINKS {
        let Ok(next) = fs::read_link(&target) else { break };
        target = folder(&target).join(next);
    }
    target
}

/// Checks that the directory of `path` exists, so that writing cannot fail for that reason later.
///
/// # Errors
/// The directory cannot be read.
pub fn check_folder(path: &Path) -> io::Result<()> {
    fs::read_dir(folder(&target(path))).map(drop)
}
