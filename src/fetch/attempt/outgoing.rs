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
    let mut headers = job.request.headers_to_send();
    for (name, value) in job.added.iter().flat_map(|added| added.iter()) {
        headers.insert(name.clone(), value.clone());
    }
    let mut url = Cow::Borrowed(&job.url);
    if url.fragment().is_some() {
        url.to_mut().set_fragment(None);
    }
    if !job.url.username().is_empty() || job.url.password().is_some() {
        let credentials = take_user_info(url.to_mut());
        if let Some(credentials) = credentials {
            headers.entry(AUTHORIZATION).or_insert(credentials);
        }
    } else if let Some(credentials) =
        limits.netrc.as_ref().filter(|_| !job.is_robots_txt()).and_then(|netrc| from_netrc(netrc, job))
    {
        headers.entry(AUTHORIZATION).or_insert_with(|| credentials.clone());
    }
    let body = job.request.body.as_ref().map(|body| &body.content);
    OutgoingRequest { method: &job.request.method, url, headers, body, route }
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
