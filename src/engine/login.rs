//! What a login brings.

use http::StatusCode;
use http::header::HeaderValue;

use crate::guard::redact::Redact;
use crate::model::{Attempt, Failure, Job, shown_url};
use crate::plan::Login;

/// Why a login failed.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// The login had no complete answer.
    #[error("{url}: {}: {}", .failure.kind, .failure.message)]
    Failed {
        /// The URL of the last request.
        url: String,
        /// Why.
        failure: Failure,
    },
    /// The server refused it.
    #[error("{url} returned status {status}")]
    Refused {
        /// The URL of the last request.
        url: String,
        /// Its status.
        status: StatusCode,
    },
    /// The answer has no token.
    #[error("{url} returned no token: {why}")]
    NoToken {
        /// The URL of the last request.
        url: String,
        /// What is wrong with it.
        why: String,
    },
}

/// The Authorization header that a login brought, if it was to bring one.
pub(super) fn token(login: &Login, job: &Job, attempt: &Attempt) -> Result<Option<HeaderValue>, LoginError> {
    let url = || shown_url(job.url.as_str(), Redact::Secrets).into_owned();
    if let Some(failure) = &attempt.error {
        return Err(LoginError::Failed { url: url(), failure: failure.clone() });
    }
    if let Some(status) = attempt.status().filter(|_| !attempt.ok()) {
        return Err(LoginError::Refused { url: url(), status });
    }
    let no_token = |why: &str| LoginError::NoToken { url: url(), why: why.to_owned() };
    match attempt.token.as_deref() {
        _ if login.token.is_none() => Ok(None),
        Some(Ok(token)) => Ok(Some(token.clone())),
        Some(Err(why)) => Err(no_token(why)),
        None => Err(no_token("the answer has no body")),
    }
}
