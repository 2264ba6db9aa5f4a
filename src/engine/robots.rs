//! Which hosts have been asked for their robots.txt, and what they said.
//!
//! A host is unknown, asked, or known for a while. The first job for an unknown one has its lane shut and sends a
//! herald ahead: a job of the drive's own, which pays every limit, is retried as any other, and has no record. The
//! others wait in the lane until the herald is back.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use foldhash::fast::RandomState;
use url::Url;

use crate::model::{Attempt, ErrorKind, Failure, Job, host_key};
use crate::plan::{self, Plan};
use crate::policy::Policy;
use crate::site::robots::{Cache, RobotsOutcome, location};

/// What the drive knows. It exists only where the plan asks for it.
#[derive(Debug)]
pub(super) struct RobotsGate {
    asks: plan::RobotsOptions,
    /// How heralds are judged.
    pub(super) policy: Policy,
    cache: Cache,
    /// The origins whose herald is out: at most one for each lane.
    asked: HashSet<Box<str>, RandomState>,
    /// How many heralds have been sent ahead.
    pub(super) heralds: u64,
}

/// Whether a URL may be fetched.
#[derive(Debug)]
pub(super) enum Leave {
    /// It may, with this pause between two requests to its host.
    Given(Option<Duration>),
    /// It may not.
    Refused(Failure),
    /// That will show: its herald is out.
    Pending,
    /// Nobody knows: this herald is to go first.
    Unasked(Box<Job>),
}

impl RobotsGate {
    pub(super) fn new(plan: &Plan) -> Option<Self> {
        Some(RobotsGate {
            asks: plan.robots.clone()?,
            policy: Policy::for_robots(plan),
            cache: Cache::default(),
            asked: HashSet::default(),
            heralds: 0,
        })
    }

    /// Whether `url` may be fetched at `now`.
    pub(super) fn leave(&mut self, url: &Url, now: Duration) -> Leave {
        let origin = host_key(url);
        if self.asked.contains(&*origin) {
            return Leave::Pending;
        }
        if let Some(outcome) = self.cache.get(&origin, now) {
            return refusal(outcome, url).map_or(Leave::Given(outcome.crawl_delay()), Leave::Refused);
        }
        self.asked.insert(origin.into());
        self.heralds += 1;
        Leave::Unasked(Box::new(Job::robots_txt(location(url), Arc::clone(&self.asks.request))))
    }

    /// Takes in how a herald ended; returns whom it was sent to, and what may be fetched there.
    pub(super) fn hear(&mut self, herald: &Job, attempt: &Attempt, now: Duration) -> (Url, &RobotsOutcome) {
        let redirected = herald.redirects().first();
        let url = redirected.map_or(&herald.url, |first| &first.url).clone();
        let origin = host_key(&url);
        self.asked.remove(&*origin);
        let outcome = self.cache.insert(&origin, RobotsOutcome::of(herald, attempt, self.asks.token.as_ref()), now);
        (url.clone(), outcome)
    }
}

/// Why `url` may not be fetched, if it may not.
pub(super) fn refusal(outcome: &RobotsOutcome, url: &Url) -> Option<Failure> {
    outcome.refusal(url).map(|why| Failure::new(ErrorKind::Robots, why))
}
