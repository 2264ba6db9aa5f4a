//! Builds the job of a line from the run's request, its templates, and what the line sets itself.

use std::sync::Arc;

use http::Method;
use jiff::SignedDuration;
use url::Url;

use super::error::LineError;
use super::line_url::{blank_inside, parse_url, redacted};
use super::lines::LineContext;
use super::probe::ProbeTarget;
use super::tags::readable;
use super::template::{TemplateValue, UrlTemplate};
use super::{Entry, ListOptions};
use crate::model::{Invalid, Job, LinePosition, Request, Tags, shown_url};

/// The longest URL that is sent, in bytes. `http::Uri` accepts at most 65,534.
const MAX_URL: usize = 64_000;

/// Builds the jobs of a list's lines.
pub(super) struct JobBuilder {
    options: ListOptions,
    requests: RequestCache,
}

/// What a line sets itself, except its URL.
#[derive(Default)]
pub(super) struct LineRequest {
    pub(super) method: Option<Method>,
    /// The request, if it differs from the run's in more than the method.
    pub(super) request: Option<Request>,
    /// Whether the line has a body of its own.
    pub(super) has_body: bool,
    pub(super) tags: Tags,
    /// How often a probe sends it, if not as often as any other.
    pub(super) weight: Option<u32>,
    /// When a log says that it was sent.
    pub(super) at: Option<SignedDuration>,
}

/// What could be read of an invalid line.
#[derive(Default)]
pub(super) struct PartialRequest {
    pub(super) method: Option<Method>,
    pub(super) url: String,
    pub(super) tags: Tags,
}

impl JobBuilder {
    pub(super) fn new(options: &ListOptions) -> Self {
        JobBuilder { options: options.clone(), requests: RequestCache::new(Arc::clone(&options.request)) }
    }

    /// A copy of the run's request, for a line to change.
    pub(super) fn request(&self) -> Request {
        Request::clone(&self.requests.template)
    }

    pub(super) fn url_template(&self) -> Option<&UrlTemplate> {
        self.options.url.as_deref()
    }

    pub(super) fn options(&self) -> &ListOptions {
        &self.options
    }

    /// Parses a line's URL, resolving it against the base URL.
    pub(super) fn resolve(&self, target: &str) -> Result<Url, String> {
        if let Some(why) = blank_inside(target) {
            return Err(why.to_owned());
        }
        parse_url(target, self.options().base_url.as_ref(), self.options().setting_names)
    }

    /// Fills the URL template with a line's values. Returns the URL as text and parsed.
    pub(super) fn fill_url<'v>(
        &self,
        template: &UrlTemplate,
        values: impl Fn(&str) -> Option<TemplateValue<'v>>,
    ) -> Result<(String, Url), String> {
        let Some(column) = template.whole_column() else {
            return template.fill(self.options.base_url.as_ref(), values);
        };
        let value = values(column).ok_or_else(|| format!("no \"url\" and no {column:?}"))?;
        let given = value.text(column).map_err(|why| match value {
            TemplateValue::NotText(_) => why,
            _ => format!("{column:?} is not a string"),
        })?;
        let given = given.trim().to_owned();
        if given.is_empty() {
            return Err(format!("{column:?} is empty"));
        }
        let url = self.resolve(&given).map_err(|why| format!("{column:?}: {why}"))?;
        Ok((given, url))
    }

    /// Builds the entry of a line. `given` is its URL as written, and `values` are what templates can use.
    pub(super) fn job<'v>(
        &mut self,
        (given, url): (&str, Url),
        mut line: LineRequest,
        values: impl Fn(&str) -> Option<TemplateValue<'v>>,
        place: LinePosition,
        seq: u64,
    ) -> Result<Entry, LineError> {
        let (weight, at) = (line.weight.unwrap_or(1), line.at);
        if let (Some(template), false) = (&self.options.data, line.has_body) {
            let payload = template.fill(values).map_err(LineError::new)?;
            line.request.get_or_insert_with(|| Request::clone(&self.requests.template)).body = Some(payload);
        }
        let implied = || if line.has_body { Some(Method::POST) } else { None };
        let method = line.method.or_else(|| self.options.method.clone()).or_else(implied);
        let request = match line.request {
            None => self.requests.with_method(method),
            Some(mut request) => {
                request.method = method.unwrap_or(request.method);
                Arc::new(request)
            }
        };
        let mut job = Job { place, tags: readable(line.tags), ..Job::new(seq, url, request) };
        if job.url.as_str().len() > MAX_URL {
            return Err(LineError::new(format!("the URL is longer than {MAX_URL} bytes")));
        }
        job.given = (given != job.url.as_str()).then(|| given.into());
        Ok(match self.options.value_seed {
            Some(_) => Entry::Target(Box::new(ProbeTarget::new(job, weight, at))),
            None => Entry::Job(Box::new(job)),
        })
    }

    /// The entry of an invalid line, with what could be read of it.
    pub(super) fn invalid(
        &self,
        error: LineError,
        partial: PartialRequest,
        place: LinePosition,
        context: LineContext<'_>,
    ) -> Entry {
        let message = match error.key {
            Some(key) => format!("{} {}: \"{key}\": {}", context.line_name, place.line, error.reason),
            None => format!("{} {}: {}", context.line_name, place.line, error.reason),
        };
        let method = partial.method.unwrap_or_else(|| self.requests.template.method.clone());
        let tags = readable(partial.tags);
        let url = shown_url(&partial.url, self.options.redact).into_owned();
        Entry::Invalid(Box::new(Invalid { seq: context.seq, place, tags, method, url, message }))
    }
}

/// The run's request, shared by the jobs of each method.
pub(super) struct RequestCache {
    pub(super) template: Arc<Request>,
    /// Copies of the template with other methods.
    pub(super) others: Vec<Arc<Request>>,
}

impl RequestCache {
    /// The most methods that are cached: a list with more of them is unusual, and may be hostile.
    const MAX_OTHERS: usize = 16;

    pub(super) fn new(template: Arc<Request>) -> Self {
        RequestCache { template, others: Vec::new() }
    }

    /// The request with `method`, or with its own method if that is `None`.
    pub(super) fn with_method(&mut self, method: Option<Method>) -> Arc<Request> {
        let Some(method) = method.filter(|method| *method != self.template.method) else {
            return Arc::clone(&self.template);
        };
        if let Some(request) = self.others.iter().find(|request| request.method == method) {
            return Arc::clone(request);
        }
        let request = Arc::new(Request { method, ..Request::clone(&self.template) });
        if self.others.len() < Self::MAX_OTHERS {
            self.others.push(Arc::clone(&request));
        }
        request
    }
}

/// Parses a method in upper or lower case.
pub(super) fn parse_method(text: &str) -> Result<Method, String> {
    Method::from_bytes(text.to_ascii_uppercase().as_bytes())
        .map_err(|_| format!("{:?} is not a method", redacted(text)))
}
