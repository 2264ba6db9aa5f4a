//! Credentials that a URL has.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::header::HeaderValue;
use url::Url;

/// Takes the user information out of `url`, as basic authentication (RFC 9110, section 4.2.4).
pub(super) fn basic(url: &mut Url) -> Option<HeaderValue> {
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let decoded = |text: &str| percent_encoding::percent_decode_str(text).collect::<Vec<u8>>();
    let credentials = [&decoded(url.username())[..], b":", &decoded(url.password().unwrap_or_default())].concat();
    let basic = format!("Basic {}", BASE64_STANDARD.encode(credentials));
    let _ = url.set_username("");
    let _ = url.set_password(None);
    let mut value = HeaderValue::try_from(basic).ok()?;
    value.set_sensitive(true);
    Some(value)
}
