//! Guards hosts against load: only those that the user confirms get much load.

use std::net::IpAddr;

use haul::engine::LoadTargets;
use haul::model::host_glob::HostGlob;
use haul::plan::{ConnectTo, ConnectionOptions, DnsOverride, Load};
use haul::site::access::LoadHosts;
use url::{Host, Url};

use crate::cli::exit::CliError;

/// The most requests per second that any host may get.
const FREE_RATE: f64 = 100.0;

/// How many hosts an error names.
const MAX_NAMED: usize = 10;

/// The hosts that the user has confirmed, and how the others are reached.
#[derive(Debug, Clone)]
pub(crate) struct LoadGuard {
    confirmed: Vec<HostGlob>,
    connect_to: Vec<ConnectTo>,
    overrides: Vec<DnsOverride>,
    uses_socket: bool,
}

impl LoadGuard {
    /// What `load` on `targets` over such connections needs; nothing if it is always slow.
    pub(crate) fn for_load(
        load: &Load,
        targets: &LoadTargets,
        confirmed: &[HostGlob],
        transport: &ConnectionOptions,
    ) -> Option<Self> {
        let busiest = if let LoadTargets::Replay(list) = targets { Some(list.busiest_second()) } else { None };
        LoadGuard::at_rate(load.highest_rate(busiest), confirmed, transport)
    }

    /// The same for the most requests per second, if that is known.
    fn at_rate(highest: Option<f64>, confirmed: &[HostGlob], transport: &ConnectionOptions) -> Option<Self> {
        let is_slow = highest.is_some_and(|rate| rate <= FREE_RATE);
        (!is_slow).then(|| LoadGuard::new(confirmed, transport))
    }

    pub(crate) fn new(confirmed: &[HostGlob], transport: &ConnectionOptions) -> Self {
        LoadGuard {
            confirmed: confirmed.to_vec(),
            connect_to: transport.connect_to.clone(),
            overrides: transport.dns_overrides.clone(),
            uses_socket: transport.unix_socket.is_some(),
        }
    }

    /// Refuses targets on hosts that nobody has confirmed. Nothing is looked up for it.
    pub(crate) fn check<'a>(&self, targets: impl Iterator<Item = &'a Url>) -> Result<(), CliError> {
        let mut hosts: Vec<&str> = Vec::new();
        let mut more = 0;
        for host in targets.filter(|url| !self.allows(url)).filter_map(Url::host_str) {
            match hosts.contains(&host) {
                false if hosts.len() < MAX_NAMED => hosts.push(host),
                false => more += 1,
                true => {}
            }
        }
        if hosts.is_empty() {
            return Ok(());
        }
        let options: Vec<_> = hosts.iter().map(|host| format!("--yes-load {host}")).collect();
        let rest = if more > 0 { " and others" } else { "" };
        let message =
            format!("this probe may send more than {FREE_RATE} requests per second to {}{rest}", hosts.join(", "));
        let hint = format!("if that is what you want, confirm each host: {}", options.join(" "));
        Err(CliError::usage(message).with_hint(&hint))
    }

    /// The hosts that requests may go to, redirects among them. The request that logs in is sent only once.
    pub(crate) fn hosts(self, login: Option<Url>) -> LoadHosts {
        LoadHosts::new(move |url| self.allows(url) || login.as_ref() == Some(url))
    }

    pub(crate) fn allows(&self, url: &Url) -> bool {
        self.uses_socket || self.confirmed.iter().any(|glob| glob.matches(url)) || self.stays_here(url)
    }

    /// Whether connections for `url` are made to this machine.
    fn stays_here(&self, url: &Url) -> bool {
        let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else { return false };
        let redirected = self.connect_to.iter().find_map(|rule| rule.target(&host, port));
        let (host, port) = redirected.unwrap_or((host, port));
        match host {
            Host::Ipv4(addr) => addr.is_loopback(),
            Host::Ipv6(addr) => IpAddr::from(addr).to_canonical().is_loopback(),
            Host::Domain(name) => {
                let is_for = |rule: &&DnsOverride| rule.port == port && rule.host.eq_ignore_ascii_case(name);
                match self.overrides.iter().find(is_for) {
                    Some(rule) => rule.addrs.iter().all(|addr| addr.to_canonical().is_loopback()),
                    None => is_localhost(name),
                }
            }
        }
    }
}

fn is_localhost(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    name.strip_suffix("localhost").is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use std::num::{NonZeroU64, NonZeroUsize};
    use std::time::Duration;

    use haul::plan::Arrivals;
    use proptest::prelude::*;

    use haul::plan::{LoadModel, Pace};

    use super::*;
    use crate::cli::units;

    fn open(rate: &str) -> LoadModel {
        LoadModel::Open { pace: Pace::Constant(units::rate(rate).unwrap()), arrivals: Arrivals::Constant }
    }

    fn stages(text: &str) -> LoadModel {
        LoadModel::Open { pace: Pace::Stages(text.parse().unwrap()), arrivals: Arrivals::Poisson }
    }

    fn closed(workers: usize, think_ms: u64) -> LoadModel {
        LoadModel::Closed { workers: NonZeroUsize::new(workers).unwrap(), think_time: Duration::from_millis(think_ms) }
    }

    fn load(model: LoadModel, requests: u64, warm_up: u64) -> Load {
        let (requests, warm_up) = (NonZeroU64::new(requests), Duration::from_secs(warm_up));
        Load { model, requests, duration: None, warm_up, until: Vec::new(), seed: 0 }
    }

    #[test]
    fn load_is_what_may_exceed_a_hundred_requests_per_second() {
        for (model, requests, warm_up, is_load) in [
            (open("100/s"), 0, 0, false),
            (open("101/s"), 0, 0, true),
            (open("6000/m"), 0, 0, false),
            (open("6001/m"), 0, 0, true),
            (stages("1/s..100/s@1s, 100/s@1m"), 0, 0, false),
            (stages("200/s..1/s@1s, 1/s@1m"), 0, 0, true),
            (stages("1/s..101/s@1s"), 0, 0, true),
            (closed(1, 0), 0, 0, true),
            (closed(100, 1000), 0, 0, false),
            (closed(101, 1000), 0, 0, true),
            (closed(1000, 0), 100, 0, false),
            (closed(1000, 0), 101, 0, true),
            (open("1000/s"), 100, 0, false),
            (open("1000/s"), 100, 1, true),
            (open("10/s"), 100_000, 0, false),
        ] {
            let load = load(model, requests, warm_up);
            let guard = LoadGuard::at_rate(load.highest_rate(None), &[], &ConnectionOptions::default());
            assert_eq!(guard.is_some(), is_load, "{load:?}");
        }
        let replay = load(LoadModel::Replay, 0, 0);
        assert_eq!([100, 101].map(|busiest| replay.highest_rate(Some(busiest))), [Some(100.0), Some(101.0)]);
    }

    fn guard(confirmed: &[&str], transport: ConnectionOptions) -> LoadGuard {
        let confirmed: Vec<_> = confirmed.iter().map(|host| units::exact_host(host).unwrap()).collect();
        LoadGuard::at_rate(None, &confirmed, &transport).unwrap()
    }

    #[track_caller]
    fn assert_hosts(guard: &LoadGuard, allowed: &[&str], refused: &[&str]) {
        let hosts = guard.clone().hosts(None);
        for (list, is_allowed) in [(allowed, true), (refused, false)] {
            for host in list {
                let url: Url = format!("http://{host}/").parse().unwrap();
                assert_eq!(hosts.contains(&url), is_allowed, "{url}");
                assert_eq!(guard.check([&url].into_iter()).is_ok(), is_allowed, "{url}");
            }
        }
    }

    #[test]
    fn this_machine_may_get_load() {
        let allowed =
            ["127.0.0.1", "127.8.9.1:81", "0x7f.1", "[::1]:80", "[::ffff:127.0.0.1]", "localhost", "LOCALHOST.:81"];
        let refused =
            ["128.0.0.1", "10.0.0.1", "[::2]", "example.com", "localhost.example.com", "mylocalhost", "0.0.0.0"];
        assert_hosts(&guard(&[], ConnectionOptions::default()), &allowed, &refused);
        assert_hosts(&guard(&[], ConnectionOptions::default()), &["api.localhost"], &[]);
    }

    #[test]
    fn hosts_are_confirmed_one_by_one() {
        let guard = guard(&["api.example.com", "b.example:8080", "192.0.2.1"], ConnectionOptions::default());
        let allowed = ["api.example.com", "api.example.com:81", "API.example.com.", "b.example:8080", "192.0.2.1:9"];
        assert_hosts(&guard, &allowed, &["b.example", "x.api.example.com", "example.com", "192.0.2.2"]);
        for wrong in ["*.example.com", "*", "10.0.0.0/8", "https://a.example/", ""] {
            assert!(units::exact_host(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_counts_is_where_connections_go() {
        let transport = |connect_to: &[&str], resolve: &[&str]| ConnectionOptions {
            connect_to: connect_to.iter().map(|text| text.parse().unwrap()).collect(),
            dns_overrides: resolve.iter().map(|text| text.parse().unwrap()).collect(),
            ..ConnectionOptions::default()
        };
        let resolved = transport(&[], &["a.test:80:127.0.0.1,[::1]", "b.test:80:127.0.0.1,192.0.2.1"]);
        assert_hosts(&guard(&[], resolved), &["a.test", "A.test"], &["a.test:81", "b.test"]);
        let away = transport(&[], &["localhost:80:192.0.2.1"]);
        assert_hosts(&guard(&[], away), &["localhost:81"], &["localhost"]);
        let connected = transport(&["a.test:80:localhost:8080", "127.0.0.1::x.test:"], &[]);
        assert_hosts(&guard(&[], connected), &["a.test", "127.0.0.2"], &["a.test:81", "127.0.0.1"]);
        let all = transport(&["b.test::c.test:", "::127.0.0.1:8080"], &[]);
        assert_hosts(&guard(&[], all), &["a.test", "c.test"], &["b.test"]);
        let both = transport(&["a.test::b.test:81"], &["b.test:81:[::1]"]);
        assert_hosts(&guard(&[], both), &["a.test"], &["b.test"]);
        let socket = ConnectionOptions { unix_socket: Some("s".into()), ..ConnectionOptions::default() };
        assert_hosts(&guard(&[], socket), &["a.test"], &[]);
        let proxy = haul::plan::Proxies::all("http://127.0.0.1:1".parse().unwrap());
        let proxied = ConnectionOptions { proxies: proxy, ..ConnectionOptions::default() };
        assert_hosts(&guard(&[], proxied), &["127.0.0.1"], &["a.test"]);
    }

    #[test]
    fn each_host_is_named_once_and_not_all() {
        let guard = guard(&["h1.test"], ConnectionOptions::default());
        let urls: Vec<Url> = (0..30).map(|n| format!("http://h{}.test/{n}", n % 15).parse().unwrap()).collect();
        let error = guard.check(urls.iter()).unwrap_err();
        let said = error.message().unwrap();
        let named = "to h0.test, h2.test, h3.test, h4.test, h5.test, h6.test, h7.test, h8.test, h9.test, h10.test \
                     and others\n(if that is what you want, confirm each host: --yes-load h0.test --yes-load h2.test";
        assert!(said.contains(named), "{said}");
    }

    proptest! {
        #[test]
        fn other_machines_are_always_refused(addr: IpAddr, port: u16) {
            let host = if addr.is_ipv6() { format!("[{addr}]:{port}") } else { format!("{addr}:{port}") };
            let url: Url = format!("http://{host}/").parse().unwrap();
            let is_allowed = guard(&[], ConnectionOptions::default()).hosts(None).contains(&url);
            prop_assert_eq!(is_allowed, addr.to_canonical().is_loopback());
        }
    }
}
