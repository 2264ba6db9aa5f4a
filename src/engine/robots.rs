//! Which hosts were sent a request for robots.txt, and what they answered.
//!
//! The robots.txt of a host is unknown, requested, or known for a while. The first job for a host without a known one
//! closes its lane and sends a request for robots.txt, which pays every limit and is retried like any other, but has no
//! record. Until it is answered, the other jobs wait in the lane.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use foldhash::fast::RandomState;
use url::Url;

use crate::model::{Attempt, ErrorKind, Failure, Job, host_key};
use crate::plan::{self, Plan};
use crate::policy::Policy;
use crate::site::robots::{Cache, RobotsOutcome, location};

/// What is known of robots.txt. It exists only if the plan obeys it.
#[derive(Debug)]
pub(super) struct RobotsGate {
    options: plan::RobotsOptions,
    /// Judges requests for robots.txt.
    pub(super) policy: Policy,
    cache: Cache,
    /// The origins whose robots.txt is requested: at most one for each lane.
    requested: HashSet<Box<str>, RandomState>,
    /// How many requests for robots.txt were sent.
    pub(super) requests: u64,
}

/// Whether a URL may be fetched.
#[derive(Debug)]
pub(super) enum RobotsAccess {
    /// It may, with this delay between two requests to its host.
    Allowed(Option<Duration>),
    /// It may not.
    Denied(Failure),
    /// The request for robots.txt is on its way.
    Requested,
    /// This request for robots.txt has to go first.
    Unknown(Box<Job>),
}

impl RobotsGate {
    pub(super) fn new(plan: &Plan) -> Option<Self> {
        Some(RobotsGate {
            options: plan.robots.clone()?,
            policy: Policy::for_robots(plan),
            cache: Cache::default(),
            requested: HashSet::default(),
            requests: 0,
        })
    }

    /// Whether `url` may be fetched at `now`.
    pub(super) fn check(&mut self, url: &Url, now: Duration) -> RobotsAccess {
        let origin = host_key(url);
        if self.requested.contains(&*origin) {
            return RobotsAccess::Requested;
        }
        if let Some(outcome) = self.cache.get(&origin, now) {
            return refusal(outcome, url).map_or(RobotsAccess::Allowed(outcome.crawl_delay()), RobotsAccess::Denied);
        }
        self.requested.insert(origin.into());
        self.requests += 1;
        RobotsAccess::Unknown(Box::new(Job::robots_txt(location(url), Arc::clone(&self.options.request))))
    }

    /// Takes the answer to a request for robots.txt; returns where that was sent first, and what may be fetched there.
    pub(super) fn learn(&mut self, request: &Job, attempt: &Attempt, now: Duration) -> (Url, &RobotsOutcome) {
        let redirected = request.redirects().first();
        let url = redirected.map_or(&request.url, |first| &first.url).clone();
        let origin = host_key(&url);
        self.requested.remove(&*origin);
        let outcome = self.cache.insert(&origin, RobotsOutcome::of(request, attempt, self.options.token.as_ref()), now);
        (url.clone(), outcome)
    }
}

/// Why `url` may not be fetched, if it may not.
pub(super) fn refusal(outcome: &RobotsOutcome, url: &Url) -> Option<Failure> {
    outcome.refusal(url).map(|why| Failure::new(ErrorKind::Robots, why))
}
