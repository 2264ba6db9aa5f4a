//! Parses `Set-Cookie` fields (RFC 6265bis, sections 5.6 and 5.7). They are bytes, in whatever encoding a server likes.

use std::time::SystemTime;

use url::Url;
use url::{Host, Position};

use super::{Cookie, MAX_AGE, MAX_ATTRIBUTE, date, domain_matches, is_public_suffix, seconds};

/// The cookie that `field` sets, if the server of `url` may set it. A cookie to delete comes back expired.
pub(super) fn parse(field: &[u8], url: &Url, now: SystemTime) -> Option<Cookie> {
    let mut parts = field.split(|&byte| byte == b';');
    let (name, value) = pair(parts.next()?);
    let attributes = Attributes::of(parts);
    let host = url.host_str()?;
    let (domain, host_only) = match text(attributes.domain.strip_prefix(b".").unwrap_or(attributes.domain))? {
        "" => (host.to_owned(), true),
        named => scope(host, named)?,
    };
    let named = Some(text(attributes.path)?).filter(|path| path.starts_with('/'));
    let cookie = Cookie {
        name: name.into(),
        value: value?.into(),
        domain: domain.into(),
        host_only,
        path: named.unwrap_or_else(|| default_path(url)).into(),
        secure: attributes.secure,
        http_only: attributes.http_only,
        expires: attributes.expires(now),
    };
    let is_secure_origin = url.scheme() == "https";
    let allowed = cookie.error().is_none() && (is_secure_origin || !cookie.secure) && satisfies_prefix(&cookie, named);
    allowed.then_some(cookie)
}

/// What follows the name and value of a cookie. Of several attributes with one name, the last counts.
#[derive(Default)]
struct Attributes<'a> {
    domain: &'a [u8],
    path: &'a [u8],
    /// In seconds from now; zero or less means at once.
    max_age: Option<i64>,
    /// In seconds since the Unix epoch.
    expires: Option<i64>,
    secure: bool,
    http_only: bool,
}

impl<'a> Attributes<'a> {
    fn of(parts: impl Iterator<Item = &'a [u8]>) -> Self {
        let mut attributes = Attributes::default();
        for (name, value) in parts.map(pair) {
            let value = value.unwrap_or_default();
            if value.len() > MAX_ATTRIBUTE {
                continue;
            }
            match &*name.to_ascii_lowercase() {
                b"domain" => attributes.domain = value,
                b"path" => attributes.path = value,
                b"max-age" => attributes.max_age = max_age(value).or(attributes.max_age),
                b"expires" => attributes.expires = date::parse(value).or(attributes.expires),
                b"secure" => attributes.secure = true,
                b"httponly" => attributes.http_only = true,
                _ => {}
            }
        }
        attributes
    }

    /// When the cookie expires, in seconds since the Unix epoch.
    fn expires(&self, now: SystemTime) -> Option<u64> {
        let now = seconds(now);
        let at = match (self.max_age, self.expires) {
            (Some(age), _) => now.saturating_add(age.max(0).unsigned_abs()),
            (None, Some(date)) => u64::try_from(date).unwrap_or_default(),
            (None, None) => return None,
        };
        Some(at.min(now + MAX_AGE.as_secs()))
    }
}

/// What stands before and after the first equals sign.
fn pair(part: &[u8]) -> (&[u8], Option<&[u8]>) {
    match part.iter().position(|&byte| byte == b'=') {
        Some(at) => (trim(&part[..at]), Some(trim(&part[at + 1..]))),
        None => (trim(part), None),
    }
}

/// Removes spaces and tabs on both sides.
fn trim(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}

/// The text of an attribute: what is not UTF-8 is neither a domain nor the path of a URL, so the cookie is never sent.
fn text(value: &[u8]) -> Option<&str> {
    std::str::from_utf8(value).ok()
}

/// A number of seconds, with a sign or not. The longest times there are stand for longer ones.
fn max_age(value: &[u8]) -> Option<i64> {
    let digits = value.strip_prefix(b"-").unwrap_or(value);
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let longest = if digits.len() == value.len() { i64::MAX } else { i64::MIN };
    Some(std::str::from_utf8(value).ok()?.parse().unwrap_or(longest))
}

/// The cookie's domain and whether it is host-only, if `host` may set cookies for `named`. A host that is a public suffix
/// can set them for itself only.
fn scope(host: &str, named: &str) -> Option<(String, bool)> {
    let named = match Host::parse(named).ok()? {
        Host::Domain(name) => name,
        address => return (address.to_string() == host).then(|| (host.to_owned(), true)),
    };
    match is_public_suffix(&named) {
        true => (named == host).then_some((named, true)),
        false => domain_matches(host, &named).then_some((named, false)),
    }
}

/// The default path (RFC 6265bis, section 5.1.4): that of the URL up to, but without, its last slash.
fn default_path(url: &Url) -> &str {
    let path = &url[Position::BeforePath..Position::AfterPath];
    match path.rfind('/') {
        None | Some(0) => "/",
        Some(end) if end > MAX_ATTRIBUTE => "/",
        Some(end) => &path[..end],
    }
}

/// Whether a cookie satisfies the promise of its name's prefix, if any (RFC 6265bis, section 4.1.3).
fn satisfies_prefix(cookie: &Cookie, path: Option<&str>) -> bool {
    let has_prefix =
        |prefix: &[u8]| cookie.name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
    if has_prefix(b"__Host-") {
        return cookie.secure && cookie.host_only && path == Some("/");
    }
    !has_prefix(b"__Secure-") || cookie.secure
}
