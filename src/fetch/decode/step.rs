//! The steps that a body passes through while it is decoded, down to the output.

use std::io::{self, Write};

use bytes::Bytes;

use crate::fetch::collector::Collector;

/// The output of a decoder.
#[derive(Debug)]
pub(in crate::fetch) struct Decoded {
    /// The bytes, if they are kept.
    pub(in crate::fetch) bytes: Bytes,
    /// How many there are.
    pub(in crate::fetch) len: usize,
}

/// A decoder that writes into the next one, or the output at the end.
pub(super) trait DecodeStep: Write {
    /// Ends the input. Fails if more was expected.
    fn finish(&mut self) -> io::Result<()>;

    /// The output at the end.
    fn output(&mut self) -> &mut BoundedOutput;
}

/// The decoded bytes, up to a maximum size.
pub(super) struct BoundedOutput {
    bytes: Collector,
    len: usize,
    max_size: usize,
    /// Without it, bytes are only counted.
    keep: bool,
}

impl BoundedOutput {
    /// An empty output that keeps its bytes, or only counts them.
    pub(super) fn boxed(max_size: usize, keep: bool) -> Box<dyn DecodeStep> {
        Box::new(BoundedOutput { bytes: Collector::default(), len: 0, max_size, keep })
    }

    /// How much memory it holds.
    pub(super) fn held(&self) -> usize {
        self.bytes.held()
    }

    /// How many bytes were decoded.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn take(&mut self) -> Decoded {
        Decoded { bytes: std::mem::take(&mut self.bytes).join(), len: self.len }
    }
}

/// Marks a body that is larger than the maximum size on its way through a library's decoder.
pub(super) const TOO_LARGE: io::ErrorKind = io::ErrorKind::FileTooLarge;

impl Write for BoundedOutput {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let free = self.max_size - self.len;
        let fitting = &bytes[..bytes.len().min(free)];
        self.len += fitting.len();
        if self.keep {
            self.bytes.push(fitting);
        }
        if bytes.len() > free { Err(TOO_LARGE.into()) } else { Ok(bytes.len()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl DecodeStep for BoundedOutput {
    fn finish(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn output(&mut self) -> &mut BoundedOutput {
        self
    }
}

/// Limits what one coding passes to the next. Codings on top of each other multiply: otherwise a few bytes could keep
/// the inner decoders busy for hours without a byte of output.
pub(super) struct SizeLimit {
    next: Box<dyn DecodeStep>,
    remaining: usize,
}

impl SizeLimit {
    /// An encoded body is at most a little larger than its content of `max_size`.
    pub(super) fn before(next: Box<dyn DecodeStep>, max_size: usize) -> Box<dyn DecodeStep> {
        Box::new(SizeLimit { next, remaining: max_size.saturating_add(max_size / 8 + 1024) })
    }
}

impl Write for SizeLimit {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.remaining == 0 {
            return Err(TOO_LARGE.into());
        }
        let written = self.next.write(&bytes[..bytes.len().min(self.remaining)])?;
        self.remaining -= written;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.next.flush()
    }
}

impl DecodeStep for SizeLimit {
    fn finish(&mut self) -> io::Result<()> {
        self.next.finish()
    }

    fn output(&mut self) -> &mut BoundedOutput {
        self.next.output()
    }
}

pub(super) fn ends_early() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "the encoded body ends early")
}
