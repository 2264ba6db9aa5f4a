//! What an attempt leads to: pure decisions, no clock and no I/O.

mod challenge;
mod link;
mod page;
mod redirect;
mod retry;
mod signal;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;

use crate::digest::Challenge;
use crate::job::{Job, Request, host_key};
use crate::outcome::{Attempt, Failure, Redirected, Retried};
use crate::pages::Chain;
use crate::plan::{Paginate, Plan, Redirect, Retry};
use crate::robots;

pub use retry::{RETRIED_KINDS, RETRIED_STATUSES};
pub use signal::signal;

/// The rules that attempts are judged by.
#[derive(Debug, Clone)]
pub struct Policy {
    retry: Retry,
    redirect: Redirect,
    keeps_cookies: bool,
    /// The origin whose cookies are kept in any case.
    login: Option<Box<str>>,
    digest: bool,
    paginate: Option<Paginate>,
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
    /// Its page is done; on to the next.
    Page(Turn),
    /// Its page is done; the next is not asked for, since this is wrong with it.
    Break(Turn, Failure),
    /// It is done, though there is a next page; a remark says why.
    End(Url, String),
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

/// The request for a next page.
#[derive(Debug, PartialEq)]
pub struct Turn {
    /// Where it goes.
    pub url: Url,
    /// How it asks.
    pub request: Arc<Request>,
    /// Whether what is the input's alone has stayed behind.
    pub stray: bool,
}

impl Policy {
    /// The rules of `plan`.
    pub fn new(plan: &Plan) -> Self {
        Policy {
            retry: plan.retry.clone(),
            redirect: plan.redirect.clone(),
            paginate: plan.paginate.clone(),
            keeps_cookies: plan.cookies.kept.is_some(),
            login: plan.login.as_ref().map(|login| host_key(&login.url).into()),
            digest: plan.digest.is_some(),
        }
    }

    /// The rules for jobs that ask for a robots.txt: retried as any other, and redirected in a way of their own
    /// (RFC 9309, section 2.3.1.2). It is public, so a hop to http gives nothing away.
    pub fn for_robots(plan: &Plan) -> Self {
        let redirect = Redirect { follow: true, max: robots::MAX_REDIRECTS, allow_downgrade: true };
        Policy { redirect, paginate: None, keeps_cookies: false, login: None, digest: false, ..Policy::new(plan) }
    }

    /// Makes a job ready for its first attempt: that for its first page, or for the one that an earlier run was to go
    /// on with.
    pub fn begin(&self, job: &mut Job, chain: Option<Chain>) {
        if let Some(paginate) = &self.paginate {
            page::begin(paginate, job, chain);
        }
    }

    /// Judges `attempt`, the last one of `job`. `chance`, between 0 and 1, is where in its range a pause falls.
    pub fn decide(&self, job: &Job, attempt: &Attempt, chance: f64) -> Verdict {
        let cool = retry::asked_pause(attempt).filter(|pause| *pause <= self.retry.max_wait);
        let next = retry::pause(&self.retry, job, attempt, chance)
            .map(Next::Retry)
            .or_else(|| self.challenge(job, attempt).map(Next::Authenticate))
            .or_else(|| redirect::follow(&self.redirect, self.keeps_cookies_of(job), job, attempt))
            .or_else(|| page::turn(self.paginate.as_ref(), job, attempt));
        Verdict { next: next.unwrap_or(Next::Settle), cool }
    }

    fn keeps_cookies_of(&self, job: &Job) -> bool {
        self.keeps_cookies || self.login.as_deref().is_some_and(|origin| origin == host_key(&job.url))
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
            held: false,
        });
    }

    /// Notes that `attempt` found its host unreachable, and will be made again once that has changed.
    pub fn held(&mut self, attempt: &Attempt) {
        self.retried(attempt, Duration::ZERO);
        if let Some(last) = self.history_mut().retries.last_mut() {
            last.held = true;
        }
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
    /// The job for the next page, where retries and redirects count anew. This one stays, for the record of `attempt`,
    /// which then is not the last of its input.
    pub fn turned(&mut self, attempt: &mut Attempt, turn: Turn) -> Box<Job> {
        let Turn { url, request, stray } = turn;
        let given = Some(self.given_url().into());
        let pages = self.pages.get_or_insert_default().next(&url, Arc::clone(&request), stray);
        let paging = attempt.paging.get_or_insert_default();
        paging.next_url = Some(url.clone()).filter(|url| *url != self.url);
        paging.onward = Some(Box::new(Chain::new(pages.number, &url, &request.method, stray)));
        Box::new(Job { given, url, request, history: None, pages: Some(Box::new(pages)), ..self.clone() })
    }
}

impl Attempt {
    /// Notes that its pages end here, though there is one at `url`.
    pub fn ended(&mut self, url: Url, why: &str) {
        self.paging.get_or_insert_default().next_url = Some(url);
        self.remark(why);
    }
}
