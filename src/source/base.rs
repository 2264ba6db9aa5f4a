//! What the lines of a list are laid over: the run's request and its templates.

use std::sync::Arc;

use http::Method;
use url::Url;

use super::format::At;
use super::lines::Line;
use super::template::{UrlTemplate, Value};
use super::text::{Requests, resolve, shown};
use super::{Entry, ListOptions};
use crate::model::{Invalid, Job, LinePosition, Request, Tags, shown_url};

/// The longest URL that is sent; the parts of the libraries underneath count it in 16 bits.
const MAX_URL: usize = 64_000;

/// What the lines of a list are laid over.
pub(super) struct Base {
    options: ListOptions,
    requests: Requests,
}

/// What a line asks for, once it is read.
#[derive(Default)]
pub(super) struct Wanted {
    pub(super) method: Option<Method>,
    /// The request, where it differs from the run's in more than the method.
    pub(super) request: Option<Request>,
    /// The line has a body of its own.
    pub(super) has_body: bool,
    pub(super) tags: Tags,
}

/// Why a line is no request.
#[derive(Debug)]
pub(super) struct Flaw {
    /// The key or column at fault.
    pub(super) key: Option<String>,
    pub(super) reason: String,
}

impl Flaw {
    pub(super) fn new(reason: impl Into<String>) -> Self {
        Flaw { key: None, reason: reason.into() }
    }

    pub(super) fn at(key: impl Into<String>, reason: impl ToString) -> Self {
        Flaw { key: Some(key.into()), reason: reason.to_string() }
    }
}

/// What could be read of a line that is no request.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) method: Option<Method>,
    pub(super) url: String,
    pub(super) tags: Tags,
}

impl Base {
    pub(super) fn new(options: &ListOptions) -> Self {
        Base { options: options.clone(), requests: Requests::new(Arc::clone(&options.request)) }
    }

    /// The run's request, to be changed.
    pub(super) fn request(&self) -> Request {
        Request::clone(&self.requests.template)
    }

    pub(super) fn url_template(&self) -> Option<&UrlTemplate> {
        self.options.url.as_deref()
    }

    /// The columns that the templates want.
    pub(super) fn wanted_columns(&self) -> impl Iterator<Item = &str> {
        let url = self.options.url.iter().flat_map(|template| template.columns());
        url.chain(self.options.data.iter().flat_map(|template| template.columns()))
    }

    /// The URL that a line writes as `target`.
    pub(super) fn resolve(&self, target: &str) -> Result<Url, String> {
        if target.contains([' ', '\t', '\r', '\n']) {
            return Err("a URL cannot contain a space; write %20".to_owned());
        }
        resolve(target, self.options.base_url.as_ref())
    }

    /// The URL that the template makes of a line's values, as text and parsed.
    pub(super) fn fill_url<'v>(
        &self,
        template: &UrlTemplate,
        values: impl Fn(&str) -> Option<Value<'v>>,
    ) -> Result<(String, Url), String> {
        template.fill(self.options.base_url.as_ref(), values)
    }

    /// The job that a line asks for: its URL written as `given`, its values those that a template may want.
    pub(super) fn job<'v>(
        &mut self,
        (given, url): (&str, Url),
        mut wanted: Wanted,
        values: impl Fn(&str) -> Option<Value<'v>>,
        place: LinePosition,
        seq: u64,
    ) -> Result<Job, Flaw> {
        if let (Some(template), false) = (&self.options.data, wanted.has_body) {
            let payload = template.fill(values).map_err(Flaw::new)?;
            wanted.request.get_or_insert_with(|| Request::clone(&self.requests.template)).body = Some(payload);
        }
        let implied = || if wanted.has_body { Some(Method::POST) } else { None };
        let method = wanted.method.or_else(|| self.options.method.clone()).or_else(implied);
        let request = match wanted.request {
            None => self.requests.with(method),
            Some(mut request) => {
                request.method = method.unwrap_or(request.method);
                Arc::new(request)
            }
        };
        let mut job = Job { place, tags: wanted.tags.boxed(), ..Job::new(seq, url, request) };
        if job.url.as_str().len() > MAX_URL {
            return Err(Flaw::new(format!("the URL is longer than {MAX_URL} bytes")));
        }
        job.given = (given != job.url.as_str()).then(|| given.into());
        Ok(job)
    }

    /// A line that is no request, told with what could be read of it.
    pub(super) fn invalid(&self, flaw: Flaw, seen: Seen, place: LinePosition, at: At<'_>) -> Entry {
        let message = match flaw.key {
            Some(key) => format!("{} {}: \"{key}\": {}", at.line_name, place.line, flaw.reason),
            None => format!("{} {}: {}", at.line_name, place.line, flaw.reason),
        };
        let method = seen.method.unwrap_or_else(|| self.requests.template.method.clone());
        let tags = seen.tags.boxed();
        let url = shown_url(&seen.url, self.options.redact).into_owned();
        Entry::Invalid(Box::new(Invalid { seq: at.seq, place, tags, method, url, message }))
    }
}

/// Where `line` stands.
pub(super) fn place(line: Line<'_>, at: At<'_>) -> LinePosition {
    LinePosition { list: at.list, line: line.number, offset: line.offset }
}

/// A method as a line writes it, in capitals or not.
pub(super) fn method(text: &str) -> Result<Method, String> {
    Method::from_bytes(text.to_ascii_uppercase().as_bytes()).map_err(|_| format!("{:?} is not a method", shown(text)))
}
