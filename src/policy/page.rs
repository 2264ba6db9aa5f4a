//! Where the next page is, and whether it is fetched.

use std::sync::Arc;

use http::Method;
use http::header::LINK;
use url::Url;
use url::form_urlencoded::{byte_serialize, parse};

use super::redirect::request_for;
use super::reference::{self, inherit_user_info};
use super::{Next, NextRequest, link};
use crate::guard::redact::Redact;
use crate::guard::text::field_text;
use crate::model::{Attempt, Continuation, ErrorKind, Failure, Job, PageInfo, PageState, Setting, host_key, shown_url};
use crate::plan::{NextPage, Paginate};

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

/// What follows from a page that is ok; `None` if nothing does.
pub(super) fn next(paginate: Option<&Paginate>, redact: Redact, job: &Job, attempt: &Attempt) -> Option<Next> {
    let paging = attempt.paging.as_deref().filter(|_| attempt.ok())?;
    if let Some(Err(why)) = &paging.items {
        return Some(Next::Fail(Failure::new(ErrorKind::Protocol, format!("cannot extract items: {why}"))));
    }
    let (paginate, pages) = (paginate?, job.pages.as_deref()?);
    let next = match (place(&paginate.by, job, pages, attempt, paging, redact), &paginate.by) {
        (Ok(next), _) => next?,
        (Err(_), _) if paging.empty => return None,
        (Err(why), _) => {
            let message = format!("the previous page does not say where this one is: {why}");
            let here =
                NextRequest { url: job.url.clone(), request: Arc::clone(&job.request), off_origin: pages.off_origin };
            return Some(Next::FailPage(here, Failure::new(ErrorKind::Protocol, message)));
        }
    };
    if paging.empty {
        let is_named = !matches!(paginate.by, NextPage::Page { .. } | NextPage::Offset { .. });
        let note = "pagination ends here: the page is empty, although it names a next page";
        return is_named.then(|| Next::EndPages(next.url, note.to_owned(), None));
    }
    if pages.number >= paginate.max.get() {
        let note = format!("there may be more pages than {}", paginate.max);
        return Some(Next::EndPages(next.url, note, Some(Setting::MaxPages)));
    }
    Some(match refusal(&paginate.by, job, pages, &next.url, redact) {
        Some(why) => Next::FailPage(next, why),
        None => Next::Page(next),
    })
}

/// Why the page at `url` is not fetched.
fn refusal(by: &NextPage, job: &Job, pages: &PageState, url: &Url, redact: Redact) -> Option<Failure> {
    let from = if is_link(by) { &job.url } else { first_url(job) };
    let shown = shown_url(url.as_str(), redact);
    let refused = |kind, what: &str| Some(Failure::new(kind, format!("{what}: {shown} was not requested")));
    if host_key(from) != host_key(url) {
        return refused(ErrorKind::Blocked, "the next page is on another origin");
    }
    if pages.has_visited(url) {
        return refused(ErrorKind::TooManyRedirects, "the pages form a loop");
    }
    None
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
) -> Result<Option<NextRequest>, String> {
    let counted = |param: &str, value: &str| {
        let url = with_value(first_url(job), param, value);
        NextRequest { url, request: Arc::clone(&pages.request), off_origin: pages.off_origin }
    };
    let picked = || paging.next.as_ref().map(Option::as_deref).map_err(String::clone);
    let target = match by {
        NextPage::Page { param, .. } => return further(job, param, 1).map(|value| Some(counted(param, &value))),
        NextPage::Offset { param, size } => {
            return further(job, param, size.get()).map(|value| Some(counted(param, &value)));
        }
        NextPage::Cursor { param, .. } => return Ok(picked()?.map(|value| counted(param, value))),
        NextPage::Link => {
            let fields = attempt.head.iter().flat_map(|head| head.headers.get_all(LINK));
            link::next(fields.map(|field| field.as_bytes()))
        }
        NextPage::Url(_) => picked()?.map(|url| url.as_bytes().to_vec()),
    };
    let Some(target) = target else { return Ok(None) };
    let url = reference::resolve(&job.url, &target).ok().filter(|url| url.as_str().len() <= MAX_URL);
    let url = url.ok_or_else(|| format!("{:?} is not a URL", shown_url(&field_text(&target), redact)))?;
    let has_left = job.redirects().iter().any(|hop| host_key(&hop.url) != host_key(&job.url));
    Ok(Some(NextRequest { url, request: Arc::clone(&job.request), off_origin: pages.off_origin || has_left }))
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
