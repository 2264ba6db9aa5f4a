//! Where the next page is, and whether it is fetched.

use std::sync::Arc;

use http::Method;
use http::header::LINK;
use url::Url;
use url::form_urlencoded::{byte_serialize, parse};

use super::link::{self, MalformedLink};
use super::redirect::request_for;
use super::reference::{self, inherit_user_info};
use super::{Next, NextRequest};
use crate::guard::redact::Redact;
use crate::guard::text::field_text;
use crate::model::{
    Attempt, Continuation, ErrorKind, Failure, Job, PageInfo, PageState, PagesEnd, Setting, host_key, shown_url,
};
use crate::plan::{NextPage, Paginate};
use crate::site::access::Access;

/// The longest URL of a next page, in bytes: servers accept no longer ones.
const MAX_URL: usize = 32 << 10;

/// Points a new job at its first page, or at the page that an earlier run would have fetched next.
///
/// A counting parameter that the input lacks is added, with the number of the first page.
pub(super) fn begin(paginate: &Paginate, job: &mut Job, continuation: Option<Continuation>) {
    let target = |from: Continuation| Some((from.target(&job.url)?, from.method.parse().ok()?, from));
    match continuation.and_then(target) {
        Some((url, method, from)) => go_on(job, url, method, &from),
        None => {
            let first = match &paginate.by {
                NextPage::Page { param, start } => Some((param, *start)),
                NextPage::Offset { param, .. } => Some((param, 0)),
                NextPage::Link | NextPage::Cursor { .. } | NextPage::Url(_) => None,
            };
            if let Some((name, number)) = first.filter(|(name, _)| value(&job.url, name).is_none()) {
                keep_given(job);
                job.url = with_value(&job.url, name, &number.to_string());
            }
            job.pages = Some(Box::new(PageState::first(&job.url, &job.request)));
        }
    }
}

fn go_on(job: &mut Job, mut url: Url, method: Method, from: &Continuation) {
    keep_given(job);
    // Even if the input has changed since, its credentials stay on its origin.
    let off_origin = from.off_origin || host_key(&url) != host_key(&job.url);
    let request = request_for(&job.request, method, !off_origin);
    if !off_origin {
        inherit_user_info(&mut url, &job.url);
    }
    let mut pages = PageState::first(&job.url, &job.request).next(&url, Arc::clone(&request), off_origin);
    pages.number = from.page;
    (job.url, job.request, job.pages) = (url, request, Some(Box::new(pages)));
}

/// The records keep the URL of the input.
fn keep_given(job: &mut Job) {
    job.given = Some(job.given_url().into());
}

/// The rules by which pages are followed.
pub(super) struct PageRules<'a> {
    pub(super) paginate: Option<&'a Paginate>,
    pub(super) access: &'a Access,
    /// Pages on other hosts may be followed from https to http.
    pub(super) allow_downgrade: bool,
    pub(super) redact: Redact,
}

/// What follows from a page that is ok; `None` if nothing does.
pub(super) fn next(rules: &PageRules<'_>, job: &Job, attempt: &Attempt) -> Option<Next> {
    let redact = rules.redact;
    let paging = attempt.paging.as_deref().filter(|_| attempt.ok())?;
    if let Some(Err(why)) = &paging.items {
        return Some(Next::Fail(unreadable(paging, format!("cannot extract items: {why}"))));
    }
    let (paginate, pages) = (rules.paginate?, job.pages.as_deref()?);
    // A page that names a next one is not the last, even if it is empty. One that is only counted is.
    if paging.empty && paginate.by.is_counted() {
        return None;
    }
    let next = match place(&paginate.by, job, pages, attempt, paging, redact) {
        Ok(next) => next?,
        Err(Lost::Link(why)) => {
            return Some(Next::LosePages(format!("the response names a next page, but {why}")));
        }
        Err(Lost::Target(why)) => {
            let message = format!("the previous page does not say where this one is: {why}");
            let here =
                NextRequest { url: job.url.clone(), request: Arc::clone(&job.request), off_origin: pages.off_origin };
            return Some(Next::FailPage(here, unreadable(paging, message), PagesEnd::NoNext));
        }
    };
    if pages.number >= paginate.max.get() {
        let note = format!("there may be more pages than {}", paginate.max);
        return Some(Next::EndPages(next.url, note));
    }
    Some(match refusal(rules, paginate, job, pages, &next.url) {
        Some((cause, why)) => Next::FailPage(next, why, cause),
        None => Next::Page(next),
    })
}

/// The failure to find in a body what pages are made of.
fn unreadable(paging: &PageInfo, message: String) -> Failure {
    Failure { setting: paging.limited_by, ..Failure::new(ErrorKind::Protocol, message) }
}

/// Why the page at `url` is not fetched.
fn refusal(
    rules: &PageRules<'_>,
    paginate: &Paginate,
    job: &Job,
    pages: &PageState,
    url: &Url,
) -> Option<(PagesEnd, Failure)> {
    let from = if is_link(&paginate.by) { &job.url } else { first_url(job) };
    let shown = shown_url(url.as_str(), rules.redact);
    let refused =
        |cause, kind, what: &str| Some((cause, Failure::new(kind, format!("{what}: {shown} was not requested"))));
    let blocked = |what: &str, setting| {
        let (end, why) = refused(PagesEnd::Blocked, ErrorKind::Blocked, what)?;
        Some((end, why.by(setting)))
    };
    if host_key(from) != host_key(url) {
        let named = || paginate.hosts.iter().any(|glob| glob.matches(url)) || rules.access.names(url);
        if !is_http(url) {
            return refused(
                PagesEnd::Blocked,
                ErrorKind::Blocked,
                "the next page has neither an http nor an https URL",
            );
        }
        if !is_origin_of_input(job, url) && !named() {
            return blocked("the next page is on another origin", Setting::PageHosts);
        }
        if from.scheme() == "https" && url.scheme() == "http" && !rules.allow_downgrade {
            return blocked("the next page is not encrypted", Setting::AllowDowngrade);
        }
        if let Err(denied) = rules.access.check(url) {
            return blocked(&format!("the next page is refused: {denied}"), denied.setting());
        }
    }
    if pages.has_visited(url) {
        return refused(PagesEnd::Loop, ErrorKind::TooManyRedirects, "the pages form a loop");
    }
    None
}

/// Why the next page is not known, although there is one.
enum Lost {
    Link(MalformedLink),
    Target(String),
}

impl From<String> for Lost {
    fn from(why: String) -> Self {
        Lost::Target(why)
    }
}

/// The request for the next page.
///
/// If an answer links to it, redirects count: the link is relative to the URL that answered, and the request is like
/// the one that was answered. If a parameter counts the pages, they do not: the next URL derives from the one that was
/// requested, and is redirected anew.
fn place(
    by: &NextPage,
    job: &Job,
    pages: &PageState,
    attempt: &Attempt,
    paging: &PageInfo,
    redact: Redact,
) -> Result<Option<NextRequest>, Lost> {
    let counted = |param: &str, value: &str| {
        let url = with_value(first_url(job), param, value);
        NextRequest { url, request: Arc::clone(&pages.request), off_origin: pages.off_origin }
    };
    let picked = || paging.next.as_ref().map(Option::as_deref).map_err(String::clone);
    let target = match by {
        NextPage::Page { param, .. } => return Ok(Some(counted(param, &further(job, param, 1)?))),
        NextPage::Offset { param, size } => return Ok(Some(counted(param, &further(job, param, size.get())?))),
        NextPage::Cursor { param, .. } => return Ok(picked()?.map(|value| counted(param, value))),
        NextPage::Link => {
            let fields = attempt.head.iter().flat_map(|head| head.headers.get_all(LINK));
            link::next(fields.map(|field| field.as_bytes())).map_err(Lost::Link)?
        }
        NextPage::Url(_) => picked()?.map(|url| url.as_bytes().to_vec()),
    };
    let Some(target) = target else { return Ok(None) };
    let url = reference::resolve(&job.url, &target).ok().filter(|url| url.as_str().len() <= MAX_URL);
    let mut url = url.ok_or_else(|| format!("{:?} is not a URL", shown_url(&field_text(&target), redact)))?;
    keep_encrypted(&mut url, &job.url);
    let stays = host_key(&url) == host_key(&job.url);
    let has_left = job.redirects().iter().any(|hop| host_key(&hop.url) != host_key(&job.url));
    let request = request_for(&job.request, job.request.method.clone(), stays);
    Ok(Some(NextRequest { url, request, off_origin: pages.off_origin || has_left || !stays }))
}

/// Turns an http URL into the https one if that is on the origin of `from`: behind a proxy that ends TLS, a server may
/// not know that it was asked over https.
fn keep_encrypted(url: &mut Url, from: &Url) {
    let ports = (url.port_or_known_default(), from.port_or_known_default());
    let is_same = ports == (Some(80), Some(443)) || ports.0 == ports.1;
    if (url.scheme(), from.scheme()) == ("http", "https") && url.host() == from.host() && is_same {
        let _ = url.set_scheme("https");
        let _ = url.set_port(from.port());
        inherit_user_info(url, from);
    }
}

fn is_origin_of_input(job: &Job, url: &Url) -> bool {
    Url::parse(job.given_url()).is_ok_and(|input| host_key(&input) == host_key(url))
}

fn is_http(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
}

fn is_link(by: &NextPage) -> bool {
    matches!(by, NextPage::Link | NextPage::Url(_))
}

/// The URL that the page was requested at, before redirects.
fn first_url(job: &Job) -> &Url {
    job.history.as_ref().and_then(|history| history.first_url.as_ref()).unwrap_or(&job.url)
}

/// The value of a counting parameter, increased by `by`.
fn further(job: &Job, param: &str, by: u64) -> Result<String, String> {
    let value = value(first_url(job), param).unwrap_or_default();
    let number = value.parse::<u64>().ok().and_then(|number| number.checked_add(by));
    number.map(|number| number.to_string()).ok_or_else(|| format!("{param} is {value:?}, not a number to count from"))
}

/// The first value of a query parameter.
fn value(url: &Url, param: &str) -> Option<String> {
    url.query_pairs().find(|(name, _)| name == param).map(|(_, value)| value.into_owned())
}

/// `url` with one value for a query parameter, in place of the first one. The other parameters stay as written.
fn with_value(url: &Url, param: &str, value: &str) -> Url {
    let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    let mut new = Some(format!("{}={}", encoded(param), encoded(value)));
    let is_it = |pair: &&str| parse(pair.as_bytes()).next().is_some_and(|(name, _)| name == param);
    let pairs = url.query().into_iter().flat_map(|query| query.split('&')).filter(|pair| !pair.is_empty());
    let mut query: Vec<String> =
        pairs.filter_map(|pair| if is_it(&pair) { new.take() } else { Some(pair.to_owned()) }).collect();
    query.extend(new);
    let mut url = url.clone();
    url.set_query(Some(&query.join("&")));
    url
}
