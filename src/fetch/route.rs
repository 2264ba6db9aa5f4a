//! The way to a URL: straight, or by way of a proxy; and what has to be looked up for it.

use std::net::IpAddr;

use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use url::{Host, Url};

use crate::model::{ErrorKind, Failure, Phase, Setting};
use crate::plan::{ConnectionOptions, Family, Proxies, Proxy};
use crate::site::access::{Access, AddressRule};

/// Finds the way to each URL, as the client underneath will. Where nothing depends on the way, it finds none.
#[derive(Debug)]
pub(super) struct Routes {
    access: Access,
    /// The rule that cannot be enforced, since a proxy connects in our place.
    blind: Option<AddressRule>,
    matters: bool,
    family: Family,
    proxies: Matcher,
}

/// A name and a port that a connection is made to.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Hop {
    host: Host,
    port: u16,
}

/// The way to one URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Route {
    origin: Hop,
    proxy: Option<Hop>,
}

impl Routes {
    pub(super) fn new(transport: &ConnectionOptions, access: &Access) -> Self {
        Routes {
            blind: access.address_rule().filter(|_| transport.connects_indirectly()),
            access: access.clone(),
            matters: transport.family != Family::Any || !transport.dns_overrides.is_empty(),
            family: transport.family,
            proxies: matcher(&transport.proxies),
        }
    }

    /// The way to `url`, if anything depends on it. Fails when nobody may go there, or when it begins at an address
    /// that may not be used: that one is not looked up, so the resolver does not get to refuse it.
    pub(super) fn to(&self, url: &Url) -> Result<Option<Route>, Failure> {
        self.access.check(url)?;
        if let Some(rule) = self.blind {
            let message = format!("{rule} cannot be enforced unless haul itself connects");
            return Err(Failure::new(ErrorKind::Blocked, message).by(rule.setting()));
        }
        if !self.matters {
            return Ok(None);
        }
        let Some(origin) = Hop::of(url) else { return Ok(None) };
        let uri = Uri::try_from(url.as_str()).ok();
        let proxy = uri.and_then(|uri| self.proxies.intercept(&uri));
        let proxy = proxy.and_then(|proxy| Hop::of(&Url::parse(&proxy.uri().to_string()).ok()?));
        let first = &proxy.as_ref().unwrap_or(&origin).host;
        match address(first).filter(|addr| !self.family.admits(*addr)) {
            Some(addr) => Err(refusal(addr, self.family)),
            None => Ok(Some(Route { origin, proxy })),
        }
    }
}

fn matcher(proxies: &Proxies) -> Matcher {
    let builder = Matcher::builder();
    if proxies.is_empty() {
        return builder.build();
    }
    let text = |proxy: &Option<Proxy>| proxy.as_ref().map_or("", |proxy| proxy.url().as_str()).to_owned();
    let except = proxies.exceptions().collect::<Vec<_>>().join(",");
    builder.http(text(&proxies.http)).https(text(&proxies.https)).no(except).build()
}

fn refusal(addr: IpAddr, family: Family) -> Failure {
    let (version, setting) = match family {
        Family::Ipv4 => ("IPv4", Setting::Ipv4),
        _ => ("IPv6", Setting::Ipv6),
    };
    let message = format!("{addr} is not an {version} address");
    Failure::new(ErrorKind::Dns, message).by(setting).during(Phase::Dns)
}

impl Hop {
    fn of(url: &Url) -> Option<Self> {
        let port = url.port_or_known_default().or(url.scheme().starts_with("socks").then_some(1080))?;
        // A scheme that the URL standard does not know has a host that it has not looked at.
        Some(Hop { host: Host::parse(url.host_str()?).ok()?, port })
    }

    fn has_name(&self, name: &str) -> bool {
        matches!(&self.host, Host::Domain(host) if host.eq_ignore_ascii_case(name))
    }
}

impl Route {
    /// The port that `name`, which is being looked up on this way, is to be asked at. Of an origin and its proxy that
    /// have one name, only the proxy's is looked up by us; but with `socks5`, which cannot be told apart here.
    pub(super) fn port_of(&self, name: &str) -> Option<u16> {
        let hops = self.proxy.iter().chain([&self.origin]);
        hops.filter(|hop| hop.has_name(name)).map(|hop| hop.port).next()
    }
}

fn address(host: &Host) -> Option<IpAddr> {
    match host {
        Host::Domain(_) => None,
        Host::Ipv4(addr) => Some((*addr).into()),
        Host::Ipv6(addr) => Some((*addr).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transport(family: Family, proxy: &str, except: &str) -> ConnectionOptions {
        let mut proxies = Proxies { except: except.to_owned(), ..Proxies::default() };
        if !proxy.is_empty() {
            proxies = Proxies { except: proxies.except, ..Proxies::all(proxy.parse().unwrap()) };
        }
        ConnectionOptions {
            family,
            proxies,
            dns_overrides: vec!["a:1:127.0.0.1".parse().unwrap()],
            ..ConnectionOptions::default()
        }
    }

    fn to(transport: &ConnectionOptions, url: &str) -> Result<Route, String> {
        let route = Routes::new(transport, &Access::default()).to(&url.parse().unwrap());
        route.map(Option::unwrap).map_err(|failure| failure.message)
    }

    #[test]
    fn by_default_nothing_depends_on_it() {
        assert_eq!(
            Routes::new(&ConnectionOptions::default(), &Access::default()).to(&"http://a/".parse().unwrap()).unwrap(),
            None
        );
    }

    #[test]
    fn nobody_goes_where_it_must_not_or_by_a_way_that_cannot_be_seen() {
        let way = |transport: &ConnectionOptions, access: &Access, url: &str| {
            Routes::new(transport, access).to(&url.parse().unwrap()).map_err(|failure| failure.message)
        };
        let public = Access { deny_private: true, ..Access::default() };
        let named = Access { deny: vec!["a.test".parse().unwrap()], ..Access::default() };
        let (straight, by_proxy) = (ConnectionOptions::default(), transport(Family::Any, "http://p.test", ""));
        assert_eq!(way(&straight, &public, "http://b.test/"), Ok(None));
        assert!(way(&straight, &public, "http://[::1]/").unwrap_err().starts_with("::1 is not public"));
        let blind = "--deny-private cannot be enforced unless haul itself connects";
        assert_eq!(way(&by_proxy, &public, "http://b.test/"), Err(blind.to_owned()));
        assert!(way(&by_proxy, &named, "http://a.test/").unwrap_err().starts_with("a.test is refused"));
        assert!(way(&by_proxy, &named, "http://b.test/").is_ok());
    }

    #[test]
    fn each_name_has_its_port() {
        let straight = to(&transport(Family::Any, "", ""), "https://Example.com/").unwrap();
        assert_eq!((straight.port_of("example.com"), straight.port_of("other")), (Some(443), None));

        let by_proxy = transport(Family::Any, "http://u:p@proxy.test:3128", "near.test");
        let far = to(&by_proxy, "http://example.com:8080/").unwrap();
        assert_eq!((far.port_of("proxy.test"), far.port_of("example.com")), (Some(3128), Some(8080)));
        assert_eq!(to(&by_proxy, "http://proxy.test:1/").unwrap().port_of("proxy.test"), Some(3128));
        assert_eq!(to(&by_proxy, "http://x.near.test/").unwrap().port_of("proxy.test"), None);

        let socks = to(&transport(Family::Any, "socks5://localhost", ""), "https://example.com/").unwrap();
        assert_eq!((socks.port_of("localhost"), socks.port_of("example.com")), (Some(1080), Some(443)));
    }

    #[test]
    fn an_address_of_the_other_family_is_refused_where_the_way_begins() {
        let refused = "127.0.0.1 is not an IPv6 address (--ipv6)";
        assert_eq!(to(&transport(Family::Ipv6, "", ""), "http://127.0.0.1/"), Err(refused.to_owned()));
        assert_eq!(to(&transport(Family::Ipv6, "http://127.0.0.1:1", ""), "http://[::1]/"), Err(refused.to_owned()));
        assert_eq!(to(&transport(Family::Ipv6, "socks5h://127.0.0.1:1", ""), "http://a/"), Err(refused.to_owned()));
        assert!(to(&transport(Family::Ipv6, "http://[::1]:1", ""), "http://127.0.0.1/").is_ok());
        assert!(to(&transport(Family::Ipv4, "", ""), "http://127.0.0.1/").is_ok());
        let refused = to(&transport(Family::Ipv4, "", ""), "http://[::1]/").unwrap_err();
        assert_eq!(refused, "::1 is not an IPv4 address (--ipv4)");
    }
}
