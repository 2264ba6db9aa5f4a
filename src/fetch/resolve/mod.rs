//! Resolves names: pinned ones from the plan, `localhost` to the loopback addresses, all others with the system's
//! resolver, whose answers are cached and shared by all fetchers.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
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

/// The addresses of `localhost`, in the order of RFC 6724. Containers often have no IPv6, not even this much of it.
static LOOPBACK: LazyLock<Arc<[SocketAddr]>> = LazyLock::new(|| {
    let all = [IpAddr::V6(Ipv6Addr::LOCALHOST), IpAddr::V4(Ipv4Addr::LOCALHOST)].map(|addr| SocketAddr::new(addr, 0));
    all.into_iter().filter(|addr| addr.is_ipv4() || UdpSocket::bind(addr).is_ok()).collect()
});

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

    /// The addresses of what needs no look-up: a pinned name, `localhost`, or an address.
    fn known(&self, name: &str, port: Option<u16>) -> Option<Arc<[SocketAddr]>> {
        if let Some(addr) = as_addr(name) {
            return Some([SocketAddr::new(addr, 0)].into());
        }
        let name = name.to_ascii_lowercase();
        let is_loopback = is_localhost(&name);
        let pinned = port.and_then(|port| self.pinned.get(&(name, port)).cloned());
        pinned.or_else(|| is_loopback.then(|| Arc::clone(&LOOPBACK)))
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
            (Some(denied), _) if as_addr(name).is_some() => Err(ResolveError::Denied(denied)),
            (Some(denied), _) => Err(ResolveError::Denied(denied.of(name))),
            (None, Family::Any) => Err(ResolveError::Failed(format!("{name} has no address"))),
            (None, Family::Ipv4) => none_of("IPv4", Setting::Ipv4),
            (None, Family::Ipv6) => none_of("IPv6", Setting::Ipv6),
        }
    }
}

/// Whether a name, in lower case, is `localhost` or below it: that is this machine, whatever a resolver says ([RFC 6761],
/// section 6.3).
///
/// [RFC 6761]: https://www.rfc-editor.org/rfc/rfc6761#section-6.3
fn is_localhost(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    name.strip_suffix("localhost").is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// The address that `name` is, if it is one. Some clients resolve addresses like names.
fn as_addr(name: &str) -> Option<IpAddr> {
    name.trim_start_matches('[').trim_end_matches(']').parse().ok()
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
