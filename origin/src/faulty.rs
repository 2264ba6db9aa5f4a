//! Endpoints that fail: always, at first, or while sending the body.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures::stream::{self, StreamExt};
use hyper::StatusCode;
use hyper::header::{HeaderName, HeaderValue, RETRY_AFTER};
use serde_json::json;

use super::content::noise;
use super::limits;
use super::reply::{Fault, Hangup, Reply};
use super::request::{self, Call};

/// The number of visits of each URL.
#[derive(Debug, Default)]
pub(super) struct Visits(Mutex<HashMap<Box<str>, u64>>);

impl Visits {
    /// Counts a visit and returns its number. The count restarts after `round` visits.
    pub(super) fn count(&self, target: &str, round: u64) -> u64 {
        let mut visits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if visits.len() >= limits::VISITED {
            visits.clear();
        }
        let visit = *visits.entry(target.into()).and_modify(|visit| *visit += 1).or_insert(1);
        if visit == round {
            visits.remove(target);
        }
        visit
    }
}

/// Any status, with a body if the status allows one.
pub(super) fn status(code: u16) -> Result<Reply, Fault> {
    let status = request::status(code)?;
    let bodiless = matches!(status, StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT | StatusCode::NOT_MODIFIED);
    let reply = if bodiless { Reply::empty() } else { Reply::json(&json!({ "status": code })) };
    Ok(reply.status(status))
}

/// Fails all requests of a round except the last.
pub(super) fn flaky(call: &Call, visits: &Visits, round: u64) -> Reply {
    let attempt = visits.count(call.target(), round);
    let status = if attempt < round { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    Reply::json(&json!({ "attempt": attempt, "of": round })).status(status)
}

/// Responds to the first visit with `Retry-After`, and succeeds afterwards.
pub(super) fn retry_after(call: &Call, visits: &Visits, pause: u64) -> Result<Reply, Fault> {
    let status = call.param_status("code", StatusCode::SERVICE_UNAVAILABLE, limits::STATUS)?;
    let visit = visits.count(call.target(), u64::MAX);
    let reply = Reply::json(&json!({ "visit": visit }));
    Ok(if visit == 1 { reply.status(status).header(RETRY_AFTER, pause.into()) } else { reply })
}

/// Responds to the first visit with an exhausted rate limit and its reset time, and succeeds afterwards.
pub(super) fn rate_limit(call: &Call, visits: &Visits, pause: u64) -> Result<Reply, Fault> {
    let status = call.param_status("code", StatusCode::TOO_MANY_REQUESTS, limits::STATUS)?;
    let name = call.param("field").unwrap_or("X-RateLimit".into());
    let visit = visits.count(call.target(), u64::MAX);
    let reply = Reply::json(&json!({ "visit": visit }));
    if visit > 1 {
        return Ok(reply);
    }
    let [remaining, reset] = match &*name {
        "X-RateLimit" => ["x-ratelimit-remaining", "x-ratelimit-reset"],
        "RateLimit" => {
            let quota = HeaderValue::try_from(format!("\"default\";r=0;t={pause}")).map_err(|_| Fault::Hangup)?;
            return Ok(reply.status(status).header(HeaderName::from_static("ratelimit"), quota));
        }
        other => return Err(Fault::bad_request(format!("the field is X-RateLimit or RateLimit, not {other:?}"))),
    }
    .map(HeaderName::from_static);
    let then = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs() + 1 + pause;
    Ok(reply.status(status).header(remaining, 0.into()).header(reset, then.into()))
}

/// Announces twice as many bytes as it sends, and then closes the connection.
pub(super) fn cut(size: u64) -> Reply {
    let hangup = stream::once(async {
        // hyper discards what it has not written when the error occurs.
        tokio::time::sleep(Duration::from_millis(10)).await;
        Err(Hangup)
    });
    let chunks = stream::iter(noise(0, size)).map(Ok).chain(hangup);
    Reply::streamed("application/octet-stream", Some(2 * size), chunks)
}
