//! How long a server asks to be left alone.
//!
//! `Retry-After` ([RFC 9110], section 10.2.3) goes before what is said of quotas. It counts with 429 and 503, with 403,
//! which is what some call a rate limit, and with whatever else is tried again. With a redirect it is about the hop.
//! Of quotas those count that are used up, with any status; of several the one that lasts longest.
//!
//! [RFC 9110]: https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3

use std::time::{Duration, SystemTime};

use http::header::{DATE, HeaderMap, HeaderValue, RETRY_AFTER};

use super::quota::{self, Quota};
use crate::model::{Attempt, PauseOutcome};
use crate::plan::RetryOn;

/// By how much a server's clock may differ from ours. One that is further off says nothing of what it means by a date.
const MAX_SKEW: Duration = Duration::from_secs(24 * 60 * 60);

/// What an answer says of when to come back.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct RetryAfter {
    /// The status that it stands for: a 403 that is a rate limit is a 429.
    pub(super) status: Option<u16>,
    /// When its host may be asked again.
    pub(super) host: Option<Word>,
    /// When a redirect may be followed.
    pub(super) hop: Option<Word>,
}

/// What is said of a time. The longer pause is the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Word {
    /// Something that cannot be understood.
    Garbled,
    /// How long it is until then; zero once it has passed.
    In(Duration),
}

impl RetryAfter {
    /// What `attempt` has been told. `retried` is what is tried again.
    pub(super) fn by(attempt: &Attempt, retried: &RetryOn) -> Self {
        let Some(head) = &attempt.head else { return RetryAfter::default() };
        let (status, now) = (head.status.as_u16(), || server_time(attempt, &head.headers));
        let quota = quota::of(&head.headers, now);
        let after = head.headers.get_all(RETRY_AFTER).iter().map(|value| retry_after(value, now)).max();
        match status {
            300..400 => RetryAfter { status: Some(status), host: quota.word, hop: after },
            403 if quota.used_up || matches!(after, Some(Word::In(_))) => {
                RetryAfter { status: Some(429), host: first(after, quota), hop: None }
            }
            _ => {
                let after = after.filter(|_| matches!(status, 403 | 429 | 503) || retried.has_status(status));
                RetryAfter { status: Some(status), host: first(after, quota), hop: None }
            }
        }
    }

    /// The pause that its host asks for, if that is not over.
    pub(super) fn pause(&self) -> Option<Duration> {
        self.host.and_then(Word::ahead)
    }
}

impl Word {
    /// How long it is, if it is not over.
    pub(super) fn ahead(self) -> Option<Duration> {
        match self {
            Word::In(pause) if !pause.is_zero() => Some(pause),
            _ => None,
        }
    }

    /// What it counts as, where no longer pause is heeded than `max`.
    pub(super) fn heard(self, max: Duration) -> PauseOutcome {
        match self {
            Word::Garbled => PauseOutcome::Garbled,
            Word::In(Duration::ZERO) => PauseOutcome::Past,
            Word::In(pause) if pause > max => PauseOutcome::TooLong,
            Word::In(_) => PauseOutcome::Heeded,
        }
    }
}

/// `Retry-After`, if it asks for anything; else the quota's word, if that asks for more.
fn first(after: Option<Word>, quota: Quota) -> Option<Word> {
    match after.and_then(Word::ahead) {
        Some(_) => after,
        None => after.max(quota.word),
    }
}

/// Seconds, or a date in any of the forms that HTTP has had.
fn retry_after(value: &HeaderValue, now: impl Fn() -> SystemTime) -> Word {
    let Some(text) = value.to_str().ok().map(str::trim).filter(|text| !text.is_empty()) else { return Word::Garbled };
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Word::In(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    httpdate::parse_http_date(text).map_or(Word::Garbled, |at| Word::In(at.duration_since(now()).unwrap_or_default()))
}

/// What the server's clock shows now that its answer is there. Its `Date` tells, unless that is far from ours: then it
/// may come from a cache, or from nobody who knows.
fn server_time(attempt: &Attempt, headers: &HeaderMap) -> SystemTime {
    let received = attempt.started + attempt.timings.total;
    let dated = headers.get(DATE).and_then(|value| httpdate::parse_http_date(value.to_str().ok()?.trim()).ok());
    let Some(server) = dated.map(|date| date + attempt.timings.receive.unwrap_or_default()) else { return received };
    let skew = server.duration_since(received).unwrap_or_else(|earlier| earlier.duration());
    if skew <= MAX_SKEW { server } else { received }
}
