//! Settings for connections: proxies, addresses, HTTP version, and TLS trust.

use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;

use url::Host;

use super::{ConnectTo, Identity, Proxies, Roots};

/// How connections are made. By default directly, with a negotiated HTTP version and the certificate authorities of the
/// system.
#[derive(Debug, Clone, Default)]
pub struct ConnectionOptions {
    /// The version of HTTP.
    pub http: HttpVersion,
    /// The address family.
    pub family: Family,
    /// Addresses for names that are not resolved.
    pub dns_overrides: Vec<DnsOverride>,
    /// The proxies.
    pub proxies: Proxies,
    /// A Unix domain socket that all connections use, whatever the URL.
    #[cfg(unix)]
    pub unix_socket: Option<PathBuf>,
    /// The local interface or address of connections.
    pub interface: Option<Interface>,
    /// The trusted certificate authorities, in place of those of the system.
    pub roots: Option<Roots>,
    /// The client certificate, for servers that ask for one.
    pub identity: Option<Identity>,
    /// Other hosts to connect to than those of the URLs. The first that matches counts. Not for connections through a
    /// proxy or a Unix socket.
    pub connect_to: Vec<ConnectTo>,
    /// Use a new connection for each request.
    pub no_keepalive: bool,
    /// The most idle connections, of all hosts together. By default, as many as the limit on open files allows.
    pub max_idle: Option<usize>,
    /// The lowest version of TLS. By default, the lowest that is supported.
    pub tls_min: Option<TlsVersion>,
    /// The highest version of TLS. By default, the highest that is supported.
    pub tls_max: Option<TlsVersion>,
}

impl ConnectionOptions {
    /// Whether a proxy or a Unix socket stands between this process and the host of a URL.
    pub fn connects_indirectly(&self) -> bool {
        self.uses_unix_socket() || !self.proxies.is_empty()
    }

    /// Whether all connections go to a Unix socket.
    pub fn uses_unix_socket(&self) -> bool {
        #[cfg(unix)]
        return self.unix_socket.is_some();
        #[cfg(not(unix))]
        false
    }

    /// The host and port to connect to for a URL with this host and port.
    pub fn target<'a>(&'a self, host: Host<&'a str>, port: u16) -> (Host<&'a str>, u16) {
        self.connect_to.iter().find_map(|rule| rule.target(&host, port)).unwrap_or((host, port))
    }

    /// Whether connections through TLS may use `version`.
    pub fn admits_tls(&self, version: TlsVersion) -> bool {
        self.tls_min.is_none_or(|min| min <= version) && self.tls_max.is_none_or(|max| version <= max)
    }
}

/// The client below an attempt.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ClientKind {
    /// haul's own client, and reqwest for what goes through a proxy or a Unix socket.
    #[default]
    Wire,
    /// reqwest for everything.
    Relay,
}

/// A version of TLS. Older ones are not supported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum TlsVersion {
    /// TLS 1.2.
    Tls12,
    /// TLS 1.3.
    Tls13,
}

/// The version of HTTP.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum HttpVersion {
    /// HTTP/2 if TLS negotiates it, HTTP/1.1 otherwise.
    #[default]
    Negotiated,
    /// Only HTTP/1.1.
    Http1,
    /// Only HTTP/2. Without TLS, this needs prior knowledge (RFC 9113, section 3.3).
    Http2,
}

/// The address family.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Family {
    /// IPv4 or IPv6.
    #[default]
    Any,
    /// Only IPv4.
    Ipv4,
    /// Only IPv6.
    Ipv6,
}

impl Family {
    /// Whether `addr` belongs to the family.
    pub fn admits(self, addr: IpAddr) -> bool {
        match self {
            Family::Any => true,
            Family::Ipv4 => addr.is_ipv4(),
            Family::Ipv6 => addr.is_ipv6(),
        }
    }
}

/// The local end of connections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Interface {
    /// A network interface.
    #[cfg(target_os = "linux")]
    Name(String),
    /// A local address.
    Addr(IpAddr),
}

/// Addresses that replace name resolution for one host and port: `example.com:443:192.0.2.1,[2001:db8::1]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DnsOverride {
    /// The host name, as written in URLs.
    pub host: String,
    /// The port.
    pub port: u16,
    /// At least one address, in the order in which they are tried.
    pub addrs: Vec<IpAddr>,
}

impl FromStr for DnsOverride {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const SHAPE: &str = "expected HOST:PORT:ADDR[,ADDR], such as example.com:443:127.0.0.1,[::1]";
        let mut parts = text.splitn(3, ':');
        let (Some(host), Some(port), Some(addrs)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(SHAPE.to_owned());
        };
        let host = match Host::parse(host) {
            Ok(Host::Domain(name)) => name,
            Ok(_) => return Err(format!("{host} is an address, which is never resolved")),
            Err(why) => return Err(format!("{host:?} is not a host: {why}")),
        };
        let port = match port.parse() {
            Ok(port @ 1..) => port,
            _ => return Err(format!("{port:?} is not a port")),
        };
        Ok(DnsOverride { host, port, addrs: addrs.split(',').map(address).collect::<Result<_, _>>()? })
    }
}

/// Parses an address. An IPv6 address may be in brackets.
fn address(text: &str) -> Result<IpAddr, String> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).filter(|inner| inner.contains(':'));
    bare.unwrap_or(text).parse().map_err(|_| format!("{text:?} is not an IP address"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parsed(text: &str) -> Result<(String, u16, String), String> {
        let DnsOverride { host, port, addrs } = text.parse()?;
        Ok((host, port, format!("{addrs:?}")))
    }

    #[test]
    fn overrides_are_parsed() {
        for (text, host, port, addrs) in [
            ("example.com:443:192.0.2.1", "example.com", 443, "[192.0.2.1]"),
            ("example.com:80:[2001:db8::1]", "example.com", 80, "[2001:db8::1]"),
            ("example.com:80:2001:db8::1", "example.com", 80, "[2001:db8::1]"),
            ("a:1:127.0.0.1,[::1],127.0.0.2", "a", 1, "[127.0.0.1, ::1, 127.0.0.2]"),
            ("BÜCHER.example:1:::1", "xn--bcher-kva.example", 1, "[::1]"),
        ] {
            assert_eq!(parsed(text), Ok((host.to_owned(), port, addrs.to_owned())));
        }
    }

    #[test]
    fn invalid_overrides_are_refused() {
        for (text, reason) in [
            ("", "expected HOST:PORT:ADDR"),
            ("example.com:443", "expected HOST:PORT:ADDR"),
            ("127.0.0.1:80:127.0.0.2", "127.0.0.1 is an address"),
            (":80:127.0.0.1", "\"\" is not a host"),
            ("a b:80:127.0.0.1", "\"a b\" is not a host"),
            ("a:0:127.0.0.1", "\"0\" is not a port"),
            ("a:65536:127.0.0.1", "\"65536\" is not a port"),
            ("a:http:127.0.0.1", "\"http\" is not a port"),
            ("a:80:", "\"\" is not an IP address"),
            ("a:80:127.0.0.1,", "\"\" is not an IP address"),
            ("a:80:[127.0.0.1]", "\"[127.0.0.1]\" is not an IP address"),
            ("a:80:localhost", "\"localhost\" is not an IP address"),
        ] {
            let refused = parsed(text).unwrap_err();
            assert!(refused.contains(reason), "{text}: {refused}");
        }
    }

    proptest! {
        #[test]
        fn every_address_is_parsed(host in "[a-z]{1,9}", port in 1_u16.., addrs: Vec<IpAddr>) {
            prop_assume!(!addrs.is_empty());
            let written = |addr: &IpAddr| if addr.is_ipv6() { format!("[{addr}]") } else { addr.to_string() };
            let text = format!("{host}:{port}:{}", addrs.iter().map(written).collect::<Vec<_>>().join(","));
            prop_assert_eq!(text.parse(), Ok(DnsOverride { host, port, addrs }));
        }

        #[test]
        fn parsing_never_panics(text: String) {
            let _ = text.parse::<DnsOverride>();
        }
    }
}
