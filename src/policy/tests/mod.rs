//! What follows from which attempt.

mod body_fault;
mod challenge;
mod expectation;
mod page;
mod pause;
mod redirect;
mod retry;
mod run_state;

use std::sync::Arc;
use std::time::SystemTime;

use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::{Method, StatusCode, Version};
use url::Url;

use super::{Facts, Next, Policy};
use crate::model::{Attempt, ErrorKind, Failure, Head, Job, Request};
use crate::plan::Plan;

fn job(method: Method, url: &str) -> Job {
    let request = Request { method, ..Request::default() };
    Job::new(0, Url::parse(url).unwrap(), Arc::new(request))
}

fn headers<const N: usize>(pairs: [(&'static str, &str); N]) -> HeaderMap {
    let pair = |(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
    pairs.into_iter().map(pair).collect()
}

/// A complete response, received at the epoch.
fn answered<const N: usize>(status: u16, pairs: [(&'static str, &str); N]) -> Attempt {
    let status = StatusCode::from_u16(status).unwrap();
    let head = Head { status, version: Version::HTTP_11, headers: headers(pairs) };
    Attempt { head: Some(head), ..Attempt::empty(SystemTime::UNIX_EPOCH) }
}

fn failed(kind: ErrorKind) -> Attempt {
    Attempt::failed(SystemTime::UNIX_EPOCH, Failure::new(kind, "it did not work"))
}

/// A run that goes on, to a host that can be reached and may be sent a retry.
fn facts(chance: f64) -> Facts {
    Facts { chance, is_stopping: false, host_is_unreachable: false, retry_is_allowed: true }
}

/// What the default policy makes of `attempt`.
fn next(job: &Job, attempt: &Attempt) -> Next {
    Policy::new(&Plan::default()).decide(job, attempt, &facts(0.5)).next
}
