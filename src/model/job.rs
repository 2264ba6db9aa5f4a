//! One request to make: a source yields it, the schedule keeps it, a fetcher sends it.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use http::Method;
use http::header::{AUTHORIZATION, HeaderMap};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use url::Position;
use url::Url;

use crate::model::request::Request;
use crate::model::{Attempt, LoadState, PageState, Redirected, Retried};

/// Whether a method may be sent twice with the effect of once ([RFC 9110], section 9.2.2).
///
/// [RFC 9110]: https://www.rfc-editor.org/rfc/rfc9110#section-9.2.2
pub fn is_idempotent(method: &Method) -> bool {
    matches!(method.as_str(), "GET" | "HEAD" | "PUT" | "DELETE" | "OPTIONS" | "TRACE")
}

/// The position of an input's line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinePosition {
    /// Which of the lists, from 0.
    pub list: u32,
    /// Its number in that list, from 1.
    pub line: u64,
    /// The byte at which it starts in that list.
    pub offset: u64,
}

/// What a job is sent for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Purpose {
    /// An input asks for it: it ends in a record.
    #[default]
    Input,
    /// It logs in, before any input is read.
    Login,
    /// It fetches the robots.txt of a host, before the inputs that go there.
    RobotsTxt,
}

/// A request on its way: its next attempt and what happened so far.
#[derive(Debug, Clone)]
pub struct Job {
    /// What it is sent for.
    pub purpose: Purpose,
    /// The input's ordinal over all inputs, from 0; comments and blank lines are not counted. It means nothing for
    /// other purposes: see [`Job::input_seq`].
    pub seq: u64,
    /// The position of its line.
    pub place: LinePosition,
    /// The URL as written in the input, if that differs from the first `url`.
    pub given: Option<Box<str>>,
    /// The tags of the input, which its record repeats; most inputs have none.
    pub tags: Option<Box<Tags>>,
    /// Where the next attempt goes.
    pub url: Url,
    /// The method, headers and body of the next attempt.
    pub request: Arc<Request>,
    /// Headers that the next attempt sends on top, or instead: those that are known only when it starts.
    pub added: Option<Box<HeaderMap>>,
    /// When the job was admitted to the schedule, since the run began.
    pub admitted: Duration,
    /// Retries and redirects so far; most jobs have none.
    pub history: Option<Box<History>>,
    /// How far it is in the pages of its input, if pages are followed.
    pub pages: Option<Box<PageState>>,
    /// What a probe knows of it.
    pub load: Option<Box<LoadState>>,
}

/// What the record of an input repeats.
#[derive(Debug, Clone, Default)]
pub struct Tags {
    /// The input's own id.
    pub id: Option<Box<RawValue>>,
    /// Any JSON.
    pub meta: Option<Box<RawValue>>,
    /// The name of the group that the report counts it in.
    pub group: Option<Arc<str>>,
    /// A remark on them, if one of them is not as it was given.
    pub note: Option<Box<str>>,
}

impl Tags {
    /// The tags in a box, unless all are missing.
    pub fn boxed(self) -> Option<Box<Tags>> {
        (self.id.is_some() || self.meta.is_some() || self.group.is_some()).then(|| Box::new(self))
    }
}

/// What happened to a job, or to its present page, before its present attempt.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// The method of the first attempt, which a redirect may have changed since.
    pub method: Method,
    /// The URL of the first attempt.
    pub first_url: Option<Url>,
    /// When the first attempt started, counted from the admission of the job.
    pub began: Duration,
    /// The failed attempts, in order.
    pub retries: Vec<Retried>,
    /// The redirects followed, in order.
    pub redirects: Vec<Redirected>,
    /// How often a connection that had been used before turned out to be closed.
    pub reconnects: u32,
    /// The next attempt is the same one again, and needs a fresh connection.
    pub is_reconnecting: bool,
}

impl Job {
    /// A job for the input numbered `seq`: the parameters of `request` join the query of `url`.
    pub fn new(seq: u64, mut url: Url, request: Arc<Request>) -> Self {
        request.params.add_to(&mut url);
        Job {
            purpose: Purpose::Input,
            seq,
            place: LinePosition::default(),
            given: None,
            tags: None,
            url,
            request,
            added: None,
            admitted: Duration::ZERO,
            history: None,
            pages: None,
            load: None,
        }
    }

    /// The job that logs in.
    pub(crate) fn login(url: Url, request: Arc<Request>) -> Self {
        Job { purpose: Purpose::Login, ..Job::new(0, url, request) }
    }

    /// The job that fetches a host's robots.txt.
    pub(crate) fn robots_txt(url: Url, request: Arc<Request>) -> Self {
        Job { purpose: Purpose::RobotsTxt, ..Job::new(0, url, request) }
    }

    /// Whether an input asks for it.
    pub fn is_input(&self) -> bool {
        self.purpose == Purpose::Input
    }

    /// Whether it logs in.
    pub fn is_login(&self) -> bool {
        self.purpose == Purpose::Login
    }

    /// Whether it fetches a host's robots.txt.
    pub fn is_robots_txt(&self) -> bool {
        self.purpose == Purpose::RobotsTxt
    }

    /// The input's ordinal, if it is for one.
    pub fn input_seq(&self) -> Option<u64> {
        self.is_input().then_some(self.seq)
    }

    /// The URL as the input gave it.
    pub fn given_url(&self) -> &str {
        match (&self.given, &self.history) {
            (Some(given), _) => given,
            (None, Some(history)) => history.first_url.as_ref().unwrap_or(&self.url).as_str(),
            (None, None) => self.url.as_str(),
        }
    }

    /// The method of the input.
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

    /// How often a reused connection turned out to be closed, so that it was sent again on a fresh one.
    pub fn reconnects(&self) -> u32 {
        self.history.as_ref().map_or(0, |history| history.reconnects)
    }

    /// Whether its next attempt must have a connection that was not used before.
    pub fn needs_fresh_connection(&self) -> bool {
        self.history.as_ref().is_some_and(|history| history.is_reconnecting)
    }

    /// Whether no redirect has led it to another origin, not even for a while: only then it gets credentials.
    pub fn is_on_origin(&self) -> bool {
        let left = self.pages.as_ref().is_some_and(|pages| pages.off_origin);
        !left && self.redirects().iter().all(|hop| host_key(&hop.url) == host_key(&self.url))
    }

    /// Whether it has credentials of its own.
    pub fn has_credentials(&self) -> bool {
        let user_info = !self.url.username().is_empty() || self.url.password().is_some();
        user_info || self.request.headers.contains_key(AUTHORIZATION)
    }

    /// The name of its group.
    pub fn group(&self) -> Option<&Arc<str>> {
        self.tags.as_ref()?.group.as_ref()
    }

    /// How long its answer took, of which `attempt` is the last part: in a probe from the intended start on.
    pub fn latency_of(&self, attempt: &Attempt) -> Duration {
        let waited = if self.load.is_some() { attempt.timings.queue } else { Duration::ZERO };
        waited + attempt.timings.total
    }

    /// How long it was on the wire: in a probe with the hops before `attempt`, its last.
    pub fn service_time_of(&self, attempt: &Attempt) -> Duration {
        self.load.as_ref().map_or(Duration::ZERO, |load| load.earlier_attempts) + attempt.timings.total
    }

    /// How long after the start of its first attempt `attempt`, its present one, has ended.
    pub fn age_after(&self, attempt: &Attempt) -> Duration {
        let began = self.history.as_ref().map_or(attempt.timings.queue, |history| history.began);
        (attempt.timings.queue + attempt.timings.total).saturating_sub(began)
    }

    /// The history; if it is empty, it begins with the current `attempt`.
    pub fn history_after(&mut self, attempt: &Attempt) -> &mut History {
        if self.history.is_none() {
            self.history_mut().began = attempt.timings.queue;
        }
        if let Some(load) = &mut self.load {
            load.earlier_attempts += attempt.timings.total;
        }
        let history = self.history_mut();
        history.is_reconnecting = false;
        history
    }

    /// The history, created if needed.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_inputs_have_an_ordinal() {
        let url = || Url::parse("http://a.test/").unwrap();
        assert_eq!(Job::new(0, url(), Arc::default()).input_seq(), Some(0));
        assert_eq!(Job::login(url(), Arc::default()).input_seq(), None);
        assert_eq!(Job::robots_txt(url(), Arc::default()).input_seq(), None);
    }
}
