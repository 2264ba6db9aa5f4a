//! Whether an authentication challenge is answered.

use crate::model::{Attempt, Job};
use crate::site::digest::{Challenge, Unanswerable};

/// The challenge that `job` has to answer: once, and once more if only its nonce was stale.
///
/// A request that is answered with 401 had no effect, so it may be sent again whatever its method. The credentials go
/// only to the job's own host, and only with jobs that have none of their own.
pub(super) fn to_answer(job: &Job, attempt: &Attempt) -> Option<Challenge> {
    let challenge = challenge(job, attempt)?.ok()?;
    let answered = answered(job);
    (answered == 0 || answered == 1 && challenge.is_stale()).then_some(challenge)
}

/// Why the first challenge that `job` gets is not answered.
pub(super) fn unanswerable(job: &Job, attempt: &Attempt) -> Option<Unanswerable> {
    if answered(job) > 0 { None } else { challenge(job, attempt)?.err() }
}

/// The challenge of a response that asks for the credentials.
fn challenge(job: &Job, attempt: &Attempt) -> Option<Result<Challenge, Unanswerable>> {
    let head = attempt.deciding_head().filter(|head| head.status == 401)?;
    let is_asked = !job.is_login() && !job.has_credentials() && job.is_on_origin();
    is_asked.then(|| Challenge::of(&head.headers))
}

fn answered(job: &Job) -> usize {
    job.retries().iter().filter(|tried| tried.auth_challenge).count()
}
