//! What follows from an attempt.

use std::sync::Arc;
use std::time::Duration;

use url::Url;

use crate::model::{Failure, PagesEnd, PauseOutcome, Request, Setting};
use crate::site::digest::Challenge;

/// What a decision depends on besides the job and its attempt.
#[derive(Debug, Clone, Copy)]
pub struct Facts {
    /// Where in its range a random pause falls, from 0 to 1.
    pub chance: f64,
    /// The run is being stopped: nothing further is sent.
    pub is_stopping: bool,
    /// The host counts as unreachable.
    pub host_is_unreachable: bool,
    /// The host may be sent another retry.
    pub retry_is_allowed: bool,
}

/// What follows from an attempt.
#[derive(Debug, PartialEq)]
pub struct Verdict {
    /// What happens to the job.
    pub next: Next,
    /// How its host gets fewer requests, if it asked for a pause.
    pub throttle: Option<Throttle>,
    /// Whether that pause is kept.
    pub pause: Option<PauseOutcome>,
}

/// How a host gets fewer requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Throttle {
    /// None for this long, and then one before the others.
    Pause(Duration),
    /// One at a time, since the pause that it asked for is too long to wait.
    OneAtATime,
}

/// What happens to a job.
#[derive(Debug, PartialEq)]
pub enum Next {
    /// It is done.
    Settle,
    /// It is done, with a failure that its last attempt does not have.
    Fail(Failure),
    /// It is done for this run: the server asks for a longer pause than the run waits, as a note says.
    Defer(String, Setting),
    /// It is sent again, after this pause.
    Retry(Duration),
    /// It is sent again after this pause, since its answer is not what was expected.
    RetryUnmet(Failure, Duration),
    /// It is done, although it could be sent again: too many requests to its host are retries. It fails if its answer is
    /// not what was expected.
    WithholdRetry(Option<Failure>),
    /// It is sent again once its host can be reached.
    AwaitHost,
    /// It is sent again at once, on a fresh connection: the one it had was closed before an answer came.
    Reconnect,
    /// It is sent again after this pause, when this machine may have room for its connection.
    AwaitConnection(Duration),
    /// It is sent again, with an answer to this challenge.
    Authenticate(Challenge),
    /// It follows a redirect.
    Follow(RedirectRequest),
    /// Its page is done, and the next one follows.
    Page(NextRequest),
    /// Its page is done, and the next one fails without being sent.
    FailPage(NextRequest, Failure, PagesEnd),
    /// It is done, although there may be more pages than are followed, as a note says.
    EndPages(Url, String),
    /// It is done, although there is a next page: its place cannot be read, as a note says.
    LosePages(String),
}

/// The request that a redirect asks for.
#[derive(Debug, PartialEq)]
pub struct RedirectRequest {
    /// Where it goes.
    pub url: Url,
    /// Its method, headers and body.
    pub request: Arc<Request>,
    /// How long it has to wait.
    pub wait: Duration,
}

/// The request for a next page.
#[derive(Debug, PartialEq)]
pub struct NextRequest {
    /// Where it goes.
    pub url: Url,
    /// Its method, headers and body.
    pub request: Arc<Request>,
    /// A redirect has led to another origin than the input's, so that the input's credentials stay behind.
    pub off_origin: bool,
}
