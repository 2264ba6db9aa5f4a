//! Which attempts are made again, and after how long.

use std::time::{Duration, SystemTime};

use reqwest::header::RETRY_AFTER;

use crate::job::Job;
use crate::outcome::{Attempt, ErrorKind};
use crate::plan::Retry;

/// Failures that may pass.
pub const RETRIED_KINDS: [ErrorKind; 7] = [
    ErrorKind::Connect,
    ErrorKind::ConnectRefused,
    ErrorKind::ConnectTimeout,
    ErrorKind::Reset,
    ErrorKind::Closed,
    ErrorKind::Timeout,
    ErrorKind::ReadTimeout,
];

/// Answers that may pass: Request Timeout, Too Early, Too Many Requests, and what servers and gateways say when they
/// are overloaded or restarting.
pub const RETRIED_STATUSES: [u16; 7] = [408, 425, 429, 500, 502, 503, 504];

/// How often a request that no server has looked at is sent again, at once and beside the retries that are asked for:
/// servers that close each connection after so many requests refuse some that are on their way.
const RESENDS: usize = 10;

/// The pause before the attempt is made again, if it is.
pub(super) fn pause(retry: &Retry, job: &Job, attempt: &Attempt, chance: f64) -> Option<Duration> {
    let resent = job.retries().iter().filter(|tried| tried.unsent).count();
    if resent < RESENDS && attempt.error.as_ref().is_some_and(|error| error.unsent) {
        return Some(Duration::ZERO);
    }
    let made = job.retries().iter().filter(|tried| tried.counts()).count() as u32;
    if made >= retry.retries || !(retry.unsafe_too || job.request.is_idempotent()) || !may_pass(attempt) {
        return None;
    }
    match asked_pause(attempt) {
        Some(asked) if asked > retry.max_wait => None,
        Some(asked) => Some(asked),
        None => Some(full_jitter(retry, made, chance)),
    }
}

/// How long the server asks to be left alone: `Retry-After` on a 429 or 503 ([RFC 9110], section 10.2.3), in seconds
/// or as a date. What cannot be understood is ignored; a date that has passed is no pause.
///
/// [RFC 9110]: https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
pub(super) fn asked_pause(attempt: &Attempt) -> Option<Duration> {
    let head = attempt.head.as_ref().filter(|head| matches!(head.status.as_u16(), 429 | 503))?;
    let value = head.headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let at = httpdate::parse_http_date(value).ok()?;
    let received: SystemTime = attempt.started + attempt.timings.total;
    Some(at.duration_since(received).unwrap_or_default())
}

fn may_pass(attempt: &Attempt) -> bool {
    match (&attempt.error, attempt.status()) {
        (Some(error), _) => RETRIED_KINDS.contains(&error.kind),
        (None, Some(status)) => RETRIED_STATUSES.contains(&status.as_u16()),
        (None, None) => false,
    }
}

/// Anything from nothing to a bound that doubles: retries of many jobs that failed together spread out.
fn full_jitter(retry: &Retry, made: u32, chance: f64) -> Duration {
    let bound = retry.base.saturating_mul(1 << made.min(20)).min(retry.cap);
    bound.mul_f64(chance.clamp(0.0, 1.0))
}
