//! Encodes credentials for the Authorization header.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::header::HeaderValue;

use super::RequestError;

/// The header value for basic authentication ([RFC 7617]), in UTF-8.
///
/// # Errors
/// The user name contains a colon, or either contains a control character.
///
/// [RFC 7617]: https://www.rfc-editor.org/rfc/rfc7617
pub fn basic(user: &str, password: &str) -> Result<HeaderValue, RequestError> {
    if user.contains(':') {
        return Err(RequestError::new("a user name cannot contain a colon"));
    }
    if user.chars().chain(password.chars()).any(char::is_control) {
        return Err(RequestError::new("user and password cannot contain control characters"));
    }
    secret(format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}"))))
}

/// The header value for a bearer token ([RFC 6750]).
///
/// # Errors
/// The token is empty, or contains a blank or a character beyond ASCII.
///
/// [RFC 6750]: https://www.rfc-editor.org/rfc/rfc6750
pub fn bearer(token: &str) -> Result<HeaderValue, RequestError> {
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(RequestError::new("the bearer token must be ASCII text without spaces, and not empty"));
    }
    secret(format!("Bearer {token}"))
}

fn secret(value: String) -> Result<HeaderValue, RequestError> {
    let mut value =
        HeaderValue::try_from(value).map_err(|_| RequestError::new("the credentials do not fit in a header"))?;
    value.set_sensitive(true);
    Ok(value)
}
