//! How many requests may be in flight, how often they may start, and whose limits these are.

use std::borrow::Cow;
use std::num::{NonZeroU32, NonZeroUsize};
use std::time::Duration;

use url::Host;
use url::Url;

use crate::model::host_glob::HostGlob;
use crate::model::host_key;

/// How many requests may be in flight, how often they may start, and how much memory they may hold.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Requests in flight over the whole run.
    pub concurrency: NonZeroUsize,
    /// Requests in flight to one host.
    pub host_concurrency: NonZeroUsize,
    /// Requests started over the whole run, retries and redirect hops included.
    pub rate: Option<Rate>,
    /// Requests started to one host.
    pub host_rate: Option<Rate>,
    /// How many requests may start at once after a pause: over any span `T` at most `rate * T + burst` leave.
    pub burst: NonZeroU32,
    /// What hosts that match have in place of `host_concurrency` and `host_rate`: the last that says something of
    /// either decides.
    pub host_rules: Vec<HostRule>,
    /// What a host is to its limits.
    pub limit_by: LimitBy,
    /// Find out how many requests at once a host takes well, from one up to its limit.
    pub adaptive: bool,
    /// Jobs read ahead while every known host is held back.
    pub window: NonZeroUsize,
    /// Bytes of response bodies held at once, from the lease of a request until its record is written.
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
    /// How many requests the host of `url` may have in flight, and which of the rules has its rate, if one has.
    ///
    /// Where limits belong to a domain, rules are held against `https` at that domain, not against the hosts below it.
    pub fn of(&self, url: &Url) -> (NonZeroUsize, Option<usize>) {
        self.by(&self.rules_of(url))
    }

    /// The same of a host that matches these rules.
    pub fn by(&self, rules: &[usize]) -> (NonZeroUsize, Option<usize>) {
        let mut limits = (self.host_concurrency, None);
        for &place in rules {
            let rule = &self.host_rules[place];
            limits.0 = rule.concurrency.unwrap_or(limits.0);
            limits.1 = rule.rate.map(|_| place).or(limits.1);
        }
        limits
    }

    /// Which of the rules the host of `url` matches.
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
        matching.map(|(place, _)| place).collect()
    }

    /// The most requests that any host may have in flight.
    pub fn max_host_concurrency(&self) -> NonZeroUsize {
        let ruled = self.host_rules.iter().filter_map(|rule| rule.concurrency);
        ruled.fold(self.host_concurrency, NonZeroUsize::max).min(self.concurrency)
    }
}

/// What a host is to the limits of hosts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LimitBy {
    /// Scheme, name and port.
    #[default]
    Origin,
    /// All hosts below one registrable domain, as the [Public Suffix List](https://publicsuffix.org) has it: what one
    /// owner can register.
    Domain,
}

impl LimitBy {
    /// What the limits of `url` belong to.
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

/// Limits of the hosts that match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostRule {
    /// Which hosts.
    pub hosts: HostGlob,
    /// Requests in flight to one of them.
    pub concurrency: Option<NonZeroUsize>,
    /// Requests started to one of them.
    pub rate: Option<Rate>,
}

/// A number of requests in a span of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many requests.
    pub count: NonZeroU32,
    /// In how long.
    pub per: Duration,
}

impl Rate {
    /// The time between two requests that are evenly spread, never less than a nanosecond.
    pub fn period(self) -> Duration {
        (self.per / self.count.get()).max(Duration::from_nanos(1))
    }
}

pub(super) const fn nonzero(n: usize) -> NonZeroUsize {
    match NonZeroUsize::new(n) {
        Some(n) => n,
        None => NonZeroUsize::MIN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    #[test]
    fn the_last_rule_that_says_something_decides() {
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
    fn a_domain_is_what_one_owner_registers() {
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
