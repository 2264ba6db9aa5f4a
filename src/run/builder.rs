//! How a run is put together.

use std::fmt;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use super::check::{BuildError, check};
use super::haul::{Haul, Inputs};
use super::output::{Output, OutputKind};
use crate::engine::Control;
#[cfg(feature = "jq")]
use crate::jq::Filter;
use crate::model::{Record, Request};
use crate::plan::{DEFAULT_DEDUP_MAX, DEFAULT_ORDER_WINDOW, Plan, Rate, Template};
use crate::sink::{Each, Sink};
use crate::source::{Input, InputFormat, ListOptions, Source};

/// Puts a [`Haul`] together. What it is not told is as on the command line.
///
/// ```
/// use haul::{Haul, Request};
///
/// # let origin = haul_origin::Origin::spawn()?;
/// # let url = |n: u32| origin.url(&format!("/anything/{n}"));
/// let haul = Haul::builder()
///     .urls((0..100).map(url))
///     .request(Request::post().json(&serde_json::json!({"dry": true}))?.bearer("t0ken")?)
///     .concurrency(32)
///     .host_concurrency(32)
///     .retries(5)
///     .jq(".json.dry")
///     .on_record(|record| println!("{} {:?}", record.seq(), record.extracted().next()))
///     .build()?;
/// assert_eq!(haul.run_blocking()?.report.totals().ok, 100);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Default)]
#[must_use]
pub struct HaulBuilder {
    plan: Plan,
    inputs: Vec<Input>,
    source: Option<Box<dyn Source>>,
    base_url: Option<Url>,
    format: Option<InputFormat>,
    output: Output,
    control: Control,
    /// The first setting that makes no sense.
    error: Option<BuildError>,
}

impl fmt::Debug for HaulBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HaulBuilder").field("plan", &self.plan).field("output", &self.output).finish_non_exhaustive()
    }
}

impl Haul {
    /// A builder with the command line's defaults.
    pub fn builder() -> HaulBuilder {
        HaulBuilder::default()
    }
}

impl HaulBuilder {
    /// Adds URLs.
    pub fn urls<U: Into<String>>(self, urls: impl IntoIterator<Item = U>) -> Self {
        self.input(Input::Urls(urls.into_iter().map(Into::into).collect()))
    }

    /// Adds a list in a file. Its name tells its format: `.ndjson`, `.csv`, `.tsv`, and plain text otherwise.
    pub fn list(self, path: impl Into<PathBuf>) -> Self {
        self.input(Input::File(path.into()))
    }

    /// Adds an input.
    pub fn input(mut self, input: Input) -> Self {
        self.inputs.push(input);
        self
    }

    /// Takes requests from a source or an iterator, instead of URLs and lists.
    ///
    /// ```
    /// use haul::{Haul, Request, Target};
    ///
    /// # let origin = haul_origin::Origin::spawn()?;
    /// # let url = origin.url("/anything");
    /// let targets = (1..=3).map(move |n| Target::new(&url).request(Request::get().param("n", n.to_string())).id(n));
    /// let haul = Haul::builder().source(targets).build()?;
    /// assert_eq!(haul.run_blocking()?.report.totals().ok, 3);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn source(mut self, source: impl Source) -> Self {
        match self.source {
            None => self.source = Some(Box::new(source)),
            Some(_) => self.refuse(BuildError::Conflict { setting: "source", other: "source" }),
        }
        self
    }

    /// Resolves relative URLs against this one.
    pub fn base_url(mut self, url: impl AsRef<str>) -> Self {
        match url.as_ref().parse() {
            Ok(url) => self.base_url = Some(url),
            Err(why) => self.refuse(BuildError::BaseUrl(why)),
        }
        self
    }

    /// Reads all lists in this format, whatever their names are.
    pub fn format(mut self, format: InputFormat) -> Self {
        self.format = Some(format);
        self
    }

    /// The method, headers and body of every request. Lines of a list may differ from it.
    pub fn request(mut self, request: Request) -> Self {
        self.plan.request = Template::new(request);
        self
    }

    /// The most requests in flight.
    pub fn concurrency(mut self, requests: usize) -> Self {
        match NonZeroUsize::new(requests) {
            Some(requests) => self.plan.limits.concurrency = requests,
            None => self.refuse(BuildError::Zero { setting: "concurrency" }),
        }
        self
    }

    /// The most requests in flight to one host.
    pub fn host_concurrency(mut self, requests: usize) -> Self {
        match NonZeroUsize::new(requests) {
            Some(requests) => self.plan.limits.host_concurrency = requests,
            None => self.refuse(BuildError::Zero { setting: "host_concurrency" }),
        }
        self
    }

    /// The most requests started in a second.
    pub fn rate(mut self, requests: u32) -> Self {
        match NonZeroU32::new(requests) {
            Some(count) => self.plan.limits.rate = Some(Rate { count, per: Duration::from_secs(1) }),
            None => self.refuse(BuildError::Zero { setting: "rate" }),
        }
        self
    }

    /// The time limit of one attempt, its body included.
    pub fn timeout(mut self, time: Duration) -> Self {
        self.plan.fetch.timeout = time;
        self
    }

    /// The number of retries after a transient failure.
    pub fn retries(mut self, retries: u32) -> Self {
        self.plan.retry.retries = retries;
        self
    }

    /// Fails answers that do not meet a condition such as `status==200`: see [`Condition`](crate::plan::Condition). All conditions must hold.
    pub fn expect(mut self, condition: &str) -> Self {
        match condition.parse() {
            Ok(condition) => self.plan.expect.conditions.push(condition),
            Err(why) => self.refuse(BuildError::Condition(why)),
        }
        self
    }

    /// Sends duplicate requests only once: see [`Record::duplicate_of`].
    pub fn dedup(mut self) -> Self {
        self.plan.dedup = Some(DEFAULT_DEDUP_MAX);
        self
    }

    /// Yields records in the order of the inputs instead of the order in which requests end.
    pub fn ordered(mut self) -> Self {
        self.plan.ordered = Some(DEFAULT_ORDER_WINDOW);
        self
    }

    /// Extracts values from JSON bodies by a jq filter: see [`Record::extracted`]. Needs the feature `jq`.
    #[cfg(feature = "jq")]
    pub fn jq(mut self, filter: &str) -> Self {
        match Filter::compile(filter) {
            Ok(filter) => self.plan.output.extract = Some(filter),
            Err(why) => self.refuse(BuildError::Jq(why)),
        }
        self
    }

    /// Changes any setting that has no method here.
    ///
    /// ```
    /// # use haul::Haul;
    /// let builder = Haul::builder().plan(|plan| plan.redirect.follow = false);
    /// ```
    pub fn plan(mut self, change: impl FnOnce(&mut Plan)) -> Self {
        change(&mut self.plan);
        self
    }

    /// Lets clones of `control` watch and stop the run.
    pub fn control(mut self, control: &Control) -> Self {
        self.control = control.clone();
        self
    }

    /// Calls a function with each record, on a thread of the run.
    pub fn on_record(self, mut call: impl FnMut(&Record) + Send + 'static) -> Self {
        self.sink(Each(move |record: &Record| {
            call(record);
            Ok(())
        }))
    }

    /// Puts records into a sink.
    pub fn sink(self, sink: impl Sink) -> Self {
        self.write_to(OutputKind::Sink(Box::new(sink)))
    }

    /// Writes records to a new file, as the command line does: a line of JSON each, compressed if its name ends in
    /// `.gz` or `.zst`. A file that exists is an error.
    pub fn output(self, path: impl Into<PathBuf>) -> Self {
        self.write_to(OutputKind::Create(path.into()))
    }

    /// Writes records to a file, and continues where an earlier run, however it ended, left off. Keep the settings and
    /// inputs as they were.
    ///
    /// ```
    /// use haul::Haul;
    ///
    /// # let origin = haul_origin::Origin::spawn()?;
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("out.ndjson");
    /// let haul = || Haul::builder().urls([origin.url("/json"), origin.url("/html")]).resume(&path).build();
    /// let first = haul()?.run_blocking()?;
    /// let second = haul()?.run_blocking()?;
    /// assert_eq!((first.run.settled, second.run.settled), (2, 0));
    /// assert_eq!(first.report.totals(), second.report.totals());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn resume(self, path: impl Into<PathBuf>) -> Self {
        self.write_to(OutputKind::Resume(path.into()))
    }

    /// The run, which has not started. It opens its inputs and its output when it does.
    ///
    /// # Errors
    /// A setting makes no sense.
    pub fn build(mut self) -> Result<Haul, BuildError> {
        match self.error.take() {
            Some(error) => return Err(error),
            None => check(&self.plan)?,
        }
        if self.source.is_some() && !self.inputs.is_empty() {
            return Err(BuildError::Conflict { setting: "source", other: "urls, list and input" });
        }
        let lines = ListOptions {
            base_url: self.base_url,
            request: self.plan.request.0.clone(),
            format: self.format,
            redact: self.plan.output.redact,
            ..ListOptions::default()
        };
        let HaulBuilder { plan, output, control, .. } = self;
        let inputs = match self.source {
            None => Inputs::Lists(self.inputs),
            Some(source) => Inputs::Source(source),
        };
        Ok(Haul { plan, inputs, lines, output, control })
    }

    fn write_to(mut self, kind: OutputKind) -> Self {
        match self.output.kind {
            OutputKind::None => self.output.kind = kind,
            _ => self.refuse(BuildError::Conflict { setting: kind.setting(), other: self.output.kind.setting() }),
        }
        self
    }

    fn refuse(&mut self, error: BuildError) {
        self.error.get_or_insert(error);
    }
}
