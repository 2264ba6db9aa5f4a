//! Records as lines, handed on in blocks.

use std::io::{self, Write};

use super::encoder::RecordEncoder;
use super::{DurableSink, Put, Sink, SyncHandle};
use crate::model::{Record, Selection};
use crate::schema::Output;
pub use crate::schema::render::render;
use crate::storage::compression::Coding;
use crate::storage::{Appender, Position, TailChecksum};

/// Bytes that are written at once, unless a flush comes first.
const BLOCK: usize = 64 << 10;

/// The same where each block is compressed by itself: a smaller one compresses worse.
const COMPRESSED_BLOCK: usize = 256 << 10;

/// A buffer that grew beyond this for one line is shrunk after the next write.
const MAX_KEPT: usize = 1 << 20;

/// Writes each record as one line: of JSON, unless the format is another.
#[derive(Debug)]
pub struct Ndjson<W> {
    out: W,
    encoder: RecordEncoder,
    block: usize,
    buffer: Vec<u8>,
}

impl<W: Write> Ndjson<W> {
    /// Lines to `out`, which need not be buffered: one `write` takes a block of whole lines.
    pub fn new(out: W, format: Output) -> Self {
        let header = header(&format);
        let mut lines = Ndjson::coded(out, format, Coding::Plain);
        lines.buffer.extend_from_slice(&header);
        lines
    }

    /// Lines to `out`, which compresses each block by itself and writes the [`header`].
    pub fn coded(out: W, format: Output, coding: Coding) -> Self {
        let block = if coding == Coding::Plain { BLOCK } else { COMPRESSED_BLOCK };
        Ndjson { out, encoder: RecordEncoder::new(format), block, buffer: Vec::with_capacity(block + block / 4) }
    }

    /// Returns what the lines went to. Lines that are still buffered are dropped.
    pub fn into_inner(self) -> W {
        self.out
    }
}

impl<W: Write + Send + 'static> Sink for Ndjson<W> {
    fn put(&mut self, record: &Record) -> io::Result<Put> {
        let Ndjson { out, encoder, block, buffer } = self;
        encoder.append(record, buffer, |lines| match lines.len() < *block {
            true => Ok(()),
            false => write_block(out, lines, *block),
        })?;
        Ok(if self.buffer.is_empty() { Put::Delivered } else { Put::Buffered })
    }

    fn memory_for(&self, record: &Record) -> usize {
        self.encoder.memory_for(record)
    }

    fn selection(&self) -> Selection {
        self.encoder.selection().clone()
    }

    fn flush(&mut self) -> io::Result<()> {
        write_block(&mut self.out, &mut self.buffer, self.block)
    }
}

fn write_block(out: &mut impl Write, lines: &mut Vec<u8>, block: usize) -> io::Result<()> {
    out.write_all(lines)?;
    out.flush()?;
    lines.clear();
    if lines.capacity() > MAX_KEPT {
        lines.shrink_to(block);
    }
    Ok(())
}

impl DurableSink for Ndjson<Appender> {
    fn position(&self) -> Position {
        self.out.position()
    }

    fn sync_handle(&self) -> io::Result<SyncHandle> {
        let file = self.out.file().try_clone()?;
        Ok(Box::new(move || file.sync_data()))
    }

    fn truncate(&mut self, to: Position) -> io::Result<()> {
        self.out.go_back(to)
    }

    fn tail(&self) -> Option<TailChecksum> {
        self.out.tail()
    }

    fn part_is_full(&self) -> bool {
        self.out.is_due()
    }

    fn begin_part(&mut self) -> io::Result<()> {
        self.out.rotate()
    }
}

/// What comes before the first line: the header row, in a table.
pub fn header(format: &Output) -> Vec<u8> {
    let mut header = Vec::new();
    RecordEncoder::new(format.clone()).header(&mut header);
    header
}
