//! Cookies ([RFC 6265bis]): a jar that stores and returns them, and the file that keeps them between runs.
//!
//! As the RFC requires, a host's cookies are sent to all of its ports, and those marked `Secure` only over https.
//! `SameSite` concerns browsers and is ignored.
//!
//! ```
//! use haul::Haul;
//! use haul::plan::Jar;
//!
//! # let origin = haul_origin::Origin::spawn()?;
//! let run = |path: &str, jar: Jar| -> Result<_, Box<dyn std::error::Error>> {
//!     let haul = Haul::builder().urls([origin.url(path)]).plan(|plan| plan.cookies.kept = Some(jar)).build()?;
//!     Ok(haul.run_blocking()?)
//! };
//!
//! // The jar of one run is where the next one starts.
//! let jar = run("/cookies/set?sid=17", Jar::default())?.cookies.expect("it was kept");
//! assert_eq!(jar.iter().map(|cookie| &*cookie.name).collect::<Vec<_>>(), [b"sid"]);
//! # assert_eq!(run("/cookies", jar)?.report.totals().ok, 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [RFC 6265bis]: https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis

mod date;
pub mod file;
mod jar;
pub mod netscape;
mod set_cookie;
#[cfg(test)]
mod tests;

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use url::Url;

pub use jar::{Jar, MAX_COOKIES, MAX_SITE_COOKIES};

/// The maximum length of a cookie's name and value together, in bytes (RFC 6265bis, section 5.6).
pub const MAX_COOKIE: usize = 4096;

/// The maximum length of a cookie's domain or path, in bytes (RFC 6265bis, section 5.6).
pub const MAX_ATTRIBUTE: usize = 1024;

/// The longest lifetime of a cookie set by a server: 400 days (RFC 6265bis, section 5.5).
pub const MAX_AGE: Duration = Duration::from_secs(400 * 24 * 60 * 60);

/// A cookie.
#[derive(Clone, PartialEq, Eq)]
pub struct Cookie {
    /// The name, never empty. Like the value it is mostly text, but may be any bytes.
    pub name: Box<[u8]>,
    /// The value, as it was set.
    pub value: Box<[u8]>,
    /// The host that it is sent to, as written in URLs.
    pub domain: Box<str>,
    /// Whether it is sent to that host only, and not to subdomains.
    pub host_only: bool,
    /// The path that it is sent to, including everything below.
    pub path: Box<str>,
    /// Whether it is sent over https only.
    pub secure: bool,
    /// Whether browsers hide it from scripts. It is stored, and has no effect here.
    pub http_only: bool,
    /// When it expires, in seconds since the Unix epoch. `None` for a session cookie.
    pub expires: Option<u64>,
}

/// Does not show the value, which is a secret.
impl fmt::Debug for Cookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cookie({} of {}{})", String::from_utf8_lossy(&self.name), self.domain, self.path)
    }
}

impl Cookie {
    /// Whether it applies to a request to `url`. Does not check expiry.
    pub fn matches(&self, url: &Url) -> bool {
        let host = url.host_str().unwrap_or_default();
        let hosts_match = if self.host_only { host == &*self.domain } else { domain_matches(host, &self.domain) };
        hosts_match && path_matches(url.path(), &self.path) && (!self.secure || url.scheme() == "https")
    }

    /// Whether it has expired.
    pub fn has_expired(&self, now: SystemTime) -> bool {
        self.expires.is_some_and(|expires| expires <= seconds(now))
    }

    /// Why it cannot be stored or sent, if it cannot.
    fn error(&self) -> Option<&'static str> {
        let parts = [&*self.name, &*self.value, self.domain.as_bytes(), self.path.as_bytes()];
        let separates = |byte: &u8| matches!(byte, b'=' | b';');
        match () {
            () if self.name.is_empty() => Some("it has no name"),
            () if self.name.iter().any(separates) || self.value.contains(&b';') => Some("it contains a separator"),
            () if parts.iter().any(|part| part.iter().any(u8::is_ascii_control)) => {
                Some("it contains a control character")
            }
            () if self.name.len() + self.value.len() > MAX_COOKIE => Some("it is too long"),
            () if self.domain.is_empty() || self.domain.len() > MAX_ATTRIBUTE => Some("its domain is invalid"),
            () if !self.path.starts_with('/') || self.path.len() > MAX_ATTRIBUTE => Some("its path is invalid"),
            () => None,
        }
    }
}

/// Domain matching (RFC 6265bis, section 5.1.3). An address matches only itself.
fn domain_matches(host: &str, domain: &str) -> bool {
    host == domain || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.') && !is_address(host))
}

/// Path matching (RFC 6265bis, section 5.1.4).
fn path_matches(path: &str, cookie: &str) -> bool {
    path.strip_prefix(cookie).is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || cookie.ends_with('/'))
}

/// Whether a URL's host is an IP address.
fn is_address(host: &str) -> bool {
    host.starts_with('[') || host.parse::<std::net::Ipv4Addr>().is_ok()
}

/// The registrable domain of `host` (Public Suffix List), or `host` itself if it does not have one.
fn site(host: &str) -> &str {
    if is_address(host) { host } else { psl::domain_str(host).unwrap_or(host) }
}

/// Whether `domain` is a public suffix, below which anyone can register names.
fn is_public_suffix(domain: &str) -> bool {
    !is_address(domain) && psl::domain_str(domain).is_none()
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
