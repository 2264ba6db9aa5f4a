//! What a login brings.

use http::StatusCode;
use http::header::HeaderValue;

use crate::fetch::json_text;
use crate::guard::redact::Redact;
use crate::jq::{Filter, FilterError, FilterLimits};
use crate::model::request;
use crate::model::{Attempt, Body, Failure, Job, shown_url};
use crate::plan::{BodyRules, Login};

/// The largest token, in bytes: servers accept no larger header.
const MAX_TOKEN: usize = 64 << 10;

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

/// The Authorization header that a login brought, if it was to bring one. The filter that finds it may take so much
/// `memory`: no input is read as long as it runs.
pub(super) fn token(
    login: &Login,
    job: &Job,
    attempt: &Attempt,
    memory: usize,
) -> Result<Option<HeaderValue>, LoginError> {
    let url = || shown_url(job.url.as_str(), Redact::Secrets).into_owned();
    if let Some(failure) = &attempt.error {
        return Err(LoginError::Failed { url: url(), failure: failure.clone() });
    }
    if let Some(status) = attempt.status().filter(|_| !attempt.ok()) {
        return Err(LoginError::Refused { url: url(), status });
    }
    let Some(filter) = &login.token else { return Ok(None) };
    bearer(filter, &attempt.body, memory).map(Some).map_err(|why| LoginError::NoToken { url: url(), why })
}

/// Messages do not show what was found: it may be a token.
fn bearer(filter: &Filter, body: &Body, memory: usize) -> Result<HeaderValue, String> {
    let Body::Binary(body) = body else { return Err("the body is not JSON".to_owned()) };
    let json = json_text(BodyRules::default(), body);
    let limits = FilterLimits::for_document(json.len(), MAX_TOKEN).within(memory);
    let found = filter.run(&json, limits).map_err(|why| match why {
        FilterError::Failed(_) => format!("the filter {} fails on its JSON", filter.code()),
        why => why.to_string(),
    })?;
    let mut found = found.iter();
    let first = found.next().ok_or_else(|| format!("the filter {} finds nothing in its JSON", filter.code()))?;
    if found.next().is_some() {
        return Err(format!("the filter {} finds more than one value in its JSON", filter.code()));
    }
    let token: String =
        serde_json::from_str(first).map_err(|_| format!("what {} finds is not a string", filter.code()))?;
    request::bearer(&token).map_err(|_| format!("what {} finds is empty or not allowed in a token", filter.code()))
}
