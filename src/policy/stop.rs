//! What follows from an attempt while the run is being stopped.

use super::Next;
use crate::model::{ErrorKind, Failure, PagesEnd};

/// Why a job fails that the run does not wait for.
pub fn cancelled() -> Failure {
    Failure::new(ErrorKind::Cancelled, "the run was stopped")
}

/// What happens to a job instead of `next`: nothing further is sent.
pub(super) fn without_requests(next: Next) -> Next {
    match next {
        Next::Retry(_)
        | Next::AwaitHost
        | Next::Reconnect
        | Next::AwaitConnection(_)
        | Next::WithholdRetry(None)
        | Next::Authenticate(_) => Next::Settle,
        Next::RetryUnmet(failure, _) | Next::WithholdRetry(Some(failure)) => Next::Fail(failure),
        Next::Follow(_) => {
            let why = "the run was stopped before the redirect was followed";
            Next::Fail(Failure::new(ErrorKind::Cancelled, why))
        }
        Next::Page(next) => Next::FailPage(next, cancelled(), PagesEnd::Stopped),
        Next::Settle
        | Next::Fail(_)
        | Next::Defer(..)
        | Next::FailPage(..)
        | Next::EndPages(..)
        | Next::LosePages(_) => next,
    }
}
