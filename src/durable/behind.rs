//! What follows a damaged line or compressed block.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use memchr::memmem;

use crate::schema::saved::{MAX_LINE, SavedRecord};
use crate::storage::compression::Coding;

/// How much is searched at once for the next compressed block.
pub(super) const CHUNK: usize = 256 << 10;

/// Complete records after the damage. An interrupted write leaves none, so something else caused it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RecordsBehind {
    None,
    /// So many lines.
    Lines(u64),
    /// Compressed blocks, which are not counted.
    Blocks,
}

impl RecordsBehind {
    /// Looks behind the damaged line or block that begins at the byte `at`.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(super) fn find(path: &Path, coding: Coding, at: u64) -> io::Result<Self> {
        if coding != Coding::Plain {
            return Ok(if has_block(path, coding, at + 1)? { RecordsBehind::Blocks } else { RecordsBehind::None });
        }
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(at))?;
        let mut lines = BufReader::with_capacity(CHUNK, file);
        lines.skip_until(b'\n')?;
        match count_records(lines)? {
            0 => Ok(RecordsBehind::None),
            records => Ok(RecordsBehind::Lines(records)),
        }
    }
}

fn count_records(mut lines: impl BufRead) -> io::Result<u64> {
    let (mut records, mut line) = (0, Vec::new());
    while let Some(&first) = lines.fill_buf()?.first() {
        if first != b'{' {
            lines.skip_until(b'\n')?;
            continue;
        }
        line.clear();
        lines.read_until(b'\n', &mut line)?;
        records += u64::from(is_record(&line));
    }
    Ok(records)
}

fn is_record(line: &[u8]) -> bool {
    line.strip_suffix(b"\n").is_some_and(|line| SavedRecord::parse(line).is_ok())
}

/// Whether a compressed block that begins with a record follows at the byte `from` or later.
fn has_block(path: &Path, coding: Coding, from: u64) -> io::Result<bool> {
    let (magic, mut file) = (coding.magic(), File::open(path)?);
    let (mut start, mut chunk) = (from, Vec::new());
    loop {
        chunk.clear();
        file.seek(SeekFrom::Start(start))?;
        file.by_ref().take(CHUNK as u64).read_to_end(&mut chunk)?;
        if chunk.len() < magic.len() {
            return Ok(false);
        }
        for found in memmem::find_iter(&chunk, magic) {
            if begins_with_record(path, coding, start + found as u64)? {
                return Ok(true);
            }
        }
        start += (chunk.len() + 1 - magic.len()) as u64; // one may lie across two chunks
    }
}

fn begins_with_record(path: &Path, coding: Coding, at: u64) -> io::Result<bool> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(at))?;
    let mut line = Vec::new();
    let text = BufReader::new(coding.reader(file)?);
    // Anything can follow the first bytes of a block by chance.
    let read = text.take(MAX_LINE as u64).read_until(b'\n', &mut line);
    Ok(read.is_ok() && is_record(&line))
}
