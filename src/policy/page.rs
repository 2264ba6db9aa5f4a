//! Where the page after a page is, and whether it is asked for.

use std::sync::Arc;

use http::Method;
use http::header::LINK;
use url::Url;
use url::form_urlencoded::{byte_serialize, parse};

use super::redirect::request_for;
use super::{Next, NextRequest, link};
use crate::guard::redact::Redact;
use crate::model::{Attempt, Continuation, ErrorKind, Failure, Job, PageInfo, PageState, host_key, shown_url};
use crate::plan::{NextPage, Paginate};

/// The longest URL of a next page, in bytes: longer ones no server takes.
const MAX_URL: usize = 32 << 10;

/// Makes a fresh job one of a first page, or of the page that an earlier run was to go on with.
///
/// A counting parameter that the input lacks is added, with the number of the first page.
pub(super) fn begin(paginate: &Paginate, job: &mut Job, chain: Option<Continuation>) {
    match chain.and_then(|chain| Some((chain.target(&job.url)?, chain.method.parse().ok()?, chain))) {
        Some((url, method, chain)) => go_on(job, url, method, &chain),
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

fn go_on(job: &mut Job, mut url: Url, method: Method, chain: &Continuation) {
    keep_given(job);
    // Should the input be another one now, what is that one's alone still goes nowhere else.
    let stray = chain.stray || host_key(&url) != host_key(&job.url);
    let request = request_for(&job.request, method, !stray);
    if !stray {
        inherit_user_info(&mut url, &job.url);
    }
    let mut pages = PageState::first(&job.url, &job.request).next(&url, Arc::clone(&request), stray);
    pages.number = chain.page;
    (job.url, job.request, job.pages) = (url, request, Some(Box::new(pages)));
}

/// The URL of the input stays that of its records.
fn keep_given(job: &mut Job) {
    job.given = Some(job.given_url().into());
}

/// Who asks for a page asks for the next, on the same origin, unless its URL says otherwise.
fn inherit_user_info(url: &mut Url, from: &Url) {
    if url.username().is_empty() && url.password().is_none() {
        let _ = url.set_username(from.username());
        let _ = url.set_password(from.password());
    }
}

/// What follows from a page that is ok; none if that is nothing.
pub(super) fn turn(paginate: Option<&Paginate>, redact: Redact, job: &Job, attempt: &Attempt) -> Option<Next> {
    let paging = attempt.paging.as_deref().filter(|_| attempt.ok())?;
    if let Some(Err(why)) = &paging.items {
        return Some(Next::Fail(Failure::new(ErrorKind::Protocol, format!("cannot extract items: {why}"))));
    }
    let (paginate, pages) = (paginate?, job.pages.as_deref()?);
    let turn = match (place(&paginate.by, job, pages, attempt, paging, redact), &paginate.by) {
        (Ok(turn), _) => turn?,
        (Err(_), _) if paging.empty => return None,
        (Err(why), _) => {
            let message = format!("the previous page does not say where this one is: {why}");
            let here = NextRequest { url: job.url.clone(), request: Arc::clone(&job.request), stray: pages.stray };
            return Some(Next::Break(here, Failure::new(ErrorKind::Protocol, message)));
        }
    };
    if paging.empty {
        let is_named = !matches!(paginate.by, NextPage::Page { .. } | NextPage::Offset { .. });
        let note = "pagination ends here: the page is empty, although it names a next page";
        return is_named.then(|| Next::End(turn.url, note.to_owned()));
    }
    if pages.number >= paginate.max.get() {
        let note = format!("there may be more pages: --max-pages is {}", paginate.max);
        return Some(Next::End(turn.url, note));
    }
    Some(match refusal(&paginate.by, job, pages, &turn.url, redact) {
        Some(why) => Next::Break(turn, why),
        None => Next::Page(turn),
    })
}

/// Why the page at `url` is not asked for.
fn refusal(by: &NextPage, job: &Job, pages: &PageState, url: &Url, redact: Redact) -> Option<Failure> {
    let from = if is_link(by) { &job.url } else { first_asked(job) };
    let shown = shown_url(url.as_str(), redact);
    let refused = |kind, what: &str| Some(Failure::new(kind, format!("{what}: {shown} was not requested")));
    if host_key(from) != host_key(url) {
        return refused(ErrorKind::Blocked, "the next page is on another origin");
    }
    if pages.has_asked(url) {
        return refused(ErrorKind::TooManyRedirects, "the pages form a loop");
    }
    None
}

/// Where the next page is, and how it is asked for.
///
/// Where an answer links to it, redirects count: it is the next of what has answered, relative to that, and asked for
/// as that was. Where the URL is counted on, they do not: it is the one that was asked for, and redirects come anew.
fn place(
    by: &NextPage,
    job: &Job,
    pages: &PageState,
    attempt: &Attempt,
    paging: &PageInfo,
    redact: Redact,
) -> Result<Option<NextRequest>, String> {
    let counted = |param: &str, value: &str| {
        let url = with_value(first_asked(job), param, value);
        NextRequest { url, request: Arc::clone(&pages.request), stray: pages.stray }
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
            let target = link::next(fields.map(|field| field.as_bytes()));
            target.map(|target| String::from_utf8(target).map_err(|_| "the link is not text")).transpose()?
        }
        NextPage::Url(_) => picked()?.map(str::to_owned),
    };
    let Some(target) = target else { return Ok(None) };
    let url = job.url.join(&target).ok().filter(|url| url.as_str().len() <= MAX_URL);
    let mut url = url.ok_or_else(|| format!("{:?} is not a URL", shown_url(&target, redact)))?;
    if host_key(&url) == host_key(&job.url) {
        inherit_user_info(&mut url, &job.url);
    }
    let strays = job.redirects().iter().any(|hop| host_key(&hop.url) != host_key(&job.url));
    Ok(Some(NextRequest { url, request: Arc::clone(&job.request), stray: pages.stray || strays }))
}

fn is_link(by: &NextPage) -> bool {
    matches!(by, NextPage::Link | NextPage::Url(_))
}

/// The URL that the page was asked for at, before redirects.
fn first_asked(job: &Job) -> &Url {
    job.history.as_ref().and_then(|history| history.first_url.as_ref()).unwrap_or(&job.url)
}

/// The value of a counting parameter, `by` further on.
fn further(job: &Job, param: &str, by: u64) -> Result<String, String> {
    let value = value(first_asked(job), param).unwrap_or_default();
    let number = value.parse::<u64>().ok().and_then(|number| number.checked_add(by));
    number.map(|number| number.to_string()).ok_or_else(|| format!("{param} is {value:?}, not a number to count from"))
}

/// The first value of a query parameter.
fn value(url: &Url, param: &str) -> Option<String> {
    url.query_pairs().find(|(name, _)| name == param).map(|(_, value)| value.into_owned())
}

/// `url` with one value for a query parameter, in the place of the first that it had. The others stay as they are
/// written.
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
