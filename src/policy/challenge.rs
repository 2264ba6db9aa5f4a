//! When a server that wants to know who asks is told.

use crate::model::{Attempt, Job};
use crate::site::digest::Challenge;

/// The challenge that `job` is to answer: once, and once more if only its answer was too old.
///
/// A 401 means that the request has had no effect, so any may be sent again, whatever its method. Credentials are for
/// the job's own host, and for jobs that have none themselves.
pub(super) fn to_answer(job: &Job, attempt: &Attempt) -> Option<Challenge> {
    let head = attempt.head.as_ref().filter(|head| head.status == 401 && attempt.error.is_none())?;
    if job.is_login() || job.has_credentials() || !job.at_home() {
        return None;
    }
    let challenge = Challenge::of(&head.headers)?;
    let answered = job.retries().iter().filter(|tried| tried.challenged).count();
    (answered == 0 || answered == 1 && challenge.is_stale()).then_some(challenge)
}
