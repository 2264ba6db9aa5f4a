//! What keeps a run from being faster, and for how long: one reason at a time, so that all shares add up to the whole.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::time::Duration;

use crate::model::Blocked;
use crate::report::BoundBy;
use crate::schedule::Bottleneck;

/// How many hosts are told apart; the time of further ones is summed up.
const MAX_HOSTS: usize = 1_000;

/// How long, per lane, one host counts as the bottleneck before the next search for it, which takes longer the more
/// lanes exist. With few lanes every change is a search: the run may sleep next, and all that time counts for the
/// host that is found.
const SEARCH_INTERVAL: Duration = Duration::from_micros(2);

/// Adds up the time for which a run was blocked, by reason and by host.
#[derive(Debug)]
pub(super) struct Bottlenecks {
    reason: Blocked,
    since: Duration,
    by_reason: [Duration; Blocked::ALL.len()],
    /// The part of the time blocked by hosts for which none of them is known.
    unattributed: Duration,
    by_host: HashMap<(Blocked, Option<String>), (Duration, usize)>,
    /// The host that holds most jobs back, as of the last search.
    host: Option<Bottleneck>,
    searched_at: Option<Duration>,
    first_stall: Option<String>,
}

impl Default for Bottlenecks {
    fn default() -> Self {
        Bottlenecks {
            reason: Blocked::Input,
            since: Duration::ZERO,
            by_reason: [Duration::ZERO; Blocked::ALL.len()],
            unattributed: Duration::ZERO,
            by_host: HashMap::new(),
            host: None,
            searched_at: None,
            first_stall: None,
        }
    }
}

impl Bottlenecks {
    /// Notes what blocks the run from now on. If hosts do, `search` finds the one that counts, of `lanes`; it is called
    /// only from time to time.
    pub(super) fn note(
        &mut self,
        reason: Blocked,
        now: Duration,
        lanes: usize,
        search: impl FnOnce() -> Option<Bottleneck>,
    ) {
        let stall_begins = reason == Blocked::Window && self.reason != Blocked::Window;
        self.add_up(now);
        self.reason = reason;
        let interval = SEARCH_INTERVAL * lanes as u32;
        if reason.is_by_hosts() && self.searched_at.is_none_or(|searched| now >= searched + interval) {
            self.host = search();
            self.searched_at = Some(now);
        }
        if stall_begins && self.first_stall.is_none() {
            self.first_stall = self.host.as_ref().map(|bottleneck| bottleneck.host.clone());
        }
    }

    /// Counts the time until `now` for what blocks the run.
    pub(super) fn add_up(&mut self, now: Duration) {
        let time = now.saturating_sub(self.since);
        self.since = now;
        self.by_reason[self.reason as usize] += time;
        match &self.host {
            _ if !self.reason.is_by_hosts() => {}
            None => self.unattributed += time,
            Some(Bottleneck { host, by, concurrency }) => {
                let is_known = self.by_host.contains_key(&(*by, Some(host.clone())));
                let host = (is_known || self.by_host.len() < MAX_HOSTS).then(|| host.clone());
                self.by_host.entry((*by, host)).or_insert((Duration::ZERO, *concurrency)).0 += time;
            }
        }
    }

    /// Seconds for which the run was blocked for one reason.
    pub(super) fn seconds(&self, reason: Blocked) -> f64 {
        self.by_reason[reason as usize].as_secs_f64()
    }

    /// The host that filled the window first.
    pub(super) fn first_stall(&self) -> Option<&str> {
        self.first_stall.as_deref()
    }

    /// All shares of the time, the largest first.
    pub(super) fn shares(&self) -> Vec<BoundBy> {
        let of_run = Blocked::ALL.iter().filter(|reason| !reason.is_by_hosts());
        let of_run = of_run.map(|&reason| (reason, self.by_reason[reason as usize]));
        let of_run = of_run.chain([(Blocked::Hosts, self.unattributed)]).map(|(by, time)| (by, None, None, time));
        let of_hosts = self.by_host.iter().map(|(&(by, ref host), &(time, concurrency))| {
            (by, host.clone(), (by == Blocked::HostConcurrency).then_some(concurrency), time)
        });
        let all: Vec<_> = of_run.chain(of_hosts).filter(|(.., time)| !time.is_zero()).collect();
        let whole = all.iter().map(|(.., time)| time.as_secs_f64()).sum::<f64>().max(f64::EPSILON);
        let share = |(by, host, limit, time): (Blocked, _, _, Duration)| {
            let seconds = time.as_secs_f64();
            BoundBy { by: by.as_str().into(), host, limit, seconds, share: seconds / whole }
        };
        let mut shares: Vec<_> = all.into_iter().map(share).collect();
        shares.sort_by_key(|bound| (Reverse((bound.seconds * 1e6) as u64), bound.by.clone(), bound.host.clone()));
        shares
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn reason() -> impl Strategy<Value = Blocked> {
        let reasons = [Blocked::Concurrency, Blocked::Rate, Blocked::Window, Blocked::Hosts, Blocked::Input];
        prop::sample::select(reasons.to_vec())
    }

    fn bottleneck(host: impl ToString, by: Blocked) -> Option<Bottleneck> {
        Some(Bottleneck { host: host.to_string(), by, concurrency: 8 })
    }

    fn shares(mut bottlenecks: Bottlenecks, end: Duration) -> Vec<BoundBy> {
        bottlenecks.add_up(end);
        bottlenecks.shares()
    }

    proptest! {
        #[test]
        fn shares_add_up(
            start in 0u64..10,
            notes in prop::collection::vec((reason(), 0u64..1000, 0usize..3), 1..50),
        ) {
            let (mut bottlenecks, mut now) = (Bottlenecks::default(), Duration::from_millis(start));
            let mut in_window = Duration::ZERO;
            for (reason, pause, host) in notes {
                let by = if host == 1 { Blocked::HostRate } else { Blocked::HostConcurrency };
                bottlenecks.note(reason, now, 3, || bottleneck(host, by));
                let pause = Duration::from_millis(pause);
                now += pause;
                in_window += if reason == Blocked::Window { pause } else { Duration::ZERO };
            }
            bottlenecks.add_up(now);
            prop_assert_eq!(bottlenecks.seconds(Blocked::Window), in_window.as_secs_f64());
            let shares = bottlenecks.shares();
            let seconds: f64 = shares.iter().map(|bound| bound.seconds).sum();
            prop_assert!((seconds - now.as_secs_f64()).abs() < 1e-9);
            let whole: f64 = shares.iter().map(|bound| bound.share).sum();
            prop_assert!(now.is_zero() || (whole - 1.0).abs() < 1e-9);
            prop_assert!(shares.is_sorted_by(|a, b| a.seconds >= b.seconds - 1e-6));
        }
    }

    #[test]
    fn a_long_sleep_counts_for_what_it_begins_with() {
        let mut bottlenecks = Bottlenecks::default();
        for (us, by) in [(0, Blocked::Robots), (1_000, Blocked::HostRate)] {
            let mut searches = 0;
            for _ in 0..2 {
                bottlenecks.note(Blocked::Hosts, Duration::from_micros(us), 50, || {
                    searches += 1;
                    bottleneck("", by)
                });
            }
            assert_eq!(searches, 1);
        }
        let shares = shares(bottlenecks, Duration::from_secs(1));
        assert_eq!((&*shares[0].by, shares[0].seconds), ("host_rate", 0.999));
    }

    #[test]
    fn searches_are_rare_however_often_hosts_block_the_run() {
        let (mut bottlenecks, mut searches) = (Bottlenecks::default(), 0);
        for n in 0..1_000 {
            let reason = if n % 2 == 0 { Blocked::Hosts } else { Blocked::Concurrency };
            bottlenecks.note(reason, Duration::from_millis(n), 100_000, || {
                searches += 1;
                None
            });
        }
        assert_eq!(searches, 5, "one in 200 ms");
    }

    #[test]
    fn hosts_are_bounded() {
        let mut bottlenecks = Bottlenecks::default();
        for n in 0..2 * MAX_HOSTS as u64 {
            bottlenecks.note(Blocked::Hosts, Duration::from_secs(n), 1, || bottleneck(n, Blocked::HostRate));
        }
        let shares = shares(bottlenecks, Duration::from_secs(2 * MAX_HOSTS as u64));
        assert_eq!(shares.len(), MAX_HOSTS + 1);
        assert_eq!((shares[0].host.as_deref(), shares[0].seconds), (None, MAX_HOSTS as f64));
    }

    #[test]
    fn the_first_host_to_fill_the_window_is_named() {
        let mut bottlenecks = Bottlenecks::default();
        let host = |name: &'static str| move || bottleneck(name, Blocked::HostRate);
        bottlenecks.note(Blocked::Hosts, Duration::ZERO, 0, host("a"));
        bottlenecks.note(Blocked::Window, Duration::from_secs(1), 0, host("b"));
        bottlenecks.note(Blocked::Concurrency, Duration::from_secs(2), 0, || None);
        bottlenecks.note(Blocked::Window, Duration::from_secs(3), 0, host("c"));
        assert_eq!(bottlenecks.first_stall(), Some("b"));
    }
}
