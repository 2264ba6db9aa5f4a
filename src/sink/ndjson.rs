//! Records as lines, handed on in blocks.

use std::io::{self, Write};

use super::Sink;
use super::lines::Lines;
pub use super::render::render;
use crate::plan::Output;
use crate::record::Record;

/// Bytes that are written at once, unless the writer asks for less.
const BUFFER: usize = 64 << 10;

/// A buffer that grew beyond this for one line is given back.
const MAX_KEPT: usize = 1 << 20;

/// Writes each record as one line: of JSON, unless the format is another.
#[derive(Debug)]
pub struct Ndjson<W> {
    out: W,
    lines: Lines,
    buffer: Vec<u8>,
}

impl<W: Write> Ndjson<W> {
    /// Lines to `out`, which need not be buffered.
    pub fn new(out: W, format: Output) -> Self {
        let mut buffer = Vec::with_capacity(BUFFER + BUFFER / 4);
        let lines = Lines::new(format);
        lines.header(&mut buffer);
        Ndjson { out, lines, buffer }
    }
}

impl<W: Write + Send + 'static> Sink for Ndjson<W> {
    fn put(&mut self, record: &Record) -> io::Result<()> {
        self.lines.append(record, &mut self.buffer)?;
        if self.buffer.len() >= BUFFER { self.flush() } else { Ok(()) }
    }

    fn buffered(&self) -> usize {
        self.buffer.len()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.write_all(&self.buffer)?;
        self.out.flush()?;
        self.buffer.clear();
        if self.buffer.capacity() > MAX_KEPT {
            self.buffer.shrink_to(BUFFER);
        }
        Ok(())
    }
}
