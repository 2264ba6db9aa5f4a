//! The log of requests that are not safe to repeat: each stands in it before it is sent.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use roaring::RoaringTreemap;

use super::checkpoint::replace;
use crate::storage::sync_directory;

/// A log longer than this is written anew, without what has its record since.
const MAX_LENGTH: u64 = 1 << 20;

/// Requests that were begun and have no durable record yet.
#[derive(Debug, Clone)]
pub struct IntentLog(Arc<Mutex<Log>>);

#[derive(Debug)]
struct Log {
    path: PathBuf,
    /// Open once there is something to write.
    file: Option<File>,
    length: u64,
    begun: BTreeSet<u64>,
}

impl IntentLog {
    /// What the log at `path` says: a line for each ordinal. One that is torn was not sent.
    ///
    /// # Errors
    /// It is there and cannot be read.
    pub(super) fn read(path: &Path) -> io::Result<RoaringTreemap> {
        match fs::read(path) {
            Ok(log) => {
                let whole = log.split_inclusive(|&byte| byte == b'\n').filter_map(|line| line.strip_suffix(b"\n"));
                Ok(whole.filter_map(|line| std::str::from_utf8(line).ok()?.parse::<u64>().ok()).collect())
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(RoaringTreemap::new()),
            Err(error) => Err(error),
        }
    }

    /// A log at `path` that holds `begun` alone.
    ///
    /// # Errors
    /// It could not be written.
    pub(super) fn create(path: PathBuf, begun: &RoaringTreemap) -> io::Result<Self> {
        let mut log = Log { path, file: None, length: 0, begun: begun.iter().collect() };
        if log.begun.is_empty() {
            remove(&log.path)?;
        } else {
            log.rewrite()?;
        }
        Ok(IntentLog(Arc::new(Mutex::new(log))))
    }

    /// Notes that these are about to be sent, and does not return before that is durable.
    ///
    /// # Errors
    /// It is not: they must not be sent.
    pub fn begin(&self, seqs: impl IntoIterator<Item = u64>) -> io::Result<()> {
        let mut log = self.lock();
        let fresh: Vec<u64> = seqs.into_iter().filter(|&seq| log.begun.insert(seq)).collect();
        if fresh.is_empty() {
            return Ok(());
        }
        if log.file.is_none() || log.length > MAX_LENGTH {
            return log.rewrite();
        }
        log.append(&fresh)
    }

    /// Notes that the records of these are durable.
    pub(super) fn end(&self, seqs: &[u64]) {
        let mut log = self.lock();
        for seq in seqs {
            log.begun.remove(seq);
        }
    }

    /// Takes the log away once nothing in it is open.
    ///
    /// # Errors
    /// It could not be removed.
    pub(super) fn close(&self) -> io::Result<()> {
        let log = self.lock();
        if log.begun.is_empty() { remove(&log.path) } else { Ok(()) }
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
        let lines = lines(self.begun.iter());
        replace(&self.path, &lines)?;
        self.length = lines.len() as u64;
        self.file = Some(OpenOptions::new().append(true).open(&self.path)?);
        Ok(())
    }
}

fn lines<'a>(seqs: impl Iterator<Item = &'a u64>) -> Vec<u8> {
    seqs.map(|seq| format!("{seq}\n")).collect::<String>().into_bytes()
}

pub(super) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Ok(()) => sync_directory(path.parent().unwrap_or(path)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_begun_and_not_ended_is_found_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out.haul-starts");
        let starts = IntentLog::create(path.clone(), &RoaringTreemap::new()).unwrap();
        assert!(!path.exists(), "a run without such requests has no log");
        starts.begin([3, 5]).unwrap();
        starts.begin([5, 9]).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"3\n5\n9\n");
        starts.end(&[3, 9]);
        let begun: RoaringTreemap = IntentLog::read(&path).unwrap() - [3, 9].into_iter().collect::<RoaringTreemap>();
        let starts = IntentLog::create(path.clone(), &begun).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"5\n");
        starts.end(&[5]);
        starts.close().unwrap();
        assert!(!path.exists());
    }

    #[test]
    fn it_does_not_grow_with_the_run() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("starts");
        let starts = IntentLog::create(path.clone(), &RoaringTreemap::new()).unwrap();
        for n in 0..20 {
            let seqs: Vec<u64> = (n * 20_000..(n + 1) * 20_000).collect();
            starts.begin(seqs.iter().copied()).unwrap();
            starts.end(&seqs[1..]);
        }
        assert!(fs::metadata(&path).unwrap().len() < 2 * MAX_LENGTH);
        let begun = IntentLog::read(&path).unwrap();
        assert!((0..20).all(|n| begun.contains(n * 20_000)), "the ones without a record are still there");
    }

    #[test]
    fn a_torn_line_was_not_sent() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("starts");
        fs::write(&path, b"17\n\0\0\0\n1734").unwrap();
        assert_eq!(IntentLog::read(&path).unwrap().iter().collect::<Vec<_>>(), [17]);
    }
}
