//! Content codings, decoded while the body streams in ([RFC 9110], section 8.4.1).
//!
//! Each coding is a step that writes into the next; the last one writes into a vector with a maximum size, so that a
//! decompression bomb ends there, even within a chunk. Each step must also notice a body that ends too early.
//!
//! [RFC 9110]: https://www.rfc-editor.org/rfc/rfc9110#section-8.4.1

mod brotli;
mod deflate;
mod step;
#[cfg(test)]
mod tests;
mod zstd;

use std::io;

use flate2::write::MultiGzDecoder;
use http::header::{CONTENT_ENCODING, HeaderMap};

use super::client::TransferCoding;
use super::error_chain;
use brotli::Brotli;
use deflate::Deflate;
use step::{BoundedOutput, DecodeStep, Decoded, SizeLimit, TOO_LARGE};
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

/// Decodes a body chunk by chunk.
pub(super) struct Decoder {
    first: Box<dyn DecodeStep>,
}

impl Decoder {
    /// The decoder that `headers` call for, or none if the body is not encoded. The `transfer` codings were applied last.
    ///
    /// # Errors
    /// A coding is unknown, or there are too many.
    pub(super) fn new(
        headers: &HeaderMap,
        transfer: &[TransferCoding],
        max_size: usize,
        keep: bool,
    ) -> Result<Option<Decoder>, String> {
        let mut codings = Vec::new();
        for value in headers.get_all(CONTENT_ENCODING) {
            let text = value.to_str().map_err(|_| "content-encoding is not text".to_owned())?;
            codings.extend(text.split(',').map(|coding| coding.trim().to_ascii_lowercase()));
        }
        codings.retain(|coding| !coding.is_empty() && coding != "identity");
        codings.extend(transfer.iter().map(|coding| match coding {
            TransferCoding::Gzip => "gzip".to_owned(),
            TransferCoding::Deflate => "deflate".to_owned(),
        }));
        if codings.len() > MAX_CODINGS {
            return Err(format!("more than {MAX_CODINGS} content codings"));
        }
        if codings.is_empty() {
            return Ok(None);
        }
        // The first coding was applied first, so it is decoded last.
        let output = BoundedOutput::boxed(max_size, keep);
        let first =
            codings.iter().try_fold(output, |next, coding| decode_step(coding, SizeLimit::before(next, max_size)))?;
        Ok(Some(Decoder { first }))
    }

    /// Decodes a chunk of the encoded body.
    pub(super) fn push(&mut self, chunk: &[u8]) -> Result<(), BodyError> {
        self.first.write_all(chunk).map_err(body_error)
    }

    /// How much memory the output holds.
    pub(super) fn held(&mut self) -> usize {
        self.first.output().held()
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
fn decode_step(coding: &str, next: Box<dyn DecodeStep>) -> Result<Box<dyn DecodeStep>, String> {
    Ok(match coding {
        "gzip" | "x-gzip" => Box::new(MultiGzDecoder::new(next)),
        "deflate" => Box::new(Deflate::new(next)),
        "br" => Box::new(Brotli::new(next)),
        "zstd" => Box::new(Zstd::new(next).map_err(|why| why.to_string())?),
        other => return Err(format!("unknown content coding {other:?}")),
    })
}

fn body_error(error: io::Error) -> BodyError {
    match error.kind() {
        TOO_LARGE => BodyError::TooLarge,
        io::ErrorKind::WriteZero => BodyError::Corrupt("the encoded body continues after its end".to_owned()),
        _ => BodyError::Corrupt(error_chain::describe(&error)),
    }
}
