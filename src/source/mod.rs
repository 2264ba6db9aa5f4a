//! Reads lists of URLs lazily, as a stream of jobs.
//!
//! A plain text list has one URL per line, optionally preceded by a method; blank lines and lines that start with `#`
//! are skipped. In the other [`InputFormat`]s each line describes a whole request: see `docs/lists.md`. An invalid line
//! becomes an [`Entry::Invalid`], and the list continues. [`EntryReader::resume`] skips what an earlier run has
//! completed.
//!
//! ```
//! use haul::source::{self, Entry, Input, ListOptions};
//!
//! let text = r#"{"url": "https://example.com/items", "json": {"n": 1}, "params": {"dry": true}, "id": 17}"#;
//! let list = Input::Text { name: "items.ndjson".to_owned(), text: text.to_owned() };
//! let entries = source::open([list], &ListOptions::default())?.next_batch()?.expect("a line");
//! let Entry::Job(job) = &entries[0] else { panic!("not a request") };
//! assert_eq!(job.url.as_str(), "https://example.com/items?dry=true");
//! assert_eq!(job.request.method, "POST");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#[cfg_attr(not(feature = "csv"), path = "csv_absent.rs")]
mod csv;
mod entry;
mod error;
mod feed;
mod fingerprint;
mod format;
mod input;
mod job_builder;
mod line_url;
mod lines;
mod list;
mod lists;
mod look;
mod ndjson;
mod note;
mod options;
mod parser;
mod probe;
mod progress;
mod resume;
mod strict;
mod tags;
mod targets;
mod template;
#[cfg(test)]
mod tests;
mod text;
mod vegeta;

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;

use tokio::sync::mpsc;

use crate::model::InputFingerprint;

pub use entry::Entry;
pub use error::InputError;
pub use format::InputFormat;
pub use input::Input;
pub use lines::{MAX_LINE, MAX_RECORD};
pub use look::{LooksLike, WrongFormat};
pub use note::ListNote;
pub use options::ListOptions;
pub use probe::{Cycle, MAX_TARGETS, Order, ProbeTarget, Replay, TargetError, Timed};
pub use progress::Progress;
pub use resume::Resume;
pub use strict::{MAX_REPORTED, StrictError, check};
pub use targets::{Source, Target};
pub use template::{DataTemplate, UrlTemplate};

use feed::Feed;
use list::List;
use lists::Lists;
use resume::Numbering;
use targets::Targets;

/// The most entries in a batch.
pub const MAX_BATCH: usize = 256;

/// The most entries in the first batch: few, so that the first request leaves at once.
const FIRST_BATCH: usize = 32;

/// Reads entries, numbered from 0 in the order of the inputs.
pub struct EntryReader {
    feed: Box<dyn Feed>,
    numbering: Numbering,
    /// The number of entries that an earlier run completed, if this run resumes one.
    resumed: Option<u64>,
    /// The most entries of the next batch.
    limit: usize,
}

/// Opens all inputs. Reads only the first lines of those that can be read again.
///
/// # Errors
/// An input cannot be opened, is not in its format, or is a table that lacks a column.
pub fn open(inputs: impl IntoIterator<Item = Input>, options: &ListOptions) -> Result<EntryReader, InputError> {
    Ok(EntryReader::new(Lists::open(inputs, options)?))
}

/// Reads a list from `bytes`, as from a pipe.
pub fn read(name: &str, bytes: impl std::io::Read + Send + 'static, options: &ListOptions) -> EntryReader {
    let format = options.format.unwrap_or_else(|| InputFormat::of(std::path::Path::new(name)));
    EntryReader::new(Lists::of_list(List::stream(name.to_owned(), bytes), format, options))
}

impl EntryReader {
    /// Reads a program's own targets, numbered in the order in which they come.
    pub fn from_source(source: Box<dyn Source>, options: &ListOptions) -> Self {
        EntryReader::new(Targets::new(source, options))
    }

    fn new(feed: impl Feed + 'static) -> Self {
        EntryReader { feed: Box::new(feed), numbering: Numbering::default(), resumed: None, limit: FIRST_BATCH }
    }

    /// Skips what an earlier run has completed. Call this before reading.
    ///
    /// If the inputs are unchanged, reading starts at the last stored position, and earlier lists are not read at all.
    /// That requires a list that is neither compressed nor a pipe. Otherwise everything is read from the start, and
    /// completed lines are counted without being parsed. With [`Resume::replay`] everything is read and parsed.
    ///
    /// # Errors
    /// An input cannot be read, or seeking in it fails.
    pub fn resume(mut self, resume: Resume) -> io::Result<EntryReader> {
        let anchor = resume.completed.anchor().filter(|_| resume.seek && !resume.replay);
        let seq = match anchor {
            Some((seq, position)) if self.feed.seek(position)? => seq,
            _ => 0,
        };
        self.resumed = Some(resume.completed.len());
        self.numbering = Numbering::resumed(seq, resume);
        Ok(self)
    }

    /// The fingerprint of each input, to recognise it in a later run. Empty for a program's own targets.
    ///
    /// # Errors
    /// An input cannot be read.
    pub fn fingerprints(&mut self) -> io::Result<Vec<InputFingerprint>> {
        self.feed.fingerprints()
    }

    /// The next entries, from one to [`MAX_BATCH`], or `None` at the end of all inputs.
    ///
    /// Blocks until there is an entry, but never for a second one: a batch is what the last read returned.
    ///
    /// # Errors
    /// An input cannot be read; the source has then ended.
    pub fn next_batch(&mut self) -> io::Result<Option<Vec<Entry>>> {
        loop {
            match self.read()? {
                Some(batch) if batch.is_empty() => {}
                read => return Ok(read),
            }
        }
    }

    /// Reads once. The batch is empty if that returned only comments or completed entries.
    fn read(&mut self) -> io::Result<Option<Vec<Entry>>> {
        let batch = self.feed.read(&mut self.numbering, self.limit)?;
        if batch.as_ref().is_some_and(|batch| !batch.is_empty()) {
            self.limit = MAX_BATCH.min(self.limit * 2);
        }
        Ok(batch)
    }

    /// Reads on a thread of its own, at most `capacity` batches ahead of the receiver, and keeps `progress` up to date.
    ///
    /// The thread ends when the receiver is dropped. If it is waiting for input at that moment, it stays behind,
    /// detached, and does not keep the process from exiting.
    pub fn spawn(mut self, capacity: usize, progress: Arc<Progress>) -> mpsc::Receiver<io::Result<Vec<Entry>>> {
        let (sender, receiver) = mpsc::channel(capacity.max(1));
        progress.begin(self.feed.total_bytes(), self.resumed);
        progress.reach(self.numbering.seq, self.feed.bytes());
        let batches = sender.clone();
        let read = move || {
            // A panic of a program's source must not look like its end.
            let ended = catch_unwind(AssertUnwindSafe(|| self.send_all(&batches, &progress)));
            if let Err(error) = ended.unwrap_or_else(|_| Err(io::Error::other("the list reader panicked"))) {
                let _ = batches.blocking_send(Err(error));
            }
        };
        if let Err(error) = thread::Builder::new().name("haul-source".to_owned()).spawn(read) {
            let _ = sender.try_send(Err(error));
        }
        receiver
    }

    fn send_all(&mut self, batches: &mpsc::Sender<io::Result<Vec<Entry>>>, progress: &Progress) -> io::Result<()> {
        while let Some(batch) = self.read()? {
            progress.reach(self.numbering.seq, self.feed.bytes());
            progress.note(self.feed.take_note());
            let dropped =
                if batch.is_empty() { batches.is_closed() } else { batches.blocking_send(Ok(batch)).is_err() };
            if dropped {
                return Ok(());
            }
        }
        progress.finish(self.feed.bytes());
        Ok(())
    }
}
