//! Who may be asked: what a list that nobody vouches for must not reach.
//!
//! [`Access`] is pure. It is asked about a URL before anything is sent there, and about every address that a name leads
//! to; who sends and who looks up, asks.

mod special;
#[cfg(test)]
mod tests;

use std::fmt;
use std::net::IpAddr;

use url::{Host, Url};

use crate::model::host_glob::HostGlob;
use crate::model::{ErrorKind, Failure};

use special::Special;

/// Names that are private by themselves, with all below them: reserved ([RFC 6761], [RFC 6762], [RFC 8375], ICANN's
/// `.internal`), or those by which a machine in a cloud finds what it is to know about itself.
///
/// [RFC 6761]: https://www.rfc-editor.org/rfc/rfc6761
/// [RFC 6762]: https://www.rfc-editor.org/rfc/rfc6762
/// [RFC 8375]: https://www.rfc-editor.org/rfc/rfc8375
const PRIVATE_NAMES: [&str; 8] =
    ["localhost", "localdomain", "local", "internal", "home.arpa", "metadata", "metadata.goog", "instance-data"];

/// Which hosts may be asked. The default is all.
///
/// ```
/// use haul::site::access::Access;
///
/// let access = Access { deny_private: true, deny: vec!["*.example.com".parse()?], ..Access::default() };
/// let why = |url: &str| access.check(&url.parse().unwrap()).unwrap_err().to_string();
/// assert_eq!(why("http://0x7f.1/"), "127.0.0.1 is not public: Loopback, 127.0.0.0/8 (--deny-private)");
/// assert_eq!(why("http://a.example.com/"), "a.example.com is refused (--deny-host *.example.com)");
/// # Ok::<(), haul::model::host_glob::GlobError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// Refuse what is not public: names that are private by themselves, and all addresses but those of hosts that
    /// anyone on the internet can reach.
    pub deny_private: bool,
    /// If there are any, only hosts that match one are asked.
    pub allow: Vec<HostGlob>,
    /// Hosts that are not asked, allowed or not. Addresses and networks are those that names lead to as well.
    pub deny: Vec<HostGlob>,
}

/// DenyReason a host is not asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessDenied {
    /// The name that led to it.
    name: Option<Box<str>>,
    host: Box<str>,
    why: DenyReason,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum DenyReason {
    Special(Special),
    PrivateName(&'static str),
    Refused(Box<HostGlob>),
    NotAllowed,
    Unknown,
}

impl Access {
    /// Whether `url` may be asked, as far as it says itself.
    pub fn check(&self, url: &Url) -> Result<(), AccessDenied> {
        let Some(host) = url.host() else { return Ok(()) }; // then there is nobody to ask
        let denied = |why| Err(AccessDenied { name: None, host: bare(&host).into(), why });
        if let Some(glob) = self.deny.iter().find(|glob| glob.matches(url)) {
            return denied(DenyReason::Refused(Box::new(glob.clone())));
        }
        if !self.allow.is_empty() && !self.allow.iter().any(|glob| glob.matches(url)) {
            return denied(DenyReason::NotAllowed);
        }
        match host {
            Host::Domain(name) => match private_name(name) {
                Some(name) if self.deny_private => denied(DenyReason::PrivateName(name)),
                _ => Ok(()),
            },
            Host::Ipv4(addr) => self.check_addr(addr.into()),
            Host::Ipv6(addr) => self.check_addr(addr.into()),
        }
    }

    /// Whether there may be a connection to `addr`.
    pub fn check_addr(&self, addr: IpAddr) -> Result<(), AccessDenied> {
        let denied = |why| Err(AccessDenied { name: None, host: addr.to_string().into(), why });
        let inner = special::stands_for(addr).map(IpAddr::from);
        let refused = |glob: &&HostGlob| glob.matches_addr(addr) || inner.is_some_and(|inner| glob.matches_addr(inner));
        if let Some(glob) = self.deny.iter().find(refused) {
            return denied(DenyReason::Refused(Box::new(glob.clone())));
        }
        match special::find(addr) {
            Some(special) if self.deny_private => denied(DenyReason::Special(special)),
            _ => Ok(()),
        }
    }

    /// The option that looks at addresses, if one does: then whoever connects must be us.
    pub fn looks_at_addrs(&self) -> Option<&'static str> {
        match self {
            Access { deny_private: true, .. } => Some("--deny-private"),
            _ if self.deny.iter().any(HostGlob::is_address) => Some("--deny-host with an address"),
            _ => None,
        }
    }
}

impl AccessDenied {
    /// The refusal of a connection of which nobody can tell where it leads.
    pub(crate) fn unknown() -> Self {
        AccessDenied { name: None, host: "an unknown address".into(), why: DenyReason::Unknown }
    }

    /// The same, of an address that `name` leads to.
    pub(crate) fn of(self, name: &str) -> Self {
        AccessDenied { name: Some(name.into()), ..self }
    }
}

/// As it is written outside of URLs.
fn bare(host: &Host<&str>) -> String {
    match host {
        Host::Ipv6(addr) => addr.to_string(),
        host => host.to_string(),
    }
}

/// The private name that `name` is, or is below.
fn private_name(name: &str) -> Option<&'static str> {
    let name = name.trim_end_matches('.');
    let is_within =
        |private: &&str| name.strip_suffix(private).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    PRIVATE_NAMES.into_iter().find(is_within)
}

impl fmt::Display for AccessDenied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{name} resolves to {}, which is ", self.host)?,
            None => write!(f, "{} is ", self.host)?,
        }
        match &self.why {
            DenyReason::Special(special) => write!(f, "not public: {special} (--deny-private)"),
            DenyReason::PrivateName(name) => {
                write!(f, "not public: {name} and its subdomains are private (--deny-private)")
            }
            DenyReason::Refused(glob) => write!(f, "refused (--deny-host {glob})"),
            DenyReason::NotAllowed => f.write_str("not an allowed host (--allow-host)"),
            DenyReason::Unknown => f.write_str("refused: it cannot be checked (--deny-private, --deny-host)"),
        }
    }
}

impl std::error::Error for AccessDenied {}

impl From<AccessDenied> for Failure {
    fn from(denied: AccessDenied) -> Self {
        Failure::new(ErrorKind::Blocked, denied.to_string())
    }
}
