//! Brotli ([RFC 7932]). The library's own writer will not do: it hands out one buffer for each piece it is given and
//! keeps the rest, which the cap then does not see, and it lets a server ask for a window of 1 GiB.
//!
//! [RFC 7932]: https://www.rfc-editor.org/rfc/rfc7932

use std::io::{self, Write};

use brotli::enc::StandardAlloc;
use brotli::{BrotliDecompressStream, BrotliResult, BrotliState};

use super::{Capped, Stage, cut_short};

const BUFFER: usize = 8 << 10;

pub(super) struct Brotli {
    next: Box<dyn Stage>,
    state: Box<BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>>,
    buffer: Box<[u8]>,
    whole: bool,
}

impl Brotli {
    pub(super) fn new(next: Box<dyn Stage>) -> Self {
        let alloc = StandardAlloc::default;
        let state = Box::new(BrotliState::new_strict(alloc(), alloc(), alloc()));
        Brotli { next, state, buffer: vec![0; BUFFER].into(), whole: false }
    }
}

impl Write for Brotli {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let (mut left, mut read, mut total) = (bytes.len(), 0, 0);
        while !self.whole {
            let (mut room, mut made) = (BUFFER, 0);
            let result = BrotliDecompressStream(
                &mut left,
                &mut read,
                bytes,
                &mut room,
                &mut made,
                &mut self.buffer,
                &mut total,
                &mut self.state,
            );
            self.next.write_all(&self.buffer[..made])?;
            match result {
                BrotliResult::ResultSuccess => self.whole = true,
                BrotliResult::ResultFailure => return Err(io::Error::other("corrupt brotli stream")),
                BrotliResult::NeedsMoreInput if room > 0 => break, // a full buffer may mean that there is more
                BrotliResult::NeedsMoreInput | BrotliResult::NeedsMoreOutput => {}
            }
        }
        Ok(read)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.next.flush()
    }
}

impl Stage for Brotli {
    fn end(&mut self) -> io::Result<()> {
        if self.whole { self.next.end() } else { Err(cut_short()) }
    }

    fn last(&mut self) -> &mut Capped {
        self.next.last()
    }
}
