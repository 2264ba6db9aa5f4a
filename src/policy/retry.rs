//! Which attempts are retried, and after how long.

use std::time::Duration;

use jiff::SignedDuration;

use super::retry_after::RetryAfter;
use super::{Facts, Next};
use crate::model::{Attempt, Failure, Job, Setting};
use crate::plan::Retry;
use crate::site::robots;

/// How often a request that no server has looked at is sent again at once, on top of the retries of the plan: servers
/// that close each connection after some requests refuse those on their way. What is refused more often is retried.
const RESENDS: usize = 3;

/// From how many seconds on a pause is given in days, and from how many on as "for ever".
const DAY: u64 = 24 * 60 * 60;
const TELL_DAYS: u64 = 2 * DAY;
const EVER: u64 = 100 * 365 * DAY;

/// Another attempt, or the end of the job until another run; `None` if the attempt may not be retried.
pub(super) fn again(retry: &Retry, job: &Job, attempt: &Attempt, asked: &RetryAfter, chance: f64) -> Option<Next> {
    let left = retry.max_time.checked_sub(job.age_after(attempt));
    if may_resend(job, attempt) && left.is_some() {
        return Some(Next::Retry(Duration::ZERO));
    }
    let pause = asked.pause().unwrap_or_default();
    if pause > retry.max_wait && is_refusal(retry, asked) {
        return Some(Next::Defer(too_long(pause, "the run waits"), Setting::MaxWait));
    }
    if !has_retries(retry, job) || !is_safe(retry, job, attempt) || !may_pass(retry, job, attempt, asked) {
        return None;
    }
    let left = left?;
    if pause > left {
        return Some(Next::Defer(too_long(pause, "the time left for retries"), Setting::RetryMaxTime));
    }
    let pause = full_jitter(retry, job, chance).max(pause);
    (pause <= left).then_some(Next::Retry(pause))
}

/// What follows if the answer is not what was expected: another attempt, or the end.
pub(super) fn unmet(retry: &Retry, job: &Job, attempt: &Attempt, chance: f64) -> Option<Next> {
    let failure = Failure::clone(attempt.unmet.as_deref()?);
    let pause = full_jitter(retry, job, chance);
    let is_in_time = retry.max_time.checked_sub(job.age_after(attempt)).is_some_and(|left| pause <= left);
    let may_retry = retry.on.has_kind(failure.kind) && has_retries(retry, job) && is_safe(retry, job, attempt);
    Some(if may_retry && is_in_time { Next::RetryUnmet(failure, pause) } else { Next::Fail(failure) })
}

/// `next`, unless it is a retry beyond what its host may be sent.
pub(super) fn within_budget(next: Next, job: &Job, attempt: &Attempt, facts: &Facts) -> Next {
    match next {
        Next::Retry(_) if !may_resend(job, attempt) && !facts.retry_is_allowed => Next::WithholdRetry(None),
        Next::RetryUnmet(failure, _) if !facts.retry_is_allowed => Next::WithholdRetry(Some(failure)),
        next => next,
    }
}

/// How many retries a job may have.
pub(super) fn retries(retry: &Retry, job: &Job) -> u32 {
    job.request.retries.unwrap_or(retry.retries)
}

/// Whether it has not had all of them.
fn has_retries(retry: &Retry, job: &Job) -> bool {
    retried(job) < retries(retry, job)
}

fn retried(job: &Job) -> u32 {
    job.retries().iter().filter(|tried| tried.counts()).count() as u32
}

/// The note on a pause that is longer than the run waits.
pub(super) fn too_long(pause: Duration, limit: &str) -> String {
    let rounded = if pause.subsec_nanos() > 0 { pause.as_secs().saturating_add(1) } else { pause.as_secs() };
    let time = match rounded {
        0..TELL_DAYS => format!("{:#}", SignedDuration::from_secs(rounded as i64)),
        TELL_DAYS..EVER => format!("{} days", rounded / DAY),
        EVER.. => return "the server asks for an unlimited pause".to_owned(),
    };
    format!("the server asks for a pause of {time}, longer than {limit}")
}

/// Whether no server has looked at the request, and it was not resent too often.
pub(super) fn may_resend(job: &Job, attempt: &Attempt) -> bool {
    let resent = job.retries().iter().filter(|tried| tried.unsent).count();
    resent < RESENDS && attempt.is_unsent()
}

/// Whether the server would answer differently at another time.
fn is_refusal(retry: &Retry, asked: &RetryAfter) -> bool {
    asked.status.is_some_and(|status| matches!(status, 429 | 503) || retry.on.has_status(status))
}

/// Whether sending it twice has the effect of once.
fn is_safe(retry: &Retry, job: &Job, attempt: &Attempt) -> bool {
    let unsent = attempt.error.as_ref().is_some_and(|error| error.unsent || error.is_before_sending());
    unsent || retry.unsafe_too || job.request.is_idempotent()
}

/// Whether another attempt may fare better. If only the body failed, the status counts as if it had not; the body
/// counts where somebody needs it.
fn may_pass(retry: &Retry, job: &Job, attempt: &Attempt, asked: &RetryAfter) -> bool {
    let has_status = asked.status.is_some_and(|status| retry.on.has_status(status));
    match &attempt.error {
        None => has_status,
        Some(error) if error.is_of_body() && (has_status || robots::is_told_by_head(job, attempt)) => has_status,
        Some(error) => retry.on.has_kind(error.kind),
    }
}

/// A pause between zero and a bound that doubles with each retry, so that jobs that failed together spread out.
fn full_jitter(retry: &Retry, job: &Job, chance: f64) -> Duration {
    let bound = retry.base.saturating_mul(1 << retried(job).min(20)).min(retry.cap);
    bound.mul_f64(chance.clamp(0.0, 1.0))
}
