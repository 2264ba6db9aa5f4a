//! Which files are haul's own, by what is in them: never by their names.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use super::checkpoint::MAGIC;
use crate::schema::saved::{MAX_LINE, SavedRecord, is_item, may_begin_with};
use crate::storage::compression::Coding;

/// How much of a line is read before it has to look like one that haul wrote.
const PROBE: u64 = 64 << 10;

/// More digits than any ordinal has.
const MAX_DIGITS: u64 = 20;

/// What an output begins with.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum FirstLine {
    /// The file is missing or empty, so nothing can be lost.
    Nothing,
    Record,
    Item,
    /// It may have been a record before a crash. Only a checkpoint can tell.
    Torn,
    /// The line, as far as it was read.
    Foreign(Vec<u8>),
}

impl FirstLine {
    /// # Errors
    /// The file cannot be read.
    pub(super) fn of(path: &Path, coding: Coding) -> io::Result<Self> {
        let mut start = Vec::new();
        File::open(path)?.take(coding.magic().len().max(1) as u64).read_to_end(&mut start)?;
        match start.first() {
            None => return Ok(FirstLine::Nothing),
            Some(0) => return Ok(FirstLine::Torn), // a crash of the machine can leave zeros
            Some(_) if coding != Coding::Plain && !coding.magic().starts_with(&start) => {
                return Ok(FirstLine::Foreign(start));
            }
            Some(_) => {}
        }
        let mut input = BufReader::new(coding.reader(File::open(path)?)?);
        let mut line = Vec::new();
        let mut read = input.by_ref().take(PROBE).read_until(b'\n', &mut line);
        if read.is_ok() && line.len() as u64 == PROBE && may_begin_with(&line) {
            read = input.take(MAX_LINE as u64).read_until(b'\n', &mut line);
        }
        match read {
            Err(error) if error.raw_os_error().is_some() => Err(error),
            read => Ok(FirstLine::judge(line, read.err().map(|error| error.kind()))),
        }
    }

    fn judge(line: Vec<u8>, broken: Option<io::ErrorKind>) -> Self {
        match broken {
            None if line.is_empty() => FirstLine::Nothing,
            _ if SavedRecord::parse(&line).is_ok() => FirstLine::Record,
            _ if is_item(&line) => FirstLine::Item,
            Some(io::ErrorKind::UnexpectedEof) | None if !line.ends_with(b"\n") && may_begin_with(&line) => {
                FirstLine::Torn
            }
            _ => FirstLine::Foreign(line),
        }
    }
}

/// Whether what is at `path` can be replaced by a checkpoint: nothing, or a checkpoint, perhaps torn.
pub(super) fn may_be_checkpoint(path: &Path) -> io::Result<bool> {
    let start = begin(path, MAGIC.len() as u64)?;
    Ok(start.is_some_and(|start| MAGIC.as_bytes().starts_with(&start) || is_zero(&start)))
}

/// The same for the log of intents, which has an ordinal on each line.
pub(super) fn may_be_intents(path: &Path) -> io::Result<bool> {
    let start = begin(path, MAX_DIGITS + 1)?;
    Ok(start.is_some_and(|start| {
        let first = start.split(|&byte| byte == b'\n').next().unwrap_or_default();
        is_zero(&start) || !first.is_empty() && first.iter().all(u8::is_ascii_digit)
    }))
}

/// What a crash of the machine can leave of a new file.
fn is_zero(start: &[u8]) -> bool {
    start.iter().all(|&byte| byte == 0)
}

/// The first bytes of the file at `path`, if there is one; `None` if something else is there.
fn begin(path: &Path, most: u64) -> io::Result<Option<Vec<u8>>> {
    let mut start = Vec::new();
    let is_file = match path.metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Some(start)),
        found => found?.is_file(),
    };
    if is_file {
        File::open(path)?.take(most).read_to_end(&mut start)?;
    }
    Ok(is_file.then_some(start))
}
