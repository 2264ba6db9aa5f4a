//! How connections are made: by which way, to which address, in which version of HTTP, and who is trusted there.

use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;

use url::Host;

use super::{Identity, Proxies, Roots};

/// How connections are made. The default speaks what the server speaks, goes straight, and trusts whom the system
/// trusts.
#[derive(Debug, Clone, Default)]
pub struct ConnectionOptions {
    /// The version of HTTP that is spoken.
    pub http: HttpVersion,
    /// The addresses that are used.
    pub family: Family,
    /// Names that are not looked up.
    pub dns_overrides: Vec<DnsOverride>,
    /// The proxies on the way.
    pub proxies: Proxies,
    /// A socket of this machine that every connection is made to, whatever the URL says.
    #[cfg(unix)]
    pub unix_socket: Option<PathBuf>,
    /// Where connections come from.
    pub interface: Option<Interface>,
    /// Who is trusted, in place of those whom the system trusts.
    pub roots: Option<Roots>,
    /// Who we are, for servers that ask for a certificate.
    pub identity: Option<Identity>,
}

impl ConnectionOptions {
    /// Whether a connection may not lead where its URL says: a proxy connects for us, or a socket answers for all.
    pub fn connects_indirectly(&self) -> bool {
        #[cfg(unix)]
        if self.unix_socket.is_some() {
            return true;
        }
        !self.proxies.is_empty()
    }
}

/// The version of HTTP that is spoken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum HttpVersion {
    /// HTTP/2 where TLS negotiates it, HTTP/1.1 elsewhere.
    #[default]
    Negotiated,
    /// HTTP/1.1 alone.
    Http1,
    /// HTTP/2 alone: over TLS nothing else is offered, without TLS it is spoken unasked ("prior knowledge").
    Http2,
}

/// The addresses that are used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Family {
    /// Of either kind.
    #[default]
    Any,
    /// IPv4 alone.
    Ipv4,
    /// IPv6 alone.
    Ipv6,
}

impl Family {
    /// Whether `addr` may be used.
    pub fn admits(self, addr: IpAddr) -> bool {
        match self {
            Family::Any => true,
            Family::Ipv4 => addr.is_ipv4(),
            Family::Ipv6 => addr.is_ipv6(),
        }
    }
}

/// Where connections come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Interface {
    /// Any address of this network interface.
    #[cfg(target_os = "linux")]
    Name(String),
    /// This address.
    Addr(IpAddr),
}

/// The addresses of a name at a port, known beforehand: `example.com:443:192.0.2.1,[2001:db8::1]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DnsOverride {
    /// The name, as a URL has it.
    pub host: String,
    /// The port that it holds for.
    pub port: u16,
    /// At least one, in the order in which they are tried.
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

/// An IPv6 address may stand in brackets.
fn address(text: &str) -> Result<IpAddr, String> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).filter(|inner| inner.contains(':'));
    bare.unwrap_or(text).parse().map_err(|_| format!("{text:?} is not an IP address"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pinned(text: &str) -> Result<(String, u16, String), String> {
        let DnsOverride { host, port, addrs } = text.parse()?;
        Ok((host, port, format!("{addrs:?}")))
    }

    #[test]
    fn a_name_is_pinned_to_its_addresses() {
        for (text, host, port, addrs) in [
            ("example.com:443:192.0.2.1", "example.com", 443, "[192.0.2.1]"),
            ("example.com:80:[2001:db8::1]", "example.com", 80, "[2001:db8::1]"),
            ("example.com:80:2001:db8::1", "example.com", 80, "[2001:db8::1]"),
            ("a:1:127.0.0.1,[::1],127.0.0.2", "a", 1, "[127.0.0.1, ::1, 127.0.0.2]"),
            ("BÜCHER.example:1:::1", "xn--bcher-kva.example", 1, "[::1]"),
        ] {
            assert_eq!(pinned(text), Ok((host.to_owned(), port, addrs.to_owned())));
        }
    }

    #[test]
    fn what_pins_nothing_is_refused() {
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
            let refused = pinned(text).unwrap_err();
            assert!(refused.contains(reason), "{text}: {refused}");
        }
    }

    proptest! {
        #[test]
        fn every_address_comes_through(host in "[a-z]{1,9}", port in 1_u16.., addrs: Vec<IpAddr>) {
            prop_assume!(!addrs.is_empty());
            let typed = |addr: &IpAddr| if addr.is_ipv6() { format!("[{addr}]") } else { addr.to_string() };
            let text = format!("{host}:{port}:{}", addrs.iter().map(typed).collect::<Vec<_>>().join(","));
            prop_assert_eq!(text.parse(), Ok(DnsOverride { host, port, addrs }));
        }

        #[test]
        fn any_text_is_pinned_or_refused(text: String) {
            let _ = text.parse::<DnsOverride>();
        }
    }
}
