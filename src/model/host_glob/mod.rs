//! Patterns for hosts: `*.example.com`, `api.example.com:8080`, `10.0.0.0/8`.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;
use url::{Host, Url};

/// A pattern for hosts: a name, in which `*` matches any sequence of characters, an address, or a network, optionally with
/// a scheme and a port.
///
/// | Pattern | Matches |
/// |---|---|
/// | `example.com` | that name only, at any port |
/// | `*.example.com` | its subdomains at any depth, but not itself |
/// | `api-*.example.com` | `api-1.example.com`, and `api-1.eu.example.com` |
/// | `example.com:8080` | that name at that port; `:443` includes `https` URLs without a port |
/// | `https://example.com` | that name with that scheme |
/// | `192.0.2.1`, `[2001:db8::1]:80` | that address, however a URL spells it |
/// | `10.0.0.0/8`, `fd00::/8` | URLs with an address in that network |
/// | `*` | every host, addresses included |
///
/// Case and a trailing dot are ignored. Names that are not ASCII are matched in their IDNA form. A network does not match
/// the names that resolve to it: see [`matches_addr`](HostGlob::matches_addr).
///
/// ```
/// use haul::model::host_glob::HostGlob;
///
/// let below: HostGlob = "*.example.com".parse()?;
/// assert!(below.matches(&"https://api.EXAMPLE.com./v1".parse().unwrap()));
/// assert!(!below.matches(&"https://example.com/".parse().unwrap()));
/// # Ok::<(), haul::model::host_glob::GlobError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostGlob {
    scheme: Option<Scheme>,
    host: Pattern,
    port: Option<u16>,
}

/// A text that is not a pattern for hosts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GlobError {
    /// The host is empty or invalid.
    #[error("{0:?} is not a host: expected a name such as *.example.com, an address, or a network such as 10.0.0.0/8")]
    Host(String),
    /// The text is a list of hosts.
    #[error("{0:?} is a list, which never matches: give each host separately")]
    List(String),
    /// The text has user-info.
    #[error("expected a host without userinfo")]
    User,
    /// The port is invalid.
    #[error("{0:?} is not a port")]
    Port(String),
    /// The scheme is neither http nor https.
    #[error("unsupported scheme {0:?}: expected http or https")]
    Scheme(String),
    /// A label has both an asterisk and characters that are not ASCII. IDNA encodes whole labels only.
    #[error("{0:?} mixes * and non-ASCII characters: put the * in a label of its own")]
    Label(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scheme {
    Http,
    Https,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Pattern {
    /// In lower-case ASCII, without a trailing dot.
    Name(Box<str>),
    Net(IpNet),
}

impl HostGlob {
    /// Whether the host of `url` matches.
    pub fn matches(&self, url: &Url) -> bool {
        self.scheme.is_none_or(|scheme| scheme.as_str() == url.scheme())
            && self.port.is_none_or(|port| url.port_or_known_default() == Some(port))
            && url.host().is_some_and(|host| self.host.matches(&host))
    }

    /// Whether this is a bare address or network that contains `addr`.
    pub fn matches_addr(&self, addr: IpAddr) -> bool {
        self.is_address() && matches!(&self.host, Pattern::Net(net) if net.contains(&addr.to_canonical()))
    }

    /// Whether this is a bare address or network, without scheme and port.
    pub fn is_address(&self) -> bool {
        self.scheme.is_none() && self.port.is_none() && matches!(self.host, Pattern::Net(_))
    }

    /// Whether this can match a registrable domain, such as `example.co.uk`, or an address. A pattern with a scheme or a
    /// port, or for subdomains only, cannot.
    pub fn covers_domains(&self) -> bool {
        let Pattern::Name(name) = &self.host else { return self.is_address() };
        let end = name.rsplit('*').next().unwrap_or(name);
        let below = psl::domain_str(end.trim_start_matches('.')).is_some_and(|domain| domain != end);
        self.scheme.is_none() && self.port.is_none() && !below
    }
}

impl Pattern {
    fn matches(&self, host: &Host<&str>) -> bool {
        let addr = match host {
            Host::Domain(name) => {
                return matches!(self, Pattern::Name(pattern) if is_match(pattern, name.trim_end_matches('.')));
            }
            Host::Ipv4(addr) => IpAddr::from(*addr),
            Host::Ipv6(addr) => IpAddr::from(*addr).to_canonical(),
        };
        match self {
            Pattern::Net(net) => net.contains(&addr),
            Pattern::Name(pattern) => is_match(pattern, &addr.to_string()),
        }
    }
}

/// Whether `text` matches `pattern`. Matching each piece between two asterisks at its first occurrence leaves the most for
/// the pieces after it.
fn is_match(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == text };
    let (middle, end) = rest.rsplit_once('*').unwrap_or(("", rest));
    let Some(text) = text.strip_prefix(start).and_then(|text| text.strip_suffix(end)) else { return false };
    let found = middle.split('*').try_fold(text, |text, piece| text.find(piece).map(|at| &text[at + piece.len()..]));
    found.is_some()
}

impl FromStr for HostGlob {
    type Err = GlobError;

    fn from_str(text: &str) -> Result<Self, GlobError> {
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) => (Some(scheme.parse()?), rest),
            None => (None, text),
        };
        if rest.contains('@') {
            return Err(GlobError::User); // not quoted: it may contain a password
        }
        if rest.contains(',') {
            return Err(GlobError::List(rest.to_owned()));
        }
        if let Some(net) = network(rest) {
            return Ok(HostGlob { scheme, host: Pattern::Net(net), port: None });
        }
        let (host, port) = match rest.rsplit_once(':').filter(|(_, port)| !port.ends_with(']')) {
            Some((host, port)) => (host, Some(port)),
            None => (rest, None),
        };
        let port = port.map(|port| match port.parse() {
            Ok(number @ 1..) if !port.starts_with('+') => Ok(number),
            _ => Err(GlobError::Port(port.to_owned())),
        });
        Ok(HostGlob { scheme, port: port.transpose()?, host: host.parse()? })
    }
}

/// Parses a network, or an address without brackets.
fn network(text: &str) -> Option<IpNet> {
    let bare = |text: &str| text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text).to_owned();
    match text.split_once('/') {
        Some((addr, len)) => Some(IpNet::new(bare(addr).parse().ok()?, len.parse().ok()?).ok()?.trunc()),
        None => Some(text.parse::<IpAddr>().ok()?.to_canonical().into()),
    }
}

impl FromStr for Scheme {
    type Err = GlobError;

    fn from_str(text: &str) -> Result<Self, GlobError> {
        match text.to_ascii_lowercase().as_str() {
            "http" => Ok(Scheme::Http),
            "https" => Ok(Scheme::Https),
            _ => Err(GlobError::Scheme(text.to_owned())),
        }
    }
}

impl FromStr for Pattern {
    type Err = GlobError;

    fn from_str(text: &str) -> Result<Self, GlobError> {
        let invalid = || GlobError::Host(text.to_owned());
        let name = text.trim_end_matches('.');
        if name.contains('*') {
            let labels = name.split('.').map(label).collect::<Result<Vec<_>, _>>()?;
            return Ok(Pattern::Name(labels.join(".").into()));
        }
        match Host::parse(name).map_err(|_| invalid())? {
            // Some characters are mapped to a digit and a comma.
            Host::Domain(name) if name.contains(',') => Err(GlobError::List(name)),
            Host::Domain(name) => Ok(Pattern::Name(name.trim_end_matches('.').into())),
            Host::Ipv4(addr) => Ok(Pattern::Net(IpAddr::from(addr).into())),
            Host::Ipv6(addr) => Ok(Pattern::Net(IpAddr::from(addr).to_canonical().into())),
        }
    }
}

/// Normalises a label of a name that contains an asterisk.
fn label(text: &str) -> Result<String, GlobError> {
    let is_allowed = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_' | b'*');
    match Host::parse(text) {
        _ if !text.is_empty() && text.bytes().all(is_allowed) => Ok(text.to_ascii_lowercase()),
        _ if text.contains('*') && !text.is_ascii() => Err(GlobError::Label(text.to_owned())),
        Ok(Host::Domain(name)) if !text.is_ascii() && name.bytes().all(is_allowed) => Ok(name),
        _ => Err(GlobError::Host(text.to_owned())),
    }
}

impl Scheme {
    fn as_str(self) -> &'static str {
        match self {
            Scheme::Http => "http",
            Scheme::Https => "https",
        }
    }
}

impl fmt::Display for HostGlob {
    /// In the form that it is parsed from.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(scheme) = self.scheme {
            write!(f, "{}://", scheme.as_str())?;
        }
        match &self.host {
            Pattern::Name(name) => f.write_str(name)?,
            Pattern::Net(net) if net.prefix_len() < net.max_prefix_len() => write!(f, "{net}")?,
            Pattern::Net(IpNet::V4(net)) => write!(f, "{}", net.addr())?,
            Pattern::Net(IpNet::V6(net)) => write!(f, "[{}]", net.addr())?,
        }
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

#[cfg(test)]
mod tests;
