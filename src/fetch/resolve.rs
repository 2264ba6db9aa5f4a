//! Resolves names: pinned ones from the plan, all others with the system's resolver, whose answers are cached and shared
//! by all fetchers.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hashlink::LruCache;
use tokio::sync::OnceCell;
use tokio::time::Instant;

use crate::model::Setting;
use crate::plan::{ConnectionOptions, DnsOverride, Family};
use crate::site::access::{Access, AccessDenied};

/// How long addresses are cached. The system's resolver does not tell their time to live.
const POSITIVE_TTL: Duration = Duration::from_secs(60);

/// How long a failed look-up is cached.
const NEGATIVE_TTL: Duration = Duration::from_secs(5);

/// The maximum number of cached names; past it, the least recently used one is dropped.
const MAX_NAMES: usize = 50_000;

/// A caching resolver. Of many concurrent look-ups of one name, one asks the system.
#[derive(Debug)]
pub(super) struct Resolver {
    family: Family,
    access: Access,
    pinned: HashMap<(String, u16), Arc<[SocketAddr]>>,
    cache: Mutex<LruCache<String, Arc<Lookup>, foldhash::fast::RandomState>>,
}

/// Why a name has no usable address.
#[derive(Debug)]
pub(super) enum ResolveError {
    /// It has addresses, but every one is denied.
    Denied(AccessDenied),
    /// It has addresses, but none of the only family that is used.
    Family(NoAddressOfFamily),
    /// Any other reason.
    Failed(String),
}

/// A name has no address of the family that is used.
#[derive(Debug, thiserror::Error)]
#[error("{name} has no {version} address")]
pub(super) struct NoAddressOfFamily {
    name: String,
    version: &'static str,
    /// The setting that limits the run to the family.
    pub(super) setting: Setting,
}

/// The addresses that the system knows for a name, or its error.
type SystemAnswer = Result<Arc<[SocketAddr]>, String>;

/// A look-up of one name: under way until it has an answer.
#[derive(Debug, Default)]
struct Lookup(OnceCell<(Instant, SystemAnswer)>);

impl Lookup {
    fn is_expired(&self) -> bool {
        let expired = |(at, answer): &(Instant, SystemAnswer)| {
            at.elapsed() > if answer.is_ok() { POSITIVE_TTL } else { NEGATIVE_TTL }
        };
        self.0.get().is_some_and(expired)
    }
}

impl Default for Resolver {
    fn default() -> Self {
        Resolver::new(&ConnectionOptions::default(), &Access::default())
    }
}

impl Resolver {
    /// A resolver for the names that `options` pin, where the last pin of a name counts, and for all others. It never
    /// returns an address that `access` denies, pinned or not.
    pub(super) fn new(options: &ConnectionOptions, access: &Access) -> Self {
        let pin = |DnsOverride { host, port, addrs }: &DnsOverride| {
            ((host.clone(), *port), addrs.iter().map(|addr| SocketAddr::new(*addr, 0)).collect())
        };
        Resolver {
            family: options.family,
            access: access.clone(),
            pinned: options.dns_overrides.iter().map(pin).collect(),
            cache: Mutex::new(LruCache::with_hasher(MAX_NAMES, Default::default())),
        }
    }

    /// The addresses of `name` that may be connected to, with port 0, and how long it took to look them up, if it had
    /// to be looked up. `port` is the one that will be used, where the client knows it: a name is pinned for one port.
    pub(super) async fn resolve(
        &self,
        name: &str,
        port: Option<u16>,
    ) -> (Result<Vec<SocketAddr>, ResolveError>, Option<Duration>) {
        if let Some(known) = self.known(name, port) {
            return (self.allowed(name, &known), None);
        }
        let begun = Instant::now();
        let lookup = self.lookup(name);
        let (_, answer) = lookup.0.get_or_init(|| ask_system(name)).await;
        let allowed = match answer {
            Ok(addrs) => self.allowed(name, addrs),
            Err(why) => Err(ResolveError::Failed(why.clone())),
        };
        (allowed, Some(begun.elapsed()))
    }

    /// The addresses of what needs no look-up: a pinned name, or an address, which some clients resolve like a name.
    fn known(&self, name: &str, port: Option<u16>) -> Option<Arc<[SocketAddr]>> {
        let bare = name.trim_start_matches('[').trim_end_matches(']');
        if let Ok(addr) = bare.parse::<IpAddr>() {
            return Some([SocketAddr::new(addr, 0)].into());
        }
        self.pinned.get(&(name.to_ascii_lowercase(), port?)).cloned()
    }

    /// The cached look-up of `name`, or a new one.
    fn lookup(&self, name: &str) -> Arc<Lookup> {
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lookup) = cache.get(name)
            && !lookup.is_expired()
        {
            return Arc::clone(lookup);
        }
        let lookup = Arc::<Lookup>::default();
        cache.insert(name.to_owned(), Arc::clone(&lookup));
        lookup
    }

    /// Those of `addrs` that may be connected to.
    fn allowed(&self, name: &str, addrs: &[SocketAddr]) -> Result<Vec<SocketAddr>, ResolveError> {
        let mut denied = None;
        let mut is_allowed = |addr: &SocketAddr| match self.access.check_addr(addr.ip()) {
            Ok(()) => true,
            Err(why) => {
                denied.get_or_insert(why);
                false
            }
        };
        let of_family = addrs.iter().copied().filter(|addr| self.family.admits(addr.ip()));
        let allowed: Vec<_> = of_family.filter(|addr| is_allowed(addr)).collect();
        let none_of = |version, setting| {
            let name = name.to_owned();
            Err(ResolveError::Family(NoAddressOfFamily { name, version, setting }))
        };
        match (denied, self.family) {
            _ if !allowed.is_empty() => Ok(allowed),
            (Some(denied), _) => Err(ResolveError::Denied(denied.of(name))),
            (None, Family::Any) => Err(ResolveError::Failed(format!("{name} has no address"))),
            (None, Family::Ipv4) => none_of("IPv4", Setting::Ipv4),
            (None, Family::Ipv6) => none_of("IPv6", Setting::Ipv6),
        }
    }
}

async fn ask_system(name: &str) -> (Instant, SystemAnswer) {
    let answer = match tokio::net::lookup_host((name, 0)).await {
        Ok(addrs) => match addrs.collect::<Vec<_>>() {
            none if none.is_empty() => Err(format!("{name} has no address")),
            some => Ok(some.into()),
        },
        Err(why) => Err(format!("cannot look up {name}: {why}")),
    };
    (Instant::now(), answer)
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;
    use futures::future::join_all;

    use super::*;

    async fn resolve(resolver: &Resolver, name: &str, port: Option<u16>) -> Result<Vec<SocketAddr>, String> {
        resolver.resolve(name, port).await.0.map_err(|error| match error {
            ResolveError::Denied(denied) => denied.to_string(),
            ResolveError::Family(why) => why.to_string(),
            ResolveError::Failed(why) => why,
        })
    }

    #[tokio::test]
    async fn of_concurrent_look_ups_of_a_name_one_asks_the_system() {
        let resolver = Resolver::default();
        let lookup = resolver.lookup("localhost");
        let answers = join_all((0..100).map(|_| resolve(&resolver, "localhost", None))).await;
        let (asked_at, answer) = lookup.0.get().expect("all use the one look-up");
        assert!(answers.iter().all(|addrs| addrs.as_deref() == answer.as_deref()));
        assert!(answers[0].as_ref().unwrap().iter().all(|addr| addr.ip().is_loopback()));
        resolve(&resolver, "localhost", None).await.unwrap();
        assert_eq!(*asked_at, resolver.lookup("localhost").0.get().unwrap().0);
    }

    #[tokio::test]
    async fn if_the_one_that_asks_is_cancelled_another_asks() {
        let resolver = Resolver::default();
        assert!(resolve(&resolver, "localhost", None).now_or_never().is_none());
        assert!(resolve(&resolver, "localhost", None).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn addresses_are_cached_longer_than_failures() {
        let resolver = Resolver::default();
        let invalid = "a".repeat(64);
        assert!(resolve(&resolver, "localhost", None).await.is_ok());
        let error = resolve(&resolver, &invalid, None).await.unwrap_err();
        assert!(error.starts_with(&format!("cannot look up {invalid}: ")));
        let (positive, negative) = (resolver.lookup("localhost"), resolver.lookup(&invalid));
        tokio::time::advance(NEGATIVE_TTL).await;
        assert!(Arc::ptr_eq(&negative, &resolver.lookup(&invalid)));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(!Arc::ptr_eq(&negative, &resolver.lookup(&invalid)));
        tokio::time::advance(POSITIVE_TTL - NEGATIVE_TTL - Duration::from_secs(2)).await;
        assert!(Arc::ptr_eq(&positive, &resolver.lookup("localhost")));
        tokio::time::advance(Duration::from_secs(2)).await;
        assert!(!Arc::ptr_eq(&positive, &resolver.lookup("localhost")));
    }

    #[tokio::test]
    async fn an_address_needs_no_look_up_and_only_the_wanted_family_is_returned() {
        let only =
            |family| Resolver::new(&ConnectionOptions { family, ..ConnectionOptions::default() }, &Access::default());
        let any = only(Family::Any);
        assert_eq!(resolve(&any, "[::1]", None).await.unwrap(), ["[::1]:0".parse().unwrap()]);
        assert_eq!(resolve(&any, "192.0.2.1", None).await.unwrap(), ["192.0.2.1:0".parse().unwrap()]);
        assert_eq!(any.cache.lock().unwrap().len(), 0, "the system was not asked");
        assert!(resolve(&only(Family::Ipv4), "localhost", None).await.unwrap().iter().all(SocketAddr::is_ipv4));
        let error = resolve(&only(Family::Ipv6), "192.0.2.1", None).await.unwrap_err();
        assert_eq!(error, "192.0.2.1 has no IPv6 address");
    }

    #[tokio::test]
    async fn denied_addresses_are_not_returned() {
        let access = Access { deny_private: true, ..Access::default() };
        let pinned = async |addrs: &str| {
            let options = ConnectionOptions {
                dns_overrides: vec![format!("a.test:80:{addrs}").parse().unwrap()],
                ..ConnectionOptions::default()
            };
            resolve(&Resolver::new(&options, &access), "a.test", Some(80)).await
        };
        assert_eq!(pinned("10.0.0.1,8.8.8.8,::1").await.unwrap(), ["8.8.8.8:0".parse().unwrap()]);
        let why = pinned("10.0.0.1,::1").await.unwrap_err();
        assert_eq!(why, "a.test resolves to 10.0.0.1, which is not public: Private-Use, 10.0.0.0/8");

        let resolver = Resolver::new(&ConnectionOptions::default(), &access);
        for name in ["localhost", "[::1]", "127.0.0.1", "127.0.0.1"] {
            assert!(resolve(&resolver, name, None).await.unwrap_err().contains("which is not public"), "{name}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn only_the_names_used_least_recently_are_dropped() {
        let resolver = Resolver::default();
        let names: Vec<String> = (0..=MAX_NAMES).map(|n| format!("{}.test", n)).collect();
        let first: Vec<_> = names[..MAX_NAMES].iter().map(|name| resolver.lookup(name)).collect();
        resolver.lookup(&names[0]);
        resolver.lookup(&names[MAX_NAMES]);
        assert_eq!(resolver.cache.lock().unwrap().len(), MAX_NAMES);
        let is_cached = |n: usize| resolver.cache.lock().unwrap().contains_key(&names[n]);
        assert!(is_cached(0) && !is_cached(1) && is_cached(2) && is_cached(MAX_NAMES));
        assert!(Arc::ptr_eq(&first[0], &resolver.lookup(&names[0])), "the same look-up, not a new one");
    }

    #[tokio::test(start_paused = true)]
    async fn an_expired_name_is_looked_up_again_in_its_place() {
        let resolver = Resolver::default();
        resolve(&resolver, "localhost", None).await.unwrap();
        let first = resolver.lookup("localhost");
        tokio::time::advance(POSITIVE_TTL + Duration::from_secs(1)).await;
        assert!(!Arc::ptr_eq(&first, &resolver.lookup("localhost")));
        assert_eq!(resolver.cache.lock().unwrap().len(), 1);
    }
}
