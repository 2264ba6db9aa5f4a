//! Validates header fields.

use http::header::{HeaderName, HeaderValue};

use super::RequestError;

/// Fields of the connection, not the request: setting them would break the framing of messages, or be wrong on the next
/// connection (RFC 9110, section 7.6.1; RFC 9113, section 8.2.2).
const CONNECTION_FIELDS: [&str; 9] = [
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

/// Parses the name of a header field that a user may set.
///
/// # Errors
/// The name is invalid, or belongs to the connection.
pub fn header_name(name: &str) -> Result<HeaderName, RequestError> {
    let parsed = HeaderName::try_from(name).map_err(|_| RequestError(format!("{name:?} is not a header name")))?;
    if CONNECTION_FIELDS.contains(&parsed.as_str()) {
        return Err(RequestError(format!("{parsed} cannot be set: haul sets it for each connection")));
    }
    Ok(parsed)
}

/// Validates a value for the header field `name`. Its `Debug` form does not show it.
///
/// # Errors
/// The value contains a control character.
pub fn header_value(name: &HeaderName, value: &[u8]) -> Result<HeaderValue, RequestError> {
    let mut value = HeaderValue::from_bytes(value)
        .map_err(|_| RequestError(format!("{name}: its value has a character that is not allowed in a header")))?;
    value.set_sensitive(true);
    Ok(value)
}
