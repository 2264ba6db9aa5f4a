//! The request that an attempt sends: the job's own, with the headers that are known only now.

use std::borrow::Cow;

use http::header::{AUTHORIZATION, HeaderValue};

use crate::fetch::client::OutgoingRequest;
use crate::fetch::credentials::basic;
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
        credentials = basic(url.to_mut());
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
