//! Rates: governor's arithmetic over state that the schedule keeps.
//!
//! governor decides; the number that it decides on (the theoretical arrival time of the generic cell rate algorithm) is
//! in a [`Bucket`] beside the host it belongs to. So one limiter serves any number of hosts, a token can be given back
//! by restoring the number, and the bucket of an idle host says when it may be forgotten.

use std::cell::Cell;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{NotKeyed, StateStore};
use governor::{Quota, RateLimiter};

use crate::plan::{Limits, Rate};

/// A token bucket. The default is a full one.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Bucket(Option<Nanos>);

impl Bucket {
    /// When the bucket is full again.
    pub(super) fn refilled_at(self) -> Duration {
        self.0.map_or(Duration::ZERO, Duration::from)
    }
}

/// One of the rates of hosts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct RateId(u32);

impl RateId {
    /// The rate of a rule, or of hosts without one.
    pub(super) fn of_rule(rule: Option<usize>) -> Self {
        RateId(rule.map_or(0, |rule| rule as u32 + 1))
    }
}

/// The rate of the run and those of hosts.
#[derive(Debug)]
pub(super) struct Rates {
    global: Option<RateLimit>,
    hosts: Vec<Option<RateLimit>>,
}

impl Rates {
    pub(super) fn new(limits: &Limits) -> Self {
        let limit = |rate: Rate| {
            let quota = Quota::with_period(rate.period()).expect("a period is never zero");
            RateLimit::new(quota.allow_burst(limits.burst))
        };
        let hosts = [limits.host_rate].into_iter().chain(limits.host_rules.iter().map(|rule| rule.rate));
        Rates { global: limits.rate.map(limit), hosts: hosts.map(|rate| rate.map(limit)).collect() }
    }

    /// Takes a token of the run, or says when the next one comes.
    pub(super) fn take_global(&self, bucket: &mut Bucket, now: Duration) -> Result<(), Duration> {
        self.global.as_ref().map_or(Ok(()), |limit| limit.take(bucket, now))
    }

    /// Takes a token of a host, or says when the next one comes.
    pub(super) fn take_host(&self, rate: RateId, bucket: &mut Bucket, now: Duration) -> Result<(), Duration> {
        self.hosts[rate.0 as usize].as_ref().map_or(Ok(()), |limit| limit.take(bucket, now))
    }
}

struct RateLimit {
    limiter: RateLimiter<NotKeyed, CurrentBucket, ManualClock, NoOpMiddleware<Duration>>,
    current: CurrentBucket,
    now: ManualClock,
}

impl RateLimit {
    fn new(quota: Quota) -> Self {
        let (current, now) = (CurrentBucket::default(), ManualClock::default());
        RateLimit { limiter: RateLimiter::new(quota, current.clone(), now.clone()), current, now }
    }

    fn take(&self, bucket: &mut Bucket, now: Duration) -> Result<(), Duration> {
        self.now.0.set(now);
        self.current.0.set(bucket.0);
        let taken = self.limiter.check();
        bucket.0 = self.current.0.get();
        taken.map_err(|not_until| not_until.earliest_possible().max(now + Duration::from_nanos(1)))
    }
}

impl fmt::Debug for RateLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimit").finish_non_exhaustive()
    }
}

/// The bucket that governor decides on.
#[derive(Debug, Clone, Default)]
struct CurrentBucket(Rc<Cell<Option<Nanos>>>);

impl StateStore for CurrentBucket {
    type Key = NotKeyed;

    fn measure_and_replace<T, F, E>(&self, _: &NotKeyed, decide: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let (decision, drawn) = decide(self.0.get())?;
        self.0.set(Some(drawn));
        Ok(decision)
    }
}

/// The time of the schedule.
#[derive(Debug, Clone, Default)]
struct ManualClock(Rc<Cell<Duration>>);

impl Clock for ManualClock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.get()
    }
}
