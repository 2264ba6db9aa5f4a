//! Bodies as files, named by their contents.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::model::Body;
use crate::schema::StoredBody;
use crate::storage::{FileAccess, folder, hex, replace, sync_directory};

/// A directory of bodies. The one whose SHA-256 is `abcdef…` is in the file `ab/cdef…`.
#[derive(Debug)]
pub struct BodyStore {
    root: PathBuf,
}

impl BodyStore {
    /// A store in `root`, which is created with the first body.
    pub fn new(root: PathBuf) -> Self {
        BodyStore { root }
    }

    /// Creates the directory `root`, so that a wrong path is found before a run begins.
    ///
    /// # Errors
    /// It could not be created.
    pub fn create(root: &Path) -> io::Result<()> {
        fs::create_dir_all(root)
    }

    /// The file of a body. An empty body has none.
    pub fn locate(&self, body: &Body) -> Option<StoredBody> {
        let bytes = bytes(body)?;
        let sha256 = hex(&Sha256::digest(bytes));
        let (prefix, name) = sha256.split_at(2);
        Some(StoredBody { path: self.root.join(prefix).join(name), sha256 })
    }

    /// Stores a body in its file, unless that exists with its contents.
    ///
    /// # Errors
    /// The file could not be written. The error names it.
    pub fn put(&self, body: &Body, StoredBody { path, .. }: &StoredBody) -> io::Result<()> {
        let Some(bytes) = bytes(body) else { return Ok(()) };
        let is_there = path.symlink_metadata().is_ok_and(|found| found.is_file() && found.len() == bytes.len() as u64);
        if !is_there {
            check_truncated(path, bytes)
                .and_then(|()| write(path, bytes))
                .map_err(|why| io::Error::new(why.kind(), format!("{}: {why}", path.display())))?;
        }
        Ok(())
    }
}

fn bytes(body: &Body) -> Option<&[u8]> {
    match body {
        Body::Json(bytes) | Body::Text { text: bytes, .. } | Body::Binary(bytes) if !bytes.is_empty() => Some(bytes),
        _ => None,
    }
}

/// Refuses to replace a file that is not the beginning of this body.
fn check_truncated(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut start = Vec::new();
    match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        file => file?.take(bytes.len() as u64 + 1).read_to_end(&mut start)?,
    };
    if bytes.starts_with(&start) {
        return Ok(());
    }
    Err(io::Error::new(io::ErrorKind::AlreadyExists, "the file has other contents than its name says"))
}

/// Writes a file, and creates its directory if necessary.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let directory = folder(path);
    let is_new = !directory.is_dir();
    fs::create_dir_all(directory)?;
    replace(path, bytes, FileAccess::Umask)?;
    directory.parent().filter(|_| is_new).map_or(Ok(()), sync_directory)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn put(store: &BodyStore, body: &Body) -> io::Result<Option<StoredBody>> {
        let stored = store.locate(body);
        stored.as_ref().map_or(Ok(()), |stored| store.put(body, stored)).map(|()| stored)
    }

    #[test]
    fn a_body_has_one_file_named_by_its_contents() {
        let dir = tempfile::tempdir().unwrap();
        let store = BodyStore::new(dir.path().join("bodies"));
        let stored = put(&store, &Body::utf8("abc")).unwrap().unwrap();
        let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(stored.sha256, sha256);
        assert_eq!(stored.path, dir.path().join("bodies/ba").join(&sha256[2..]));
        assert_eq!(fs::read(&stored.path).unwrap(), b"abc");

        let written = fs::metadata(&stored.path).unwrap().modified().unwrap();
        assert_eq!(put(&store, &Body::Binary(Bytes::from_static(b"abc"))).unwrap().unwrap(), stored);
        assert_eq!(fs::metadata(&stored.path).unwrap().modified().unwrap(), written);
        let names: Vec<_> = fs::read_dir(stored.path.parent().unwrap()).unwrap().collect();
        assert_eq!(names.len(), 1, "no temporary file is left: {names:?}");

        fs::write(&stored.path, "ab").unwrap();
        put(&store, &Body::utf8("abc")).unwrap();
        assert_eq!(fs::read(&stored.path).unwrap(), b"abc", "a truncated file is replaced");
        for other in ["xyz!", "abcd", "x"] {
            fs::write(&stored.path, other).unwrap();
            let error = put(&store, &Body::utf8("abc")).unwrap_err();
            assert!(error.to_string().contains("other contents"), "{error}");
            assert_eq!(fs::read(&stored.path).unwrap(), other.as_bytes());
        }
        assert_eq!(put(&store, &Body::None).unwrap(), None);
        assert_eq!(put(&store, &Body::utf8("")).unwrap(), None);
    }

    #[test]
    fn an_error_names_the_file() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("file"), "").unwrap();
        let error = put(&BodyStore::new(dir.path().join("file")), &Body::utf8("abc")).unwrap_err();
        assert!(error.to_string().contains("file/ba/7816bf"), "{error}");
        assert!(BodyStore::create(&dir.path().join("file")).is_err());
        BodyStore::create(&dir.path().join("a/b")).unwrap();
    }
}
