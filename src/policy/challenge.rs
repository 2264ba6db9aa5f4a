//! Whether an authentication challenge is answered.

use crate::model::{Attempt, Job};
use crate::site::digest::Challenge;

/// The challenge that `job` has to answer: once, and once more if only its nonce was stale.
///
/// A request that is answered with 401 had no effect, so it may be sent again whatever its method. The credentials go
/// only to the job's own host, and only with jobs that have none of their own.
pub(super) fn to_answer(job: &Job, attempt: &Attempt) -> Option<Challenge> {
    let head = attempt.deciding_head().filter(|head| head.status == 401)?;
    if job.is_login() || job.has_credentials() || !job.is_on_origin() {
        return None;
    }
    let challenge = Challenge::of(&head.headers)?;
    let answered = job.retries().iter().filter(|tried| tried.auth_challenge).count();
    (answered == 0 || answered == 1 && challenge.is_stale()).then_some(challenge)
}
