//! What an attempt leads to: pure decisions, no clock and no I/O.

mod challenge;
mod redirect;
mod retry;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;

use crate::digest::Challenge;
use crate::job::{Job, Request};
use crate::outcome::{Attempt, Failure, Redirected, Retried};
use crate::plan::{Plan, Redirect, Retry};

pub use retry::{RETRIED_KINDS, RETRIED_STATUSES};

/// The rules that attempts are judged by.
#[derive(Debug, Clone)]
pub struct Policy {
    retry: Retry,
    redirect: Redirect,
    keeps_cookies: bool,
    digest: bool,
}

/// What follows from an attempt.
#[derive(Debug, PartialEq)]
pub struct Verdict {
    /// What becomes of the job.
    pub next: Next,
    /// How long the host asked to be left alone.
    pub cool: Option<Duration>,
}

/// What becomes of a job.
#[derive(Debug, PartialEq)]
pub enum Next {
    /// It is done.
    Settle,
    /// It is done, and this is what went wrong beyond its last attempt.
    Fail(Failure),
    /// The same again, after this pause.
    Retry(Duration),
    /// The same again, with an answer to this.
    Authenticate(Challenge),
    /// On to where the answer points.
    Follow(Hop),
}

/// The request that a redirect asks for.
#[derive(Debug, PartialEq)]
pub struct Hop {
    /// Where it goes.
    pub url: Url,
    /// How it asks.
    pub request: Arc<Request>,
    /// The redirect set a cookie that is kept.
    pub changed: bool,
}

impl Policy {
    /// The rules of `plan`.
    pub fn new(plan: &Plan) -> Self {
        Policy {
            retry: plan.retry.clone(),
            redirect: plan.redirect.clone(),
            keeps_cookies: plan.keeps_cookies(),
            digest: plan.digest.is_some(),
        }
    }

    /// Judges `attempt`, the last one of `job`. `chance`, between 0 and 1, is where in its range a pause falls.
    pub fn decide(&self, job: &Job, attempt: &Attempt, chance: f64) -> Verdict {
        let cool = retry::asked_pause(attempt).filter(|pause| *pause <= self.retry.max_wait);
        let next = retry::pause(&self.retry, job, attempt, chance)
            .map(Next::Retry)
            .or_else(|| self.challenge(job, attempt).map(Next::Authenticate))
            .or_else(|| redirect::follow(&self.redirect, self.keeps_cookies, job, attempt));
        Verdict { next: next.unwrap_or(Next::Settle), cool }
    }

    fn challenge(&self, job: &Job, attempt: &Attempt) -> Option<Challenge> {
        if self.digest { challenge::to_answer(job, attempt) } else { None }
    }
}

impl Job {
    /// Notes that `attempt` will be made again after `pause`.
    pub fn retried(&mut self, attempt: &Attempt, pause: Duration) {
        self.history_mut().retries.push(Retried {
            status_code: attempt.status(),
            error: attempt.error.as_ref().map(|error| error.kind),
            wait_ms: pause.as_millis() as u64,
            unsent: attempt.error.as_ref().is_some_and(|error| error.unsent),
            challenged: false,
        });
    }

    /// Notes that `attempt` will be made again at once, with credentials.
    pub fn challenged(&mut self, attempt: &Attempt) {
        self.retried(attempt, Duration::ZERO);
        if let Some(last) = self.history_mut().retries.last_mut() {
            last.challenged = true;
        }
    }

    /// Turns to where `attempt` was redirected to.
    pub fn redirected(&mut self, attempt: &Attempt, hop: Hop) {
        let Some(status_code) = attempt.status() else { return };
        let url = self.url.clone();
        let (method, changed) = (self.request.method.clone(), hop.changed);
        self.history_mut().redirects.push(Redirected { url, status_code, method, changed });
        self.url = hop.url;
        self.request = hop.request;
    }
}
