//! Limits on concurrency, request rate and memory.

use std::borrow::Cow;
use std::num::{NonZeroU32, NonZeroUsize};

use url::Host;
use url::Url;

use super::Rate;
use crate::model::host_glob::HostGlob;
use crate::model::host_key;

/// Limits on concurrency, request rate and memory.
#[derive(Debug, Clone)]
pub struct Limits {
    /// The most requests in flight.
    pub concurrency: NonZeroUsize,
    /// The most requests in flight to one host.
    pub host_concurrency: NonZeroUsize,
    /// The rate at which requests start, including retries and redirects.
    pub rate: Option<Rate>,
    /// The rate at which requests to one host start.
    pub host_rate: Option<Rate>,
    /// The maximum burst under a rate limit: in any period `T`, at most `rate * T + burst` requests start.
    pub burst: NonZeroU32,
    /// Overrides of `host_concurrency` and `host_rate` for matching hosts. The last rule that sets either value wins.
    pub host_rules: Vec<HostRule>,
    /// What the limits per host apply to.
    pub limit_by: LimitBy,
    /// Adapt the concurrency of each host to its latency and errors, from one up to its limit.
    pub adaptive: bool,
    /// The most jobs read ahead while all known hosts are at their limits.
    pub window: NonZeroUsize,
    /// The most bytes of response bodies in memory, from the start of a request until its record is written.
    pub max_memory: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            concurrency: nonzero(64),
            host_concurrency: nonzero(8),
            rate: None,
            host_rate: None,
            burst: NonZeroU32::MIN,
            host_rules: Vec::new(),
            limit_by: LimitBy::Origin,
            adaptive: false,
            window: nonzero(10_000),
            max_memory: 1 << 30,
        }
    }
}

impl Limits {
    /// The concurrency limit of the host of `url`, and the index of the rule that sets its rate, if any.
    ///
    /// If limits apply per domain, rules are matched against `https` at that domain rather than the host itself.
    pub fn of(&self, url: &Url) -> (NonZeroUsize, Option<usize>) {
        self.by(&self.rules_of(url))
    }

    /// The same limits, for a host that matches the rules with these indices.
    pub fn by(&self, rules: &[usize]) -> (NonZeroUsize, Option<usize>) {
        let mut limits = (self.host_concurrency, None);
        for &index in rules {
            let rule = &self.host_rules[index];
            limits.0 = rule.concurrency.unwrap_or(limits.0);
            limits.1 = rule.rate.map(|_| index).or(limits.1);
        }
        limits
    }

    /// The indices of the rules that the host of `url` matches.
    pub fn rules_of(&self, url: &Url) -> Vec<usize> {
        if self.host_rules.is_empty() {
            return Vec::new();
        }
        let domain = match self.limit_by {
            LimitBy::Origin => None,
            LimitBy::Domain => Url::parse(&format!("https://{}/", self.limit_by.name(url))).ok(),
        };
        let url = domain.as_ref().unwrap_or(url);
        let matching = self.host_rules.iter().enumerate().filter(|(_, rule)| rule.hosts.matches(url));
        matching.map(|(index, _)| index).collect()
    }

    /// The highest concurrency limit of any host.
    pub fn max_host_concurrency(&self) -> NonZeroUsize {
        let overrides = self.host_rules.iter().filter_map(|rule| rule.concurrency);
        overrides.fold(self.host_concurrency, NonZeroUsize::max).min(self.concurrency)
    }
}

/// What the limits per host apply to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LimitBy {
    /// An origin: scheme, host and port.
    #[default]
    Origin,
    /// A registrable domain with all its subdomains, by the [Public Suffix List](https://publicsuffix.org).
    Domain,
}

impl LimitBy {
    /// The origin or domain that the limits of `url` apply to.
    pub fn name(self, url: &Url) -> Cow<'_, str> {
        match (self, url.host()) {
            (LimitBy::Origin, _) | (_, None) => host_key(url),
            (LimitBy::Domain, Some(Host::Domain(name))) => {
                let name = name.trim_end_matches('.');
                psl::domain_str(name).unwrap_or(name).into()
            }
            (LimitBy::Domain, Some(address)) => address.to_string().into(),
        }
    }
}

/// Limits for matching hosts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostRule {
    /// The hosts.
    pub hosts: HostGlob,
    /// The most requests in flight to each of them.
    pub concurrency: Option<NonZeroUsize>,
    /// The rate at which requests to each of them start.
    pub rate: Option<Rate>,
}

pub(super) const fn nonzero(n: usize) -> NonZeroUsize {
    match NonZeroUsize::new(n) {
        Some(n) => n,
        None => NonZeroUsize::MIN,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    #[test]
    fn the_last_rule_that_sets_a_value_wins() {
        let rule = |hosts: &str, concurrency, rate: Option<u32>| HostRule {
            hosts: hosts.parse().unwrap(),
            concurrency: NonZeroUsize::new(concurrency),
            rate: rate.map(|n| Rate { count: NonZeroU32::new(n).unwrap(), per: Duration::from_secs(1) }),
        };
        let limits = Limits {
            host_rules: vec![rule("*.test", 3, Some(5)), rule("a.test", 0, Some(1)), rule("b.*", 9, None)],
            ..Limits::default()
        };
        let of = |text| (limits.of(&url(text)).0.get(), limits.of(&url(text)).1);
        assert_eq!(of("http://x.test/"), (3, Some(0)));
        assert_eq!(of("http://a.test/"), (3, Some(1)));
        assert_eq!(of("http://b.test/"), (9, Some(0)));
        assert_eq!(of("http://c.example/"), (8, None));
        assert_eq!(limits.max_host_concurrency().get(), 9);
    }

    #[test]
    fn a_domain_is_a_registrable_domain() {
        let name = |text: &str| LimitBy::Domain.name(&url(text)).into_owned();
        assert_eq!(name("https://a.b.example.co.uk:8443/"), "example.co.uk");
        assert_eq!(name("https://example.co.uk./"), "example.co.uk");
        assert_eq!(name("http://ann.github.io/"), "ann.github.io");
        assert_eq!(name("http://localhost:1/"), "localhost");
        assert_eq!(name("http://[::1]:1/"), "[::1]");
        assert_eq!(name("http://127.0.0.1:1/"), "127.0.0.1");
        assert_eq!(LimitBy::Origin.name(&url("http://u:p@a.test:80/")), "http://a.test");
    }
}
