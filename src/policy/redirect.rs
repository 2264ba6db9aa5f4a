//! Where a redirect leads, and what is sent there ([RFC 9110], section 15.4).
//!
//! [RFC 9110]: https://www.rfc-editor.org/rfc/rfc9110#section-15.4

use std::sync::Arc;
use std::time::Duration;

use http::header::{HeaderMap, HeaderName, LOCATION, USER_AGENT};
use http::{Method, StatusCode};
use url::Url;

use super::{Next, RedirectRequest, reference};
use crate::guard::redact::Redact;
use crate::guard::text::field_text;
use crate::model::request::Params;
use crate::model::{Attempt, ErrorKind, Failure, Job, Request, Setting, host_key, shown_url};
use crate::plan::Redirect;

/// The request that a redirect asks for, or why it is not followed; `None` if the answer is not a redirect.
///
/// A loop is followed as well, up to the limit: a cookie, a pause or plain time may lead out of it.
pub(super) fn follow(redirect: &Redirect, redact: Redact, job: &Job, attempt: &Attempt) -> Option<Next> {
    let head = attempt.deciding_head().filter(|_| redirect.follow)?;
    if !matches!(head.status.as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = head.headers.get(LOCATION).filter(|location| !location.as_bytes().trim_ascii().is_empty())?;
    let to = target(&job.url, location.as_bytes(), redact);
    Some(match to.and_then(|url| check(redirect, job, head.status, url, redact)) {
        Ok(request) => Next::Follow(request),
        Err(failure) => Next::Fail(failure),
    })
}

fn check(
    redirect: &Redirect,
    job: &Job,
    status: StatusCode,
    url: Url,
    redact: Redact,
) -> Result<RedirectRequest, Failure> {
    if job.url.scheme() == "https" && url.scheme() == "http" && !redirect.allow_downgrade {
        let to = shown_url(url.as_str(), redact);
        let message = format!("redirected from https to {to}, which is not encrypted");
        return Err(Failure::new(ErrorKind::Blocked, message).by(Setting::AllowDowngrade));
    }
    let method = method_after(&job.request.method, status);
    if job.redirects().len() >= redirect.max {
        let message = format!("redirected more than {} times", redirect.max);
        return Err(Failure::new(ErrorKind::TooManyRedirects, message).by(Setting::MaxRedirects));
    }
    let request = request_for(&job.request, method, host_key(&job.url) == host_key(&url));
    Ok(RedirectRequest { url, request, wait: Duration::ZERO })
}

fn target(from: &Url, location: &[u8], redact: Redact) -> Result<Url, Failure> {
    let shown = || shown_url(&field_text(location), redact).into_owned();
    let mut url = reference::resolve(from, location).map_err(|why| {
        Failure::new(ErrorKind::Protocol, format!("redirected to an invalid URL: {}: {why}", shown()))
    })?;
    if !matches!(url.scheme(), "http" | "https") {
        let message = format!("redirected to {}, but only http and https are supported", shown());
        return Err(Failure::new(ErrorKind::Blocked, message));
    }
    if url.fragment().is_none() {
        url.set_fragment(from.fragment()); // RFC 9110, section 10.2.2: it is inherited
    }
    Ok(url)
}

/// The request to send after a redirect. Of the user's headers only harmless ones go to another origin, and those that
/// describe the body go where the body goes.
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
    let body = request.body.clone().filter(|_| !drops_body);
    Arc::new(Request {
        method,
        headers,
        body,
        params: Params::default(),
        timeout: request.timeout,
        retries: request.retries,
        expect: request.expect.clone(),
    })
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
