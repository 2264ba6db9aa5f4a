//! How jobs end that are not sent, or not to their end.

use std::time::{Duration, SystemTime};

use crate::model::{Attempt, ErrorKind, Failure, Job, host_key};
use crate::policy;

/// The end of a job that the run did not wait for.
pub(super) fn cancelled(started: SystemTime) -> Attempt {
    Attempt::failed(started, policy::cancelled())
}

/// The end of a job that may not be sent.
pub(super) fn refused(why: Failure) -> Attempt {
    Attempt::failed(SystemTime::now(), why)
}

/// The end of a job that an earlier run began.
pub(super) fn interrupted() -> Attempt {
    let why = "an earlier run began this request and did not see its end; it is not safe to send again \
               (--retry-unsafe sends it)";
    refused(Failure::new(ErrorKind::Interrupted, why))
}

/// The end of a job whose host stays unreachable.
pub(super) fn unreachable(job: &Job, now: Duration) -> Attempt {
    let why = format!("{} was repeatedly unreachable (--retry-max-time)", host_key(&job.url));
    let mut attempt = refused(Failure::new(ErrorKind::CircuitOpen, why));
    attempt.timings.queue = now.saturating_sub(job.admitted);
    attempt
}
