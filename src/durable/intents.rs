//! The log of requests that are not safe to repeat: each is in it before it is sent.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use roaring::RoaringTreemap;

use crate::storage::{folder, replace_exclusively, sync_directory};

/// What the name of the file adds to that of the output.
pub(super) const SUFFIX: &str = ".haul-starts";

/// What the name of its next version adds, while it is written.
pub(super) const NEW_SUFFIX: &str = ".haul-starts-new";

/// A log longer than this is rewritten without the requests that have their record.
const MAX_LENGTH: u64 = 1 << 20;

/// Requests that were started and have no durable record yet.
#[derive(Debug, Clone)]
pub struct IntentLog(Arc<Mutex<Log>>);

#[derive(Debug)]
struct Log {
    path: PathBuf,
    /// Open once there was something to write.
    file: Option<File>,
    length: u64,
    open: BTreeSet<u64>,
}

impl IntentLog {
    /// Reads the log at `path`, which has one ordinal a line. An incomplete line is of a request that was not sent.
    ///
    /// # Errors
    /// It exists and cannot be read.
    pub(super) fn read(path: &Path) -> io::Result<RoaringTreemap> {
        match fs::read(path) {
            Ok(log) => {
                let lines = log.split_inclusive(|&byte| byte == b'\n').filter_map(|line| line.strip_suffix(b"\n"));
                Ok(lines.filter_map(|line| std::str::from_utf8(line).ok()?.parse::<u64>().ok()).collect())
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(RoaringTreemap::new()),
            Err(error) => Err(error),
        }
    }

    /// Creates a log at `path` that has the requests in `open` only.
    ///
    /// # Errors
    /// It could not be written.
    pub(super) fn create(path: PathBuf, open: &RoaringTreemap) -> io::Result<Self> {
        let mut log = Log { path, file: None, length: 0, open: open.iter().collect() };
        if log.open.is_empty() {
            remove(&log.path)?;
        } else {
            log.rewrite()?;
        }
        Ok(IntentLog(Arc::new(Mutex::new(log))))
    }

    /// Notes that these requests are about to be sent. Returns once that is durable.
    ///
    /// # Errors
    /// It is not durable, so they must not be sent.
    pub fn append(&self, seqs: impl IntoIterator<Item = u64>) -> io::Result<()> {
        let mut log = self.lock();
        let fresh: Vec<u64> = seqs.into_iter().filter(|&seq| log.open.insert(seq)).collect();
        if fresh.is_empty() {
            return Ok(());
        }
        if log.file.is_none() || log.length > MAX_LENGTH {
            return log.rewrite();
        }
        log.append(&fresh)
    }

    /// Notes that the records of these requests are durable.
    pub(super) fn complete(&self, seqs: &[u64]) {
        let mut log = self.lock();
        for seq in seqs {
            log.open.remove(seq);
        }
    }

    /// Removes the log if every request in it has its record.
    ///
    /// # Errors
    /// It could not be removed.
    pub(super) fn close(&self) -> io::Result<()> {
        let log = self.lock();
        if log.open.is_empty() { remove(&log.path) } else { Ok(()) }
    }

    fn lock(&self) -> MutexGuard<'_, Log> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Log {
    fn append(&mut self, seqs: &[u64]) -> io::Result<()> {
        let lines = lines(seqs.iter());
        let Some(file) = &mut self.file else { return Ok(()) };
        file.write_all(&lines)?;
        file.sync_data()?;
        self.length += lines.len() as u64;
        Ok(())
    }

    fn rewrite(&mut self) -> io::Result<()> {
        let lines = lines(self.open.iter());
        replace_exclusively(&self.path, &lines)?;
        self.length = lines.len() as u64;
        self.file = Some(OpenOptions::new().append(true).open(&self.path)?);
        Ok(())
    }
}

fn lines<'a>(seqs: impl Iterator<Item = &'a u64>) -> Vec<u8> {
    seqs.map(|seq| format!("{seq}\n")).collect::<String>().into_bytes()
}

/// Removes a file, if it exists.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Ok(()) => sync_directory(folder(path)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_without_a_record_are_found_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out.haul-starts");
        let log = IntentLog::create(path.clone(), &RoaringTreemap::new()).unwrap();
        assert!(!path.exists(), "a run without such requests has no log");
        log.append([3, 5]).unwrap();
        log.append([5, 9]).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"3\n5\n9\n");
        log.complete(&[3, 9]);
        let open: RoaringTreemap = IntentLog::read(&path).unwrap() - [3, 9].into_iter().collect::<RoaringTreemap>();
        let log = IntentLog::create(path.clone(), &open).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"5\n");
        log.complete(&[5]);
        log.close().unwrap();
        assert!(!path.exists());
    }

    #[test]
    fn the_log_does_not_grow_with_the_run() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("intents");
        let log = IntentLog::create(path.clone(), &RoaringTreemap::new()).unwrap();
        for n in 0..20 {
            let seqs: Vec<u64> = (n * 20_000..(n + 1) * 20_000).collect();
            log.append(seqs.iter().copied()).unwrap();
            log.complete(&seqs[1..]);
        }
        assert!(fs::metadata(&path).unwrap().len() < 2 * MAX_LENGTH);
        let open = IntentLog::read(&path).unwrap();
        assert!((0..20).all(|n| open.contains(n * 20_000)), "the ones without a record are still there");
    }

    #[test]
    fn an_incomplete_line_is_ignored() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("intents");
        fs::write(&path, b"17\n\0\0\0\n1734").unwrap();
        assert_eq!(IntentLog::read(&path).unwrap().iter().collect::<Vec<_>>(), [17]);
    }
}
