//! Names to addresses: those that are pinned, and for the others the system's resolver, whose answers are remembered
//! and shared by all fetchers.

use std::collections::HashMap;
use std::future::ready;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::OnceCell;
use tokio::time::Instant;

use super::connect::{BoxError, Opening};
use crate::plan::{ConnectionOptions, DnsOverride, Family};
use crate::site::access::Access;

/// How long addresses are believed. The system's resolver does not say how long they hold.
const FRESH: Duration = Duration::from_secs(60);

/// How long a failure is believed.
const FAILED: Duration = Duration::from_secs(5);

/// Names remembered at most; past it, all are forgotten.
const MAX_NAMES: usize = 50_000;

/// A caching resolver. Of many that ask for one name at once, one asks the system.
#[derive(Debug, Default)]
pub(super) struct Resolver {
    family: Family,
    access: Arc<Access>,
    pinned: HashMap<(String, u16), Arc<[SocketAddr]>>,
    names: Mutex<HashMap<String, Arc<Entry>, foldhash::fast::RandomState>>,
}

type Answer = Result<Arc<[SocketAddr]>, String>;

#[derive(Debug, Default)]
struct Entry(OnceCell<(Instant, Answer)>);

impl Entry {
    fn is_stale(&self) -> bool {
        self.0.get().is_some_and(|(at, answer)| at.elapsed() > if answer.is_ok() { FRESH } else { FAILED })
    }
}

impl Resolver {
    /// A resolver that knows what `transport` pins, and of names pinned twice the latter. It gives no address that
    /// `access` denies, pinned or not.
    pub(super) fn new(transport: &ConnectionOptions, access: &Access) -> Self {
        let pin = |DnsOverride { host, port, addrs }: &DnsOverride| {
            ((host.clone(), *port), addrs.iter().map(|addr| SocketAddr::new(*addr, 0)).collect())
        };
        Resolver {
            family: transport.family,
            access: Arc::new(access.clone()),
            pinned: transport.dns_overrides.iter().map(pin).collect(),
            ..Default::default()
        }
    }

    /// What need not be looked up: a pinned name, or an address, which SOCKS has us resolve like any other host.
    fn known(&self, name: &str, opening: Option<&Opening>) -> Option<Arc<[SocketAddr]>> {
        let bare = name.trim_start_matches('[').trim_end_matches(']');
        if let Ok(addr) = bare.parse::<IpAddr>() {
            return Some([SocketAddr::new(addr, 0)].into());
        }
        let port = opening?.route()?.port_of(name)?;
        self.pinned.get(&(name.to_ascii_lowercase(), port)).cloned()
    }

    fn entry(&self, name: &str) -> Arc<Entry> {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = names.get(name)
            && !entry.is_stale()
        {
            return Arc::clone(entry);
        }
        if names.len() >= MAX_NAMES {
            names.clear();
        }
        let entry = Arc::<Entry>::default();
        names.insert(name.to_owned(), Arc::clone(&entry));
        entry
    }
}

async fn ask_system(name: &str) -> (Instant, Answer) {
    let answer = match tokio::net::lookup_host((name, 0)).await {
        Ok(addresses) => match addresses.collect::<Vec<_>>() {
            none if none.is_empty() => Err(format!("{name} has no address")),
            some => Ok(some.into()),
        },
        Err(why) => Err(format!("cannot look up {name}: {why}")),
    };
    (Instant::now(), answer)
}

/// Those of `addrs` that may be connected to.
fn admitted(family: Family, access: &Access, name: &str, addrs: &[SocketAddr]) -> Result<Addrs, BoxError> {
    let mut denied = None;
    let mut may_be_asked = |addr: &SocketAddr| match access.check_addr(addr.ip()) {
        Ok(()) => true,
        Err(why) => {
            denied.get_or_insert(why);
            false
        }
    };
    let of_family = addrs.iter().copied().filter(|addr| family.admits(addr.ip()));
    let admitted: Vec<_> = of_family.filter(|addr| may_be_asked(addr)).collect();
    match (denied, family) {
        _ if !admitted.is_empty() => Ok(Box::new(admitted.into_iter())),
        (Some(denied), _) => Err(denied.of(name).into()),
        (None, Family::Any) => Err(format!("{name} has no address").into()),
        (None, Family::Ipv4) => Err(format!("{name} has no IPv4 address (--ipv4)").into()),
        (None, Family::Ipv6) => Err(format!("{name} has no IPv6 address (--ipv6)").into()),
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (family, access, opening) = (self.family, Arc::clone(&self.access), Opening::current());
        if let Some(known) = self.known(name.as_str(), opening.as_ref()) {
            let admitted = admitted(family, &access, name.as_str(), &known);
            if let (Err(_), Some(opening)) = (&admitted, &opening) {
                opening.state().resolving = true;
            }
            return Box::pin(ready(admitted));
        }
        let entry = self.entry(name.as_str());
        Box::pin(async move {
            let begun = Instant::now();
            if let Some(opening) = &opening {
                opening.state().resolving = true;
            }
            let (_, answer) = entry.0.get_or_init(|| ask_system(name.as_str())).await;
            let admitted = match answer {
                Ok(addresses) => admitted(family, &access, name.as_str(), addresses),
                Err(why) => Err(why.clone().into()),
            };
            if let Some(opening) = &opening {
                let mut opened = opening.state();
                opened.resolving = admitted.is_err(); // a failed look-up is where the attempt ended
                opened.dns = Some(opened.dns.unwrap_or_default() + begun.elapsed()); // a proxy has a name, too
            }
            admitted
        })
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;
    use futures::future::join_all;

    use super::*;
    use crate::fetch::route::Routes;

    async fn resolve(resolver: &Resolver, name: &str) -> Result<Vec<SocketAddr>, String> {
        let answer = resolver.resolve(name.parse().unwrap()).await;
        answer.map(Iterator::collect).map_err(|why| why.to_string())
    }

    #[tokio::test]
    async fn of_many_at_once_one_asks_the_system() {
        let resolver = Resolver::default();
        let entry = resolver.entry("localhost");
        let answers = join_all((0..100).map(|_| resolve(&resolver, "localhost"))).await;
        let (asked, answer) = entry.0.get().expect("all asked by way of the one entry");
        assert!(answers.iter().all(|addresses| addresses.as_deref() == answer.as_deref()));
        assert!(answers[0].as_ref().unwrap().iter().all(|address| address.ip().is_loopback()));
        resolve(&resolver, "localhost").await.unwrap();
        assert_eq!(*asked, resolver.entry("localhost").0.get().unwrap().0);
    }

    #[tokio::test]
    async fn when_the_one_that_asks_gives_up_another_does() {
        let resolver = Resolver::default();
        let first = resolver.resolve("localhost".parse().unwrap()).now_or_never();
        assert!(first.is_none());
        assert!(resolve(&resolver, "localhost").await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_is_believed_for_a_while_and_a_failure_not_as_long() {
        let resolver = Resolver::default();
        let nowhere = "a".repeat(64);
        assert!(resolve(&resolver, "localhost").await.is_ok());
        assert!(resolve(&resolver, &nowhere).await.unwrap_err().starts_with(&format!("cannot look up {nowhere}: ")));
        let (known, unknown) = (resolver.entry("localhost"), resolver.entry(&nowhere));
        tokio::time::advance(FAILED).await;
        assert!(Arc::ptr_eq(&unknown, &resolver.entry(&nowhere)));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(!Arc::ptr_eq(&unknown, &resolver.entry(&nowhere)));
        tokio::time::advance(FRESH - FAILED - Duration::from_secs(2)).await;
        assert!(Arc::ptr_eq(&known, &resolver.entry("localhost")));
        tokio::time::advance(Duration::from_secs(2)).await;
        assert!(!Arc::ptr_eq(&known, &resolver.entry("localhost")));
    }

    #[tokio::test]
    async fn an_address_is_its_own_and_only_the_wanted_family_is_given() {
        let only =
            |family| Resolver::new(&ConnectionOptions { family, ..ConnectionOptions::default() }, &Access::default());
        let any = only(Family::Any);
        assert_eq!(resolve(&any, "[::1]").await.unwrap(), ["[::1]:0".parse().unwrap()]);
        assert_eq!(resolve(&any, "192.0.2.1").await.unwrap(), ["192.0.2.1:0".parse().unwrap()]);
        assert_eq!(any.names.lock().unwrap().len(), 0, "nobody was asked");
        assert!(resolve(&only(Family::Ipv4), "localhost").await.unwrap().iter().all(SocketAddr::is_ipv4));
        let refused = resolve(&only(Family::Ipv6), "192.0.2.1").await.unwrap_err();
        assert_eq!(refused, "192.0.2.1 has no IPv6 address (--ipv6)");
    }

    #[tokio::test]
    async fn no_address_is_given_that_is_denied() {
        let access = Access { deny_private: true, ..Access::default() };
        let pin = |addrs: &str| ConnectionOptions {
            dns_overrides: vec![format!("a.test:80:{addrs}").parse().unwrap()],
            ..ConnectionOptions::default()
        };
        let given = async |addrs: &str| {
            let opening =
                Opening::by(Routes::new(&pin(addrs), &access).to(&"http://a.test/".parse().unwrap()).unwrap());
            let resolver = Resolver::new(&pin(addrs), &access);
            opening.watch(async move { resolve(&resolver, "a.test").await }).await
        };
        assert_eq!(given("10.0.0.1,8.8.8.8,::1").await.unwrap(), ["8.8.8.8:0".parse().unwrap()]);
        let why = given("10.0.0.1,::1").await.unwrap_err();
        assert_eq!(why, "a.test resolves to 10.0.0.1, which is not public: Private-Use, 10.0.0.0/8 (--deny-private)");

        let resolver = Resolver::new(&ConnectionOptions::default(), &access);
        for name in ["localhost", "[::1]", "127.0.0.1", "127.0.0.1"] {
            assert!(resolve(&resolver, name).await.unwrap_err().contains("which is not public"), "{name}");
        }
    }

    #[test]
    fn names_are_bounded() {
        let resolver = Resolver::default();
        (0..=MAX_NAMES).for_each(|n| drop(resolver.entry(&n.to_string())));
        assert_eq!(resolver.names.lock().unwrap().len(), 1);
    }
}
