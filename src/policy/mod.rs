//! What an attempt leads to: pure decisions, no clock and no I/O.

mod challenge;
mod link;
mod page;
mod quota;
mod redirect;
mod retry;
mod retry_after;
mod signal;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use url::Url;

use self::retry_after::{RetryAfter, Word};
use crate::guard::redact::Redact;
use crate::model::{
    Attempt, Continuation, ErrorKind, Failure, Job, PauseOutcome, Redirected, Request, Retried, host_key, shown_url,
};
use crate::plan::{Paginate, Plan, Redirect, Retry};
use crate::site::access::Access;
use crate::site::digest::Challenge;
use crate::site::robots;

pub use signal::signal;

/// The rules that attempts are judged by.
#[derive(Debug, Clone)]
pub struct Policy {
    access: Access,
    retry: Retry,
    redirect: Redirect,
    keeps_cookies: bool,
    /// The origin whose cookies are kept in any case.
    login: Option<Box<str>>,
    digest: bool,
    paginate: Option<Paginate>,
    redact: Redact,
}

/// What follows from an attempt.
#[derive(Debug, PartialEq)]
pub struct Verdict {
    /// What becomes of the job.
    pub next: Next,
    /// How long the host asked to be left alone, if it is.
    pub cool: Option<Duration>,
    /// What came of the pause that was asked for.
    pub said: Option<PauseOutcome>,
}

/// What becomes of a job.
#[derive(Debug, PartialEq)]
pub enum Next {
    /// It is done.
    Settle,
    /// It is done, and this is what went wrong beyond its last attempt.
    Fail(Failure),
    /// It is done for this run: the server asks for a longer pause than is waited for, as a remark says.
    Defer(String),
    /// The same again, after this pause.
    Retry(Duration),
    /// The same again, with an answer to this.
    Authenticate(Challenge),
    /// On to where the answer points.
    Follow(Hop),
    /// Its page is done; on to the next.
    Page(NextRequest),
    /// Its page is done; the next is not asked for, since this is wrong with it.
    Break(NextRequest, Failure),
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
    /// How long it is to wait.
    pub wait: Duration,
    /// The redirect set a cookie that is kept.
    pub changed: bool,
}

/// The request for a next page.
#[derive(Debug, PartialEq)]
pub struct NextRequest {
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
            access: plan.access.clone(),
            retry: plan.retry.clone(),
            redirect: plan.redirect.clone(),
            paginate: plan.paginate.clone(),
            keeps_cookies: plan.cookies.kept.is_some(),
            login: plan.login.as_ref().map(|login| host_key(&login.url).into()),
            digest: plan.digest.is_some(),
            redact: plan.output.redact,
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
    pub fn begin(&self, job: &mut Job, chain: Option<Continuation>) {
        if let Some(paginate) = &self.paginate {
            page::begin(paginate, job, chain);
        }
    }

    /// Whether a job may be sent where it goes first. A redirect is looked at before it is followed; a next page is
    /// on the origin of the one before.
    pub fn admit(&self, job: &Job) -> Result<(), Failure> {
        Ok(self.access.check(&job.url)?)
    }

    /// Judges `attempt`, the last one of `job`. `chance`, between 0 and 1, is where in its range a pause falls.
    pub fn decide(&self, job: &Job, attempt: &Attempt, chance: f64) -> Verdict {
        let asked = RetryAfter::by(attempt, &self.retry.on);
        let next = retry::again(&self.retry, job, attempt, &asked, chance)
            .or_else(|| self.challenge(job, attempt).map(Next::Authenticate))
            .or_else(|| self.follow(job, attempt))
            .or_else(|| page::turn(self.paginate.as_ref(), self.redact, job, attempt));
        let max = self.retry.max_wait;
        let (next, hop) = match (next, asked.hop) {
            (Some(Next::Follow(hop)), Some(word)) => (after(word, hop, max), Some(word)),
            (next, _) => (next.unwrap_or(Next::Settle), None),
        };
        let said = asked.host.max(hop).map(|word| word.heard(max));
        Verdict { next, cool: asked.pause().filter(|pause| *pause <= max), said }
    }

    fn follow(&self, job: &Job, attempt: &Attempt) -> Option<Next> {
        let next = redirect::follow(&self.redirect, self.keeps_cookies_of(job), self.redact, job, attempt)?;
        let Next::Follow(hop) = &next else { return Some(next) };
        let Err(denied) = self.access.check(&hop.url) else { return Some(next) };
        let message = format!("redirected to {}: {denied}", shown_url(hop.url.as_str(), self.redact));
        Some(Next::Fail(Failure::new(ErrorKind::Blocked, message)))
    }

    fn keeps_cookies_of(&self, job: &Job) -> bool {
        self.keeps_cookies || self.login.as_deref().is_some_and(|origin| origin == host_key(&job.url))
    }

    fn challenge(&self, job: &Job, attempt: &Attempt) -> Option<Challenge> {
        if self.digest { challenge::to_answer(job, attempt) } else { None }
    }
}

/// The hop, once the server that sends it there lets it go.
fn after(word: Word, hop: Hop, max: Duration) -> Next {
    match word.ahead() {
        Some(pause) if pause > max => Next::Defer(retry::too_long(pause, "--max-wait")),
        wait => Next::Follow(Hop { wait: wait.unwrap_or_default(), ..hop }),
    }
}

impl Job {
    /// Notes that `attempt` will be made again after `pause`.
    pub fn retried(&mut self, attempt: &Attempt, pause: Duration) {
        self.history_after(attempt).retries.push(Retried {
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
        self.history_after(attempt).redirects.push(Redirected { url, status_code, method, changed });
        self.url = hop.url;
        self.request = hop.request;
    }

    /// The job for the next page, where retries and redirects count anew. This one stays, for the record of `attempt`,
    /// which then is not the last of its input.
    pub fn turned(&mut self, attempt: &mut Attempt, turn: NextRequest) -> Box<Job> {
        let NextRequest { url, request, stray } = turn;
        let given = Some(self.given_url().into());
        let pages = self.pages.get_or_insert_default().next(&url, Arc::clone(&request), stray);
        let paging = attempt.paging.get_or_insert_default();
        paging.next_url = Some(url.clone()).filter(|url| *url != self.url);
        paging.onward = Some(Box::new(pages.chain(&url)));
        Box::new(Job { given, url, request, history: None, pages: Some(Box::new(pages)), ..self.clone() })
    }
}

impl Attempt {
    /// Notes that its job ends with it only for this run.
    pub fn defer(&mut self, why: &str) {
        self.deferred = true;
        self.remark(why);
    }

    /// Notes that its pages end here, though there is one at `url`.
    pub fn ended(&mut self, url: Url, why: &str) {
        self.paging.get_or_insert_default().next_url = Some(url);
        self.remark(why);
    }
}
