//! Rates: governor's arithmetic over state that the schedule keeps.
//!
//! governor decides; the number it decides on (the theoretical arrival time of the generic cell rate algorithm) lies
//! in an [`Account`] beside the host it belongs to. So one limiter serves any number of hosts, a payment can be taken
//! back by restoring the number, and an idle host's account tells when it may be forgotten.

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

/// What has been drawn from one bucket. The default is a full one.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Account(Option<Nanos>);

impl Account {
    /// When the bucket is full again, as if nothing had ever been drawn.
    pub(super) fn refilled_at(self) -> Duration {
        self.0.map_or(Duration::ZERO, Duration::from)
    }
}

/// Which of the rates of hosts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct RateId(u32);

impl RateId {
    /// That of a rule, or of hosts without one.
    pub(super) fn of_rule(rule: Option<usize>) -> Self {
        RateId(rule.map_or(0, |rule| rule as u32 + 1))
    }
}

/// The run's rate and those of hosts.
#[derive(Debug)]
pub(super) struct Rates {
    global: Option<Limit>,
    hosts: Vec<Option<Limit>>,
}

impl Rates {
    pub(super) fn new(limits: &Limits) -> Self {
        let limit = |rate: Rate| {
            let quota = Quota::with_period(rate.period()).expect("a period is never zero");
            Limit::new(quota.allow_burst(limits.burst))
        };
        let hosts = [limits.host_rate].into_iter().chain(limits.host_rules.iter().map(|rule| rule.rate));
        Rates { global: limits.rate.map(limit), hosts: hosts.map(|rate| rate.map(limit)).collect() }
    }

    /// Takes one from the run's bucket, or says when there will be one.
    pub(super) fn pay_global(&self, account: &mut Account, now: Duration) -> Result<(), Duration> {
        self.global.as_ref().map_or(Ok(()), |limit| limit.pay(account, now))
    }

    /// Takes one from a host's bucket, or says when there will be one.
    pub(super) fn pay_host(&self, rate: RateId, account: &mut Account, now: Duration) -> Result<(), Duration> {
        self.hosts[rate.0 as usize].as_ref().map_or(Ok(()), |limit| limit.pay(account, now))
    }
}

struct Limit {
    limiter: RateLimiter<NotKeyed, Register, Now, NoOpMiddleware<Duration>>,
    register: Register,
    now: Now,
}

impl Limit {
    fn new(quota: Quota) -> Self {
        let (register, now) = (Register::default(), Now::default());
        Limit { limiter: RateLimiter::new(quota, register.clone(), now.clone()), register, now }
    }

    fn pay(&self, account: &mut Account, now: Duration) -> Result<(), Duration> {
        self.now.0.set(now);
        self.register.0.set(account.0);
        let paid = self.limiter.check();
        account.0 = self.register.0.get();
        paid.map_err(|not_until| not_until.earliest_possible().max(now + Duration::from_nanos(1)))
    }
}

impl fmt::Debug for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limit").finish_non_exhaustive()
    }
}

/// The account that is being decided on.
#[derive(Debug, Clone, Default)]
struct Register(Rc<Cell<Option<Nanos>>>);

impl StateStore for Register {
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

/// The time the schedule was last told.
#[derive(Debug, Clone, Default)]
struct Now(Rc<Cell<Duration>>);

impl Clock for Now {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.get()
    }
}
