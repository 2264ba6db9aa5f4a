//! A run in a few lines: what a program that uses haul needs most.

use std::io;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use crate::durable::{self, LedgerOptions, Recovered};
use crate::engine::{Control, Finish, fingerprint, run};
use crate::jq::{CompileError, Filter};
use crate::model::Record;
use crate::model::request::Request;
use crate::plan::{DEFAULT_DEDUP_MAX, DEFAULT_ORDER_WINDOW, Plan, Rate, Template};
use crate::sink::{Each, Sink};
use crate::source::{self, Input, InputFormat, Resume, Source};
use crate::storage::Layout;

/// A run to be: what is fetched, and how. Without a word it is as the command without an option.
///
/// ```
/// use haul::Haul;
/// use haul::model::request::Request;
///
/// # let origin = haul_origin::Origin::spawn()?;
/// # let url = |n: u32| origin.url(&format!("/anything/{n}"));
/// let finish = Haul::new()
///     .urls((0..100).map(url))
///     .request(Request::post().json(&serde_json::json!({"dry": true}))?.bearer("t0ken")?)
///     .concurrency(32)
///     .host_concurrency(32)
///     .retries(5)
///     .jq(".json.dry")?
///     .each(|record| println!("{} {:?}", record.seq(), record.status()))?;
/// assert_eq!(finish.report.totals().ok, 100);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Haul {
    plan: Plan,
    inputs: Vec<Input>,
    base_url: Option<Url>,
    format: Option<InputFormat>,
    control: Control,
}

/// Why a run could not begin.
#[derive(Debug, thiserror::Error)]
pub enum BeginError {
    /// An input cannot be read.
    #[error(transparent)]
    Input(#[from] source::InputError),
    /// What an earlier run left of it cannot be used.
    #[error(transparent)]
    Read(#[from] io::Error),
    /// The output cannot be gone on with.
    #[error(transparent)]
    Ledger(#[from] durable::ResumeError),
}

impl Haul {
    /// Nothing to fetch, as haul fetches unless told otherwise.
    pub fn new() -> Self {
        Haul::default()
    }

    /// Adds URLs.
    pub fn urls<U: Into<String>>(self, urls: impl IntoIterator<Item = U>) -> Self {
        self.input(Input::Urls(urls.into_iter().map(Into::into).collect()))
    }

    /// Adds the list in a file, written as its name says.
    pub fn list(self, path: impl Into<PathBuf>) -> Self {
        self.input(Input::File(path.into()))
    }

    /// Adds an input.
    pub fn input(mut self, input: Input) -> Self {
        self.inputs.push(input);
        self
    }

    /// Resolves relative references against this.
    pub fn base_url(mut self, url: Url) -> Self {
        self.base_url = Some(url);
        self
    }

    /// Reads all lists, but not URLs at hand, as of this format.
    pub fn format(mut self, format: InputFormat) -> Self {
        self.format = Some(format);
        self
    }

    /// Asks like this; lines may say more.
    pub fn request(mut self, request: Request) -> Self {
        self.plan.request = Template::new(request);
        self
    }

    /// Requests in flight, at least one.
    pub fn concurrency(mut self, requests: usize) -> Self {
        self.plan.limits.concurrency = NonZeroUsize::new(requests).unwrap_or(NonZeroUsize::MIN);
        self
    }

    /// Requests in flight to one host, at least one.
    pub fn host_concurrency(mut self, requests: usize) -> Self {
        self.plan.limits.host_concurrency = NonZeroUsize::new(requests).unwrap_or(NonZeroUsize::MIN);
        self
    }

    /// Requests started in a second, at least one.
    pub fn rate(mut self, requests: u32) -> Self {
        let count = NonZeroU32::new(requests).unwrap_or(NonZeroU32::MIN);
        self.plan.limits.rate = Some(Rate { count, per: Duration::from_secs(1) });
        self
    }

    /// The time for an attempt, body included.
    pub fn timeout(mut self, time: Duration) -> Self {
        self.plan.fetch.timeout = time;
        self
    }

    /// Further attempts after a failure that may pass.
    pub fn retries(mut self, retries: u32) -> Self {
        self.plan.retry.retries = retries;
        self
    }

    /// Sends no request twice: an input that asks for what an earlier one has asked for gets a record that says so.
    pub fn dedup(mut self) -> Self {
        self.plan.dedup = Some(DEFAULT_DEDUP_MAX);
        self
    }

    /// Has records come in the order of the inputs, and not as requests end.
    pub fn ordered(mut self) -> Self {
        self.plan.ordered = Some(DEFAULT_ORDER_WINDOW);
        self
    }

    /// Picks values out of JSON bodies by a jq filter.
    ///
    /// # Errors
    /// It is none.
    pub fn jq(mut self, filter: &str) -> Result<Self, CompileError> {
        self.plan.output.extract = Some(Filter::compile(filter)?);
        Ok(self)
    }

    /// Changes whatever has no method here.
    ///
    /// ```
    /// # use haul::Haul;
    /// let haul = Haul::new().plan(|plan| plan.redirect.follow = false);
    /// ```
    pub fn plan(mut self, change: impl FnOnce(&mut Plan)) -> Self {
        change(&mut self.plan);
        self
    }

    /// Lets the run be watched and stopped by who has a clone of `control`.
    pub fn control(mut self, control: &Control) -> Self {
        self.control = control.clone();
        self
    }

    /// Runs, and calls a function with each record, in the order in which requests end unless it is [`Haul::ordered`].
    /// Blocks until all is done.
    ///
    /// # Errors
    /// An input cannot be opened. What comes later is in the [`Finish`].
    pub fn each(self, mut each: impl FnMut(&Record) + Send + 'static) -> Result<Finish, BeginError> {
        self.run(Each(move |record: &Record| {
            each(record);
            Ok(())
        }))
    }

    /// Runs into a sink. Blocks until all is done.
    ///
    /// # Errors
    /// An input cannot be opened.
    pub fn run(self, sink: impl Sink) -> Result<Finish, BeginError> {
        let source = self.source()?;
        Ok(run(&self.plan, source, sink, &self.control))
    }

    /// Runs into a file that a run which is killed, at whatever instant, is gone on with by the same call.
    ///
    /// ```
    /// use haul::Haul;
    ///
    /// # let origin = haul_origin::Origin::spawn()?;
    /// # let dir = tempfile::tempdir()?;
    /// # let out = dir.path().join("out.ndjson");
    /// let haul = Haul::new().urls([origin.url("/json"), origin.url("/html")]);
    /// let first = haul.clone().resume(&out)?;
    /// let second = haul.resume(&out)?;
    /// assert_eq!((first.run.settled, second.run.settled), (2, 0));
    /// assert_eq!(first.report.totals(), second.report.totals());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// An input cannot be opened, or the output does not fit what is asked now.
    pub fn resume(self, output: impl Into<PathBuf>) -> Result<Finish, BeginError> {
        let mut source = self.source()?;
        let options = LedgerOptions {
            layout: Layout::new(output, None),
            format: self.plan.output.clone(),
            inputs: source.fingerprints()?,
            fingerprint: fingerprint(&self.plan, &self.lines()),
            anyway: false,
            retry_unsafe: self.plan.retry.unsafe_too,
            by_pages: self.plan.paginate.is_some() || self.plan.output.items.is_some(),
        };
        let Recovered { ledger, completed, interrupted, inputs_unchanged, .. } = durable::open(options)?;
        let replay = self.plan.dedup.is_some();
        let source = source.resume(Resume { completed, interrupted, seek: inputs_unchanged, replay })?;
        Ok(run(&self.plan, source, ledger, &self.control))
    }

    fn source(&self) -> Result<Source, source::InputError> {
        source::open(self.inputs.clone(), &self.lines())
    }

    fn lines(&self) -> source::ListOptions {
        source::ListOptions {
            base_url: self.base_url.clone(),
            request: self.plan.request.0.clone(),
            format: self.format,
            redact: self.plan.output.redact,
            ..source::ListOptions::default()
        }
    }
}
