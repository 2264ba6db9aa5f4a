//! What follows from an attempt: pure decisions, without a clock, I/O or randomness.

mod challenge;
mod connection;
mod history;
mod link;
mod load;
mod moment;
mod page;
mod quota;
mod redirect;
mod reference;
mod requested_pause;
mod retry;
mod retry_after;
mod signal;
mod stop;
#[cfg(test)]
mod tests;
mod verdict;

use std::time::Duration;

use self::page::PageRules;
use self::requested_pause::RequestedPause;
use self::retry_after::RetryAfter;
use crate::guard::redact::Redact;
use crate::model::{
    Attempt, Continuation, ErrorKind, Failure, Job, PauseOutcome, Setting, Signal, check_sendable, shown_url,
};
use crate::plan::{Paginate, Plan, Redirect, Retry};
use crate::site::access::Access;
use crate::site::digest::Challenge;
use crate::site::robots;

pub use link::{MalformedLink, next as next_link};
pub use signal::signal;
pub use stop::cancelled;
pub use verdict::{Facts, Next, NextRequest, RedirectRequest, Throttle, Verdict};

/// How often one job may wait for its unreachable host before that counts as a failure.
const MAX_UNREACHABLE: usize = 100;

/// The rules by which attempts are judged.
#[derive(Debug, Clone)]
pub struct Policy {
    access: Access,
    retry: Retry,
    redirect: Redirect,
    digest: bool,
    paginate: Option<Paginate>,
    redact: Redact,
    /// The time for one attempt.
    timeout: Duration,
    /// Every request is sent once, and no pause is kept.
    is_load: bool,
}

impl Policy {
    /// The rules of `plan`.
    pub fn new(plan: &Plan) -> Self {
        Policy {
            access: plan.access.clone(),
            retry: plan.retry.clone(),
            redirect: plan.redirect.clone(),
            paginate: plan.paginate.clone(),
            digest: plan.digest.is_some(),
            redact: plan.output.redact,
            timeout: plan.fetch.timeout,
            is_load: false,
        }
    }

    /// The rules for a probe.
    pub fn for_load(plan: &Plan) -> Self {
        Policy { is_load: true, ..Policy::new(plan) }
    }

    /// The rules for requests for robots.txt. They are retried like any other, and redirected as RFC 9309 says
    /// (section 2.3.1.2). The file is public, so a redirect to http gives nothing away.
    pub fn for_robots(plan: &Plan) -> Self {
        let redirect = Redirect { follow: true, max: robots::MAX_REDIRECTS, allow_downgrade: true };
        Policy { redirect, paginate: None, digest: false, ..Policy::new(plan) }
    }

    /// Prepares a job for its first attempt: at its first page, or at the next page of an earlier run.
    pub fn begin(&self, job: &mut Job, continuation: Option<Continuation>) {
        if let Some(paginate) = &self.paginate {
            page::begin(paginate, job, continuation);
        }
    }

    /// Whether a request can name the first URL of a job, and the access rules allow it. [`Policy::decide`] checks
    /// redirects and next pages.
    pub fn admit(&self, job: &Job) -> Result<(), Failure> {
        check_sendable(&job.url)?;
        Ok(self.access.check(&job.url)?)
    }

    /// Judges `attempt`, the last one of `job`.
    pub fn decide(&self, job: &Job, attempt: &Attempt, facts: &Facts) -> Verdict {
        let verdict = self.verdict(job, attempt, facts);
        if self.is_load { load::without_waiting(verdict, job, attempt) } else { verdict }
    }

    fn verdict(&self, job: &Job, attempt: &Attempt, facts: &Facts) -> Verdict {
        let asked = RetryAfter::of(attempt, &self.retry.on);
        let max = self.retry.max_wait;
        let (next, redirect) = match (self.next(job, attempt, &asked, facts), asked.redirect) {
            (Next::Follow(redirect), Some(pause)) => (after(pause, redirect, max), Some(pause)),
            (next, _) => (next, None),
        };
        let outcome = asked.host.max(redirect).map(|pause| pause.outcome(max));
        let throttle = match asked.pause().filter(|pause| *pause <= max) {
            Some(pause) => Some(Throttle::Pause(pause)),
            None => (outcome == Some(PauseOutcome::TooLong)).then_some(Throttle::OneAtATime),
        };
        if facts.is_stopping {
            return Verdict { next: stop::without_requests(next), throttle, pause: outcome };
        }
        if awaits_host(&self.retry, job, attempt, facts) {
            return Verdict { next: Next::AwaitHost, throttle, pause: None };
        }
        Verdict { next: retry::within_budget(next, job, attempt, facts), throttle, pause: outcome }
    }

    /// What happens to the job, as long as the run goes on and its host can be reached.
    fn next(&self, job: &Job, attempt: &Attempt, asked: &RetryAfter, facts: &Facts) -> Next {
        if let Some(next) = connection::another(&self.retry, self.timeout, job, attempt) {
            return next;
        }
        let again = || retry::again(&self.retry, job, attempt, asked, facts.chance);
        let by_head = || self.challenge(job, attempt).map(Next::Authenticate).or_else(|| self.follow(job, attempt));
        // What the head has told needs no other attempt for the sake of its body.
        let is_body_broken = attempt.error.as_ref().is_some_and(Failure::is_of_body);
        let next = if is_body_broken { by_head().or_else(again) } else { again().or_else(by_head) };
        let next = next.or_else(|| retry::unmet(&self.retry, job, attempt, facts.chance));
        next.or_else(|| page::next(&self.page_rules(), job, attempt)).unwrap_or(Next::Settle)
    }

    fn page_rules(&self) -> PageRules<'_> {
        let allow_downgrade = self.redirect.allow_downgrade;
        PageRules { paginate: self.paginate.as_ref(), access: &self.access, allow_downgrade, redact: self.redact }
    }

    fn follow(&self, job: &Job, attempt: &Attempt) -> Option<Next> {
        let next = redirect::follow(&self.redirect, self.redact, job, attempt)?;
        let Next::Follow(redirect) = &next else { return Some(next) };
        let Err(denied) = self.access.check(&redirect.url) else { return Some(next) };
        let message = format!("redirected to {}: {denied}", shown_url(redirect.url.as_str(), self.redact));
        Some(Next::Fail(Failure::new(ErrorKind::Blocked, message).by(denied.setting())))
    }

    /// Why `attempt`, with which `job` ends, has no credentials although the server asks for them.
    pub fn unauthenticated(&self, job: &Job, attempt: &Attempt) -> Option<String> {
        let why = challenge::unanswerable(job, attempt).filter(|_| self.digest)?;
        Some(format!("digest authentication failed: {why}"))
    }

    fn challenge(&self, job: &Job, attempt: &Attempt) -> Option<Challenge> {
        if self.digest { challenge::to_answer(job, attempt) } else { None }
    }
}

/// Whether the job waits until its host can be reached: until then its attempts count as no retries.
fn awaits_host(retry: &Retry, job: &Job, attempt: &Attempt, facts: &Facts) -> bool {
    retry::retries(retry, job) > 0
        && facts.host_is_unreachable
        && signal(attempt) == Signal::Unreachable
        && job.retries().iter().filter(|tried| tried.host_unreachable).count() < MAX_UNREACHABLE
}

/// The redirect, once the pause is over that the server asks for before it.
fn after(pause: RequestedPause, redirect: RedirectRequest, max: Duration) -> Next {
    match pause.remaining() {
        Some(pause) if pause > max => Next::Defer(retry::too_long(pause, "the run waits"), Setting::MaxWait),
        wait => Next::Follow(RedirectRequest { wait: wait.unwrap_or_default(), ..redirect }),
    }
}
