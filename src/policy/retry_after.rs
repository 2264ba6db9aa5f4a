//! How long a server asks to be left alone.
//!
//! `Retry-After` ([RFC 9110], section 10.2.3) takes precedence over quotas. It counts with 429 and 503, with 403, which
//! some servers send for a rate limit, and with every other status that is retried. With a redirect it delays that
//! alone. A quota counts with any status if it is exhausted; of several, the one that lasts longest.
//!
//! [RFC 9110]: https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3

use std::time::{Duration, SystemTime};

use http::header::{DATE, HeaderMap, HeaderValue, RETRY_AFTER};

use super::moment;
use super::quota::{self, QuotaState};
use super::requested_pause::RequestedPause;
use crate::model::Attempt;
use crate::plan::RetryOn;

/// How far a server's clock may be off. Beyond that its `Date` is ignored.
const MAX_SKEW: Duration = Duration::from_secs(24 * 60 * 60);

/// What an answer says of when to come back.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct RetryAfter {
    /// The status that it amounts to: a 403 for a rate limit is a 429.
    pub(super) status: Option<u16>,
    /// When the host may be sent another request.
    pub(super) host: Option<RequestedPause>,
    /// When the redirect may be followed.
    pub(super) redirect: Option<RequestedPause>,
}

impl RetryAfter {
    /// What the answer to `attempt` says. `retried` is what is retried.
    pub(super) fn of(attempt: &Attempt, retried: &RetryOn) -> Self {
        let Some(head) = &attempt.head else { return RetryAfter::default() };
        let (status, now) = (head.status.as_u16(), || server_time(attempt, &head.headers));
        let quota = quota::of(&head.headers, now);
        let after = head.headers.get_all(RETRY_AFTER).iter().map(|value| retry_after(value, now)).max();
        match status {
            300..400 => RetryAfter { status: Some(status), host: quota.pause, redirect: after },
            403 if quota.exhausted || matches!(after, Some(RequestedPause::For(_))) => {
                RetryAfter { status: Some(429), host: first(after, quota), redirect: None }
            }
            _ => {
                let after = after.filter(|_| matches!(status, 403 | 429 | 503) || retried.has_status(status));
                RetryAfter { status: Some(status), host: first(after, quota), redirect: None }
            }
        }
    }

    /// The pause that the host asks for, if it is not over.
    pub(super) fn pause(&self) -> Option<Duration> {
        self.host.and_then(RequestedPause::remaining)
    }
}

/// `Retry-After`, if it asks for a pause; else the longer one of both.
fn first(after: Option<RequestedPause>, quota: QuotaState) -> Option<RequestedPause> {
    match after.and_then(RequestedPause::remaining) {
        Some(_) => after,
        None => after.max(quota.pause),
    }
}

/// Seconds, or a date. Of several numbers in one field, which a proxy may have joined, the longest pause counts.
fn retry_after(value: &HeaderValue, now: impl Fn() -> SystemTime) -> RequestedPause {
    let Some(text) = value.to_str().ok().map(str::trim).filter(|text| !text.is_empty()) else {
        return RequestedPause::Unreadable;
    };
    let numbers: Option<Vec<Duration>> = text.split(',').map(moment::seconds).collect();
    match numbers.and_then(|numbers| numbers.into_iter().max()) {
        Some(longest) => RequestedPause::For(longest),
        None => moment::date(text).map_or(RequestedPause::Unreadable, |at| RequestedPause::until(at, now())),
    }
}

/// The time on the server's clock when its answer was complete. Its `Date` tells, unless that is far from our time:
/// then it may come from a cache or from a clock that is wrong.
fn server_time(attempt: &Attempt, headers: &HeaderMap) -> SystemTime {
    let received = attempt.started + attempt.timings.total;
    let dated = headers.get(DATE).and_then(|value| moment::date(value.to_str().ok()?));
    let Some(server) = dated.map(|date| date + attempt.timings.receive.unwrap_or_default()) else { return received };
    let skew = server.duration_since(received).unwrap_or_else(|earlier| earlier.duration());
    if skew <= MAX_SKEW { server } else { received }
}
