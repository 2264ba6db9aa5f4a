//! Other hosts to connect to than those of the URLs, as curl's `--connect-to` has them.

use std::str::FromStr;

use url::Host;

/// What is connected to in place of the host and port of a URL: `example.com:443:backend.test:8443`.
///
/// Only the connection changes. The `Host` field, the name that TLS asks for and verifies, and all limits stay those of
/// the URL. A part that is `None` stands for every host or port, or leaves it as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConnectTo {
    /// The host of the URL.
    pub host: Option<Host>,
    /// The port of the URL.
    pub port: Option<u16>,
    /// The host to connect to.
    pub to_host: Option<Host>,
    /// The port to connect to.
    pub to_port: Option<u16>,
}

impl ConnectTo {
    /// What to connect to for a URL with this host and port. `None` if the rule is for others, or changes nothing.
    pub fn target<'a>(&'a self, host: &Host<&'a str>, port: u16) -> Option<(Host<&'a str>, u16)> {
        let matches =
            self.host.as_ref().is_none_or(|own| is_same(own, host)) && self.port.is_none_or(|own| own == port);
        let changes = self.to_host.is_some() || self.to_port.is_some();
        let to = || (self.to_host.as_ref().map_or_else(|| host.clone(), borrowed), self.to_port.unwrap_or(port));
        (matches && changes).then(to)
    }
}

fn is_same(own: &Host, host: &Host<&str>) -> bool {
    match (own, host) {
        (Host::Domain(own), Host::Domain(name)) => own.eq_ignore_ascii_case(name),
        (Host::Ipv4(own), Host::Ipv4(addr)) => own == addr,
        (Host::Ipv6(own), Host::Ipv6(addr)) => own == addr,
        _ => false,
    }
}

/// The same host, borrowed.
pub(crate) fn borrowed(host: &Host) -> Host<&str> {
    match host {
        Host::Domain(name) => Host::Domain(name),
        Host::Ipv4(addr) => Host::Ipv4(*addr),
        Host::Ipv6(addr) => Host::Ipv6(*addr),
    }
}

impl FromStr for ConnectTo {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (host, rest) = host_and_rest(text)?;
        let (port, rest) = rest.split_once(':').ok_or_else(shape)?;
        let (to_host, to_port) = host_and_rest(rest)?;
        Ok(ConnectTo {
            host: parsed_host(host)?,
            port: parsed_port(port)?,
            to_host: parsed_host(to_host)?,
            to_port: parsed_port(to_port)?,
        })
    }
}

fn shape() -> String {
    "expected HOST:PORT:HOST:PORT, such as example.com:443:127.0.0.1:8443; any part may be empty".to_owned()
}

/// A host, which may be an IPv6 address in brackets, and what follows the colon behind it.
fn host_and_rest(text: &str) -> Result<(&str, &str), String> {
    let end = if text.starts_with('[') { 1 + text.find(']').ok_or_else(shape)? } else { 0 };
    let colon = end + text[end..].find(':').ok_or_else(shape)?;
    Ok((&text[..colon], &text[colon + 1..]))
}

fn parsed_host(text: &str) -> Result<Option<Host>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    Host::parse(text).map(Some).map_err(|why| format!("{text:?} is not a host: {why}"))
}

fn parsed_port(text: &str) -> Result<Option<u16>, String> {
    match text.parse() {
        _ if text.is_empty() => Ok(None),
        Ok(port @ 1..) => Ok(Some(port)),
        _ if text.contains(':') => Err(format!("{text:?} is not a port (an IPv6 address needs brackets)")),
        _ => Err(format!("{text:?} is not a port")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use url::Url;

    use super::*;
    use crate::plan::ConnectionOptions;

    fn connected(rules: &[&str], url: &str) -> String {
        let connect_to = rules.iter().map(|rule| rule.parse().unwrap()).collect();
        let options = ConnectionOptions { connect_to, ..ConnectionOptions::default() };
        let url = Url::parse(url).unwrap();
        let (host, port) = options.target(url.host().unwrap(), url.port_or_known_default().unwrap());
        format!("{host}:{port}")
    }

    #[test]
    fn the_first_rule_that_changes_something_wins() {
        for (rules, url, to) in [
            (&[][..], "http://a.test/", "a.test:80"),
            (&["a.test:80:b.test:81"], "http://a.test/", "b.test:81"),
            (&["A.TEST:80:B.test:81"], "http://a.Test/", "b.test:81"),
            (&["a.test:443:b.test:81"], "http://a.test/", "a.test:80"),
            (&["a.test:443:b.test:81"], "https://a.test/", "b.test:81"),
            (&["x.test:80:b.test:81"], "http://a.test/", "a.test:80"),
            (&["::b.test:"], "http://a.test:7/", "b.test:7"),
            (&["a.test:::81"], "http://a.test:7/", "a.test:81"),
            (&[":80:b.test:81"], "http://a.test:7/", "a.test:7"),
            (&["a.test::b.test:1", "::c.test:2"], "http://a.test/", "b.test:1"),
            (&["x.test::b.test:1", "::c.test:2"], "http://a.test/", "c.test:2"),
            (&["a.test:::", "::c.test:2"], "http://a.test/", "c.test:2"),
            (&["[::1]:80:[2001:db8::1]:81"], "http://[0:0::1]/", "[2001:db8::1]:81"),
            (&["127.0.0.1::[::1]:"], "http://127.1/", "[::1]:80"),
            (&["bücher.test::b.test:"], "http://xn--bcher-kva.test/", "b.test:80"),
        ] {
            assert_eq!(connected(rules, url), to, "{rules:?} {url}");
        }
    }

    #[test]
    fn invalid_rules_are_refused() {
        for (text, reason) in [
            ("", "expected HOST:PORT:HOST:PORT"),
            ("a", "expected HOST:PORT:HOST:PORT"),
            ("a:80", "expected HOST:PORT:HOST:PORT"),
            ("a:80:b", "expected HOST:PORT:HOST:PORT"),
            ("[::1:80:b:80", "expected HOST:PORT:HOST:PORT"),
            ("a b:80:b:80", "\"a b\" is not a host"),
            ("a:80:b c:80", "\"b c\" is not a host"),
            ("[::x]:80:b:80", "\"[::x]\" is not a host"),
            ("a:0:b:80", "\"0\" is not a port"),
            ("a:80:b:65536", "\"65536\" is not a port"),
            ("a:http:b:80", "\"http\" is not a port"),
            ("a:80:b:80:c", "\"80:c\" is not a port"),
            ("a:80:::1:80", "\":1:80\" is not a port (an IPv6 address needs brackets)"),
        ] {
            let refused = text.parse::<ConnectTo>().unwrap_err();
            assert!(refused.contains(reason), "{text}: {refused}");
        }
    }

    proptest! {
        #[test]
        fn parsing_never_panics(text in "[:\\[\\]a-z0-9. ]{0,24}|\\PC{0,24}") {
            let _ = text.parse::<ConnectTo>();
        }
    }
}
