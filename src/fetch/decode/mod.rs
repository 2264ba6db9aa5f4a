//! Content codings, decoded while the body streams in ([RFC 9110], section 8.4.1).
//!
//! Each coding is a step that writes into the next; the last one writes into a vector with a maximum size, so that a
//! decompression bomb ends there, even within a chunk. Each step must also notice a body that ends too early.
//!
//! [RFC 9110]: https://www.rfc-editor.org/rfc/rfc9110#section-8.4.1

mod brotli;
mod deflate;
#[cfg(test)]
mod tests;
mod zstd;

use std::io::{self, Write};

use flate2::write::MultiGzDecoder;
use http::header::{CONTENT_ENCODING, HeaderMap};

use super::error_chain;
use brotli::Brotli;
use deflate::Deflate;
use zstd::Zstd;

/// The maximum number of codings applied on top of each other.
const MAX_CODINGS: usize = 4;

/// Why no more of a body can be taken in.
#[derive(Debug)]
pub(super) enum BodyError {
    /// It is larger than the maximum size.
    TooLarge,
    /// It is not in the coding that its header names.
    Corrupt(String),
}

/// The output of a decoder.
#[derive(Debug)]
pub(super) struct Decoded {
    /// The bytes, if they are kept.
    pub(super) bytes: Vec<u8>,
    /// How many there are.
    pub(super) len: usize,
}

/// Decodes a body chunk by chunk.
pub(super) struct Decoder {
    first: Box<dyn DecodeStep>,
}

impl Decoder {
    /// The decoder that `headers` call for, or none if the body is not encoded.
    ///
    /// # Errors
    /// A coding is unknown, or there are too many.
    pub(super) fn new(headers: &HeaderMap, max_size: usize, keep: bool) -> Result<Option<Decoder>, String> {
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
        // The first coding was applied first, so it is decoded last.
        let output = Box::new(BoundedOutput { bytes: Vec::new(), len: 0, max_size, keep }) as Box<dyn DecodeStep>;
        let first = codings.iter().try_fold(output, |next, coding| step(coding, SizeLimit::before(next, max_size)))?;
        Ok(Some(Decoder { first }))
    }

    /// Decodes a chunk of the encoded body.
    pub(super) fn push(&mut self, chunk: &[u8]) -> Result<(), BodyError> {
        self.first.write_all(chunk).map_err(body_error)
    }

    /// How much memory the output holds.
    pub(super) fn held(&mut self) -> usize {
        self.first.output().bytes.capacity()
    }

    /// Ends the body. Returns all that was decoded, and what was wrong with the end.
    pub(super) fn finish(mut self) -> (Decoded, Option<BodyError>) {
        let error = self.first.finish().err().map(body_error);
        (self.first.output().take(), error)
    }

    /// All that was decoded of a body that was cut off.
    pub(super) fn into_partial(mut self) -> Decoded {
        let _ = self.first.flush();
        self.first.output().take()
    }
}

/// Decodes `coding` and writes into `next`.
fn step(coding: &str, next: Box<dyn DecodeStep>) -> Result<Box<dyn DecodeStep>, String> {
    Ok(match coding {
        "gzip" | "x-gzip" => Box::new(MultiGzDecoder::new(next)),
        "deflate" => Box::new(Deflate::new(next)),
        "br" => Box::new(Brotli::new(next)),
        "zstd" => Box::new(Zstd::new(next).map_err(|why| why.to_string())?),
        other => return Err(format!("unknown content coding {other:?}")),
    })
}

/// A decoder that writes into the next one, or the output at the end.
trait DecodeStep: Write {
    /// Ends the input. Fails if more was expected.
    fn finish(&mut self) -> io::Result<()>;

    /// The output at the end.
    fn output(&mut self) -> &mut BoundedOutput;
}

/// The decoded bytes, up to a maximum size.
struct BoundedOutput {
    bytes: Vec<u8>,
    len: usize,
    max_size: usize,
    /// Without it, bytes are only counted.
    keep: bool,
}

impl BoundedOutput {
    fn take(&mut self) -> Decoded {
        Decoded { bytes: std::mem::take(&mut self.bytes), len: self.len }
    }
}

/// Marks an error as [`BodyError::TooLarge`] on its way through a library's decoder.
const TOO_LARGE: io::ErrorKind = io::ErrorKind::FileTooLarge;

impl Write for BoundedOutput {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let free = self.max_size - self.len;
        let fitting = &bytes[..bytes.len().min(free)];
        self.len += fitting.len();
        if self.keep {
            self.bytes.extend_from_slice(fitting);
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
struct SizeLimit {
    next: Box<dyn DecodeStep>,
    remaining: usize,
}

impl SizeLimit {
    /// An encoded body is at most a little larger than its content of `max_size`.
    fn before(next: Box<dyn DecodeStep>, max_size: usize) -> Box<dyn DecodeStep> {
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

fn ends_early() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "the encoded body ends early")
}

fn body_error(error: io::Error) -> BodyError {
    match error.kind() {
        TOO_LARGE => BodyError::TooLarge,
        io::ErrorKind::WriteZero => BodyError::Corrupt("the encoded body continues after its end".to_owned()),
        _ => BodyError::Corrupt(error_chain::describe(&error)),
    }
}
