//! Requests that a program makes itself, instead of reading them from a list.

use std::io;
use std::sync::Arc;

use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

use super::error::LineError;
use super::feed::Feed;
use super::job_builder::{JobBuilder, LineRequest, PartialRequest};
use super::lines::LineContext;
use super::resume::Numbering;
use super::{Entry, ListOptions};
use crate::model::{LinePosition, Request, Tags};
use crate::plan::Template;

/// Yields the requests of a run, on a thread of its own, which it may block.
///
/// Every iterator over [`Target`]s is a source. To feed a run from asynchronous code, use a bounded channel:
///
/// ```
/// use haul::{Haul, Target};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let origin = haul_origin::Origin::spawn()?;
/// let (sender, mut targets) = tokio::sync::mpsc::channel(100);
/// let haul = Haul::builder().source(std::iter::from_fn(move || targets.blocking_recv())).build()?;
/// let mut records = haul.stream();
/// for n in 1..=3 {
///     sender.send(Target::new(origin.url("/anything")).meta(n)).await?; // waits while the run is busy
/// }
/// drop(sender);
/// while let Some(record) = records.next().await {
///     println!("{:?} {:?}", record.meta(), record.status());
/// }
/// assert_eq!(records.finish().await?.report.totals().ok, 3);
/// # Ok(())
/// # }
/// ```
///
/// A run reads ahead of its requests by [`Limits::window`](crate::plan::Limits::window) and about a thousand targets
/// more, then it stops reading until requests end. A run that is stopped does not interrupt a source that blocks: its
/// thread stays behind until the source returns.
pub trait Source: Send + 'static {
    /// The next target, or `None` at the end. Blocks until there is one.
    ///
    /// # Errors
    /// The targets cannot be read to their end, which ends the run.
    fn next_target(&mut self) -> io::Result<Option<Target>>;

    /// How many targets can be had without blocking. They are then taken together, which is faster.
    fn available(&self) -> usize {
        0
    }
}

impl<I: Iterator<Item = Target> + Send + 'static> Source for I {
    fn next_target(&mut self) -> io::Result<Option<Target>> {
        Ok(self.next())
    }

    fn available(&self) -> usize {
        self.size_hint().0
    }
}

/// One request of a [`Source`]. It gets a record even if its URL is not valid.
#[derive(Debug, Clone)]
pub struct Target {
    url: String,
    request: Option<Request>,
    tags: Tags,
}

impl Target {
    /// Sends the run's request to `url`.
    pub fn new(url: impl Into<String>) -> Self {
        Target { url: url.into(), request: None, tags: Tags::default() }
    }

    /// Sends this request instead of the run's.
    pub fn request(mut self, request: Request) -> Self {
        self.request = Some(request);
        self
    }

    /// An id for the record to have: see [`Record::id`](crate::Record::id).
    pub fn id(mut self, id: impl Into<Value>) -> Self {
        self.tags.id = Some(raw(&id.into()));
        self
    }

    /// The group that the report counts it in, which its record repeats.
    pub fn group(mut self, name: impl Into<Arc<str>>) -> Self {
        self.tags.group = Some(name.into());
        self
    }

    /// Any JSON for the record to have: see [`Record::meta`](crate::Record::meta).
    pub fn meta(mut self, meta: impl Into<Value>) -> Self {
        self.tags.meta = Some(raw(&meta.into()));
        self
    }
}

fn raw(value: &Value) -> Box<RawValue> {
    to_raw_value(value).expect("a value is JSON")
}

/// The entries of a [`Source`].
pub(super) struct Targets {
    source: Box<dyn Source>,
    jobs: JobBuilder,
    ended: bool,
}

impl Targets {
    pub(super) fn new(source: Box<dyn Source>, options: &ListOptions) -> Self {
        Targets { source, jobs: JobBuilder::new(options), ended: false }
    }

    fn entry(&mut self, Target { url, request, tags }: Target, seq: u64) -> Entry {
        let place = LinePosition { line: seq + 1, ..LinePosition::default() };
        let request = request.map(|request| Arc::unwrap_or_clone(Template::new(request).0));
        let line = LineRequest { request, tags: tags.clone(), ..LineRequest::default() };
        let job = match self.jobs.resolve(&url, &|_| None) {
            Ok(parsed) => self.jobs.entry(parsed, line, &|_| None, place, seq),
            Err(reason) => Err(LineError::new(reason)),
        };
        job.unwrap_or_else(|error| {
            let context = LineContext { list: 0, line_name: "target", seq };
            self.jobs.invalid(error, PartialRequest { method: None, url, tags }, place, context)
        })
    }
}

impl Feed for Targets {
    fn read(&mut self, numbering: &mut Numbering, limit: usize) -> io::Result<Option<Vec<Entry>>> {
        if self.ended {
            return Ok(None);
        }
        let available = self.source.available().clamp(1, limit);
        let mut batch = Vec::with_capacity(available);
        self.ended = true; // unless it yields them all
        for _ in 0..available {
            match self.source.next_target()? {
                None => return Ok(Some(batch)),
                Some(_) if numbering.is_skipped() => numbering.skip(),
                Some(target) => {
                    let entry = self.entry(target, numbering.seq);
                    batch.extend(numbering.take(entry));
                }
            }
        }
        self.ended = false;
        Ok(Some(batch))
    }
}
