use std::net::{Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use proptest::prelude::*;

use super::special::{IPV4, IPV6, embedded_ipv4, find};
use super::*;

fn public_only() -> Access {
    Access { deny_private: true, ..Access::default() }
}

fn globs(texts: &[&str]) -> Vec<HostGlob> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

/// Why `host` is refused; empty if it is allowed.
fn refusal(access: &Access, host: &str) -> String {
    let url = Url::parse(&format!("http://{host}/")).unwrap_or_else(|why| panic!("{host}: {why}"));
    access.check(&url).map_or_else(|denied| denied.to_string(), |()| String::new())
}

#[test]
fn ranges_are_refused_from_first_to_last_address() {
    let ranges = IPV4.map(|(net, name)| (IpNet::from(net), name)).into_iter();
    let ranges: Vec<_> = ranges.chain(IPV6.map(|(net, name)| (IpNet::from(net), name))).collect();
    for (at, (net, name)) in ranges.iter().enumerate() {
        for addr in [net.network(), net.broadcast()] {
            let within = ranges[..at].iter().find(|(earlier, _)| earlier.contains(&addr));
            let expected = within.map_or(*name, |(_, earlier)| *earlier);
            assert_eq!(find(addr).map(|special| special.name), Some(expected), "{addr} of {net}");
            assert!(public_only().check_addr(addr).is_err());
        }
        let shadowed = ranges[..at].iter().any(|(earlier, _)| earlier.contains(net));
        assert!(!shadowed, "{net} is never found");
    }
}

/// The rows of the registries, copied a second time, with the addresses next to them.
#[test]
fn ranges_end_where_the_registries_say() {
    for (first, last, neighbours) in [
        ("0.0.0.0", "0.255.255.255", &["1.0.0.0"][..]),
        ("10.0.0.0", "10.255.255.255", &["9.255.255.255", "11.0.0.0"]),
        ("100.64.0.0", "100.127.255.255", &["100.63.255.255", "100.128.0.0"]),
        ("127.0.0.0", "127.255.255.255", &["126.255.255.255", "128.0.0.0"]),
        ("168.63.129.16", "168.63.129.16", &["168.63.129.15", "168.63.129.17"]),
        ("169.254.0.0", "169.254.255.255", &["169.253.255.255", "169.255.0.0"]),
        ("172.16.0.0", "172.31.255.255", &["172.15.255.255", "172.32.0.0"]),
        ("192.0.0.0", "192.0.0.255", &["191.255.255.255", "192.0.1.0"]),
        ("192.0.2.0", "192.0.2.255", &["192.0.1.255", "192.0.3.0"]),
        ("192.88.99.0", "192.88.99.255", &["192.88.98.255", "192.88.100.0"]),
        ("192.168.0.0", "192.168.255.255", &["192.167.255.255", "192.169.0.0"]),
        ("198.18.0.0", "198.19.255.255", &["198.17.255.255", "198.20.0.0"]),
        ("198.51.100.0", "198.51.100.255", &["198.51.99.255", "198.51.101.0"]),
        ("203.0.113.0", "203.0.113.255", &["203.0.112.255", "203.0.114.0"]),
        ("224.0.0.0", "255.255.255.255", &["223.255.255.255"]),
        ("::", "::1", &[]),
        ("::808:808", "::ffff:ffff", &[]),
        ("64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", &[]),
        ("100::", "100::1:ffff:ffff:ffff:ffff", &[]),
        ("2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", &["2000:ffff::", "2001:200::"]),
        ("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", &["2001:db7:ffff::", "2001:db9::"]),
        ("3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", &["3ffe:ffff::", "3fff:1000::"]),
        ("5f00::", "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff", &[]),
        ("fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", &[]),
        ("fe80::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", &[]),
        ("ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", &[]),
        ("4000::", "fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", &["2000::", "3ffe::"]),
        ("::1:0:0:0", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", &["2620:4f:8000::", "2606:4700::1111"]),
    ] {
        for addr in [first, last] {
            assert!(public_only().check_addr(addr.parse().unwrap()).is_err(), "{addr}");
        }
        for addr in neighbours {
            assert_eq!(public_only().check_addr(addr.parse().unwrap()), Ok(()), "{addr}");
        }
    }
}

#[test]
fn an_address_is_refused_in_every_spelling() {
    let loopback = "127.0.0.1 is not public: Loopback, 127.0.0.0/8";
    for spelled in [
        "127.0.0.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "017700000001",
        "0177.0.0.01",
        "127.1",
        "127.0.1",
        "127.0.0.1.",
        "%31%32%37.0.0.1",
        "①②⑦.0.0.1",
        "１２７。０。０。１",
        "user:pw@127.0.0.1:8080",
        "example.com@127.0.0.1",
    ] {
        assert_eq!(refusal(&public_only(), spelled), loopback, "{spelled}");
    }
    for (spelled, reason) in [
        ("[::1]", "::1 is not public: Loopback Address, ::1/128"),
        ("[0:0:0:0:0:0:0:1]", "::1 is not public: Loopback Address, ::1/128"),
        ("[::]", ":: is not public: Unspecified Address, ::/128"),
        ("0", "0.0.0.0 is not public: This network, 0.0.0.0/8"),
        ("[::ffff:127.0.0.1]", "::ffff:127.0.0.1 is not public: it embeds 127.0.0.1, Loopback, 127.0.0.0/8"),
        ("[::FFFF:0a00:1]", "::ffff:10.0.0.1 is not public: it embeds 10.0.0.1, Private-Use, 10.0.0.0/8"),
        ("[::127.0.0.1]", "::7f00:1 is not public: IPv4-compatible, deprecated, ::/96"),
        ("[64:ff9b::7f00:1]", "64:ff9b::7f00:1 is not public: it embeds 127.0.0.1, Loopback, 127.0.0.0/8"),
        ("[64:ff9b::169.254.169.254]", "64:ff9b::a9fe:a9fe is not public: it embeds 169.254.169.254, a cloud metadata"),
        ("[64:ff9b:1::8.8.8.8]", "64:ff9b:1::808:808 is not public: IPv4-IPv6 Translat. of local use, 64:ff9b:1::/48"),
        ("[2002:c0a8:101::]", "2002:c0a8:101:: is not public: it embeds 192.168.1.1, Private-Use, 192.168.0.0/16"),
        ("[2001:0:102:304::80ff:fffe]", "2001:0:102:304::80ff:fffe is not public: TEREDO, 2001::/32"),
        ("169.254.169.254", "169.254.169.254 is not public: a cloud metadata service, 169.254.169.254/32"),
        ("168.63.129.16", "168.63.129.16 is not public: a cloud metadata service, 168.63.129.16/32"),
        ("100.100.100.200", "100.100.100.200 is not public: a cloud metadata service"),
        ("[fd00:ec2::254]", "fd00:ec2::254 is not public: a cloud metadata service, fd00:ec2::254/128"),
        ("[fe80::1]", "fe80::1 is not public: Link-Local Unicast, fe80::/10"),
        ("[4000::1]", "4000::1 is not public: Reserved by IETF"),
        ("[::ffff:0:127.0.0.1]", "::ffff:0:7f00:1 is not public: Reserved by IETF"),
    ] {
        assert!(
            refusal(&public_only(), spelled).starts_with(reason),
            "{spelled}: {}",
            refusal(&public_only(), spelled)
        );
        assert_eq!(refusal(&Access::default(), spelled), "", "{spelled}");
    }
    for public in ["8.8.8.8", "[2606:4700:4700::1111]", "[::ffff:8.8.8.8]", "[64:ff9b::808:808]", "[2002:808:808::1]"] {
        assert_eq!(refusal(&public_only(), public), "", "{public}");
    }
}

#[test]
fn private_names_are_refused_without_a_lookup() {
    for name in [
        "localhost",
        "LOCALHOST",
        "localhost.",
        "localhost..",
        "a.b.localhost",
        "localhost.localdomain",
        "printer.local",
        "Printer.LOCAL.",
        "metadata.google.internal",
        "ip-10-0-0-1.ec2.internal",
        "nas.home.arpa",
        "metadata",
        "metadata.goog",
        "instance-data",
        "l%6fcalhost",
        "ｌｏｃａｌｈｏｓｔ",
        "u@localhost:80",
    ] {
        let refused = refusal(&public_only(), name);
        assert!(refused.contains(" is not public: ") && refused.ends_with("are private"), "{name}: {refused}");
        assert_eq!(refusal(&Access::default(), name), "", "{name}");
    }
    for name in
        ["example.com", "local.example", "notlocalhost", "mylocal", "internal.example.com", "arpa", "metadata.com"]
    {
        assert_eq!(refusal(&public_only(), name), "", "{name}");
    }
}

#[test]
fn deny_overrides_allow() {
    let access = Access {
        allow: globs(&["*.example.com", "[::1]", "https://other.example:8443"]),
        deny: globs(&["*.internal.example.com", "admin*.example.com"]),
        ..Access::default()
    };
    let none = "is not an allowed host";
    for (host, expected) in [
        ("a.example.com", String::new()),
        ("a.example.com:8080", String::new()),
        ("[::1]:8080", String::new()),
        ("example.com", format!("example.com {none}")),
        ("[::2]", format!("::2 {none}")),
        ("other.example:8443", format!("other.example {none}")),
        ("x.INTERNAL.example.com.", "x.internal.example.com. is refused by the rule *.internal.example.com".into()),
        ("admin-1.example.com", "admin-1.example.com is refused by the rule admin*.example.com".into()),
    ] {
        assert_eq!(refusal(&access, host), expected);
    }
    assert_eq!(access.check(&"https://other.example:8443/".parse().unwrap()), Ok(()));

    let allowed = Access { allow: globs(&["localhost", "127.0.0.0/8"]), ..public_only() };
    for host in ["localhost", "127.0.0.1"] {
        assert!(refusal(&allowed, host).contains(" is not public"), "{host}");
    }
}

#[test]
fn a_denied_network_also_matches_resolved_addresses() {
    let access = Access { deny: globs(&["8.8.0.0/16", "2001:4860::/32", "1.1.1.1:80"]), ..Access::default() };
    for addr in [
        "8.8.8.8",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
        "64:ff9b:1::808:808",
        "::8.8.8.8",
        "2002:808:808::",
        "2001:0:1::f7f7:f7f7",
        "2001:4860::1",
    ] {
        assert!(access.check_addr(addr.parse().unwrap()).is_err(), "{addr}");
        let url = if addr.contains(':') { format!("[{addr}]") } else { addr.to_owned() };
        assert!(refusal(&access, &url).contains("is refused by the rule "), "{url}");
    }
    for addr in ["8.9.0.0", "1.1.1.1", "2001:4861::1", "::1"] {
        assert_eq!(access.check_addr(addr.parse().unwrap()), Ok(()), "{addr}");
    }
    assert_eq!(refusal(&access, "1.1.1.1"), "1.1.1.1 is refused by the rule 1.1.1.1:80");
    assert_eq!(refusal(&access, "1.1.1.1:81"), "");
    let denied = access.check_addr("8.8.8.8".parse().unwrap()).unwrap_err().of("dns.example");
    assert_eq!(denied.to_string(), "dns.example resolves to 8.8.8.8, which is refused by the rule 8.8.0.0/16");
}

#[test]
fn only_some_rules_check_addresses() {
    let looks = |allow: &[&str], deny: &[&str]| {
        Access { deny_private: false, allow: globs(allow), deny: globs(deny), load: None }.address_rule()
    };
    assert_eq!(looks(&["10.0.0.0/8"], &["*.example.com", "10.*", "127.0.0.1:80"]), None);
    assert_eq!(looks(&[], &["*.example.com", "127.0.0.1"]), Some(AddressRule::Denied));
    assert_eq!(public_only().address_rule(), Some(AddressRule::Private));
}

proptest! {
    /// The ranges include those that the standard library considers special.
    #[test]
    fn addresses_that_the_standard_library_calls_special_are_refused(bits: u32) {
        let addr = Ipv4Addr::from(bits);
        let special = addr.is_private() || addr.is_loopback() || addr.is_link_local() || addr.is_broadcast()
            || addr.is_documentation() || addr.is_multicast() || addr.is_unspecified();
        prop_assert!(!special || find(addr.into()).is_some());
    }

    #[test]
    fn ipv6_addresses_that_the_standard_library_calls_special_are_refused(bits: u128, high in prop::sample::select(vec![0_u16, 0xfc00, 0xfe80, 0xff00, 0x2001])) {
        let addr = Ipv6Addr::from_bits(bits >> 16 | u128::from(high) << 112);
        let special = addr.is_unique_local() || addr.is_unicast_link_local() || addr.is_multicast();
        prop_assert!(!special || find(addr.into()).is_some());
    }

    /// An embedded IPv4 address is found in every form.
    #[test]
    fn embedded_addresses_are_found(bits: u32) {
        let inner = Ipv4Addr::from(bits);
        let [a, b] = [(bits >> 16) as u16, bits as u16];
        let embedded = [
            inner.to_ipv6_mapped(),
            Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, a, b),
            Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, a, b),
            Ipv6Addr::new(0x2002, a, b, 0, 0, 0, 0, 1),
            Ipv6Addr::new(0x2001, 0, 0x102, 0x304, 0, 0, !a, !b),
        ];
        for addr in embedded {
            prop_assert_eq!(embedded_ipv4(addr.into()), Some(inner));
            prop_assert!(find(addr.into()).is_some() || find(inner.into()).is_none());
        }
    }

    /// The address in a URL and a resolved address are judged alike.
    #[test]
    fn addresses_in_urls_and_resolved_addresses_are_judged_alike(addr: IpAddr) {
        let host = if addr.is_ipv6() { format!("[{addr}]") } else { addr.to_string() };
        let url = Url::parse(&format!("http://{host}/")).unwrap();
        prop_assert_eq!(public_only().check(&url), public_only().check_addr(addr));
    }
}
