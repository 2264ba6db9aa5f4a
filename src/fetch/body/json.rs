//! JSON as it comes: in UTF-8, or in UTF-16 if it begins with the byte order mark of that.

use bytes::Bytes;
use encoding_rs::{Encoding, UTF_8};
use serde::de::IgnoredAny;

use super::text::{self, is_utf8};
use crate::plan::BodyRules;

/// The bytes of a body to read as JSON: in UTF-8, without a byte order mark. Labels and declarations do not count, since
/// JSON has no other encodings (RFC 8259, section 8.1). What cannot be decoded stays as it is.
pub(crate) fn json_text(rules: BodyRules, bytes: &Bytes) -> Bytes {
    match rules {
        BodyRules::V1 => bytes.clone(),
        _ => decoded(bytes).unwrap_or_else(|| bytes.clone()),
    }
}

/// The body as JSON, or why it is not.
pub(super) fn read(bytes: &Bytes) -> Result<Bytes, String> {
    let json = decoded(bytes).ok_or("not valid UTF-16")?;
    let text = is_utf8(&json).ok_or("not UTF-8 text")?;
    serde_json::from_str::<IgnoredAny>(text).map_err(|why| format!("invalid: {why}"))?;
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
