//! Inputs of several pages: how far they are, and what another run needs to go on with them.

use std::borrow::Cow;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use http::Method;
use serde::{Deserialize, Serialize};
use url::Position;
use url::Url;

use crate::guard::redact::{self, MASK};
use crate::jq::Outputs;
use crate::model::{PagesEnd, Request, Setting};

/// How far a job is in the pages of its input.
#[derive(Debug, Clone, Default)]
pub struct PageState {
    /// The page that the next attempt is for, from 1.
    pub number: u64,
    /// The method of the input.
    pub method: Method,
    /// The request for this page, before any redirect.
    pub request: Arc<Request>,
    /// A redirect has led to another origin than the input's, so that the input's credentials stay behind.
    pub off_origin: bool,
    /// The URL of the input, if it has secrets that the URLs of its pages may repeat.
    input: Option<Arc<Url>>,
    /// The URLs requested so far, hashed: 8 bytes for each page, of which an input has a limited number.
    visited: HashSet<u64>,
}

impl PageState {
    /// The first page of an input that sends `request` to `url`.
    pub fn first(url: &Url, request: &Arc<Request>) -> Self {
        let (method, visited) = (request.method.clone(), HashSet::from([hash(url)]));
        let input = has_secrets(url).then(|| Arc::new(url.clone()));
        PageState { number: 1, method, request: Arc::clone(request), off_origin: false, input, visited }
    }

    /// The page after this one, requested at `url`. It takes over the URLs visited.
    pub fn next(&mut self, url: &Url, request: Arc<Request>, off_origin: bool) -> Self {
        let mut visited = std::mem::take(&mut self.visited);
        visited.insert(hash(url));
        let (method, input) = (self.method.clone(), self.input.clone());
        PageState { number: self.number + 1, method, request, off_origin, input, visited }
    }

    /// What another run needs to go on with this page at `url`.
    pub fn continuation(&self, url: &Url) -> Continuation {
        let mut kept = url.clone();
        let _ = kept.set_username("");
        let _ = kept.set_password(None);
        kept.set_fragment(None);
        if let Some(input) = self.input.as_ref().filter(|input| !self.off_origin && input.origin() == url.origin()) {
            map_query(&mut kept, |pair| match pair.split_once('=') {
                Some((name, _)) if is_secret(pair) && of_name(input, name) == Some(pair) => format!("{name}={MASK}"),
                _ => pair.to_owned(),
            });
        }
        Continuation {
            page: self.number,
            url: kept.into(),
            method: self.request.method.to_string(),
            off_origin: self.off_origin,
        }
    }

    /// Whether `url` was requested in this run.
    pub fn has_visited(&self, url: &Url) -> bool {
        self.visited.contains(&hash(url))
    }
}

/// A fragment is not sent.
fn hash(url: &Url) -> u64 {
    let mut hasher = DefaultHasher::new();
    url[..Position::AfterQuery].hash(&mut hasher);
    hasher.finish()
}

/// All that another run needs to go on with an input that has its records up to some page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Continuation {
    /// The page that it goes on with, from 1.
    pub page: u64,
    /// Where that is, without the user-info of the input and without secret parameters that the input has as well.
    pub url: String,
    /// The method of the request for it.
    pub method: String,
    /// See [`PageState::off_origin`].
    #[serde(rename = "stray")]
    pub off_origin: bool,
}

impl Continuation {
    /// Where it goes on, with the secret parameters of `input` if that is on the same origin.
    pub fn target(&self, input: &Url) -> Option<Url> {
        let mut url = Url::parse(&self.url).ok()?;
        if !self.off_origin && input.origin() == url.origin() {
            map_query(&mut url, |pair| {
                let name = pair.strip_suffix(MASK).and_then(|name| name.strip_suffix('='));
                name.and_then(|name| of_name(input, name)).unwrap_or(pair).to_owned()
            });
        }
        Some(url)
    }
}

fn has_secrets(url: &Url) -> bool {
    pairs(url).any(is_secret)
}

fn is_secret(pair: &str) -> bool {
    matches!(redact::url(pair), Cow::Owned(_))
}

/// The parameters of a query, as they are written.
fn pairs(url: &Url) -> impl Iterator<Item = &str> {
    url.query().into_iter().flat_map(|query| query.split('&'))
}

/// The first parameter with this name.
fn of_name<'a>(url: &'a Url, name: &str) -> Option<&'a str> {
    pairs(url).find(|pair| pair.split_once('=').is_some_and(|(of, _)| of == name))
}

fn map_query(url: &mut Url, change: impl FnMut(&str) -> String) {
    let query: Vec<String> = pairs(url).map(change).collect();
    if !query.is_empty() {
        url.set_query(Some(&query.join("&")));
    }
}

/// What an answer says of its page and of the next one, as far as the plan needs it.
#[derive(Debug, Clone, PartialEq)]
pub struct PageInfo {
    /// The items of the body, or why they could not be extracted; `None` if the plan does not ask for items.
    pub items: Option<Result<Outputs, String>>,
    /// The URL or cursor of the next page in the body, or why it could not be extracted.
    pub next: Result<Option<String>, String>,
    /// The setting that limited a filter which failed on the body, if a larger one could help.
    pub limited_by: Option<Setting>,
    /// The page is empty. Only looked at if a parameter counts the pages.
    pub empty: bool,
    /// Why the pages of the input end with this one, before the last one.
    pub ended: Option<PagesEnd>,
    /// The page after this one, once known.
    pub next_url: Option<Url>,
    /// Where the input goes on, if it does.
    pub continuation: Option<Box<Continuation>>,
}

impl Default for PageInfo {
    fn default() -> Self {
        PageInfo {
            items: None,
            next: Ok(None),
            limited_by: None,
            empty: false,
            ended: None,
            next_url: None,
            continuation: None,
        }
    }
}

impl PageInfo {
    /// The items, if they could be extracted.
    pub fn items(&self) -> Option<&Outputs> {
        self.items.as_ref()?.as_ref().ok()
    }

    /// Its size in memory, in bytes, roughly.
    pub fn size(&self) -> usize {
        let next = self.next.as_ref().map_or(0, |next| next.as_ref().map_or(0, String::len));
        size_of::<Self>() + self.items().map_or(0, Outputs::size) + next
    }
}
