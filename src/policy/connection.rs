//! What follows if only the connection is to blame.

use std::time::Duration;

use super::Next;
use crate::model::{Attempt, ConnectionFault, Job};
use crate::plan::Retry;

/// How long a job waits for room for its connection before it asks again.
const PAUSE: Duration = Duration::from_millis(100);

/// The same attempt on another connection, or `None` if the connection is not to blame.
///
/// A server may close a connection that idles at any time. A request that meets this goes again on a fresh one
/// ([RFC 9112], section 9.3.1), once; but not if it is unsafe to repeat and may have been read ([RFC 9110], section
/// 9.2.2).
///
/// [RFC 9110]: https://www.rfc-editor.org/rfc/rfc9110#section-9.2.2
/// [RFC 9112]: https://www.rfc-editor.org/rfc/rfc9112#section-9.3.1
pub(super) fn another(retry: &Retry, timeout: Duration, job: &Job, attempt: &Attempt) -> Option<Next> {
    match attempt.error.as_ref()?.fault? {
        ConnectionFault::Stale => {
            let is_safe = job.request.is_idempotent() || attempt.is_unsent() || retry.unsafe_too;
            (is_safe && !job.needs_fresh_connection()).then_some(Next::Reconnect)
        }
        ConnectionFault::Exhausted => {
            let waits = job.age_after(attempt) < job.request.timeout.unwrap_or(timeout);
            Some(if waits { Next::AwaitConnection(PAUSE) } else { Next::Settle })
        }
    }
}
