//! URLs that answers refer to, in `Location` and `Link`.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, percent_encode};
use url::Url;

use crate::model::{check_sendable, host_key};

/// Nothing but what is not ASCII.
const NOT_ASCII: &AsciiSet = &AsciiSet::EMPTY;

/// The URL that `reference` leads to from `from`, or why it leads nowhere. On the same origin it keeps the user-info of
/// `from`, unless it has its own.
///
/// A field value is bytes. UTF-8 is read as text; of other values each byte beyond ASCII is percent-encoded as it is, as
/// browsers and curl do.
pub(super) fn resolve(from: &Url, reference: &[u8]) -> Result<Url, String> {
    let text = match std::str::from_utf8(reference) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::from(percent_encode(reference, NOT_ASCII)),
    };
    let mut url = from.join(&text).map_err(|why| why.to_string())?;
    check_sendable(&url).map_err(|why| why.to_string())?;
    inherit_user_info(&mut url, from);
    Ok(url)
}

/// Gives `url` the user-info of `from`, if it is on the same origin and has none.
pub(super) fn inherit_user_info(url: &mut Url, from: &Url) {
    if url.username().is_empty() && url.password().is_none() && host_key(url) == host_key(from) {
        let _ = url.set_username(from.username());
        let _ = url.set_password(from.password());
    }
}
