//! Access rules: which hosts a run may send requests to, so that an untrusted list cannot reach private ones.
//!
//! [`Access`] is pure. Callers check each URL before sending, and each address that a name resolves to.

mod load_hosts;
mod special;
#[cfg(test)]
mod tests;

use std::fmt;
use std::net::IpAddr;

use url::{Host, Url};

use crate::model::host_glob::HostGlob;
use crate::model::{ErrorKind, Failure, Setting};

pub use load_hosts::LoadHosts;
use special::Special;

/// Names that are private, with all their subdomains: reserved names ([RFC 6761], [RFC 6762], [RFC 8375], ICANN's
/// `.internal`), and those of the metadata services of clouds.
///
/// [RFC 6761]: https://www.rfc-editor.org/rfc/rfc6761
/// [RFC 6762]: https://www.rfc-editor.org/rfc/rfc6762
/// [RFC 8375]: https://www.rfc-editor.org/rfc/rfc8375
const PRIVATE_NAMES: [&str; 8] =
    ["localhost", "localdomain", "local", "internal", "home.arpa", "metadata", "metadata.goog", "instance-data"];

/// Which hosts a run may send requests to. By default, all.
///
/// ```
/// use haul::site::access::Access;
///
/// let access = Access { deny_private: true, deny: vec!["*.example.com".parse()?], ..Access::default() };
/// let why = |url: &str| access.check(&url.parse().unwrap()).unwrap_err().to_string();
/// assert_eq!(why("http://0x7f.1/"), "127.0.0.1 is not public: Loopback, 127.0.0.0/8");
/// assert_eq!(why("http://a.example.com/"), "a.example.com is refused by the rule *.example.com");
/// # Ok::<(), haul::model::host_glob::GlobError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// Refuse private names, and all addresses that are not publicly routable.
    pub deny_private: bool,
    /// If not empty, only hosts that match one of these are allowed.
    pub allow: Vec<HostGlob>,
    /// Hosts that are refused, even if `allow` matches them. Addresses and networks also match what names resolve to.
    pub deny: Vec<HostGlob>,
    /// The hosts that may get load. Without it, all.
    pub load: Option<LoadHosts>,
}

/// A host that the access rules refuse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessDenied {
    /// The name that resolved to it.
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
    NotForLoad,
    Unknown,
}

impl Access {
    /// Whether the host of a URL is one of those that are allowed by name.
    pub fn names(&self, url: &Url) -> bool {
        self.allow.iter().any(|glob| glob.matches(url))
    }

    /// Checks a URL, without resolving its host.
    ///
    /// # Errors
    /// A rule refuses the host.
    pub fn check(&self, url: &Url) -> Result<(), AccessDenied> {
        let Some(host) = url.host() else { return Ok(()) }; // then nothing is sent
        let denied = |why| Err(AccessDenied { name: None, host: without_brackets(&host).into(), why });
        if let Some(glob) = self.deny.iter().find(|glob| glob.matches(url)) {
            return denied(DenyReason::Refused(Box::new(glob.clone())));
        }
        if !self.allow.is_empty() && !self.names(url) {
            return denied(DenyReason::NotAllowed);
        }
        if self.load.as_ref().is_some_and(|hosts| !hosts.contains(url)) {
            return denied(DenyReason::NotForLoad);
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

    /// Checks the address of a connection.
    ///
    /// # Errors
    /// A rule refuses the address, or the IPv4 address that it embeds.
    pub fn check_addr(&self, addr: IpAddr) -> Result<(), AccessDenied> {
        let denied = |why| Err(AccessDenied { name: None, host: addr.to_string().into(), why });
        let inner = || special::embedded_ipv4(addr).map(IpAddr::from);
        let refused =
            |glob: &&HostGlob| glob.matches_addr(addr) || inner().is_some_and(|inner| glob.matches_addr(inner));
        if let Some(glob) = self.deny.iter().find(refused) {
            return denied(DenyReason::Refused(Box::new(glob.clone())));
        }
        let special = if self.deny_private { special::find(addr) } else { None };
        special.map_or(Ok(()), |special| denied(DenyReason::Special(special)))
    }

    /// The rule that checks addresses, if any. Connections must then be made by this process, not by a proxy.
    pub fn address_rule(&self) -> Option<AddressRule> {
        match self {
            Access { deny_private: true, .. } => Some(AddressRule::Private),
            _ if self.deny.iter().any(HostGlob::is_address) => Some(AddressRule::Denied),
            _ => None,
        }
    }
}

/// A rule on the addresses of connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressRule {
    /// Private addresses are refused.
    Private,
    /// Some addresses are refused.
    Denied,
}

impl AddressRule {
    /// The setting that makes the rule.
    pub fn setting(self) -> Setting {
        match self {
            AddressRule::Private => Setting::DenyPrivate,
            AddressRule::Denied => Setting::DenyHosts,
        }
    }
}

impl fmt::Display for AddressRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            AddressRule::Private => "refusing private addresses",
            AddressRule::Denied => "refusing an address",
        })
    }
}

impl AccessDenied {
    /// Refuses a connection whose remote address is unknown.
    pub(crate) fn unknown() -> Self {
        AccessDenied { name: None, host: "an unknown address".into(), why: DenyReason::Unknown }
    }

    /// The setting that refused it.
    pub fn setting(&self) -> Setting {
        match self.why {
            DenyReason::Special(_) | DenyReason::PrivateName(_) | DenyReason::Unknown => Setting::DenyPrivate,
            DenyReason::Refused(_) => Setting::DenyHosts,
            DenyReason::NotAllowed => Setting::AllowHosts,
            DenyReason::NotForLoad => Setting::LoadHosts,
        }
    }

    /// The same refusal, of an address that `name` resolved to.
    pub(crate) fn of(self, name: &str) -> Self {
        AccessDenied { name: Some(name.into()), ..self }
    }
}

/// A host as written outside URLs: an IPv6 address without brackets.
fn without_brackets(host: &Host<&str>) -> String {
    match host {
        Host::Ipv6(addr) => addr.to_string(),
        host => host.to_string(),
    }
}

/// The entry of [`PRIVATE_NAMES`] that `name` equals or is a subdomain of.
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
            DenyReason::Special(special) => write!(f, "not public: {special}"),
            DenyReason::PrivateName(name) => write!(f, "not public: {name} and its subdomains are private"),
            DenyReason::Refused(glob) => write!(f, "refused by the rule {glob}"),
            DenyReason::NotAllowed => f.write_str("not an allowed host"),
            DenyReason::NotForLoad => f.write_str("not confirmed for more than 100 requests per second"),
            DenyReason::Unknown => f.write_str("refused: it cannot be checked"),
        }
    }
}

impl std::error::Error for AccessDenied {}

impl From<AccessDenied> for Failure {
    fn from(denied: AccessDenied) -> Self {
        Failure::new(ErrorKind::Blocked, denied.to_string()).by(denied.setting())
    }
}
