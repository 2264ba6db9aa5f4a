//! What an output holds beyond its last checkpoint.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use crate::coding::Coding;
use crate::done::{Done, Key};
use crate::outcome::ErrorKind;
use crate::pages::Chain;
use crate::redact::Redact;
use crate::report::{Facts, Report};
use crate::saved::Saved;

/// What a run has come to: which inputs have their record, or those of their first pages, and the fold over them.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct State {
    pub done: Done,
    pub chains: BTreeMap<u64, Chain>,
    pub report: Report,
}

/// The end of what can be used of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct End {
    /// Bytes that can be used.
    pub valid: u64,
    /// Bytes after them.
    pub rest: u64,
    /// Why the rest cannot be used.
    pub flaw: Option<String>,
}

/// What to do about a flaw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaws {
    /// End there.
    End,
    /// Go on behind it, as far as there are lines.
    Skip,
}

/// Takes in what stands in the file at `path` from the byte `start` on, up to the first line or compressed block that
/// is torn, no record, or the repetition of one.
///
/// # Errors
/// The file cannot be read.
pub(super) fn scan(
    path: &Path,
    coding: Coding,
    start: u64,
    flaws: Flaws,
    redact: Redact,
    state: &mut State,
) -> io::Result<End> {
    let mut file = File::open(path)?;
    let len = file.metadata()?.len();
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Counted { bytes: BufReader::with_capacity(256 << 10, file), count: start };
    let mut end = End { valid: start, rest: 0, flaw: None };
    let mut block = Vec::new();
    while bytes.count < len {
        block.clear();
        let read = read_block(coding, &mut bytes, &mut block)?;
        if let Err(flaw) = read.and_then(|()| take_in(&block, redact, state)) {
            end.flaw.get_or_insert(flaw);
            if flaws == Flaws::End || coding != Coding::Plain {
                break;
            }
        } else if end.flaw.is_none() {
            end.valid = bytes.count;
        }
    }
    end.rest = len - end.valid;
    Ok(end)
}

/// One line, or one member or frame. The outer error is the file's, the inner one the block's.
fn read_block<R: Read>(coding: Coding, bytes: &mut Counted<R>, block: &mut Vec<u8>) -> io::Result<Result<(), String>> {
    let first = bytes.fill_buf()?.first().copied();
    if coding == Coding::Plain && first != Some(b'{') {
        // Zeros, such as a crash of the machine leaves, may go on for long: they are not read as a line.
        bytes.skip_until(b'\n')?;
        return Ok(Err(if first == Some(0) { "it is filled with zeros" } else { "a line is not a record" }.to_owned()));
    }
    match coding.decode_one(bytes, block) {
        Ok(()) if block.is_empty() || block.ends_with(b"\n") => Ok(Ok(())),
        Ok(()) => Ok(Err("a line is incomplete".to_owned())),
        Err(error) if is_of_the_block(&error) => Ok(Err(format!("a compressed block is damaged: {error}"))),
        Err(error) => Err(error),
    }
}

/// Decompressors have no error of their own; the system's have a number.
fn is_of_the_block(error: &io::Error) -> bool {
    error.raw_os_error().is_none()
}

/// Takes in all lines of a block, or none.
fn take_in(block: &[u8], redact: Redact, state: &mut State) -> Result<(), String> {
    let lines = block.split_inclusive(|&byte| byte == b'\n').map(|line| line.strip_suffix(b"\n").unwrap_or(line));
    let mut records = Vec::new();
    let mut keys = HashSet::new();
    for line in lines {
        let saved = Saved::parse(line).map_err(|why| format!("a line is not a record: {why}"))?;
        let key @ Key { seq, .. } = saved.key();
        if state.done.contains(seq) || !keys.insert(key) {
            return Err(format!("the record with \"seq\":{seq} appears twice"));
        }
        if saved.facts().error.is_some_and(|(kind, _)| kind == ErrorKind::Cancelled) {
            return Err(format!("the request with \"seq\":{seq} was cancelled"));
        }
        records.push(saved);
    }
    for saved in records {
        state.done.insert(saved.key().seq, None);
        state.report.add(&Facts { redact, ..saved.facts() });
    }
    Ok(())
}

/// Counts what is taken out of a buffer.
struct Counted<R> {
    bytes: BufReader<R>,
    count: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.bytes.read(out)?;
        self.count += read as u64;
        Ok(read)
    }
}

impl<R: Read> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.bytes.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.count += amount as u64;
        self.bytes.consume(amount);
    }
}
