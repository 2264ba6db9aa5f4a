//! Replacing files.

use std::fs::File;
use std::io;
use std::path::Path;

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
