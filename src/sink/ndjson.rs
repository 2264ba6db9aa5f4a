//! Records as lines, handed on in blocks.

use std::io::{self, Write};
use std::time::Duration;

use super::encoder::Lines;
use super::{FlushPolicy, Sink};
use crate::model::Record;
use crate::plan::Output;
pub use crate::schema::render::render;
use crate::storage::compression::Coding;

/// Bytes that are written at once, unless the writer asks for less.
const BLOCK: usize = 64 << 10;

/// The same where each block is compressed by itself: one of 64 KiB finds less to repeat.
const COMPRESSED_BLOCK: usize = 256 << 10;

/// A member or frame for each short pause would be mostly header.
const COMPRESSED_LINGER: FlushPolicy =
    FlushPolicy { idle: Duration::from_millis(100), longest: Duration::from_millis(100) };

/// A buffer that grew beyond this for one line is given back.
const MAX_KEPT: usize = 1 << 20;

/// Writes each record as one line: of JSON, unless the format is another.
#[derive(Debug)]
pub struct Ndjson<W> {
    out: W,
    lines: Lines,
    coding: Coding,
    buffer: Vec<u8>,
}

impl<W: Write> Ndjson<W> {
    /// Lines to `out`, which need not be buffered: one `write` takes a block of whole lines.
    pub fn new(out: W, format: Output) -> Self {
        let head = head(&format);
        let mut lines = Ndjson::coded(out, format, Coding::Plain);
        lines.buffer.extend_from_slice(&head);
        lines
    }

    /// Lines to `out`, which compresses each block by itself, and has the [`head`] already.
    pub fn coded(out: W, format: Output, coding: Coding) -> Self {
        let block = block(coding);
        Ndjson { out, lines: Lines::new(format), coding, buffer: Vec::with_capacity(block + block / 4) }
    }

    /// What the lines go to.
    pub fn get_ref(&self) -> &W {
        &self.out
    }

    /// What the lines go to.
    pub fn get_mut(&mut self) -> &mut W {
        &mut self.out
    }

    /// What the lines went to. What is still buffered is dropped.
    pub fn into_inner(self) -> W {
        self.out
    }
}

impl<W: Write + Send + 'static> Sink for Ndjson<W> {
    fn put(&mut self, record: &Record) -> io::Result<()> {
        self.lines.append(record, &mut self.buffer)?;
        if self.buffer.len() >= block(self.coding) { self.flush() } else { Ok(()) }
    }

    fn buffered(&self) -> usize {
        self.buffer.len()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.write_all(&self.buffer)?;
        self.out.flush()?;
        self.buffer.clear();
        if self.buffer.capacity() > MAX_KEPT {
            self.buffer.shrink_to(block(self.coding));
        }
        Ok(())
    }

    fn linger(&self) -> FlushPolicy {
        if self.coding == Coding::Plain { FlushPolicy::default() } else { COMPRESSED_LINGER }
    }
}

/// Bytes after which a block is written.
fn block(coding: Coding) -> usize {
    if coding == Coding::Plain { BLOCK } else { COMPRESSED_BLOCK }
}

/// What stands before the first line: the header row, in a table.
pub fn head(format: &Output) -> Vec<u8> {
    let mut head = Vec::new();
    Lines::new(format.clone()).header(&mut head);
    head
}
