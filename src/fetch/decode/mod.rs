//! Content codings, decoded while the body streams in ([RFC 9110], section 8.4.1).
//!
//! Push decoders write into a vector that refuses to grow past its cap, so that a bomb ends at the cap, inside a
//! chunk. Each must also notice a body that stops short.
//!
//! [RFC 9110]: https://www.rfc-editor.org/rfc/rfc9110#section-8.4.1

mod brotli;

use std::io::{self, Write};

use flate2::write::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use http::header::{CONTENT_ENCODING, HeaderMap};

use brotli::Brotli;

/// Codings that may be applied on top of each other.
const MAX_CODINGS: usize = 4;

/// Why a body could not be decoded any further.
#[derive(Debug)]
pub(super) enum Stop {
    /// It is larger than the cap.
    TooLarge,
    /// It is not what its header says.
    Broken(String),
}

/// What a body decoded to.
#[derive(Debug)]
pub(super) struct Decoded {
    /// The bytes, if they are kept.
    pub(super) bytes: Vec<u8>,
    /// How many there are.
    pub(super) len: usize,
}

/// A body's decoder.
pub(super) struct Decoder {
    stage: Box<dyn Stage>,
}

impl Decoder {
    /// The decoder that `headers` call for: none for a body as it is.
    ///
    /// # Errors
    /// A coding that is not known, or too many of them.
    pub(super) fn new(headers: &HeaderMap, cap: usize, keep: bool) -> Result<Option<Decoder>, String> {
        let mut codings = Vec::new();
        for value in headers.get_all(CONTENT_ENCODING) {
            let text = value.to_str().map_err(|_| "content-encoding is not text".to_owned())?;
            codings.extend(text.split(',').map(|coding| coding.trim().to_ascii_lowercase()));
        }
        codings.retain(|coding| !coding.is_empty() && coding != "identity");
        if codings.len() > MAX_CODINGS {
            return Err(format!("more than {MAX_CODINGS} content codings"));
        }
        if codings.is_empty() {
            return Ok(None);
        }
        // The first coding was applied first, so it is undone last.
        let capped = Box::new(Capped { out: Vec::new(), len: 0, cap, keep }) as Box<dyn Stage>;
        let stage = codings.iter().try_fold(capped, |next, coding| stage(coding, Layer::over(next, cap)))?;
        Ok(Some(Decoder { stage }))
    }

    /// Takes in a piece of the encoded body.
    pub(super) fn push(&mut self, chunk: &[u8]) -> Result<(), Stop> {
        self.stage.write_all(chunk).map_err(stop)
    }

    /// What has been decoded, in memory.
    pub(super) fn held(&mut self) -> usize {
        self.stage.last().out.capacity()
    }

    /// Ends the body: all that was decoded, and what was wrong with its end.
    pub(super) fn finish(mut self) -> (Decoded, Option<Stop>) {
        let end = self.stage.end().err().map(stop);
        (self.stage.last().take(), end)
    }

    /// All that was decoded of a body that was cut off.
    pub(super) fn abandon(mut self) -> Decoded {
        let _ = self.stage.flush();
        self.stage.last().take()
    }
}

fn stage(coding: &str, next: Box<dyn Stage>) -> Result<Box<dyn Stage>, String> {
    Ok(match coding {
        "gzip" | "x-gzip" => Box::new(MultiGzDecoder::new(next)),
        "deflate" => Box::new(Deflate::Unseen(Some(next))),
        "br" => Box::new(Brotli::new(next)),
        "zstd" => Box::new(Zstd::new(next).map_err(|why| why.to_string())?),
        other => return Err(format!("unknown content coding {other:?}")),
    })
}

/// A decoder in the chain, or its end.
trait Stage: Write {
    /// No more is to come: fails where more had to.
    fn end(&mut self) -> io::Result<()>;

    /// The end of the chain.
    fn last(&mut self) -> &mut Capped;
}

struct Capped {
    out: Vec<u8>,
    len: usize,
    cap: usize,
    /// Only to be counted where it is not to be shown.
    keep: bool,
}

impl Capped {
    fn take(&mut self) -> Decoded {
        Decoded { bytes: std::mem::take(&mut self.out), len: self.len }
    }
}

/// Marks an error as "too large" on its way through a library's decoder.
const TOO_LARGE: io::ErrorKind = io::ErrorKind::FileTooLarge;

impl Write for Capped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = self.cap - self.len;
        let fits = &bytes[..bytes.len().min(room)];
        self.len += fits.len();
        if self.keep {
            self.out.extend_from_slice(fits);
        }
        if bytes.len() > room { Err(TOO_LARGE.into()) } else { Ok(bytes.len()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Stage for Capped {
    fn end(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn last(&mut self) -> &mut Capped {
        self
    }
}

/// What one coding hands to the next. Codings on top of each other multiply: a few bytes could keep the decoders below
/// busy for hours without a byte at the end of the chain.
struct Layer {
    next: Box<dyn Stage>,
    left: usize,
}

impl Layer {
    /// An encoded body within the cap is at most a little larger than the body.
    fn over(next: Box<dyn Stage>, cap: usize) -> Box<dyn Stage> {
        Box::new(Layer { next, left: cap.saturating_add(cap / 8 + 1024) })
    }
}

impl Write for Layer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.left == 0 {
            return Err(TOO_LARGE.into());
        }
        let taken = self.next.write(&bytes[..bytes.len().min(self.left)])?;
        self.left -= taken;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.next.flush()
    }
}

impl Stage for Layer {
    fn end(&mut self) -> io::Result<()> {
        self.next.end()
    }

    fn last(&mut self) -> &mut Capped {
        self.next.last()
    }
}

impl Stage for MultiGzDecoder<Box<dyn Stage>> {
    fn end(&mut self) -> io::Result<()> {
        self.try_finish()?;
        self.get_mut().end()
    }

    fn last(&mut self) -> &mut Capped {
        self.get_mut().last()
    }
}

/// "deflate" means the zlib format, and some servers send the bare one: the first bytes tell.
enum Deflate {
    Unseen(Option<Box<dyn Stage>>),
    Zlib(ZlibDecoder<Box<dyn Stage>>),
    Bare(DeflateDecoder<Box<dyn Stage>>),
}

impl Write for Deflate {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let (Deflate::Unseen(next), Some(&first)) = (&mut *self, bytes.first()) {
            let next = next.take().expect("set until the first byte");
            // RFC 1950: the low four bits say 8, the high four a window of at most 32 KiB.
            let zlib = first & 0x0f == 8 && first >> 4 <= 7;
            *self = if zlib { Deflate::Zlib(ZlibDecoder::new(next)) } else { Deflate::Bare(DeflateDecoder::new(next)) };
        }
        match self {
            Deflate::Unseen(_) => Ok(0),
            Deflate::Zlib(decoder) => decoder.write(bytes),
            Deflate::Bare(decoder) => decoder.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Deflate::Unseen(_) => Ok(()),
            Deflate::Zlib(decoder) => decoder.flush(),
            Deflate::Bare(decoder) => decoder.flush(),
        }
    }
}

impl Stage for Deflate {
    fn end(&mut self) -> io::Result<()> {
        match self {
            Deflate::Unseen(_) => return Err(cut_short()),
            Deflate::Zlib(decoder) => decoder.try_finish()?,
            Deflate::Bare(decoder) => decoder.try_finish()?,
        }
        match self {
            Deflate::Unseen(_) => Ok(()),
            Deflate::Zlib(decoder) => decoder.get_mut().end(),
            Deflate::Bare(decoder) => decoder.get_mut().end(),
        }
    }

    fn last(&mut self) -> &mut Capped {
        match self {
            Deflate::Unseen(next) => next.as_mut().expect("set until the first byte").last(),
            Deflate::Zlib(decoder) => decoder.get_mut().last(),
            Deflate::Bare(decoder) => decoder.get_mut().last(),
        }
    }
}

/// The largest window of a zstd body, 8 MiB ([RFC 9659]): it is memory that the server asks for.
///
/// [RFC 9659]: https://www.rfc-editor.org/rfc/rfc9659
const ZSTD_WINDOW_LOG: u32 = 23;

/// The zstd writer does not notice an end that comes too early; the frame's own word for its end does.
struct Zstd {
    decoder: zstd::stream::zio::Writer<Box<dyn Stage>, ZstdFrames>,
}

struct ZstdFrames {
    raw: zstd::stream::raw::Decoder<'static>,
    /// Between frames: nothing has begun that has not ended.
    whole: bool,
}

impl zstd::stream::raw::Operation for ZstdFrames {
    fn run<C: zstd::zstd_safe::WriteBuf + ?Sized>(
        &mut self,
        input: &mut zstd::stream::raw::InBuffer<'_>,
        output: &mut zstd::stream::raw::OutBuffer<'_, C>,
    ) -> io::Result<usize> {
        let hint = self.raw.run(input, output)?;
        self.whole = hint == 0;
        Ok(hint)
    }

    fn flush<C: zstd::zstd_safe::WriteBuf + ?Sized>(
        &mut self,
        output: &mut zstd::stream::raw::OutBuffer<'_, C>,
    ) -> io::Result<usize> {
        self.raw.flush(output)
    }

    fn reinit(&mut self) -> io::Result<()> {
        self.raw.reinit()
    }
}

impl Zstd {
    fn new(next: Box<dyn Stage>) -> io::Result<Self> {
        let mut raw = zstd::stream::raw::Decoder::new()?;
        raw.set_parameter(zstd::stream::raw::DParameter::WindowLogMax(ZSTD_WINDOW_LOG))?;
        let frames = ZstdFrames { raw, whole: false };
        Ok(Zstd { decoder: zstd::stream::zio::Writer::new(next, frames) })
    }
}

impl Write for Zstd {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.decoder.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.decoder.flush()
    }
}

impl Stage for Zstd {
    fn end(&mut self) -> io::Result<()> {
        self.decoder.flush()?;
        if !self.decoder.operation_mut().whole {
            return Err(cut_short());
        }
        self.decoder.writer_mut().end()
    }

    fn last(&mut self) -> &mut Capped {
        self.decoder.writer_mut().last()
    }
}

fn cut_short() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "the encoded body ends early")
}

fn stop(error: io::Error) -> Stop {
    match error.kind() {
        TOO_LARGE => Stop::TooLarge,
        io::ErrorKind::WriteZero => Stop::Broken("the encoded body continues after its end".to_owned()),
        _ => Stop::Broken(super::failure::chain(&error)),
    }
}

#[cfg(test)]
mod tests;
