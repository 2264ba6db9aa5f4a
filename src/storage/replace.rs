//! Replacing a file in one step: after a crash it has its old contents or its new ones.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use tempfile::{Builder, NamedTempFile};

/// What the name of the temporary file of [`replace_exclusively`] adds.
pub(crate) const NEW: &str = "-new";

/// Who may read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileAccess {
    /// Its owner only.
    Owner,
    /// Everyone whom the umask allows.
    Umask,
}

/// Replaces the file at `path`, or creates it. Returns once that is durable.
///
/// Any number of processes may do so at the same time. If one is killed, its temporary file stays: `.haul-` and some
/// characters.
///
/// # Errors
/// The file could not be replaced.
pub(crate) fn replace(path: &Path, contents: &[u8], access: FileAccess) -> io::Result<()> {
    persist(temporary(path, access)?, path, contents)
}

fn temporary(path: &Path, access: FileAccess) -> io::Result<NamedTempFile> {
    let mut builder = Builder::new();
    builder.prefix(".haul-");
    #[cfg(unix)]
    if access == FileAccess::Umask {
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    }
    builder.tempfile_in(folder(path))
}

/// Writes a file that is there as a whole or not at all. An existing one is an error, unless it is to be replaced.
///
/// # Errors
/// It exists (`AlreadyExists`), or could not be written.
pub fn write_whole(path: &Path, contents: &[u8], replaces: bool) -> io::Result<()> {
    if replaces {
        return replace(path, contents, FileAccess::Umask);
    }
    let mut file = temporary(path, FileAccess::Umask)?;
    file.write_all(contents)?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path).map_err(|failed| failed.error)?;
    sync_directory(folder(path))
}

/// [`replace`] for a file that only one process writes and only its owner may read. If that is killed, the next one
/// removes its temporary file, whose name ends in [`NEW`]. A link of that name is removed, too, never followed.
///
/// # Errors
/// The file could not be replaced.
pub(crate) fn replace_exclusively(path: &Path, contents: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(NEW);
    let file = Builder::new().prefix(&name).rand_bytes(0).make_in(folder(path), create_private)?;
    persist(file, path, contents)
}

fn persist(mut file: NamedTempFile, path: &Path, contents: &[u8]) -> io::Result<()> {
    file.write_all(contents)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|failed| failed.error)?;
    sync_directory(folder(path))
}

fn create_private(path: &Path) -> io::Result<File> {
    if path.symlink_metadata().is_ok() {
        fs::remove_file(path)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// The directory that has `path`: the current one for a bare name.
pub fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes the names in a directory durable.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_file_is_replaced_and_nothing_else_is_left() {
        type Replace = fn(&Path, &[u8]) -> io::Result<()>;
        let private: Replace = |path, contents| replace(path, contents, FileAccess::Owner);
        let public: Replace = |path, contents| replace(path, contents, FileAccess::Umask);
        let exclusively: Replace = replace_exclusively;
        for (replace, is_private) in [(private, true), (public, false), (exclusively, true)] {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("file");
            for contents in [&b"longer"[..], b"short"] {
                replace(&path, contents).unwrap();
                assert_eq!(fs::read(&path).unwrap(), contents);
            }
            assert_eq!(names(dir.path()), ["file"]);
            #[cfg(unix)]
            {
                let mode = |path| std::os::unix::fs::PermissionsExt::mode(&fs::metadata(path).unwrap().permissions());
                fs::write(dir.path().join("ordinary"), "").unwrap();
                let expected = if is_private { 0o100_600 } else { mode(dir.path().join("ordinary")) };
                assert_eq!(mode(path), expected);
            }
            fs::create_dir(dir.path().join("directory")).unwrap();
            replace(&dir.path().join("directory"), b"").unwrap_err();
            assert!(names(dir.path()).iter().all(|name| !name.contains("-new") && !name.starts_with('.')));
        }
    }

    #[test]
    fn what_a_killed_process_left_is_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        fs::write(dir.path().join("file-new"), "half of").unwrap();
        replace_exclusively(&path, b"all").unwrap();
        assert_eq!((fs::read(&path).unwrap(), names(dir.path())), (b"all".to_vec(), vec!["file".to_owned()]));
    }
}
