//! What bounded a run: at any time one thing does, and all the shares of time add up.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::time::Duration;

use crate::report::BoundBy;
use crate::schedule::{Bottleneck, HostBound};

/// Hosts that are told apart; the time of further ones counts for all of them together.
const MAX_HOSTS: usize = 1_000;

/// How long, for each lane, one host is held to be the bottleneck before another look, which takes the more time the more
/// lanes there are. With few it is always looked: a run may sleep next, and what bounds it then counts for all that time.
const LOOK: Duration = Duration::from_micros(2);

/// What keeps a run from being faster now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bound {
    /// Every slot is on the wire.
    Slots,
    /// The rate of the whole run.
    Rate,
    /// Hosts hold all jobs back that there are, or all that fit the window.
    Hosts,
    /// Memory for another body is not there.
    Memory,
    /// The output does not keep up.
    Output,
    /// The record of an earlier input is still missing.
    Order,
    /// The input does not keep up, or has more to be read that asks for nothing; at first there is none.
    Input,
    /// All has been sent: the last answers are awaited.
    Answers,
    /// The login.
    Login,
}

impl Bound {
    const fn as_str(self) -> &'static str {
        match self {
            Bound::Slots => "concurrency",
            Bound::Rate => "rate",
            Bound::Hosts => "hosts",
            Bound::Memory => "memory",
            Bound::Output => "output",
            Bound::Order => "order",
            Bound::Input => "input",
            Bound::Answers => "answers",
            Bound::Login => "login",
        }
    }
}

/// How long the run was bounded by what.
#[derive(Debug, Default)]
pub(super) struct Bounds {
    now: Option<(Bound, Duration)>,
    of_run: Vec<(Bound, Duration)>,
    bottleneck: Option<Bottleneck>,
    /// When the last look was, whatever it found and whatever has bound the run since.
    looked: Option<Duration>,
    of_hosts: HashMap<(HostBound, Option<String>), (Duration, usize)>,
}

impl Bounds {
    /// Tells what bounds the run from now on.
    pub(super) fn note(&mut self, bound: Bound, now: Duration) {
        let (before, since) = self.now.replace((bound, now)).unwrap_or((Bound::Input, Duration::ZERO));
        self.add(before, now.saturating_sub(since));
    }

    /// Whether it is time for another look at which host that is, of `lanes`.
    pub(super) fn wants_look(&self, lanes: usize, now: Duration) -> bool {
        let interval = LOOK * lanes as u32;
        self.now.is_some_and(|(bound, _)| bound == Bound::Hosts)
            && self.looked.is_none_or(|looked| now >= looked + interval)
    }

    /// Says which host holds the run back.
    pub(super) fn look(&mut self, bottleneck: Option<Bottleneck>, now: Duration) {
        self.bottleneck = bottleneck;
        self.looked = Some(now);
    }

    /// The host that holds the run back.
    pub(super) fn host(&self) -> Option<&str> {
        self.bottleneck.as_ref().map(|bottleneck| &*bottleneck.host)
    }

    fn add(&mut self, bound: Bound, time: Duration) {
        if bound == Bound::Hosts
            && let Some(Bottleneck { host, by, concurrency }) = &self.bottleneck
        {
            let known = self.of_hosts.len() < MAX_HOSTS || self.of_hosts.contains_key(&(*by, Some(host.clone())));
            let host = known.then(|| host.clone());
            self.of_hosts.entry((*by, host)).or_insert((Duration::ZERO, *concurrency)).0 += time;
            return;
        }
        match self.of_run.iter_mut().find(|(of, _)| *of == bound) {
            Some((_, sum)) => *sum += time,
            None => self.of_run.push((bound, time)),
        }
    }

    /// All shares of the time until `end`, the largest first.
    pub(super) fn finish(mut self, end: Duration) -> Vec<BoundBy> {
        self.note(Bound::Answers, end);
        let of_run = self.of_run.iter().map(|&(bound, time)| (bound.as_str(), None, None, time));
        let of_hosts = self.of_hosts.into_iter().map(|((by, host), (time, concurrency))| {
            (by.as_str(), host, (by == HostBound::Concurrency).then_some(concurrency), time)
        });
        let all: Vec<_> = of_run.chain(of_hosts).collect();
        let whole = all.iter().map(|(.., time)| time.as_secs_f64()).sum::<f64>().max(f64::EPSILON);
        let mut shares: Vec<_> = all
            .into_iter()
            .filter(|(.., time)| !time.is_zero())
            .map(|(by, host, limit, time)| {
                let seconds = time.as_secs_f64();
                BoundBy { by, host, limit, seconds, share: seconds / whole }
            })
            .collect();
        shares.sort_by_key(|bound| (Reverse((bound.seconds * 1e6) as u64), bound.by, bound.host.clone()));
        shares
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bound() -> impl Strategy<Value = Bound> {
        prop::sample::select(vec![Bound::Slots, Bound::Rate, Bound::Hosts, Bound::Input, Bound::Answers])
    }

    proptest! {
        #[test]
        fn shares_add_up(
            start in 0u64..10,
            notes in prop::collection::vec((bound(), 0u64..1000, 0usize..3), 1..50),
        ) {
            let (mut bounds, mut now) = (Bounds::default(), Duration::from_millis(start));
            for (bound, pause, host) in notes {
                bounds.note(bound, now);
                if bounds.wants_look(3, now) {
                    let by = if host == 1 { HostBound::Rate } else { HostBound::Concurrency };
                    bounds.look(Some(Bottleneck { host: host.to_string(), by, concurrency: 8 }), now);
                }
                now += Duration::from_millis(pause);
            }
            let shares = bounds.finish(now);
            let seconds: f64 = shares.iter().map(|bound| bound.seconds).sum();
            prop_assert!((seconds - now.as_secs_f64()).abs() < 1e-9);
            let whole: f64 = shares.iter().map(|bound| bound.share).sum();
            prop_assert!(now.is_zero() || (whole - 1.0).abs() < 1e-9);
            prop_assert!(shares.is_sorted_by(|a, b| a.seconds >= b.seconds - 1e-6));
        }
    }

    #[test]
    fn a_long_sleep_counts_for_what_it_begins_with() {
        let mut bounds = Bounds::default();
        let bottleneck = |by| Some(Bottleneck { host: String::new(), by, concurrency: 8 });
        for (us, by) in [(0, HostBound::Robots), (1_000, HostBound::Rate)] {
            let now = Duration::from_micros(us);
            bounds.note(Bound::Hosts, now);
            assert!(bounds.wants_look(50, now));
            bounds.look(bottleneck(by), now);
            assert!(!bounds.wants_look(50, now));
        }
        let shares = bounds.finish(Duration::from_secs(1));
        assert_eq!((shares[0].by, shares[0].seconds), ("host_rate", 0.999));
    }

    #[test]
    fn looks_are_rare_however_often_hosts_become_what_bounds_the_run() {
        let (mut bounds, mut looks) = (Bounds::default(), 0);
        for n in 0..1_000 {
            let now = Duration::from_millis(n);
            bounds.note(if n % 2 == 0 { Bound::Hosts } else { Bound::Slots }, now);
            if bounds.wants_look(100_000, now) {
                looks += 1;
                bounds.look(None, now);
            }
        }
        assert_eq!(looks, 5, "one in 200 ms");
    }

    #[test]
    fn hosts_are_bounded() {
        let mut bounds = Bounds::default();
        for n in 0..2 * MAX_HOSTS as u64 {
            let now = Duration::from_secs(n);
            bounds.note(Bound::Hosts, now);
            assert!(bounds.wants_look(1, now));
            bounds.look(Some(Bottleneck { host: n.to_string(), by: HostBound::Rate, concurrency: 1 }), now);
        }
        let shares = bounds.finish(Duration::from_secs(2 * MAX_HOSTS as u64));
        assert_eq!(shares.len(), MAX_HOSTS + 1);
        assert_eq!((shares[0].host.as_deref(), shares[0].seconds), (None, MAX_HOSTS as f64));
    }
}
