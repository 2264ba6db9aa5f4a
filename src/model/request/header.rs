//! Header fields that a request may have.

use http::header::{HeaderName, HeaderValue};

use super::RequestError;

/// What belongs to the connection and not to the request: it would break the framing of what is sent, or be wrong on
/// the next connection (RFC 9110, section 7.6.1; RFC 9113, section 8.2.2).
const OURS: [&str; 9] = [
    "connection",
    "content-length",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "http2-settings",
];

/// The name of a header that a user may set.
///
/// # Errors
/// It is no name, or haul sets it.
pub fn header_name(name: &str) -> Result<HeaderName, RequestError> {
    let parsed = HeaderName::try_from(name).map_err(|_| RequestError(format!("{name:?} is not a header name")))?;
    if OURS.contains(&parsed.as_str()) {
        return Err(RequestError(format!("{parsed} cannot be set: haul sets it for each connection")));
    }
    Ok(parsed)
}

/// A value for the header `name`; its `Debug` form shows nothing of it.
///
/// # Errors
/// It has a control character.
pub fn header_value(name: &HeaderName, value: &[u8]) -> Result<HeaderValue, RequestError> {
    let mut value = HeaderValue::from_bytes(value)
        .map_err(|_| RequestError(format!("{name}: its value has a character that is not allowed in a header")))?;
    value.set_sensitive(true);
    Ok(value)
}
