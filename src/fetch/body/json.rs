//! JSON as it comes: in UTF-8, or in UTF-16 if it begins with the byte order mark of that.

use bytes::Bytes;
use encoding_rs::{Encoding, UTF_8};
use serde::de::IgnoredAny;

use super::text::{self, NOT_UTF_8, NOT_UTF_16, is_utf8};
use crate::guard::json::{IN_RECORD, Unfit, embeddable};
use crate::plan::BodyRules;

/// The bytes of a body to read as JSON: in UTF-8, without a byte order mark. Labels and declarations do not count, since
/// JSON has no other encodings (RFC 8259, section 8.1). What cannot be decoded stays as it is.
pub(in crate::fetch) fn json_text(rules: BodyRules, bytes: &Bytes) -> Bytes {
    match rules {
        BodyRules::V1 => bytes.clone(),
        _ => decoded(bytes).unwrap_or_else(|| bytes.clone()),
    }
}

/// Why what [`json_text`] returned is not JSON, if it is still in UTF-16 because it cannot be decoded.
pub(in crate::fetch) fn undecoded(json: &Bytes) -> Option<&'static str> {
    let (utf16, bom) = Encoding::for_bom(json).filter(|(encoding, _)| *encoding != UTF_8)?;
    text::decoded_len(utf16, &json[bom..], false).is_none().then_some(NOT_UTF_16)
}

/// Why a body cannot be recorded as JSON.
pub(super) enum NotJson {
    /// It is not text: what a note says of that.
    NotText(&'static str),
    Invalid(serde_json::Error),
    /// It is JSON, but some readers could not read the line.
    Unfit(Unfit),
}

impl NotJson {
    /// What a note says, of a body that is labelled as JSON or not.
    pub(super) fn note(&self, is_labelled: bool) -> String {
        match self {
            NotJson::NotText(what) if is_labelled => format!("labelled as JSON, but {what}"),
            NotJson::NotText(what) => format!("not JSON: {what}"),
            NotJson::Invalid(why) if is_labelled => format!("labelled as JSON, but invalid: {why}"),
            NotJson::Invalid(why) => format!("not JSON: {why}"),
            NotJson::Unfit(why) => format!("JSON given as text, since it {why}"),
        }
    }
}

/// The body as JSON that a record can embed.
///
/// # Errors
/// Why it is not.
pub(super) fn read(bytes: &Bytes) -> Result<Bytes, NotJson> {
    let json = decoded(bytes).ok_or(NotJson::NotText(NOT_UTF_16))?;
    let text = is_utf8(&json).ok_or(NotJson::NotText(NOT_UTF_8))?;
    serde_json::from_str::<IgnoredAny>(text).map_err(NotJson::Invalid)?;
    embeddable(&json, IN_RECORD).map_err(NotJson::Unfit)?;
    Ok(json)
}

/// The same text in UTF-8, without a byte order mark; none if it is not what its byte order mark says.
pub(super) fn decoded(bytes: &Bytes) -> Option<Bytes> {
    match Encoding::for_bom(bytes) {
        None => Some(bytes.clone()),
        Some((encoding, len)) if encoding == UTF_8 => Some(bytes.slice(len..)),
        Some((utf16, len)) => text::to_utf8(utf16, &bytes.slice(len..), false),
    }
}
