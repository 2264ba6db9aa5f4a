//! Addresses that are not publicly routable.
//!
//! The ranges and their names are those in IANA's special-purpose address registries ([IPv4], [IPv6]) that are not globally
//! reachable, and multicast ([RFC 5771], [RFC 4291]). Ranges for protocol assignments (192.0.0.0/24, 2001::/23) are
//! refused as a whole, although single addresses in them are reachable: no list needs them.
//!
//! [IPv4]: https://www.iana.org/assignments/iana-ipv4-special-registry/
//! [IPv6]: https://www.iana.org/assignments/iana-ipv6-special-registry/
//! [RFC 5771]: https://www.rfc-editor.org/rfc/rfc5771
//! [RFC 4291]: https://www.rfc-editor.org/rfc/rfc4291#section-2.7

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// Where clouds serve metadata, including credentials, to their machines. Most of these addresses are in ranges that
/// are refused anyway; naming them makes for a clearer message.
const METADATA: &str = "a cloud metadata service";

/// The first range that contains an address decides, so a range within another comes before it.
pub(super) const IPV4: [(Ipv4Net, &str); 20] = [
    (v4([169, 254, 169, 254], 32), METADATA), // Amazon, Azure, Google and most others
    (v4([100, 100, 100, 200], 32), METADATA), // Alibaba
    (v4([192, 0, 0, 192], 32), METADATA),     // Oracle
    (v4([168, 63, 129, 16], 32), METADATA),   // Azure, in a public range
    (v4([0, 0, 0, 0], 8), "This network"),
    (v4([10, 0, 0, 0], 8), "Private-Use"),
    (v4([100, 64, 0, 0], 10), "Shared Address Space"),
    (v4([127, 0, 0, 0], 8), "Loopback"),
    (v4([169, 254, 0, 0], 16), "Link Local"),
    (v4([172, 16, 0, 0], 12), "Private-Use"),
    (v4([192, 0, 0, 0], 24), "IETF Protocol Assignments"),
    (v4([192, 0, 2, 0], 24), "Documentation (TEST-NET-1)"),
    (v4([192, 88, 99, 0], 24), "Deprecated (6to4 Relay Anycast)"),
    (v4([192, 168, 0, 0], 16), "Private-Use"),
    (v4([198, 18, 0, 0], 15), "Benchmarking"),
    (v4([198, 51, 100, 0], 24), "Documentation (TEST-NET-2)"),
    (v4([203, 0, 113, 0], 24), "Documentation (TEST-NET-3)"),
    (v4([224, 0, 0, 0], 4), "Multicast"),
    (v4([255, 255, 255, 255], 32), "Limited Broadcast"),
    (v4([240, 0, 0, 0], 4), "Reserved"),
];

/// As above. Embedded IPv4 addresses are judged by [`IPV4`], except in deprecated forms, which are listed here.
pub(super) const IPV6: [(Ipv6Net, &str); 18] = [
    (v6([0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254], 128), METADATA), // Amazon
    (v6([0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254], 128), METADATA),  // Google
    (v6([0, 0, 0, 0, 0, 0, 0, 0], 128), "Unspecified Address"),
    (v6([0, 0, 0, 0, 0, 0, 0, 1], 128), "Loopback Address"),
    (v6([0, 0, 0, 0, 0, 0, 0, 0], 96), "IPv4-compatible, deprecated"), // RFC 4291, section 2.5.5.1
    (v6([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48), "IPv4-IPv6 Translat. of local use"),
    (v6([0x100, 0, 0, 0, 0, 0, 0, 0], 64), "Discard-Only Address Block"),
    (v6([0x100, 0, 0, 1, 0, 0, 0, 0], 64), "Dummy IPv6 Prefix"),
    (v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 32), "TEREDO"),
    (v6([0x2001, 2, 0, 0, 0, 0, 0, 0], 48), "Benchmarking"),
    (v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23), "IETF Protocol Assignments"),
    (v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32), "Documentation"),
    (v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20), "Documentation"),
    (v6([0x5f00, 0, 0, 0, 0, 0, 0, 0], 16), "Segment Routing (SRv6) SIDs"),
    (v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7), "Unique-Local"),
    (v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10), "Link-Local Unicast"),
    (v6([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10), "Site-Local Unicast, deprecated"), // RFC 3879
    (v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8), "Multicast"),
];

/// Global unicast. [Everything else](https://www.iana.org/assignments/ipv6-address-space/) is reserved.
const GLOBAL_UNICAST: Ipv6Net = v6([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);

const fn v4([a, b, c, d]: [u8; 4], len: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), len)
}

const fn v6([a, b, c, d, e, f, g, h]: [u16; 8], len: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, d, e, f, g, h), len)
}

/// The range that an address belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Special {
    pub(super) name: &'static str,
    net: Option<IpNet>,
    /// The embedded IPv4 address, if that is the one in the range.
    inner: Option<Ipv4Addr>,
}

/// The special range that contains `addr`, if any.
pub(super) fn find(addr: IpAddr) -> Option<Special> {
    let addr = match addr {
        IpAddr::V4(addr) => return find_v4(addr),
        IpAddr::V6(addr) => addr,
    };
    if let Some((net, name)) = IPV6.iter().find(|(net, _)| net.contains(&addr)) {
        return Some(Special { name, net: Some((*net).into()), inner: None });
    }
    if let Some(inner) = embedded_ipv4(addr.into()) {
        return find_v4(inner).map(|special| Special { inner: Some(inner), ..special });
    }
    let reserved = Special { name: "Reserved by IETF", net: None, inner: None };
    Some(reserved).filter(|_| !GLOBAL_UNICAST.contains(&addr))
}

fn find_v4(addr: Ipv4Addr) -> Option<Special> {
    let (net, name) = IPV4.iter().find(|(net, _)| net.contains(&addr))?;
    Some(Special { name, net: Some((*net).into()), inner: None })
}

/// The IPv4 address to which packets for an IPv6 address may be delivered: IPv4-mapped and IPv4-compatible ([RFC 4291],
/// section 2.5.5), translated ([RFC 6052]), 6to4 ([RFC 3056]), Teredo ([RFC 4380]).
///
/// [RFC 4291]: https://www.rfc-editor.org/rfc/rfc4291#section-2.5.5
/// [RFC 6052]: https://www.rfc-editor.org/rfc/rfc6052
/// [RFC 3056]: https://www.rfc-editor.org/rfc/rfc3056
/// [RFC 4380]: https://www.rfc-editor.org/rfc/rfc4380#section-4
pub(super) fn embedded_ipv4(addr: IpAddr) -> Option<Ipv4Addr> {
    let IpAddr::V6(addr) = addr else { return None };
    let octets = addr.octets();
    let at = |from: usize| Ipv4Addr::from([octets[from], octets[from + 1], octets[from + 2], octets[from + 3]]);
    match addr.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
        [0, 0, 0, 0, 0, 0 | 0xffff, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..] | [0x64, 0xff9b, 1, ..] => Some(at(12)),
        [0x2002, ..] => Some(at(2)),
        [0x2001, 0, ..] => Some(Ipv4Addr::from_bits(!at(12).to_bits())),
        _ => None,
    }
}

impl fmt::Display for Special {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(inner) = self.inner {
            write!(f, "it embeds {inner}, ")?;
        }
        f.write_str(self.name)?;
        self.net.map_or(Ok(()), |net| write!(f, ", {net}"))
    }
}
