//! Cookies ([RFC 6265bis]): what servers set, who gets it back, and the file that keeps it between runs.
//!
//! A host's cookies go to all of its ports, as the RFC has it; those marked `Secure` go over https only. `SameSite`
//! speaks to browsers and is not looked at.
//!
//! ```
//! use haul::site::cookies::Jar;
//! use haul::{Control, Each, Job, Plan, Record, Source, run};
//!
//! # let origin = haul_origin::Origin::spawn()?;
//! # let job = |seq, path: &str| Job::new(seq, origin.url(path).parse().expect("a URL"), Plan::default().request.0);
//! let mut plan = Plan::default();
//! plan.cookies.kept = Some(Jar::default());
//! let login = Source::from_jobs([job(0, "/cookies/set?sid=17")]);
//! let each = || Each(|record: &Record| Ok(assert!(record.ok())));
//! plan.cookies.kept = run(&plan, login, each(), &Control::default()).cookies;
//!
//! // What the run ended with is what the next one begins with.
//! let jar = plan.cookies.kept.as_ref().expect("it was kept");
//! assert_eq!(jar.iter().map(|cookie| &*cookie.name).collect::<Vec<_>>(), ["sid"]);
//! # let finish = run(&plan, Source::from_jobs([job(0, "/cookies")]), each(), &Control::default());
//! # assert_eq!(finish.report.totals().ok, 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [RFC 6265bis]: https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis

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

/// The most bytes of a cookie's name and value (RFC 6265bis, section 5.6).
pub const MAX_COOKIE: usize = 4096;

/// The most bytes of a cookie's domain, or path (RFC 6265bis, section 5.6).
pub const MAX_ATTRIBUTE: usize = 1024;

/// The longest that a cookie set by a server is kept (RFC 6265bis, section 5.5): 400 days.
pub const MAX_AGE: Duration = Duration::from_secs(400 * 24 * 60 * 60);

/// One cookie.
#[derive(Clone, PartialEq, Eq)]
pub struct Cookie {
    /// Its name, which is never empty.
    pub name: Box<str>,
    /// Its value, as it was set.
    pub value: Box<str>,
    /// The host that it goes to, in the form of URLs.
    pub domain: Box<str>,
    /// Whether it goes to that host alone, and not to those below it.
    pub host_only: bool,
    /// The path that it goes to, and to all below it.
    pub path: Box<str>,
    /// Whether it goes over https only.
    pub secure: bool,
    /// Whether it is kept from scripts, which means nothing here.
    pub http_only: bool,
    /// When it expires, in seconds since 1970; none if that is left to us.
    pub expires: Option<u64>,
}

/// Its value is a secret.
impl fmt::Debug for Cookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cookie({} of {}{})", self.name, self.domain, self.path)
    }
}

impl Cookie {
    /// Whether a request to `url` gets it, unless it has expired.
    pub fn matches(&self, url: &Url) -> bool {
        let host = url.host_str().unwrap_or_default();
        let hosts_match = if self.host_only { host == &*self.domain } else { domain_matches(host, &self.domain) };
        hosts_match && path_matches(url.path(), &self.path) && (!self.secure || url.scheme() == "https")
    }

    /// Whether its time has passed.
    pub fn has_expired(&self, now: SystemTime) -> bool {
        self.expires.is_some_and(|expires| expires <= seconds(now))
    }

    /// What keeps it from being written or sent, if anything does.
    fn flaw(&self) -> Option<&'static str> {
        let texts = [&self.name, &self.value, &self.domain, &self.path];
        match () {
            () if self.name.is_empty() => Some("it has no name"),
            () if self.name.contains(['=', ';']) || self.value.contains(';') => Some("it contains a separator"),
            () if texts.iter().any(|text| text.contains(char::is_control)) => Some("it contains a control character"),
            () if self.name.len() + self.value.len() > MAX_COOKIE => Some("it is too long"),
            () if self.domain.is_empty() || self.domain.len() > MAX_ATTRIBUTE => Some("its domain is invalid"),
            () if !self.path.starts_with('/') || self.path.len() > MAX_ATTRIBUTE => Some("its path is invalid"),
            () => None,
        }
    }
}

/// RFC 6265bis, section 5.1.3. An address has nothing below it, and no domain ends in one.
fn domain_matches(host: &str, domain: &str) -> bool {
    host == domain || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.') && !is_address(host))
}

/// RFC 6265bis, section 5.1.4.
fn path_matches(path: &str, cookie: &str) -> bool {
    path.strip_prefix(cookie).is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || cookie.ends_with('/'))
}

/// Whether a URL's host is no name.
fn is_address(host: &str) -> bool {
    host.starts_with('[') || host.parse::<std::net::Ipv4Addr>().is_ok()
}

/// The name under which one owner has all its hosts, by the Public Suffix List; a host without one stands for itself.
fn site(host: &str) -> &str {
    if is_address(host) { host } else { psl::domain_str(host).unwrap_or(host) }
}

/// Whether anyone can have a name below `domain`.
fn is_public_suffix(domain: &str) -> bool {
    !is_address(domain) && psl::domain_str(domain).is_none()
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
