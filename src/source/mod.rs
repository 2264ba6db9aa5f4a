//! Lists of URLs, read lazily into a stream of jobs.
//!
//! A list of plain text holds one URL a line, with a method before it where that is another than the run's; blank
//! lines and lines that begin with `#` are skipped. A [`InputFormat`] with more to say gives each line a request of its own:
//! `docs/lists.md` describes them. A line that is no request becomes an [`Entry::Invalid`] and the list goes on.
//! What an earlier run did of the same inputs is left out by [`Source::resume`].
//!
//! ```
//! use haul::source::{self, Entry, Input, ListOptions};
//!
//! let text = r#"{"url": "https://example.com/items", "json": {"n": 1}, "params": {"dry": true}, "id": 17}"#;
//! let list = Input::Text { name: "items.ndjson".to_owned(), text: text.to_owned() };
//! let entries = source::open([list], &ListOptions::default())?.next_batch()?.expect("a line");
//! let Entry::Job(job) = &entries[0] else { panic!("no request") };
//! assert_eq!(job.url.as_str(), "https://example.com/items?dry=true");
//! assert_eq!(job.request.method, "POST");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod base;
mod csv;
mod fingerprint;
mod format;
mod input;
mod jobs;
mod lines;
mod list;
mod lists;
mod ndjson;
mod progress;
mod resume;
mod strict;
mod template;
#[cfg(test)]
mod tests;
mod text;
mod vegeta;

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;

use http::Method;
use tokio::sync::mpsc;
use url::Url;

use crate::guard::redact::Redact;
use crate::model::{InputFingerprint, Invalid, Job, LinePosition, Request};
use crate::plan::Template;

pub use format::{InputFormat, MAX_RECORD};
pub use input::{Input, InputError};
pub use lines::MAX_LINE;
pub use progress::Progress;
pub use resume::Resume;
pub use strict::{MAX_REPORTED, StrictError, check};
pub use template::{DataTemplate, UrlTemplate};

use jobs::Jobs;
use lists::Lists;
use resume::Numbering;

/// The most entries of a batch.
pub const MAX_BATCH: usize = 256;

/// The most entries of the first batch: small, for the first request to leave at once.
const FIRST_BATCH: usize = 32;

/// What the lines of a list are read against.
#[derive(Debug, Clone)]
pub struct ListOptions {
    /// What relative references are resolved against; without one they are invalid.
    pub base_url: Option<Url>,
    /// The request that a line becomes, but for its URL and what the line itself says.
    pub request: Arc<Request>,
    /// The method of lines that name none; without one it is the request's, and POST for a line with a body.
    pub method: Option<Method>,
    /// How all lists but URLs at hand are written; without it each is what its name says.
    pub format: Option<InputFormat>,
    /// The URL of lines that have none: of a table's always.
    pub url: Option<Arc<UrlTemplate>>,
    /// The body of lines that have none.
    pub data: Option<Arc<DataTemplate>>,
    /// What is masked of lines that are no request.
    pub redact: Redact,
}

impl Default for ListOptions {
    fn default() -> Self {
        ListOptions {
            base_url: None,
            request: Template::default().0,
            method: None,
            format: None,
            url: None,
            data: None,
            redact: Redact::default(),
        }
    }
}

/// What one line of a list is.
#[derive(Debug)]
pub enum Entry {
    /// A request to make.
    Job(Box<Job>),
    /// No request.
    Invalid(Box<Invalid>),
    /// A request that an earlier run began; it is not safe to repeat.
    Interrupted(Box<Job>),
    /// A request that has its record from an earlier run; there are none unless [`Resume::recall`] asks for them.
    Completed(Box<Job>),
}

impl Entry {
    /// The entry's ordinal over all inputs.
    pub fn seq(&self) -> u64 {
        match self {
            Entry::Job(job) | Entry::Interrupted(job) | Entry::Completed(job) => job.seq,
            Entry::Invalid(invalid) => invalid.seq,
        }
    }

    /// Whether it has its record from an earlier run.
    pub fn is_completed(&self) -> bool {
        matches!(self, Entry::Completed(_))
    }
}

/// A stream of entries, numbered from 0 in the order of the inputs.
pub struct Source {
    feed: Box<dyn Feed>,
    numbering: Numbering,
    /// How many entries an earlier run did, if there was one.
    resumed: Option<u64>,
    /// The most entries of the next batch.
    limit: usize,
}

/// Where a source has its entries from.
trait Feed: Send {
    /// At most `limit` of the next entries, waiting for the first alone; none at the end and after an error. What was
    /// read may have held no entry that is not done.
    fn read(&mut self, numbering: &mut Numbering, limit: usize) -> io::Result<Option<Vec<Entry>>>;

    /// Goes to a place where an entry is known to start; false if that is not possible.
    fn seek(&mut self, _: LinePosition) -> io::Result<bool> {
        Ok(false)
    }

    /// What the inputs look like.
    fn fingerprints(&mut self) -> io::Result<Vec<InputFingerprint>> {
        Ok(Vec::new())
    }

    /// The bytes that the entries so far were made of.
    fn bytes(&self) -> u64 {
        0
    }

    /// The bytes of all entries, where they can be known.
    fn total_bytes(&self) -> Option<u64> {
        None
    }
}

/// Opens all inputs, before anything is read of them.
pub fn open(inputs: impl IntoIterator<Item = Input>, options: &ListOptions) -> Result<Source, InputError> {
    Ok(Source::new(Lists::open(inputs, options)?))
}

impl Source {
    /// A source of ready-made jobs, which are numbered anew in the order they come.
    ///
    /// Jobs go out in batches as far as the iterator's [`size_hint`](Iterator::size_hint) vouches for them, and one by
    /// one otherwise: none is held back until an iterator that waits for something has the next.
    pub fn from_jobs(jobs: impl IntoIterator<Item = Job, IntoIter: Send + 'static>) -> Self {
        Source::new(Jobs::new(jobs.into_iter()))
    }

    fn new(feed: impl Feed + 'static) -> Self {
        Source { feed: Box::new(feed), numbering: Numbering::default(), resumed: None, limit: FIRST_BATCH }
    }

    /// Leaves out what an earlier run did. To be called before anything is read.
    ///
    /// Where places may be trusted, reading starts at the last one that is known, and the lists before it stay unread.
    /// That is possible in a list that is not compressed and not a pipe; otherwise everything is read from its start,
    /// and lines that are done are counted without being parsed. To [recall](Resume::recall) what is done, everything
    /// is read and parsed.
    pub fn resume(mut self, resume: Resume) -> io::Result<Source> {
        let anchor = resume.completed.anchor().filter(|_| resume.seek && !resume.replay);
        let seq = match anchor {
            Some((seq, place)) if self.feed.seek(place)? => seq,
            _ => 0,
        };
        self.resumed = Some(resume.completed.len());
        self.numbering = Numbering::resumed(seq, resume);
        Ok(self)
    }

    /// What each of the inputs looks like, to know them again; none for jobs made elsewhere.
    pub fn fingerprints(&mut self) -> io::Result<Vec<InputFingerprint>> {
        self.feed.fingerprints()
    }

    /// The next entries, at least one and at most [`MAX_BATCH`]; none once all inputs are read.
    ///
    /// This blocks until there is an entry, but never for a second one: a batch is what the last read brought.
    /// After an error the source is at its end.
    pub fn next_batch(&mut self) -> io::Result<Option<Vec<Entry>>> {
        loop {
            match self.read()? {
                Some(batch) if batch.is_empty() => {}
                read => return Ok(read),
            }
        }
    }

    /// Reads once. What that brings may be all done, or comments.
    fn read(&mut self) -> io::Result<Option<Vec<Entry>>> {
        let batch = self.feed.read(&mut self.numbering, self.limit)?;
        if batch.as_ref().is_some_and(|batch| !batch.is_empty()) {
            self.limit = MAX_BATCH.min(self.limit * 2);
        }
        Ok(batch)
    }

    /// Reads on a thread of its own, at most `capacity` batches ahead of the receiver, and keeps `gauge` up to date.
    ///
    /// The thread ends when the receiver is dropped. One that waits for input then stays behind, detached: it keeps no
    /// process from exiting.
    pub fn spawn(mut self, capacity: usize, gauge: Arc<Progress>) -> mpsc::Receiver<io::Result<Vec<Entry>>> {
        let (sender, receiver) = mpsc::channel(capacity.max(1));
        gauge.begin(self.feed.total_bytes(), self.resumed);
        gauge.reach(self.numbering.seq, self.feed.bytes());
        let batches = sender.clone();
        let read = move || {
            // A list must not pass for read to its end because an iterator of jobs panicked.
            let ended = catch_unwind(AssertUnwindSafe(|| self.send_all(&batches, &gauge)));
            if let Err(error) = ended.unwrap_or_else(|_| Err(io::Error::other("the list reader panicked"))) {
                let _ = batches.blocking_send(Err(error));
            }
        };
        if let Err(error) = thread::Builder::new().name("haul-source".to_owned()).spawn(read) {
            let _ = sender.try_send(Err(error));
        }
        receiver
    }

    fn send_all(&mut self, batches: &mpsc::Sender<io::Result<Vec<Entry>>>, gauge: &Progress) -> io::Result<()> {
        while let Some(batch) = self.read()? {
            gauge.reach(self.numbering.seq, self.feed.bytes());
            let gone = if batch.is_empty() { batches.is_closed() } else { batches.blocking_send(Ok(batch)).is_err() };
            if gone {
                return Ok(());
            }
        }
        gauge.finish(self.feed.bytes());
        Ok(())
    }
}
