//! Text as it is labelled: decoded from the encoding that a body declares, never from one that is guessed.

#[cfg(test)]
mod tests;

use bytes::Bytes;
use encoding_rs::{DecoderResult, Encoding, REPLACEMENT, UTF_8};

use super::declared::{self, Declared};
use super::label::{Kind, Label};
use crate::fetch::collector::Collector;
use crate::guard::json::fits_as_text;
use crate::guard::text::shorten;
use crate::model::Charset;

/// How much of an unknown label a note quotes, in columns.
const MAX_LABEL: usize = 40;

/// What notes say of bytes that are not text.
pub(super) const NOT_UTF_8: &str = "not UTF-8 text";
pub(super) const NOT_UTF_16: &str = "not valid UTF-16";

/// Text in UTF-8, without NUL and without a byte order mark.
pub(super) struct Text {
    pub(super) text: Bytes,
    /// The encoding that it came in.
    pub(super) charset: Charset,
}

/// The body as text.
///
/// # Errors
/// It is not text: why, if it is labelled as such.
pub(super) fn decode(label: &Label, bytes: &Bytes, truncated: bool) -> Result<Text, Option<String>> {
    let source = Source::of(label, bytes);
    let text = to_utf8(source.encoding, &bytes.slice(source.bom..), truncated);
    match text {
        Some(text) if memchr::memchr(0, &text).is_none() => Ok(Text { text, charset: Charset::of(source.encoding) }),
        text => Err(source.failed(label.kind, text.is_some())),
    }
}

/// The encoding to read a body in, and what says so.
struct Source {
    encoding: &'static Encoding,
    /// The length of the byte order mark.
    bom: usize,
    /// The label of the encoding; none if there is only the byte order mark, or nothing.
    declared: Option<Declared>,
}

impl Source {
    fn of(label: &Label, bytes: &[u8]) -> Self {
        let by_bom = Encoding::for_bom(bytes).filter(|(encoding, _)| *encoding == UTF_8 || label.kind != Kind::Other);
        if let Some((encoding, bom)) = by_bom {
            return Source { encoding, bom, declared: None };
        }
        if matches!(label.kind, Kind::Json | Kind::Other) {
            return Source { encoding: UTF_8, bom: 0, declared: None };
        }
        let of_header = label.charset.as_deref().map(Declared::new);
        let is_known = of_header.as_ref().is_some_and(|declared| declared.encoding.is_some());
        let of_document = match label.kind {
            _ if is_known => None,
            Kind::Html => declared::in_html(bytes),
            Kind::Xhtml => declared::in_xhtml(bytes),
            Kind::Xml => declared::in_xml(bytes),
            _ => None,
        };
        let declared = match of_document {
            Some(declared) if declared.encoding.is_some() => Some(declared),
            of_document => of_header.or(of_document),
        };
        let encoding = declared.as_ref().and_then(|declared| declared.encoding).unwrap_or(UTF_8);
        Source { encoding, bom: 0, declared }
    }

    /// What a note says of a body that is labelled as text. `has_nul` tells that it could be decoded.
    fn failed(&self, kind: Kind, has_nul: bool) -> Option<String> {
        let charset = Charset::of(self.encoding);
        let shown = |declared: &Declared| shorten(&declared.label, MAX_LABEL);
        let how = if self.bom > 0 { "has the BOM of" } else { "labelled as" };
        let wrong = match self.encoding {
            _ if has_nul => "contains NUL",
            encoding if encoding == UTF_8 => NOT_UTF_8,
            _ => NOT_UTF_16, // in JSON, which has no other encodings
        };
        Some(match (kind, &self.declared) {
            (Kind::Other, _) => return None,
            (Kind::Json, _) => format!("labelled as JSON, but {wrong}"),
            (_, None) if self.bom == 0 => format!("no charset declared, and {wrong}"),
            (_, Some(declared)) if declared.encoding.is_none() => {
                format!("unknown charset {:?}, and {wrong}", shown(declared))
            }
            (_, Some(declared)) if self.encoding == REPLACEMENT => {
                format!("labelled as {}, which cannot be decoded", shown(declared))
            }
            _ if has_nul => format!("{how} {charset}, but contains NUL"),
            _ => format!("{how} {charset}, but not valid {charset}"),
        })
    }
}

/// The length of text that has to be decoded; none if it is not copied, or is malformed.
pub(super) fn size_of_copy(label: &Label, bytes: &[u8], truncated: bool) -> Option<usize> {
    let encoding = Source::of(label, bytes).encoding;
    let is_copied = encoding != UTF_8 && encoding != REPLACEMENT && Encoding::ascii_valid_up_to(bytes) < bytes.len();
    is_copied.then(|| decoded_len(encoding, bytes, truncated))?
}

/// Text in UTF-8, without copying it if it is that already; none if it is malformed. Where a body is truncated, a
/// character that is cut off is left out.
pub(super) fn to_utf8(encoding: &'static Encoding, bytes: &Bytes, truncated: bool) -> Option<Bytes> {
    if encoding == REPLACEMENT {
        return None;
    }
    if encoding == UTF_8 {
        return match is_utf8(bytes) {
            Some(_) => Some(bytes.clone()),
            None if truncated => without_last_character(bytes),
            None => None,
        };
    }
    if encoding.is_ascii_compatible() && Encoding::ascii_valid_up_to(bytes) == bytes.len() {
        return Some(bytes.clone());
    }
    let mut text = Collector::default();
    decode_to(encoding, bytes, truncated, |part| text.push(part))?;
    Some(text.join())
}

/// How long the text is in UTF-8; none if it is malformed.
pub(super) fn decoded_len(encoding: &'static Encoding, bytes: &[u8], truncated: bool) -> Option<usize> {
    let mut len = 0;
    decode_to(encoding, bytes, truncated, |part| len += part.len())?;
    Some(len)
}

/// Passes text on in parts, so that it takes no more memory than it needs; none if it is malformed.
fn decode_to(
    encoding: &'static Encoding,
    mut bytes: &[u8],
    truncated: bool,
    mut take: impl FnMut(&[u8]),
) -> Option<()> {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut part = [0; 4096];
    loop {
        let (result, read, written) = decoder.decode_to_utf8_without_replacement(bytes, &mut part, !truncated);
        take(&part[..written]);
        bytes = &bytes[read..];
        match result {
            DecoderResult::InputEmpty => return Some(()),
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(..) => return None,
        }
    }
}

/// The text that comes before a last character of which a part is missing.
fn without_last_character(bytes: &Bytes) -> Option<Bytes> {
    let error = std::str::from_utf8(bytes).err().filter(|error| error.error_len().is_none())?;
    Some(bytes.slice(..error.valid_up_to()))
}

pub(super) fn is_utf8(bytes: &[u8]) -> Option<&str> {
    simdutf8::basic::from_utf8(bytes).ok()
}

/// Whether text that was received as `received` bytes stays in proportion in a line.
pub(super) fn fits(text: &[u8], received: usize) -> bool {
    is_utf8(text).is_some_and(|text| fits_as_text(text, received))
}
