//! Reading and writing a [cookie file](super::netscape).

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::netscape::{self, BadLine};
use super::{Jar, MAX_ATTRIBUTE, MAX_COOKIE, MAX_COOKIES};

/// The largest file that is read, in bytes: what a full jar can come to.
pub const MAX_FILE: u64 = (MAX_COOKIES * (MAX_COOKIE + 2 * MAX_ATTRIBUTE + 64)) as u64;

/// Why a file gave no cookies.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It cannot be read.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// It is larger than [`MAX_FILE`].
    #[error("too large for a cookie file")]
    TooLarge,
    /// It is not text.
    #[error("not a cookie file: not UTF-8")]
    NotText,
    /// It is something else.
    #[error("not a cookie file: {0}")]
    Bad(#[from] BadLine),
}

/// The jar that `path` holds.
///
/// # Errors
/// There is no such file, or it is no cookie file.
pub fn read(path: &Path, now: SystemTime) -> Result<Jar, ReadError> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_FILE + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(ReadError::TooLarge);
    }
    let text = String::from_utf8(bytes).map_err(|_| ReadError::NotText)?;
    Ok(Jar::new(netscape::parse(&text)?, now))
}

/// Writes `jar` to `path` for its owner alone. Whoever reads it meanwhile, or after a crash, sees the old file or the
/// new one.
///
/// # Errors
/// The directory of the file cannot be written to.
pub fn write(path: &Path, jar: &Jar) -> io::Result<()> {
    let path: PathBuf = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()); // a link stays one
    let folder = folder(&path);
    let mut file = tempfile::NamedTempFile::new_in(folder)?; // mode 0600
    file.write_all(netscape::render(jar).as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(&path).map_err(|error| error.error)?;
    File::open(folder)?.sync_all()
}

/// Sees to it that a file at `path` will have a place.
///
/// # Errors
/// There is no directory for it.
pub fn check_folder(path: &Path) -> io::Result<()> {
    fs::read_dir(folder(path)).map(drop)
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
