//! Where a redirect leads, and what goes along ([RFC 9110], section 15.4).
//!
//! [RFC 9110]: https://www.rfc-editor.org/rfc/rfc9110#section-15.4

use std::sync::Arc;

use bytes::Bytes;
use reqwest::header::{HeaderMap, HeaderName, LOCATION, USER_AGENT};
use reqwest::{Method, StatusCode, Url};

use super::{Hop, Next};
use crate::job::{Job, Request, host_key};
use crate::outcome::{Attempt, ErrorKind, Failure};
use crate::plan::Redirect;
use crate::redact;

/// What a redirect leads to; none where the answer is not one that is followed.
pub(super) fn follow(redirect: &Redirect, job: &Job, attempt: &Attempt) -> Option<Next> {
    let head = attempt.head.as_ref().filter(|_| redirect.follow && attempt.error.is_none())?;
    if !matches!(head.status.as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = head.headers.get(LOCATION)?;
    Some(match target(&job.url, location.as_bytes()) {
        Err(failure) => Next::Fail(failure),
        Ok(_) if job.redirects().len() >= redirect.max => Next::Fail(too_many(redirect.max)),
        Ok(url) => {
            let method = method_after(&job.request.method, head.status);
            let request = request_for(&job.request, method, host_key(&job.url) == host_key(&url));
            Next::Follow(Hop { url, request })
        }
    })
}

fn target(from: &Url, location: &[u8]) -> Result<Url, Failure> {
    let shown = || redact::url(&String::from_utf8_lossy(location)).into_owned();
    let text = std::str::from_utf8(location)
        .map_err(|_| Failure::new(ErrorKind::Protocol, format!("redirected to what is no URL: {}", shown())))?;
    let mut url = from.join(text).map_err(|why| {
        Failure::new(ErrorKind::Protocol, format!("redirected to what is no URL: {}: {why}", shown()))
    })?;
    if !matches!(url.scheme(), "http" | "https") {
        let message = format!("redirected to {}, and only http and https are followed", shown());
        return Err(Failure::new(ErrorKind::Blocked, message));
    }
    if url.fragment().is_none() {
        url.set_fragment(from.fragment()); // RFC 9110, section 10.2.2: it is inherited
    }
    Ok(url)
}

fn too_many(max: usize) -> Failure {
    Failure::new(ErrorKind::TooManyRedirects, format!("redirected more than {max} times (--max-redirs)"))
}

/// The request to send after a redirect: no header of the user's but the harmless ones goes to another origin, and
/// what describes the body goes where the body goes.
pub(super) fn request_for(request: &Arc<Request>, method: Method, same_origin: bool) -> Arc<Request> {
    if same_origin && method == request.method {
        return Arc::clone(request);
    }
    let drops_body = method != request.method;
    let keeps = |name: &HeaderName| if describes_body(name) { !drops_body } else { same_origin || goes_anywhere(name) };
    let headers: HeaderMap = request
        .headers
        .iter()
        .filter(|(name, _)| keeps(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let body: Option<Bytes> = if drops_body { None } else { request.body.clone() };
    Arc::new(Request { method, headers, body })
}

/// 303 asks for a GET; after 301 and 302 a POST becomes one, as every browser has it.
fn method_after(method: &Method, status: StatusCode) -> Method {
    match (status.as_u16(), method) {
        (303, &Method::HEAD) => Method::HEAD,
        (303, _) | (301 | 302, &Method::POST) => Method::GET,
        _ => method.clone(),
    }
}

fn goes_anywhere(name: &HeaderName) -> bool {
    name == USER_AGENT || name.as_str().starts_with("accept")
}

fn describes_body(name: &HeaderName) -> bool {
    matches!(
        name.as_str(),
        "content-type"
            | "content-encoding"
            | "content-language"
            | "content-location"
            | "content-length"
            | "content-digest"
            | "repr-digest"
            | "digest"
            | "transfer-encoding"
    )
}
