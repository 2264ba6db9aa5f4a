use proptest::prelude::*;

use super::*;

fn glob(text: &str) -> HostGlob {
    text.parse().unwrap_or_else(|why| panic!("{text}: {why}"))
}

fn matches(pattern: &str, url: &str) -> bool {
    glob(pattern).matches(&url.parse().unwrap())
}

#[test]
fn patterns_match_names() {
    for (pattern, hosts, others) in [
        ("example.com", &["http://example.com", "https://u:p@EXAMPLE.com.:8080/x"][..], &["http://a.example.com"][..]),
        ("EXAMPLE.com.", &["http://example.com"], &["http://example.org"]),
        ("*.example.com", &["http://a.example.com", "http://a.b.example.com."], &["http://example.com"]),
        ("*example.com", &["http://example.com", "http://badexample.com"], &["http://example.com.evil"]),
        ("example.*", &["http://example.com", "http://example.co.uk"], &["http://www.example.com"]),
        ("a*b*c", &["http://abc", "http://axbxbxc", "http://a.b.b.c"], &["http://ac", "http://abcd", "http://acb"]),
        ("ab*ba", &["http://abba", "http://ab.ba"], &["http://aba"]),
        ("example.com:443", &["https://example.com", "http://example.com:443"], &["http://example.com"]),
        ("*:8080", &["http://a:8080", "http://[::1]:8080"], &["http://a"]),
        ("https://example.com", &["https://example.com:1"], &["http://example.com"]),
        ("HTTP://*.example.com:80", &["http://a.example.com"], &["https://a.example.com:80", "http://a.example.com:1"]),
        ("bücher.example", &["http://BÜCHER.example", "http://xn--bcher-kva.example"], &["http://bucher.example"]),
        ("*.bücher.example", &["http://a.xn--bcher-kva.example"], &["http://bücher.example"]),
        ("*", &["http://a", "http://127.0.0.1", "http://[::1]"], &["file:///etc/passwd"]),
        ("*_*.example", &["http://a_b.example"], &["http://ab.example"]),
    ] {
        assert!(hosts.iter().all(|url| matches(pattern, url)), "{pattern}: {hosts:?}");
        assert!(!others.iter().any(|url| matches(pattern, url)), "{pattern}: {others:?}");
    }
}

#[test]
fn an_address_matches_in_every_spelling() {
    for spelled in
        ["127.0.0.1", "0x7f.1", "2130706433", "0177.0.0.1", "[::ffff:127.0.0.1]", "127.0.0.1.", "%31%32%37.1"]
    {
        assert!(matches("127.0.0.1", &format!("http://{spelled}/")), "{spelled}");
        assert!(matches("127.0.0.0/8", &format!("http://{spelled}/")), "{spelled}");
        assert!(matches("127.*", &format!("http://{spelled}/")), "{spelled}");
    }
    for pattern in ["127.1", "0x7f000001", "[::ffff:7f00:1]", "::ffff:127.0.0.1", "127.0.0.1/32"] {
        assert!(matches(pattern, "http://127.0.0.1/"), "{pattern}");
    }
    for pattern in ["[2001:db8::1]", "2001:DB8::1", "[2001:db8:0:0::1]:80", "2001:db8::/32", "http://[2001:db8::]/32"] {
        assert!(matches(pattern, "http://[2001:db8::1]/"), "{pattern}");
        assert!(!matches(pattern, "http://[2001:db9::1]/"), "{pattern}");
    }
    assert!(!matches("10.0.0.0/8", "http://11.0.0.0/"));
    assert!(!matches("10.0.0.0/8", "http://10.example.com/"));
}

#[test]
fn only_a_bare_address_matches_resolved_addresses() {
    let addr = "10.1.2.3".parse().unwrap();
    assert!(glob("10.0.0.0/8").matches_addr(addr) && glob("10.1.2.3").matches_addr(addr));
    assert!(glob("10.0.0.0/8").matches_addr("::ffff:10.1.2.3".parse().unwrap()));
    for pattern in ["10.1.2.3:80", "http://10.1.2.3", "10.*", "*", "11.0.0.0/8", "fd00::/8"] {
        assert!(!glob(pattern).matches_addr(addr), "{pattern}");
    }
}

#[test]
fn invalid_patterns_are_refused() {
    for (text, reason) in [
        ("", "\"\" is not a host: expected a name such as *.example.com"),
        (".", "is not a host"),
        ("*..example", "\"\" is not a host"),
        ("a b", "is not a host"),
        ("*.a b", "\"a b\" is not a host"),
        ("ann@example.com", "expected a host without userinfo"),
        ("example.com/path", "is not a host"),
        ("*.example.com/path", "is not a host"),
        ("10.0.0.0/33", "is not a host"),
        ("[::1", "is not a host"),
        ("[*]", "is not a host"),
        ("example.com:", "\"\" is not a port"),
        ("example.com:0", "\"0\" is not a port"),
        ("example.com:+1", "\"+1\" is not a port"),
        ("example.com:65536", "\"65536\" is not a port"),
        ("ftp://example.com", "unsupported scheme \"ftp\""),
        ("bü*.example", "\"bü*\" mixes * and non-ASCII characters"),
    ] {
        let refused = text.parse::<HostGlob>().expect_err(text).to_string();
        assert!(refused.contains(reason), "{text}: {refused}");
    }
}

#[test]
fn patterns_are_displayed_normalised() {
    for (typed, printed) in [
        ("Https://*.BÜCHER.example.:8443", "https://*.xn--bcher-kva.example:8443"),
        ("0x7f.1", "127.0.0.1"),
        ("10.1.2.3/8", "10.0.0.0/8"),
        ("[::1]:80", "[::1]:80"),
        ("::1", "[::1]"),
        ("[fd00::]/8", "fd00::/8"),
    ] {
        assert_eq!(glob(typed).to_string(), printed);
    }
}

#[test]
fn a_comma_is_refused_however_it_is_written() {
    assert!("a,b".parse::<HostGlob>().is_err());
    assert_eq!("\u{1f101}".parse::<HostGlob>(), Err(GlobError::List("0,".to_owned())));
}

/// The definition of a match, in exponential time.
fn is_match_by_definition(pattern: &[u8], text: &[u8]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((b'*', rest)) => (0..=text.len()).any(|at| is_match_by_definition(rest, &text[at..])),
        Some((c, rest)) => text.first() == Some(c) && is_match_by_definition(rest, &text[1..]),
    }
}

proptest! {
    #[test]
    fn matching_follows_the_definition(pattern in "[ab.*]{0,9}", text in "[ab.]{0,12}") {
        let expected = is_match_by_definition(pattern.as_bytes(), text.as_bytes());
        prop_assert_eq!(is_match(&pattern, &text), expected);
    }

    #[test]
    fn any_pattern_parses_back(text: String) {
        if let Ok(glob) = text.parse::<HostGlob>() {
            prop_assert_eq!(glob.to_string().parse(), Ok(glob));
        }
    }

    #[test]
    fn a_displayed_pattern_parses_back(
        text in "(https?://)?([*a-zA-Zü0-9_-]{1,5}\\.){0,3}[*a-zA-Zü0-9_-]{1,5}\\.?(:[0-9]{1,5})?"
    ) {
        if let Ok(glob) = text.parse::<HostGlob>() {
            prop_assert_eq!(glob.to_string().parse(), Ok(glob));
        }
    }

    #[test]
    fn every_host_matches_its_own_pattern(host in "[a-zA-Zü0-9_-]{1,5}(\\.[a-zA-Zü]{1,5}){0,3}\\.?") {
        let Ok(url) = Url::parse(&format!("http://{host}:81/")) else { return Ok(()) };
        for pattern in [host.clone(), format!("{host}:81"), format!("http://{host}"), "*".to_owned()] {
            prop_assert!(glob(&pattern).matches(&url), "{}", pattern);
        }
    }

    #[test]
    fn every_address_matches_its_networks(addr: IpAddr, len in 0..=32_u8) {
        let net = glob(&format!("{addr}/{len}"));
        prop_assert!(net.matches_addr(addr) || addr.to_canonical() != addr);
        prop_assert!(glob(&addr.to_string()).matches_addr(addr));
    }
}

#[test]
fn lists_and_user_info_are_refused() {
    for (text, why) in [
        ("a.example,b.example", "is a list"),
        ("*.a.example, b.example", "is a list"),
        ("10.0.0.0/8,127.0.0.1", "is a list"),
        ("http://u:hidden@a.example", "without userinfo"),
        ("u:hidden@a.example", "without userinfo"),
    ] {
        let message = text.parse::<HostGlob>().unwrap_err().to_string();
        assert!(message.contains(why) && !message.contains("hidden"), "{text}: {message}");
    }
}

#[test]
fn subdomains_do_not_cover_domains() {
    for pattern in ["example.co.uk", "*example.com", "ex*.com", "*.co.uk", "*", "example.*", "a.*", "localhost"] {
        assert!(glob(pattern).covers_domains(), "{pattern}");
    }
    for pattern in ["192.0.2.1", "10.0.0.0/8", "[::1]", "*.github.io"] {
        assert!(glob(pattern).covers_domains(), "{pattern}");
    }
    for pattern in ["*.example.co.uk", "api.example.com", "*-api.example.com", "a*.b.example.com"] {
        assert!(!glob(pattern).covers_domains(), "{pattern}");
    }
    for pattern in ["http://example.com", "example.com:8080", "https://192.0.2.1", "192.0.2.1:80"] {
        assert!(!glob(pattern).covers_domains(), "{pattern}");
    }
}
