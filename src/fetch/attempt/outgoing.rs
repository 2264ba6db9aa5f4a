//! The request that an attempt sends: the job's own, with the headers that are known only now.

use std::borrow::Cow;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::header::{AUTHORIZATION, HeaderValue};
use url::Url;

use crate::fetch::client::OutgoingRequest;
use crate::fetch::route::Route;
use crate::model::Job;
use crate::model::request::Netrc;
use crate::plan::Fetch;

/// The request for the next attempt of `job`.
pub(super) fn request<'a>(limits: &Fetch, job: &'a Job, route: Option<Route>) -> OutgoingRequest<'a> {
    let mut added = job.added.clone();
    let mut url = Cow::Borrowed(&job.url);
    if url.fragment().is_some() {
        url.to_mut().set_fragment(None);
    }
    let mut credentials = None;
    if !job.url.username().is_empty() || job.url.password().is_some() {
        credentials = take_user_info(url.to_mut());
    } else if let Some(netrc) = limits.netrc.as_ref().filter(|_| !job.is_robots_txt()) {
        credentials = from_netrc(netrc, job).cloned();
    }
    if let Some(credentials) = credentials.filter(|_| !job.request.headers.contains_key(AUTHORIZATION)) {
        added.get_or_insert_default().entry(AUTHORIZATION).or_insert(credentials);
    }
    OutgoingRequest {
        shared: &job.request,
        added,
        url,
        route: route.map(Box::new),
        fresh: job.needs_fresh_connection(),
    }
}

/// The netrc file's credentials for the host of `job`, unless a redirect has led the job to another host.
fn from_netrc<'a>(netrc: &'a Netrc, job: &Job) -> Option<&'a HeaderValue> {
    netrc.get(job.url.host_str().filter(|_| job.is_on_origin())?)
}

/// Turns the user information of `url` into basic authentication (RFC 9110, section 4.2.4).
fn take_user_info(url: &mut Url) -> Option<HeaderValue> {
    let decoded = |text: &str| percent_encoding::percent_decode_str(text).collect::<Vec<u8>>();
    let credentials = [&decoded(url.username())[..], b":", &decoded(url.password().unwrap_or_default())].concat();
    let basic = format!("Basic {}", BASE64_STANDARD.encode(credentials));
    let _ = url.set_username("");
    let _ = url.set_password(None);
    let mut value = HeaderValue::try_from(basic).ok()?;
    value.set_sensitive(true);
    Some(value)
}
