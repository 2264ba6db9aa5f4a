//! What follows in a probe, which sends every request once and waits for nobody.

use super::retry::may_resend;
use super::{Next, RedirectRequest, Verdict};
use crate::model::{Attempt, Job, PauseOutcome};
use std::time::Duration;

/// `verdict` without retries and pauses. What no server has looked at is still sent again: it is the same request.
pub(super) fn without_waiting(verdict: Verdict, job: &Job, attempt: &Attempt) -> Verdict {
    let next = match verdict.next {
        Next::Retry(_) if may_resend(job, attempt) => Next::Retry(Duration::ZERO),
        Next::Retry(_) | Next::AwaitHost | Next::Defer(..) | Next::WithholdRetry(None) => Next::Settle,
        Next::RetryUnmet(failure, _) | Next::WithholdRetry(Some(failure)) => Next::Fail(failure),
        Next::Follow(redirect) => Next::Follow(RedirectRequest { wait: Duration::ZERO, ..redirect }),
        next => next,
    };
    let pause = verdict.pause.map(|outcome| match outcome {
        PauseOutcome::Honoured | PauseOutcome::TooLong => PauseOutcome::Ignored,
        outcome => outcome,
    });
    Verdict { next, throttle: None, pause }
}
