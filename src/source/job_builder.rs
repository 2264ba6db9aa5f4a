//! Builds the job of a line from the run's request, its templates, and what the line sets itself.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::sync::Arc;

use http::Method;
use jiff::SignedDuration;
use url::Url;

use super::error::LineError;
use super::line_url::{blank_inside, parse_url, redacted};
use super::lines::LineContext;
use super::probe::{Columns, Fill, LineUrl, ProbeTarget, RequestFill, UrlFill};
use super::tags::readable;
use super::template::{DataTemplate, Pieces, TemplateValue, UrlTemplate, has_braces, has_encoded_braces};
use super::{Entry, ListOptions};
use crate::model::request::Params;
use crate::model::{Invalid, Job, LinePosition, Request, Tags, shown_url};

/// The longest URL that is sent, in bytes. `http::Uri` accepts at most 65,534.
const MAX_URL: usize = 64_000;

/// Builds the jobs of a list's lines.
pub(super) struct JobBuilder {
    options: ListOptions,
    requests: RequestCache,
    /// The run's request with placeholders, once a line of a probe has needed it.
    shared: Option<SharedFill>,
}

/// The run's request in a probe, for all lines in which its placeholders are not columns.
struct SharedFill {
    /// The names in its placeholders.
    names: Vec<String>,
    requests: RequestCache,
    fill: Arc<RequestFill>,
}

/// The URL of a line.
pub(super) struct GivenUrl<'g> {
    /// As written.
    given: Cow<'g, str>,
    url: Url,
    /// The URL as text, if a probe generates values in it.
    text: Option<Pieces>,
}

impl<'g> GivenUrl<'g> {
    pub(super) fn new(given: impl Into<Cow<'g, str>>, url: Url) -> Self {
        GivenUrl { given: given.into(), url, text: None }
    }

    fn of_template((pieces, url): (Pieces, Url)) -> Self {
        let given = Cow::Owned(pieces.example());
        GivenUrl { given, url, text: (!pieces.is_text()).then_some(pieces) }
    }

    pub(super) fn into_owned(self) -> GivenUrl<'static> {
        GivenUrl { given: Cow::Owned(self.given.into_owned()), url: self.url, text: self.text }
    }
}

/// What a line sets itself, except its URL.
#[derive(Default)]
pub(super) struct LineRequest {
    pub(super) method: Option<Method>,
    /// The request, if it differs from the run's in more than the method.
    pub(super) request: Option<Request>,
    /// Parameters to append to the query, before those of the run.
    pub(super) params: Params,
    /// Whether the line has a body of its own.
    pub(super) has_body: bool,
    /// Whether it was given as bytes, in which nothing is filled.
    pub(super) is_body_fixed: bool,
    /// Whether it has the run's request with placeholders.
    pub(super) is_shared: bool,
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
        JobBuilder { options: options.clone(), requests: RequestCache::new(Arc::clone(&options.request)), shared: None }
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

    /// Parses a line's URL, resolving it against the base URL. In a probe it may have placeholders.
    pub(super) fn resolve<'g>(&self, given: &'g str, values: Columns<'_, '_>) -> Result<GivenUrl<'g>, String> {
        let (base, names) = (self.options.base_url.as_ref(), self.options.setting_names);
        if self.is_template(given) {
            let template = UrlTemplate::of_line(given, base, names)?;
            return template.fill(base, values).map(GivenUrl::of_template);
        }
        if let Some(why) = blank_inside(given) {
            return Err(why.to_owned());
        }
        parse_url(given, base, names).map(|url| GivenUrl::new(given, url))
    }

    /// Whether a line's URL has placeholders.
    pub(super) fn is_template(&self, given: &str) -> bool {
        self.options.value_seed.is_some() && has_braces(given.as_bytes())
    }

    /// Fills the URL template with a line's values.
    pub(super) fn fill_url(
        &self,
        template: &UrlTemplate,
        values: Columns<'_, '_>,
    ) -> Result<GivenUrl<'static>, String> {
        let Some(column) = template.whole_column() else {
            return template.fill(self.options.base_url.as_ref(), values).map(GivenUrl::of_template);
        };
        let value = values(column).ok_or_else(|| format!("no \"url\" and no {column:?}"))?;
        let given = value.text(column).map_err(|why| match value {
            TemplateValue::NotText(_) => why,
            _ => format!("{column:?} is not a string"),
        })?;
        let given = given.trim();
        if given.is_empty() {
            return Err(format!("{column:?} is empty"));
        }
        Ok(self.resolve(given, values).map_err(|why| format!("{column:?}: {why}"))?.into_owned())
    }

    /// Builds the entry of a line, whose `values` are what templates can use.
    pub(super) fn entry(
        &mut self,
        url: GivenUrl<'_>,
        mut line: LineRequest,
        values: Columns<'_, '_>,
        place: LinePosition,
        seq: u64,
    ) -> Result<Entry, LineError> {
        if let Some(seed) = self.options.value_seed {
            let (weight, at, mut fill) = (line.weight.unwrap_or(1), line.at, Fill { seed, ..Fill::default() });
            let (url, filled) = self.fill_params(url, &line, values).map_err(LineError::new)?;
            fill.request = self.fill_request(&mut line, values).map_err(LineError::new)?;
            fill.url = filled;
            let example = fill.url.as_ref().map(|fill| fill.example().clone());
            let mut job = self.job(url, line, place, seq)?;
            if let Some(example) = example {
                (job.url, job.given) = (example, None);
            }
            return Ok(Entry::Target(Box::new(ProbeTarget::new(job, fill, weight, at))));
        }
        if let (Some(template), false) = (&self.options.data, line.has_body) {
            let payload = template.fill(values).map_err(LineError::new)?;
            line.request.get_or_insert_with(|| Request::clone(&self.requests.template)).body = Some(payload);
        }
        Ok(Entry::Job(Box::new(self.job(url, line, place, seq)?)))
    }

    /// Fills the headers and the body of a line, and keeps what a probe generates for each request.
    fn fill_request(&mut self, line: &mut LineRequest, values: Columns<'_, '_>) -> Result<Arc<RequestFill>, String> {
        let run = &self.requests.template;
        if line.request.is_none() && (line.has_body || self.options.data.is_none()) {
            return if RequestFill::is_needed(run) { self.fill_shared(line, values) } else { Ok(Arc::default()) };
        }
        let mut fill = RequestFill::default();
        let template = self.options.data.as_ref().filter(|_| !line.has_body);
        let body = template.map(|template| Ok::<_, String>((template, template.resolve(values, true)?))).transpose()?;
        if let Some((template, body)) = &body {
            let payload = template.payload(body.example());
            line.request.get_or_insert_with(|| Request::clone(run)).body = Some(payload);
        }
        if RequestFill::is_needed(line.request.as_ref().unwrap_or(run)) {
            let request = line.request.get_or_insert_with(|| Request::clone(run));
            fill = RequestFill::of(request, values, line.is_body_fixed || body.is_some())?;
        }
        if let Some((_, body)) = body {
            fill.set_body(body);
        }
        Ok(Arc::new(fill))
    }

    /// Fills the run's request for a line that does not change it. Lines share the result, unless it has columns of
    /// theirs.
    fn fill_shared(&mut self, line: &mut LineRequest, values: Columns<'_, '_>) -> Result<Arc<RequestFill>, String> {
        let is_same = |shared: &SharedFill| shared.names.iter().all(|name| values(name).is_none());
        if let Some(shared) = self.shared.as_ref().filter(|shared| is_same(shared)) {
            line.is_shared = true;
            return Ok(Arc::clone(&shared.fill));
        }
        let (names, has_columns) = (RefCell::new(Vec::new()), Cell::new(false));
        let noted = |name: &str| {
            names.borrow_mut().push(name.to_owned());
            values(name).inspect(|_| has_columns.set(true))
        };
        let mut request = Request::clone(&self.requests.template);
        let fill = Arc::new(RequestFill::of(&mut request, &noted, false)?);
        if has_columns.get() {
            line.request = Some(request);
        } else {
            let requests = RequestCache::new(Arc::new(request));
            line.is_shared = true;
            self.shared = Some(SharedFill { names: names.into_inner(), requests, fill: Arc::clone(&fill) });
        }
        Ok(fill)
    }

    /// The URL of a line, and what of it and of its parameters a probe generates for each request.
    fn fill_params<'g>(
        &self,
        url: GivenUrl<'g>,
        line: &LineRequest,
        values: Columns<'_, '_>,
    ) -> Result<(GivenUrl<'g>, Option<UrlFill>), String> {
        let run = line.request.as_ref().unwrap_or(&self.requests.template);
        let mut params = line.params.clone();
        params.append(&run.params);
        if url.text.is_none() && !has_encoded_braces(params.as_str()) {
            return Ok((url, None));
        }
        let resolved = DataTemplate::query(params.as_str()).and_then(|query| query.resolve(values, true));
        let params = resolved.map_err(|why| format!("params: {why}"))?;
        let (text, parsed) = (url.text.clone().unwrap_or_else(|| Pieces::text("")), url.url.clone());
        let fill = UrlFill::new(self.options.base_url.clone(), LineUrl { text, url: parsed }, params);
        Ok((url, Some(fill)))
    }

    /// The job of a line as it is.
    fn job(&mut self, url: GivenUrl<'_>, line: LineRequest, place: LinePosition, seq: u64) -> Result<Job, LineError> {
        let GivenUrl { given, mut url, .. } = url;
        line.params.add_to(&mut url);
        let implied = || if line.has_body { Some(Method::POST) } else { None };
        let method = line.method.or_else(|| self.options.method.clone()).or_else(implied);
        let request = match line.request {
            None => match &mut self.shared {
                Some(shared) if line.is_shared => shared.requests.with_method(method),
                _ => self.requests.with_method(method),
            },
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
        Ok(job)
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
