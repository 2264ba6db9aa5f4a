//! Zstandard ([RFC 8878]). The library's writer does not notice a body that ends too early, so the end of each frame is
//! tracked here.
//!
//! [RFC 8878]: https://www.rfc-editor.org/rfc/rfc8878

use std::io::{self, Write};

use zstd::stream::raw::{self, InBuffer, Operation, OutBuffer};
use zstd::stream::zio;
use zstd::zstd_safe::WriteBuf;

use super::step::{BoundedOutput, DecodeStep, ends_early};

/// The largest window, 8 MiB ([RFC 9659]): the server decides how much memory the decoder takes.
///
/// [RFC 9659]: https://www.rfc-editor.org/rfc/rfc9659
const MAX_WINDOW_LOG: u32 = 23;

/// The same in bytes.
pub(super) const MAX_WINDOW: usize = 1 << MAX_WINDOW_LOG;

pub(super) struct Zstd(zio::Writer<Box<dyn DecodeStep>, Frames>);

impl Zstd {
    pub(super) fn new(next: Box<dyn DecodeStep>) -> io::Result<Self> {
        let mut decoder = raw::Decoder::new()?;
        decoder.set_parameter(raw::DParameter::WindowLogMax(MAX_WINDOW_LOG))?;
        Ok(Zstd(zio::Writer::new(next, Frames { decoder, complete: false })))
    }
}

/// Decodes frames and knows whether the last one was complete.
struct Frames {
    decoder: raw::Decoder<'static>,
    complete: bool,
}

impl Operation for Frames {
    fn run<C: WriteBuf + ?Sized>(
        &mut self,
        input: &mut InBuffer<'_>,
        output: &mut OutBuffer<'_, C>,
    ) -> io::Result<usize> {
        let hint = self.decoder.run(input, output)?;
        self.complete = hint == 0;
        Ok(hint)
    }

    fn flush<C: WriteBuf + ?Sized>(&mut self, output: &mut OutBuffer<'_, C>) -> io::Result<usize> {
        self.decoder.flush(output)
    }

    fn reinit(&mut self) -> io::Result<()> {
        self.decoder.reinit()
    }
}

impl Write for Zstd {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl DecodeStep for Zstd {
    fn finish(&mut self) -> io::Result<()> {
        self.0.flush()?;
        if !self.0.operation_mut().complete {
            return Err(ends_early());
        }
        self.0.writer_mut().finish()
    }

    fn output(&mut self) -> &mut BoundedOutput {
        self.0.writer_mut().output()
    }
}
