//! The route to a URL, direct or through a proxy: whether it may be taken, and which names are looked up on it.

use std::net::IpAddr;
use std::sync::Arc;

use http::Uri;
use http::header::HeaderValue;
use hyper_util::client::proxy::matcher::Matcher;
use url::{Host, Url};

use super::credentials::basic;
use crate::model::{ErrorKind, Failure, Phase, Setting};
use crate::plan::{ClientKind, ConnectionOptions, Family, Proxies, Proxy};
use crate::site::access::{Access, AddressRule};

/// Finds the route that the client will take to each URL. Where no option depends on it, the route is left out.
#[derive(Debug)]
pub(super) struct Routes {
    access: Access,
    /// The rule that cannot be enforced, because a proxy or a socket connects for us.
    unenforceable: Option<AddressRule>,
    /// Whether an option depends on the route.
    needed: bool,
    family: Family,
    proxies: Matcher,
    tunnel: Option<Arc<Tunnel>>,
    relayed: Relayed,
}

/// Which URLs a proxy or a socket stands before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relayed {
    Nothing,
    Everything,
    ByUrl,
}

/// A host and port to connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Endpoint {
    host: Host,
    port: u16,
}

/// The route to one URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Route {
    origin: Endpoint,
    proxy: Option<Endpoint>,
    tunnel: Option<Arc<Tunnel>>,
}

/// A proxy that is asked to connect to the hosts of `https` URLs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tunnel {
    pub(super) host: Host,
    pub(super) port: u16,
    /// The value of `Proxy-Authorization`.
    pub(super) authorization: Option<HeaderValue>,
}

impl Tunnel {
    /// The tunnels that `proxy` opens: one over plain HTTP, which haul talks to itself.
    fn through(proxy: &Proxy) -> Option<Self> {
        let url = proxy.url();
        let Endpoint { host, port } = Endpoint::of(url).filter(|_| url.scheme() == "http")?;
        Some(Tunnel { host, port, authorization: basic(&mut url.clone()) })
    }

    #[cfg(test)]
    pub(super) fn to(host: &str, port: u16) -> Self {
        Tunnel { host: Host::parse(host).unwrap(), port, authorization: None }
    }
}

impl Routes {
    pub(super) fn new(options: &ConnectionOptions, access: &Access, client: ClientKind) -> Self {
        let relayed = match client {
            ClientKind::Relay => Relayed::Everything,
            ClientKind::Wire if options.uses_unix_socket() => Relayed::Everything,
            ClientKind::Wire if options.proxies.is_empty() => Relayed::Nothing,
            ClientKind::Wire => Relayed::ByUrl,
        };
        Routes {
            unenforceable: access.address_rule().filter(|_| options.connects_indirectly()),
            access: access.clone(),
            needed: options.family != Family::Any || !options.dns_overrides.is_empty() || options.connects_indirectly(),
            family: options.family,
            proxies: matcher(&options.proxies),
            tunnel: options.proxies.https.as_ref().and_then(Tunnel::through).map(Arc::new),
            relayed,
        }
    }

    /// Which URLs are relayed.
    pub(super) fn relayed(&self) -> Relayed {
        self.relayed
    }

    /// Whether `url` is relayed.
    pub(super) fn is_relayed(&self, url: &Url) -> bool {
        match self.relayed {
            Relayed::Nothing => false,
            Relayed::Everything => true,
            Relayed::ByUrl if url.scheme() == "https" && self.tunnel.is_some() => false,
            Relayed::ByUrl => Uri::try_from(url.as_str()).is_ok_and(|uri| self.proxies.intercept(&uri).is_some()),
        }
    }

    /// The route to `url`, if an option depends on it.
    ///
    /// # Errors
    /// Access to the URL is denied, or the first address is of a family that may not be used: an address is not looked
    /// up, so the resolver cannot refuse it.
    pub(super) fn to(&self, url: &Url) -> Result<Option<Route>, Failure> {
        self.access.check(url)?;
        if let Some(rule) = self.unenforceable {
            let message = format!("{rule} cannot be enforced unless haul itself connects");
            return Err(Failure::new(ErrorKind::Blocked, message).by(rule.setting()));
        }
        if !self.needed {
            return Ok(None);
        }
        let Some(origin) = Endpoint::of(url) else { return Ok(None) };
        let uri = Uri::try_from(url.as_str()).ok();
        let proxy = uri.and_then(|uri| self.proxies.intercept(&uri));
        let proxy = proxy.and_then(|proxy| Endpoint::of(&Url::parse(&proxy.uri().to_string()).ok()?));
        let first = &proxy.as_ref().unwrap_or(&origin).host;
        match address(first).filter(|addr| !self.family.admits(*addr)) {
            Some(addr) => Err(refusal(addr, self.family)),
            None => {
                let tunnel = self.tunnel.clone().filter(|_| proxy.is_some() && url.scheme() == "https");
                Ok(Some(Route { origin, proxy, tunnel }))
            }
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

impl Endpoint {
    fn of(url: &Url) -> Option<Self> {
        let port = url.port_or_known_default().or(url.scheme().starts_with("socks").then_some(1080))?;
        // The URL standard does not parse the host of a scheme that it does not know.
        Some(Endpoint { host: Host::parse(url.host_str()?).ok()?, port })
    }

    fn has_name(&self, name: &str) -> bool {
        matches!(&self.host, Host::Domain(host) if host.eq_ignore_ascii_case(name))
    }
}

impl Route {
    /// The proxy that is asked for a tunnel.
    pub(super) fn tunnel(&self) -> Option<&Tunnel> {
        self.tunnel.as_deref()
    }

    /// Whether a proxy is connected to.
    pub(super) fn has_proxy(&self) -> bool {
        self.proxy.is_some()
    }

    /// The port that a connection to `name` on this route uses. If origin and proxy have the same name, it is the
    /// proxy's: only that one is looked up here, except with `socks5`, which makes no difference to the look-up.
    pub(super) fn port_of(&self, name: &str) -> Option<u16> {
        let endpoints = self.proxy.iter().chain([&self.origin]);
        endpoints.filter(|endpoint| endpoint.has_name(name)).map(|endpoint| endpoint.port).next()
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
        let route = Routes::new(transport, &Access::default(), ClientKind::Wire).to(&url.parse().unwrap());
        route.map(Option::unwrap).map_err(|failure| failure.message)
    }

    #[test]
    fn by_default_no_route_is_needed() {
        assert_eq!(
            Routes::new(&ConnectionOptions::default(), &Access::default(), ClientKind::Wire)
                .to(&"http://a/".parse().unwrap())
                .unwrap(),
            None
        );
    }

    #[test]
    fn denied_urls_and_routes_that_cannot_be_checked_are_refused() {
        let route = |options: &ConnectionOptions, access: &Access, url: &str| {
            Routes::new(options, access, ClientKind::Wire).to(&url.parse().unwrap()).map_err(|failure| failure.message)
        };
        let public = Access { deny_private: true, ..Access::default() };
        let named = Access { deny: vec!["a.test".parse().unwrap()], ..Access::default() };
        let (direct, by_proxy) = (ConnectionOptions::default(), transport(Family::Any, "http://p.test", ""));
        assert_eq!(route(&direct, &public, "http://b.test/"), Ok(None));
        assert!(route(&direct, &public, "http://[::1]/").unwrap_err().starts_with("::1 is not public"));
        let unenforceable = "refusing private addresses cannot be enforced unless haul itself connects";
        assert_eq!(route(&by_proxy, &public, "http://b.test/"), Err(unenforceable.to_owned()));
        assert!(route(&by_proxy, &named, "http://a.test/").unwrap_err().starts_with("a.test is refused"));
        assert!(route(&by_proxy, &named, "http://b.test/").is_ok());
    }

    #[test]
    fn a_name_has_the_port_of_its_endpoint() {
        let direct = to(&transport(Family::Any, "", ""), "https://Example.com/").unwrap();
        assert_eq!((direct.port_of("example.com"), direct.port_of("other")), (Some(443), None));

        let by_proxy = transport(Family::Any, "http://u:p@proxy.test:3128", "near.test");
        let far = to(&by_proxy, "http://example.com:8080/").unwrap();
        assert_eq!((far.port_of("proxy.test"), far.port_of("example.com")), (Some(3128), Some(8080)));
        assert_eq!(to(&by_proxy, "http://proxy.test:1/").unwrap().port_of("proxy.test"), Some(3128));
        assert_eq!(to(&by_proxy, "http://x.near.test/").unwrap().port_of("proxy.test"), None);

        let socks = to(&transport(Family::Any, "socks5://localhost", ""), "https://example.com/").unwrap();
        assert_eq!((socks.port_of("localhost"), socks.port_of("example.com")), (Some(1080), Some(443)));
    }

    #[test]
    fn an_address_of_the_other_family_is_refused_at_the_start_of_the_route() {
        let refused = "127.0.0.1 is not an IPv6 address";
        assert_eq!(to(&transport(Family::Ipv6, "", ""), "http://127.0.0.1/"), Err(refused.to_owned()));
        assert_eq!(to(&transport(Family::Ipv6, "http://127.0.0.1:1", ""), "http://[::1]/"), Err(refused.to_owned()));
        assert_eq!(to(&transport(Family::Ipv6, "socks5h://127.0.0.1:1", ""), "http://a/"), Err(refused.to_owned()));
        assert!(to(&transport(Family::Ipv6, "http://[::1]:1", ""), "http://127.0.0.1/").is_ok());
        assert!(to(&transport(Family::Ipv4, "", ""), "http://127.0.0.1/").is_ok());
        let refused = to(&transport(Family::Ipv4, "", ""), "http://[::1]/").unwrap_err();
        assert_eq!(refused, "::1 is not an IPv4 address");
    }
}
