//! Brotli ([RFC 7932]). The library's own writer is not used: it passes on one buffer for each chunk that it gets and
//! keeps the rest to itself, where the maximum size does not count it, and it allows a window of 1 GiB.
//!
//! [RFC 7932]: https://www.rfc-editor.org/rfc/rfc7932

use std::io::{self, Write};

use brotli::enc::StandardAlloc;
use brotli::{BrotliDecompressStream, BrotliResult, BrotliState};

use super::step::{BoundedOutput, DecodeStep, ends_early};
use super::window::WindowAlloc;

const BUFFER: usize = 8 << 10;

pub(super) struct Brotli {
    next: Box<dyn DecodeStep>,
    state: Box<BrotliState<WindowAlloc, StandardAlloc, StandardAlloc>>,
    buffer: Box<[u8]>,
    complete: bool,
}

impl Brotli {
    pub(super) fn new(next: Box<dyn DecodeStep>) -> Self {
        let alloc = StandardAlloc::default;
        let state = Box::new(BrotliState::new_strict(WindowAlloc, alloc(), alloc()));
        Brotli { next, state, buffer: vec![0; BUFFER].into(), complete: false }
    }
}

impl Write for Brotli {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let (mut input_left, mut read, mut total) = (bytes.len(), 0, 0);
        while !self.complete {
            let (mut free, mut written) = (BUFFER, 0);
            let result = BrotliDecompressStream(
                &mut input_left,
                &mut read,
                bytes,
                &mut free,
                &mut written,
                &mut self.buffer,
                &mut total,
                &mut self.state,
            );
            self.next.write_all(&self.buffer[..written])?;
            match result {
                BrotliResult::ResultSuccess => self.complete = true,
                BrotliResult::ResultFailure => return Err(io::Error::other("corrupt brotli stream")),
                BrotliResult::NeedsMoreInput if free > 0 => break, // behind a full buffer there may be more
                BrotliResult::NeedsMoreInput | BrotliResult::NeedsMoreOutput => {}
            }
        }
        Ok(read)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.next.flush()
    }
}

impl DecodeStep for Brotli {
    fn finish(&mut self) -> io::Result<()> {
        if self.complete { self.next.finish() } else { Err(ends_early()) }
    }

    fn output(&mut self) -> &mut BoundedOutput {
        self.next.output()
    }
}
