//! One request to make: what a source yields, what the schedule holds, what a fetcher sends.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::HeaderMap;
use reqwest::{Method, Url};
use serde::{Deserialize, Serialize};
use url::Position;

use crate::outcome::{Redirected, Retried};
use crate::pages::Pages;

/// A request but for its URL: shared by all jobs that ask in the same way.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Request {
    /// The method; GET by default.
    pub method: Method,
    /// The headers to send, content coding and User-Agent included.
    pub headers: HeaderMap,
    /// The body to send.
    pub body: Option<Bytes>,
}

impl Request {
    /// Whether it may be sent twice with the effect of once: by its method, or since an `Idempotency-Key` tells the
    /// server that it is the same.
    pub fn is_idempotent(&self) -> bool {
        is_idempotent(&self.method) || self.headers.contains_key("idempotency-key")
    }
}

/// Whether a method may be sent twice with the effect of once ([RFC 9110], section 9.2.2).
///
/// [RFC 9110]: https://www.rfc-editor.org/rfc/rfc9110#section-9.2.2
pub fn is_idempotent(method: &Method) -> bool {
    matches!(method.as_str(), "GET" | "HEAD" | "PUT" | "DELETE" | "OPTIONS" | "TRACE")
}

/// Where the line of an input stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Which of the lists, from 0.
    pub list: u32,
    /// Its number in that list, from 1.
    pub line: u64,
    /// The byte at which it starts in that list.
    pub offset: u64,
}

/// One input on its way: its next attempt and what happened so far.
#[derive(Debug, Clone)]
pub struct Job {
    /// The input's ordinal over all inputs, from 0; comments and blank lines are not counted.
    pub seq: u64,
    /// Where its line stands.
    pub place: Place,
    /// The URL as the input has it, where that differs from how `url` is first written.
    pub given: Option<Box<str>>,
    /// Where the next attempt goes.
    pub url: Url,
    /// How the next attempt asks.
    pub request: Arc<Request>,
    /// When the job was admitted to the schedule, since the run began.
    pub admitted: Duration,
    /// Retries and redirects so far; most jobs have none.
    pub history: Option<Box<History>>,
    /// Where it stands in the pages of its input, if those are followed.
    pub pages: Option<Box<Pages>>,
}

/// What happened to a job, or to its present page, before its present attempt.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// The method of the first attempt, which a redirect may have changed since.
    pub method: Method,
    /// The URL of the first attempt.
    pub first_url: Option<Url>,
    /// The failed attempts, in order.
    pub retries: Vec<Retried>,
    /// The redirects followed, in order.
    pub redirects: Vec<Redirected>,
}

impl Job {
    /// A job for the input numbered `seq`.
    pub fn new(seq: u64, url: Url, request: Arc<Request>) -> Self {
        Job {
            seq,
            place: Place::default(),
            given: None,
            url,
            request,
            admitted: Duration::ZERO,
            history: None,
            pages: None,
        }
    }

    /// The URL as the input gave it.
    pub fn given_url(&self) -> &str {
        match (&self.given, &self.history) {
            (Some(given), _) => given,
            (None, Some(history)) => history.first_url.as_ref().unwrap_or(&self.url).as_str(),
            (None, None) => self.url.as_str(),
        }
    }

    /// The method that the input asked for.
    pub fn given_method(&self) -> &Method {
        match (&self.pages, &self.history) {
            (Some(pages), _) => &pages.method,
            (None, Some(history)) => &history.method,
            (None, None) => &self.request.method,
        }
    }

    /// Which page of its input the next attempt is for, if pages are followed.
    pub fn page(&self) -> Option<u64> {
        self.pages.as_ref().map(|pages| pages.number)
    }

    /// Attempts that were retried before the present one.
    pub fn retries(&self) -> &[Retried] {
        self.history.as_ref().map_or(&[], |history| &history.retries)
    }

    /// Redirects followed so far.
    pub fn redirects(&self) -> &[Redirected] {
        self.history.as_ref().map_or(&[], |history| &history.redirects)
    }

    /// The history, begun if there is none yet.
    pub fn history_mut(&mut self) -> &mut History {
        self.history.get_or_insert_with(|| {
            Box::new(History {
                method: self.request.method.clone(),
                first_url: Some(self.url.clone()),
                ..History::default()
            })
        })
    }
}

/// The host that a URL is fetched from: scheme, name and port, the scheme's default port left out.
///
/// Limits, cool-downs and connections belong to this ([RFC 6454], section 4, calls it the origin).
///
/// [RFC 6454]: https://www.rfc-editor.org/rfc/rfc6454#section-4
pub fn host_key(url: &Url) -> Cow<'_, str> {
    if url.username().is_empty() && url.password().is_none() {
        Cow::Borrowed(&url[..Position::AfterPort])
    } else {
        Cow::Owned(format!("{}://{}", url.scheme(), &url[Position::BeforeHost..Position::AfterPort]))
    }
}
