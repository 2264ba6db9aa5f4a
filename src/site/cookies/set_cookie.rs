//! What a `Set-Cookie` field says (RFC 6265bis, sections 5.6 and 5.7).

use std::time::SystemTime;

use url::Url;
use url::{Host, Position};

use super::{Cookie, MAX_AGE, MAX_ATTRIBUTE, domain_matches, is_public_suffix, seconds};

/// The cookie that the server of `url` may set with `field`. One that is to be deleted has expired.
pub(super) fn parse(field: &[u8], url: &Url, now: SystemTime) -> Option<Cookie> {
    let parsed = cookie::Cookie::parse(std::str::from_utf8(field).ok()?).ok()?;
    let host = url.host_str()?;
    let named = parsed.domain().filter(|domain| !domain.is_empty() && domain.len() <= MAX_ATTRIBUTE);
    let (domain, host_only) = match named {
        None => (host.to_owned(), true),
        Some(named) => scope(host, named)?,
    };
    let named = parsed.path().filter(|path| path.starts_with('/') && path.len() <= MAX_ATTRIBUTE);
    let cookie = Cookie {
        name: parsed.name().into(),
        value: parsed.value().into(),
        domain: domain.into(),
        host_only,
        path: named.unwrap_or_else(|| default_path(url)).into(),
        secure: parsed.secure().unwrap_or(false),
        http_only: parsed.http_only().unwrap_or(false),
        expires: expires(&parsed, now),
    };
    let at_home = url.scheme() == "https";
    let allowed = cookie.flaw().is_none() && (at_home || !cookie.secure) && keeps_prefix(&cookie, named);
    allowed.then_some(cookie)
}

/// The domain that is named, and whether it is one host, if `host` belongs to it. A public suffix belongs to nobody:
/// such a host can speak for itself only.
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

/// Up to the last slash of the URL's path, without it.
fn default_path(url: &Url) -> &str {
    let path = &url[Position::BeforePath..Position::AfterPath];
    match path.rfind('/') {
        None | Some(0) => "/",
        Some(end) if end > MAX_ATTRIBUTE => "/",
        Some(end) => &path[..end],
    }
}

fn expires(cookie: &cookie::Cookie<'_>, now: SystemTime) -> Option<u64> {
    let now = seconds(now);
    let at = match (cookie.max_age(), cookie.expires_datetime()) {
        (Some(age), _) => now.saturating_add(age.whole_seconds().max(0).unsigned_abs()),
        (None, Some(date)) => u64::try_from(date.unix_timestamp()).unwrap_or_default(),
        (None, None) => return None,
    };
    Some(at.min(now + MAX_AGE.as_secs()))
}

/// What a name may promise (RFC 6265bis, section 4.1.3): that a secure origin has set it, or this host for all of it.
fn keeps_prefix(cookie: &Cookie, path: Option<&str>) -> bool {
    let begins = |prefix: &str| cookie.name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
    if begins("__Host-") {
        return cookie.secure && cookie.host_only && path == Some("/");
    }
    !begins("__Secure-") || cookie.secure
}
