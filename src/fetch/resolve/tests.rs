//! Which addresses a name has, who is asked for them, and how often.

use std::net::TcpListener;

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

/// A name that the system refuses at once, without asking any server.
fn invalid() -> String {
    "a".repeat(64)
}

/// Whether this machine has the loopback address of IPv6.
fn has_ipv6() -> bool {
    TcpListener::bind("[::1]:0").is_ok()
}

/// Has the system answer with an address.
fn answer(resolver: &Resolver, name: &str) {
    let addrs = [([192, 0, 2, 1], 0).into()].into();
    resolver.lookup(name).0.set((Instant::now(), Ok(addrs))).expect("it was not looked up before");
}

#[tokio::test]
async fn of_concurrent_look_ups_of_a_name_one_asks_the_system() {
    let resolver = Resolver::default();
    let lookup = resolver.lookup(&invalid());
    let answers = join_all((0..100).map(async |_| resolve(&resolver, &invalid(), None).await)).await;
    let (asked_at, answer) = lookup.0.get().expect("all use the one look-up");
    assert!(answers.iter().all(|answered| answered.as_ref().err() == answer.as_ref().err()));
    assert!(answer.as_ref().unwrap_err().starts_with(&format!("cannot look up {}: ", invalid())));
    resolve(&resolver, &invalid(), None).await.unwrap_err();
    assert_eq!(*asked_at, resolver.lookup(&invalid()).0.get().unwrap().0);
}

#[tokio::test]
async fn if_the_one_that_asks_is_cancelled_another_asks() {
    let resolver = Resolver::default();
    assert!(resolve(&resolver, &invalid(), None).now_or_never().is_none());
    assert!(resolve(&resolver, &invalid(), None).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn addresses_are_cached_longer_than_failures() {
    let resolver = Resolver::default();
    answer(&resolver, "a.test");
    assert_eq!(resolve(&resolver, "a.test", None).await.unwrap(), ["192.0.2.1:0".parse().unwrap()]);
    assert!(resolve(&resolver, &invalid(), None).await.is_err());
    let (positive, negative) = (resolver.lookup("a.test"), resolver.lookup(&invalid()));
    tokio::time::advance(NEGATIVE_TTL).await;
    assert!(Arc::ptr_eq(&negative, &resolver.lookup(&invalid())));
    tokio::time::advance(Duration::from_secs(1)).await;
    assert!(!Arc::ptr_eq(&negative, &resolver.lookup(&invalid())));
    tokio::time::advance(POSITIVE_TTL - NEGATIVE_TTL - Duration::from_secs(2)).await;
    assert!(Arc::ptr_eq(&positive, &resolver.lookup("a.test")));
    tokio::time::advance(Duration::from_secs(2)).await;
    assert!(!Arc::ptr_eq(&positive, &resolver.lookup("a.test")));
}

/// An attempt pays for the look-ups that it waited for.
#[tokio::test]
async fn what_needs_no_look_up_takes_no_time() {
    let resolver = Resolver::default();
    for (name, looked_up) in
        [(invalid(), true), (invalid(), true), ("a.localhost".into(), false), ("::1".into(), false)]
    {
        let (addrs, time) = resolver.resolve(&name, Some(80)).await;
        assert_eq!((time.is_some(), addrs.is_ok()), (looked_up, !looked_up), "{name}");
    }
}

#[tokio::test]
async fn localhost_is_this_machine_and_nobody_is_asked() {
    let any = Resolver::default();
    for name in ["localhost", "localhost.", "LocalHost", "a.localhost", "a.b.localhost.", "*.localhost"] {
        let addrs = resolve(&any, name, Some(80)).await.unwrap();
        assert_eq!(addrs.last(), Some(&"127.0.0.1:0".parse().unwrap()), "{name}");
        let ipv6 = has_ipv6().then(|| "[::1]:0".parse().unwrap());
        assert_eq!(addrs[..addrs.len() - 1], ipv6.into_iter().collect::<Vec<_>>(), "{name}");
    }
    assert_eq!(any.cache.lock().unwrap().len(), 0, "the system was not asked");
    for other in ["xlocalhost", "localhost.test", "localhost..", "localhos", "local"] {
        assert!(any.known(other, Some(80)).is_none(), "{other}");
    }
    let pins = ["localhost:80:192.0.2.1", "a.localhost:80:192.0.2.2"].map(|pin| pin.parse().unwrap());
    let options = ConnectionOptions { dns_overrides: pins.into(), ..ConnectionOptions::default() };
    let pinned = Resolver::new(&options, &Access::default());
    for (name, port, last) in [
        ("localhost", Some(80), "192.0.2.1:0"),
        ("A.localhost", Some(80), "192.0.2.2:0"),
        ("localhost", Some(81), "127.0.0.1:0"),
        ("localhost", None, "127.0.0.1:0"),
        ("b.localhost", Some(80), "127.0.0.1:0"),
    ] {
        let addrs = resolve(&pinned, name, port).await.unwrap();
        assert_eq!(addrs.last(), Some(&last.parse().unwrap()), "{name} {port:?}");
    }
}

#[tokio::test]
async fn an_address_needs_no_look_up_and_only_the_wanted_family_is_returned() {
    let only =
        |family| Resolver::new(&ConnectionOptions { family, ..ConnectionOptions::default() }, &Access::default());
    let any = only(Family::Any);
    assert_eq!(resolve(&any, "[::1]", None).await.unwrap(), ["[::1]:0".parse().unwrap()]);
    assert_eq!(resolve(&any, "192.0.2.1", None).await.unwrap(), ["192.0.2.1:0".parse().unwrap()]);
    assert_eq!(any.cache.lock().unwrap().len(), 0, "the system was not asked");
    let addrs = resolve(&only(Family::Ipv4), "a.localhost", None).await;
    assert_eq!(addrs.unwrap(), ["127.0.0.1:0".parse().unwrap()]);
    let addrs = resolve(&only(Family::Ipv6), "a.localhost", None).await;
    let expected =
        if has_ipv6() { Ok(vec!["[::1]:0".parse().unwrap()]) } else { Err("a.localhost has no IPv6 address") };
    assert_eq!(addrs, expected.map_err(str::to_owned));
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
    for name in ["localhost", "a.localhost", "[::1]", "127.0.0.1", "127.0.0.1"] {
        assert!(resolve(&resolver, name, None).await.unwrap_err().contains("is not public"), "{name}");
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
    answer(&resolver, "a.test");
    let first = resolver.lookup("a.test");
    tokio::time::advance(POSITIVE_TTL + Duration::from_secs(1)).await;
    assert!(!Arc::ptr_eq(&first, &resolver.lookup("a.test")));
    assert_eq!(resolver.cache.lock().unwrap().len(), 1);
}
