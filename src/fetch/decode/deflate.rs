//! `gzip` and `deflate`.

use std::io::{self, Write};

use flate2::write::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

use super::step::{BoundedOutput, DecodeStep, ends_early};

impl DecodeStep for MultiGzDecoder<Box<dyn DecodeStep>> {
    fn finish(&mut self) -> io::Result<()> {
        self.try_finish()?;
        self.get_mut().finish()
    }

    fn output(&mut self) -> &mut BoundedOutput {
        self.get_mut().output()
    }
}

/// `deflate` means the zlib format, but some servers send raw DEFLATE: the first byte decides.
pub(super) enum Deflate {
    Undecided(Option<Box<dyn DecodeStep>>),
    Zlib(ZlibDecoder<Box<dyn DecodeStep>>),
    Raw(DeflateDecoder<Box<dyn DecodeStep>>),
}

impl Deflate {
    pub(super) fn new(next: Box<dyn DecodeStep>) -> Self {
        Deflate::Undecided(Some(next))
    }
}

impl Write for Deflate {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let (Deflate::Undecided(next), Some(&first)) = (&mut *self, bytes.first()) {
            let next = next.take().expect("set until the first byte");
            // RFC 1950: the low four bits are 8, the high four stand for a window of at most 32 KiB.
            let is_zlib = first & 0x0f == 8 && first >> 4 <= 7;
            *self =
                if is_zlib { Deflate::Zlib(ZlibDecoder::new(next)) } else { Deflate::Raw(DeflateDecoder::new(next)) };
        }
        match self {
            Deflate::Undecided(_) => Ok(0),
            Deflate::Zlib(decoder) => decoder.write(bytes),
            Deflate::Raw(decoder) => decoder.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Deflate::Undecided(_) => Ok(()),
            Deflate::Zlib(decoder) => decoder.flush(),
            Deflate::Raw(decoder) => decoder.flush(),
        }
    }
}

impl DecodeStep for Deflate {
    fn finish(&mut self) -> io::Result<()> {
        match self {
            Deflate::Undecided(_) => Err(ends_early()),
            Deflate::Zlib(decoder) => {
                decoder.try_finish()?;
                decoder.get_mut().finish()
            }
            Deflate::Raw(decoder) => {
                decoder.try_finish()?;
                decoder.get_mut().finish()
            }
        }
    }

    fn output(&mut self) -> &mut BoundedOutput {
        match self {
            Deflate::Undecided(next) => next.as_mut().expect("set until the first byte").output(),
            Deflate::Zlib(decoder) => decoder.get_mut().output(),
            Deflate::Raw(decoder) => decoder.get_mut().output(),
        }
    }
}
