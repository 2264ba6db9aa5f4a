//! Settings for proxies.

use std::fmt;
use std::str::FromStr;

use http::Uri;
use url::Url;

use crate::guard::redact;

/// The environment variables for `http` URLs, in order of precedence.
const HTTP: [&str; 3] = ["http_proxy", "all_proxy", "ALL_PROXY"];

/// The environment variables for `https` URLs, in order of precedence.
const HTTPS: [&str; 4] = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];

/// The proxies of a run, and the hosts that bypass them.
#[derive(Debug, Clone, Default)]
pub struct Proxies {
    /// The proxy for `http` URLs.
    pub http: Option<Proxy>,
    /// The proxy for `https` URLs.
    pub https: Option<Proxy>,
    /// A comma-separated list of hosts that bypass the proxy: names with their subdomains, addresses, networks such as
    /// `10.0.0.0/8`, or `*` for all.
    pub except: String,
}

impl Proxies {
    /// Uses `proxy` for all requests.
    pub fn all(proxy: Proxy) -> Self {
        Proxies { http: Some(proxy.clone()), https: Some(proxy), except: String::new() }
    }

    /// Reads the environment as curl does: `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy`, each taking
    /// precedence over its name in upper case. `HTTP_PROXY` is ignored, since a client can set it for a CGI script.
    ///
    /// # Errors
    /// A variable is not a valid proxy; the error has its name and the reason.
    pub fn of_environment(var: impl Fn(&str) -> Option<String>) -> Result<Self, (&'static str, String)> {
        let proxy = |names: &[&'static str]| {
            let parsed = |(name, value): (_, String)| value.trim().parse().map_err(|why| (name, why));
            first(&var, names).map(parsed).transpose()
        };
        Ok(Proxies { http: proxy(&HTTP)?, https: proxy(&HTTPS)?, except: Proxies::except_in_environment(&var) })
    }

    /// The variable from which `of_environment` takes a proxy, preferably the one for `http`.
    pub fn variable(var: impl Fn(&str) -> Option<String>) -> Option<&'static str> {
        first(&var, &[&HTTP[..], &HTTPS].concat()).map(|(name, _)| name)
    }

    /// The hosts that bypass the proxy according to the environment.
    pub fn except_in_environment(var: impl Fn(&str) -> Option<String>) -> String {
        first(&var, &["no_proxy", "NO_PROXY"]).map_or(String::new(), |(_, list)| list)
    }

    /// Whether no request uses a proxy.
    pub fn is_empty(&self) -> bool {
        (self.http.is_none() && self.https.is_none()) || self.exceptions().any(|host| host == "*")
    }

    /// The hosts that bypass the proxy. As in curl, spaces count as commas.
    pub fn exceptions(&self) -> impl Iterator<Item = &str> {
        self.except.split([',', ' ']).filter(|host| !host.is_empty())
    }
}

/// The first variable that is set and not blank.
fn first(var: impl Fn(&str) -> Option<String>, names: &[&'static str]) -> Option<(&'static str, String)> {
    let set = |&name: &&'static str| Some((name, var(name).filter(|value| !value.trim().is_empty())?));
    names.iter().find_map(set)
}

/// An HTTP or SOCKS5 proxy, optionally with credentials, which its `Debug` form does not show.
///
/// With `socks5` names are resolved locally, with `socks5h` by the proxy.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy(Url);

impl Proxy {
    /// The URL, credentials included.
    pub fn url(&self) -> &Url {
        &self.0
    }
}

impl FromStr for Proxy {
    type Err = String;

    /// Parses `http://user:password@proxy.example:3128`. The default scheme is `http`.
    fn from_str(text: &str) -> Result<Self, String> {
        const SHAPE: &str = "expected a URL such as http://proxy.example:3128 or socks5h://127.0.0.1:1080";
        let whole = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let mut url = Url::parse(&whole).map_err(|why| format!("{SHAPE}: {why}"))?;
        if !matches!(url.scheme(), "http" | "https" | "socks5" | "socks5h") {
            return Err(format!("{}:// is not a supported proxy scheme: {SHAPE}", url.scheme()));
        }
        if url.host_str().is_none_or(str::is_empty) {
            return Err(format!("the host is missing: {SHAPE}"));
        }
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return Err(format!("nothing may follow the port: {SHAPE}"));
        }
        if url.scheme().starts_with("socks5") && url.port().is_none() {
            let _ = url.set_port(Some(1080));
        }
        // The HTTP client parses it as a `Uri`, and would connect directly if that failed.
        let uri = Uri::try_from(url.as_str()).ok();
        match uri.as_ref().and_then(Uri::authority) {
            Some(authority) if !authority.host().is_empty() => Ok(Proxy(url)),
            _ => Err(format!("the host is invalid: {SHAPE}")),
        }
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&redact::url(self.0.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn proxies_are_parsed() {
        for (text, url) in [
            ("http://proxy.example:3128", "http://proxy.example:3128/"),
            ("proxy.example:3128/", "http://proxy.example:3128/"),
            ("ann:p%40ss@[::1]:3128", "http://ann:p%40ss@[::1]:3128/"),
            ("https://proxy.example", "https://proxy.example/"),
            ("socks5://127.0.0.1", "socks5://127.0.0.1:1080"),
            ("SOCKS5H://ann:pw@proxy.example:9050", "socks5h://ann:pw@proxy.example:9050"),
        ] {
            assert_eq!(text.parse::<Proxy>().unwrap().url().as_str(), url);
        }
    }

    #[test]
    fn invalid_proxies_are_refused_without_showing_secrets() {
        for (text, reason) in [
            ("", "expected a URL"),
            ("http://", "expected a URL"),
            ("ftp://ann:hunter2@proxy.example", "ftp:// is not a supported proxy scheme"),
            ("socks4://ann:hunter2@proxy.example", "socks4:// is not a supported proxy"),
            ("socks5://", "the host is missing"),
            ("http://ann:hunter2@proxy.example:99999", "invalid port number"),
            ("http://ann:hunter2@proxy.example/path", "nothing may follow the port"),
            ("http://ann:hunter2@proxy.example?hunter2", "nothing may follow the port"),
            ("socks5://ann:hunter2@a%20b:1", "the host is invalid"),
        ] {
            let refused = text.parse::<Proxy>().unwrap_err();
            assert!(refused.contains(reason) && !refused.contains("hunter2"), "{text}: {refused}");
        }
    }

    #[test]
    fn debug_output_is_redacted() {
        let proxy: Proxy = "http://ann:hunter2@proxy.example:3128".parse().unwrap();
        assert_eq!(format!("{proxy:?}"), "http://REDACTED@proxy.example:3128/");
    }

    fn of<'a>(set: &'a [(&'a str, &'a str)]) -> Result<String, (&'static str, String)> {
        let var = |name: &str| set.iter().find(|(set, _)| *set == name).map(|(_, value)| (*value).to_owned());
        let Proxies { http, https, except } = Proxies::of_environment(var)?;
        let host = |proxy: Option<Proxy>| proxy.map_or("-".to_owned(), |it| it.url().host_str().unwrap().to_owned());
        Ok(format!("{} {} {except:?}", host(http), host(https)))
    }

    #[test]
    fn the_environment_is_read_as_in_curl() {
        assert_eq!(of(&[]).unwrap(), "- - \"\"");
        assert_eq!(of(&[("http_proxy", "a"), ("https_proxy", "b")]).unwrap(), "a b \"\"");
        assert_eq!(of(&[("HTTP_PROXY", "a"), ("HTTPS_PROXY", "b")]).unwrap(), "- b \"\"");
        assert_eq!(of(&[("HTTPS_PROXY", "a"), ("https_proxy", "b")]).unwrap(), "- b \"\"");
        assert_eq!(of(&[("all_proxy", "a"), ("ALL_PROXY", "b"), ("https_proxy", "c")]).unwrap(), "a c \"\"");
        assert_eq!(of(&[("ALL_PROXY", "a"), ("http_proxy", "")]).unwrap(), "a a \"\"");
        assert_eq!(of(&[("no_proxy", "x, y"), ("NO_PROXY", "z")]).unwrap(), "- - \"x, y\"");
        assert_eq!(of(&[("NO_PROXY", "z")]).unwrap(), "- - \"z\"");
        let (name, why) = of(&[("all_proxy", "gopher://ann:hunter2@a")]).unwrap_err();
        assert_eq!(name, "all_proxy");
        assert!(why.starts_with("gopher:// is not a supported proxy") && !why.contains("hunter2"), "{why}");
    }

    #[test]
    fn the_variable_in_effect_is_named() {
        let of = |set: &[&str]| Proxies::variable(|name| set.contains(&name).then(|| "a".to_owned()));
        assert_eq!(of(&["HTTP_PROXY", "no_proxy"]), None);
        assert_eq!(of(&["http_proxy", "https_proxy"]), Some("http_proxy"));
        assert_eq!(of(&["HTTPS_PROXY"]), Some("HTTPS_PROXY"));
        assert_eq!(of(&["ALL_PROXY", "HTTPS_PROXY"]), Some("ALL_PROXY"));
    }

    #[test]
    fn an_asterisk_bypasses_all() {
        let proxies = |except: &str| Proxies { except: except.to_owned(), ..Proxies::all("a".parse().unwrap()) };
        assert!(proxies("*").is_empty() && proxies("x, *").is_empty() && Proxies::default().is_empty());
        assert!(!proxies("").is_empty() && !proxies("*.x").is_empty());
        assert_eq!(proxies(" a,b  c,,").exceptions().collect::<Vec<_>>(), ["a", "b", "c"]);
    }

    proptest! {
        #[test]
        fn parsing_never_panics(text: String) {
            let _ = text.parse::<Proxy>();
        }
    }
}
