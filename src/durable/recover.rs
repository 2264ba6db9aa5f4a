//! Reads the records that an output has behind its last checkpoint.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use crate::guard::redact::Redact;
use crate::model::{CompletedSet, Continuation, ErrorKind, RecordKey, RecordSummary, Selection};
use crate::report::Report;
use crate::schema::BodyRules;
use crate::schema::saved::SavedRecord;
use crate::storage::compression::Coding;

/// What a run has come to: which inputs have their record, which have records of their first pages only, and the report.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct LedgerState {
    pub completed: CompletedSet,
    pub continuations: BTreeMap<u64, Continuation>,
    pub report: Report,
    pub selection: Selection,
    /// The rules by which the bodies of its records were read, if that is known.
    pub body_rules: Option<BodyRules>,
}

/// How much of a file is valid.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ScanResult {
    /// Bytes up to the first damage.
    pub valid: u64,
    /// Bytes after them.
    pub rest: u64,
    /// The complete lines or compressed blocks in them.
    pub blocks: u64,
    /// What is wrong with the rest.
    pub damage: Option<Damage>,
}

/// Why a line or compressed block does not count.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Damage {
    /// It is incomplete, not a record, or a repetition.
    Broken(String),
    /// It has the record of a request that was cancelled.
    Cancelled(u64),
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Damage::Broken(why) => f.write_str(why),
            Damage::Cancelled(seq) => write!(f, "the request with \"seq\":{seq} was cancelled"),
        }
    }
}

/// What may be cut off an output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Removable {
    /// What a write that was cut off leaves: nothing complete follows it.
    Torn,
    /// What is not durable, which a checkpoint tells.
    NotDurable,
    /// Whatever cannot be read.
    Anything,
}

/// What to do about damage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OnDamage {
    Stop,
    /// Continue with the next line, if lines are not compressed.
    Skip,
}

/// Adds the records of the file at `path` to `state`, from the byte `start` on. Damage is a line or compressed block
/// that is incomplete, not a record, or a duplicate.
///
/// # Errors
/// The file cannot be read.
pub(super) fn scan(
    path: &Path,
    coding: Coding,
    start: u64,
    on_damage: OnDamage,
    redact: Redact,
    state: &mut LedgerState,
) -> io::Result<ScanResult> {
    let mut file = File::open(path)?;
    let len = file.metadata()?.len();
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = CountingBufReader { bytes: BufReader::with_capacity(256 << 10, file), count: start };
    let mut result = ScanResult { valid: start, rest: 0, blocks: 0, damage: None };
    let mut block = Vec::new();
    while bytes.count < len {
        block.clear();
        let read = read_block(coding, &mut bytes, &mut block)?;
        if let Err(damage) = read.map_err(Damage::Broken).and_then(|()| add_records(&block, redact, state)) {
            result.damage.get_or_insert(damage);
            if on_damage == OnDamage::Stop || coding != Coding::Plain {
                break;
            }
        } else if result.damage.is_none() {
            result.valid = bytes.count;
            result.blocks += 1;
        }
    }
    result.rest = len - result.valid;
    Ok(result)
}

/// Reads one line, or one gzip member or zstd frame. The outer error is of the file, the inner one of the block.
fn read_block<R: Read>(
    coding: Coding,
    bytes: &mut CountingBufReader<R>,
    block: &mut Vec<u8>,
) -> io::Result<Result<(), String>> {
    let first = bytes.fill_buf()?.first().copied();
    if coding == Coding::Plain && first != Some(b'{') {
        // A crash of the machine can leave a long run of zeros: skip it instead of reading it as a line.
        bytes.skip_until(b'\n')?;
        return Ok(Err(if first == Some(0) { "it is filled with zeros" } else { "a line is not a record" }.to_owned()));
    }
    match coding.decode_one(bytes, block) {
        Ok(()) if block.is_empty() || block.ends_with(b"\n") => Ok(Ok(())),
        Ok(()) => Ok(Err("a line is incomplete".to_owned())),
        Err(error) if is_decoding_error(&error) => Ok(Err(format!("a compressed block is damaged: {error}"))),
        Err(error) => Err(error),
    }
}

/// Decompressors report `io::Error` too; only those of the system have a number.
fn is_decoding_error(error: &io::Error) -> bool {
    error.raw_os_error().is_none()
}

/// Adds all records of a block, or none.
fn add_records(block: &[u8], redact: Redact, state: &mut LedgerState) -> Result<(), Damage> {
    let lines = block.split_inclusive(|&byte| byte == b'\n').map(|line| line.strip_suffix(b"\n").unwrap_or(line));
    let mut records = Vec::new();
    let mut keys = HashSet::new();
    for line in lines {
        let parsed = SavedRecord::parse(line).map_err(|why| Damage::Broken(format!("a line is not a record: {why}")));
        let saved = parsed?;
        let key @ RecordKey { seq, .. } = saved.key();
        if state.completed.contains(seq) || !keys.insert(key) {
            return Err(Damage::Broken(format!("the record with \"seq\":{seq} appears twice")));
        }
        if saved.summary().error.is_some_and(|(kind, _)| kind == ErrorKind::Cancelled) {
            return Err(Damage::Cancelled(seq));
        }
        records.push(saved);
    }
    for saved in records {
        state.completed.insert(saved.key().seq, None);
        state.body_rules = state.body_rules.or_else(|| saved.body_rules());
        state.report.add(&RecordSummary { redact, ..saved.summary() });
    }
    Ok(())
}

/// Counts the bytes that are read.
struct CountingBufReader<R> {
    bytes: BufReader<R>,
    count: u64,
}

impl<R: Read> Read for CountingBufReader<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.bytes.read(out)?;
        self.count += read as u64;
        Ok(read)
    }
}

impl<R: Read> BufRead for CountingBufReader<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.bytes.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.count += amount as u64;
        self.bytes.consume(amount);
    }
}
