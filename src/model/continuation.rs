//! An input that goes on over several pages: where it stands, and what a run must keep to go on with it.

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
use crate::model::Request;

/// Where a job stands in the pages of its input.
#[derive(Debug, Clone, Default)]
pub struct PageState {
    /// The page that the next attempt is for, from 1.
    pub number: u64,
    /// The method that the input asked for.
    pub method: Method,
    /// How this page is asked for, before any redirect.
    pub request: Arc<Request>,
    /// A redirect has led to another origin than the input's, and what is the input's alone stayed behind.
    pub stray: bool,
    /// The URL of the input, where it has secrets that those of its pages may repeat.
    input: Option<Arc<Url>>,
    /// The URLs asked for, hashed: 8 bytes for each of at most as many pages as one input may have.
    asked: HashSet<u64>,
}

impl PageState {
    /// The first page of an input that asks with `request` at `url`.
    pub fn first(url: &Url, request: &Arc<Request>) -> Self {
        let (method, asked) = (request.method.clone(), HashSet::from([hash(url)]));
        let input = has_secrets(url).then(|| Arc::new(url.clone()));
        PageState { number: 1, method, request: Arc::clone(request), stray: false, input, asked }
    }

    /// The page after this one, which is asked for at `url`. What was asked for goes along.
    pub fn next(&mut self, url: &Url, request: Arc<Request>, stray: bool) -> Self {
        let mut asked = std::mem::take(&mut self.asked);
        asked.insert(hash(url));
        let (method, input) = (self.method.clone(), self.input.clone());
        PageState { number: self.number + 1, method, request, stray, input, asked }
    }

    /// What another run needs, to go on with this page at `url`.
    pub fn chain(&self, url: &Url) -> Continuation {
        let mut kept = url.clone();
        let _ = kept.set_username("");
        let _ = kept.set_password(None);
        kept.set_fragment(None);
        if let Some(input) = self.input.as_ref().filter(|input| !self.stray && input.origin() == url.origin()) {
            map_query(&mut kept, |pair| match pair.split_once('=') {
                Some((name, _)) if is_secret(pair) && of_name(input, name) == Some(pair) => format!("{name}={MASK}"),
                _ => pair.to_owned(),
            });
        }
        Continuation { page: self.number, url: kept.into(), method: self.request.method.to_string(), stray: self.stray }
    }

    /// Whether `url` was asked for, in this run.
    pub fn has_asked(&self, url: &Url) -> bool {
        self.asked.contains(&hash(url))
    }
}

/// A fragment is nothing that is asked for.
fn hash(url: &Url) -> u64 {
    let mut hasher = DefaultHasher::new();
    url[..Position::AfterQuery].hash(&mut hasher);
    hasher.finish()
}

/// An input that has its records up to some page, and goes on with the next: all that another run needs to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Continuation {
    /// The page that it goes on with, from 1.
    pub page: u64,
    /// Where that is, without what is the input's: its user-info, and those of its secret parameters that it repeats.
    pub url: String,
    /// How it is asked for.
    pub method: String,
    /// As [`PageState::stray`].
    pub stray: bool,
}

impl Continuation {
    /// Where it goes on, with the secret parameters that `input` has, if it still goes to the same origin.
    pub fn target(&self, input: &Url) -> Option<Url> {
        let mut url = Url::parse(&self.url).ok()?;
        if !self.stray && input.origin() == url.origin() {
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

/// The first parameter of that name.
fn of_name<'a>(url: &'a Url, name: &str) -> Option<&'a str> {
    pairs(url).find(|pair| pair.split_once('=').is_some_and(|(of, _)| of == name))
}

fn map_query(url: &mut Url, change: impl FnMut(&str) -> String) {
    let query: Vec<String> = pairs(url).map(change).collect();
    if !query.is_empty() {
        url.set_query(Some(&query.join("&")));
    }
}

/// What an answer says of its page and of the one after it, as far as the plan asks.
#[derive(Debug, Clone, PartialEq)]
pub struct PageInfo {
    /// The items that were picked out of the body, or why none could be; none if they are not asked for.
    pub items: Option<Result<Outputs, String>>,
    /// The URL or cursor of the next page that was picked out of the body, or why none could be.
    pub next: Result<Option<String>, String>,
    /// There is nothing on the page.
    pub empty: bool,
    /// The page after this one, once that is known.
    pub next_url: Option<Url>,
    /// What the input goes on with, if it does.
    pub onward: Option<Box<Continuation>>,
}

impl Default for PageInfo {
    fn default() -> Self {
        PageInfo { items: None, next: Ok(None), empty: false, next_url: None, onward: None }
    }
}

impl PageInfo {
    /// The items, if there are some.
    pub fn items(&self) -> Option<&Outputs> {
        self.items.as_ref()?.as_ref().ok()
    }

    /// Bytes held, roughly.
    pub fn size(&self) -> usize {
        let next = self.next.as_ref().map_or(0, |next| next.as_ref().map_or(0, String::len));
        size_of::<Self>() + self.items().map_or(0, Outputs::size) + next
    }
}
