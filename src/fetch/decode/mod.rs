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
mod window;
mod zstd;

use std::io;

use flate2::write::MultiGzDecoder;
use http::header::{CONTENT_ENCODING, HeaderMap};

use super::client::TransferCoding;
use super::error_chain;
use crate::guard::text::field_text;
use brotli::Brotli;
use deflate::Deflate;
use step::{BoundedOutput, DecodeStep, Decoded, SizeLimit, TOO_LARGE};
use zstd::Zstd;

/// The maximum number of codings applied on top of each other.
const MAX_CODINGS: usize = 4;

/// How many characters of an unknown name a message shows.
const MAX_SHOWN: usize = 40;

/// Why no more of a body can be taken in.
#[derive(Debug)]
pub(super) enum BodyError {
    /// It is larger than the maximum size.
    TooLarge,
    /// It is not in the coding that its header names.
    Corrupt(String),
}

/// What the codings that a header names make of a body.
pub(super) struct ContentCodings {
    /// Decodes the body, if it is encoded.
    pub(super) decoder: Option<Decoder>,
    /// The header names a coding that nobody knows. In practice that is a charset, `none` or the like, and no coding at
    /// all: the body is what was received, as the [Fetch standard] has it.
    ///
    /// [Fetch standard]: https://fetch.spec.whatwg.org/#handle-content-codings
    pub(super) note: Option<String>,
}

impl ContentCodings {
    /// The codings of a body whose decoded size is at most `max_size`. The `transfer` codings were applied last. Without
    /// `keep` the decoder only counts.
    ///
    /// # Errors
    /// A coding is registered but not supported, or there are too many.
    pub(super) fn of(
        headers: &HeaderMap,
        transfer: &[TransferCoding],
        max_size: usize,
        keep: bool,
    ) -> Result<Self, String> {
        if transfer.is_empty() && !headers.contains_key(CONTENT_ENCODING) {
            return Ok(ContentCodings { decoder: None, note: None });
        }
        let fields: Vec<_> =
            headers.get_all(CONTENT_ENCODING).iter().map(|value| field_text(value.as_bytes())).collect();
        let names = fields.iter().flat_map(|field| field.split(',')).map(str::trim).filter(|name| !name.is_empty());
        let codings: Vec<(&str, Coding)> = names.map(|name| (name, Coding::of(name))).collect();
        let first = |wanted| codings.iter().find(|(_, coding)| *coding == wanted).map(|(name, _)| shown(name));
        if let Some(name) = first(Coding::Unsupported) {
            return Err(format!("the content coding {name} is not supported"));
        }
        let note = first(Coding::Unknown).map(|name| format!("unknown content coding {name}: the body is as received"));
        let known = codings.iter().filter(|_| note.is_none()).filter_map(|(_, coding)| coding.format());
        let formats: Vec<Format> = known.chain(transfer.iter().map(|coding| Format::of_transfer(*coding))).collect();
        let decoder = match formats.len() {
            0 => None,
            1..=MAX_CODINGS => Some(Decoder::new(&formats, max_size, keep)?),
            _ => return Err(format!("more than {MAX_CODINGS} content codings")),
        };
        Ok(ContentCodings { decoder, note })
    }
}

/// The name of a coding in a message: what a server sends may be long and of any characters.
fn shown(name: &str) -> String {
    let mut chars = name.chars();
    let start: String = chars.by_ref().take(MAX_SHOWN).collect();
    let end = if chars.next().is_some() { "…" } else { "" };
    format!("{:?}", start + end)
}

/// A content coding, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    Identity,
    Known(Format),
    /// It is in the [registry] of HTTP, and not decoded here.
    ///
    /// [registry]: https://www.iana.org/assignments/http-parameters/#content-coding
    Unsupported,
    Unknown,
}

/// A coding that can be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Gzip,
    Deflate,
    Brotli,
    Zstd,
}

impl Format {
    /// How far back the coding can refer to, and a little more.
    fn max_window(self) -> usize {
        match self {
            Format::Gzip | Format::Deflate => 64 << 10,
            Format::Brotli => 16 << 20,
            Format::Zstd => zstd::MAX_WINDOW,
        }
    }

    fn of_transfer(coding: TransferCoding) -> Self {
        match coding {
            TransferCoding::Gzip => Format::Gzip,
            TransferCoding::Deflate => Format::Deflate,
        }
    }
}

impl Coding {
    fn of(name: &str) -> Self {
        match &*name.to_ascii_lowercase() {
            "identity" => Coding::Identity,
            "gzip" | "x-gzip" => Coding::Known(Format::Gzip),
            "deflate" => Coding::Known(Format::Deflate),
            "br" => Coding::Known(Format::Brotli),
            "zstd" => Coding::Known(Format::Zstd),
            "aes128gcm" | "compress" | "x-compress" | "dcb" | "dcz" | "exi" | "pack200-gzip" => Coding::Unsupported,
            _ => Coding::Unknown,
        }
    }

    fn format(self) -> Option<Format> {
        if let Coding::Known(format) = self { Some(format) } else { None }
    }
}

/// Decodes a body chunk by chunk.
pub(super) struct Decoder {
    first: Box<dyn DecodeStep>,
    /// How much of what was decoded its steps keep to refer to, at most.
    windows: usize,
}

impl Decoder {
    fn new(formats: &[Format], max_size: usize, keep: bool) -> Result<Decoder, String> {
        // The first coding was applied first, so it is decoded last.
        let output = BoundedOutput::boxed(max_size, keep);
        let first =
            formats.iter().try_fold(output, |next, format| decode_step(*format, SizeLimit::before(next, max_size)))?;
        Ok(Decoder { first, windows: formats.iter().map(|format| format.max_window()).sum() })
    }

    /// Decodes a chunk of the encoded body.
    pub(super) fn push(&mut self, chunk: &[u8]) -> Result<(), BodyError> {
        self.first.write_all(chunk).map_err(body_error)
    }

    /// How much memory the output holds, and the windows before it, which fill with what is decoded.
    pub(super) fn held(&mut self) -> usize {
        let output = self.first.output();
        output.held() + output.len().min(self.windows)
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

/// Decodes `format` and writes into `next`.
fn decode_step(format: Format, next: Box<dyn DecodeStep>) -> Result<Box<dyn DecodeStep>, String> {
    Ok(match format {
        Format::Gzip => Box::new(MultiGzDecoder::new(next)),
        Format::Deflate => Box::new(Deflate::new(next)),
        Format::Brotli => Box::new(Brotli::new(next)),
        Format::Zstd => Box::new(Zstd::new(next).map_err(|why| why.to_string())?),
    })
}

fn body_error(error: io::Error) -> BodyError {
    match error.kind() {
        TOO_LARGE => BodyError::TooLarge,
        io::ErrorKind::WriteZero => BodyError::Corrupt("the encoded body continues after its end".to_owned()),
        _ => BodyError::Corrupt(error_chain::describe(&error)),
    }
}
