//! Builds the Cookie header.

use http::header::{COOKIE, HeaderValue};

use super::{RequestError, header_value};

/// The cookies of `given` after `changes`: a value replaces the cookie of that name, and `None` removes it. Returns `None`
/// if no cookie is left.
///
/// # Errors
/// A name or value contains a character that is not allowed in the header.
pub fn cookie_header<'a>(
    given: Option<&HeaderValue>,
    changes: impl IntoIterator<Item = (&'a str, Option<&'a str>)>,
) -> Result<Option<HeaderValue>, RequestError> {
    let mut cookies: Vec<Vec<u8>> = given.map_or(Vec::new(), |given| {
        given.as_bytes().split(|&byte| byte == b';').map(|cookie| cookie.trim_ascii().to_vec()).collect()
    });
    for (name, value) in changes {
        check(name, value.unwrap_or_default())?;
        cookies.retain(|cookie| !cookie.strip_prefix(name.as_bytes()).is_some_and(|rest| rest.starts_with(b"=")));
        cookies.extend(value.map(|value| format!("{name}={value}").into_bytes()));
    }
    if cookies.is_empty() {
        return Ok(None);
    }
    header_value(&COOKIE, &cookies.join(&b"; "[..])).map(Some)
}

/// Checks only that the cookie cannot be read as two: servers accept more than RFC 6265, section 4.1.1, lets them set.
fn check(name: &str, value: &str) -> Result<(), RequestError> {
    let ends_name = |c: char| matches!(c, '=' | ';' | ',') || c.is_whitespace() || c.is_control();
    if name.is_empty() || name.contains(ends_name) {
        return Err(RequestError::new(format!("{name:?} is not a cookie name")));
    }
    if value.contains(|c: char| c == ';' || c.is_control()) {
        return Err(RequestError::new(format!("the cookie {name} contains a semicolon or a control character")));
    }
    Ok(())
}
