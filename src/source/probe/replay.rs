//! Targets that are sent at the times of a log.

use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::Duration;

use tokio::sync::mpsc;
use url::Url;

use super::cycle::in_probe;
use super::error::TargetError;
use super::invalid_lines::InvalidLines;
use super::log::{Log, Timed};
use crate::source::lists::Lists;
use crate::source::{Input, ListOptions};

/// A second, less what times are rounded by.
const WINDOW: Duration = Duration::from_micros(999_999);

/// The most requests within a second that are counted.
const MAX_COUNTED: usize = 1000;

/// The most hosts that are kept of those that are not allowed.
const MAX_REFUSED: usize = 32;

/// A list that is replayed: each of its requests starts at the time that its line gives.
///
/// It is read twice: when it is opened, to check it, and when it is sent.
///
/// ```
/// use haul::source::{Input, ListOptions, Replay};
///
/// let text = r#"{"url": "http://example.com/a", "at": 10}
/// {"url": "http://example.com/b", "at": 12.5}"#;
/// let list = Input::Text { name: "log.ndjson".to_owned(), text: text.to_owned() };
/// let replay = Replay::open([list], &ListOptions::default(), 2.0, 1, &|_| true)?;
/// assert_eq!((replay.count(), replay.span().as_millis()), (2, 1250));
/// # Ok::<(), haul::source::TargetError>(())
/// ```
pub struct Replay {
    log: Log,
    facts: ReplayFacts,
}

/// What the first reading shows.
#[derive(Debug, Default)]
struct ReplayFacts {
    count: u64,
    /// When the last request starts, counted from the first.
    span: Duration,
    /// When the latest requests are due, all within a second.
    window: VecDeque<Duration>,
    /// The most requests within a second.
    busiest: usize,
    /// A URL of each host that is not allowed.
    refused: Vec<Url>,
    has_random_values: bool,
}

impl Replay {
    /// Opens `inputs`, and reads them to their end, to check them. One that can be read only once is copied to a
    /// temporary file. Requests start `speed` times as fast as the list says, and what is generated for them follows
    /// from `seed`. A URL that is not allowed does not fail: see [`Replay::refused`].
    ///
    /// # Errors
    /// A list cannot be read or has an invalid line, a line gives no time, or the lines are not in the order of time.
    pub fn open(
        inputs: impl IntoIterator<Item = Input>,
        options: &ListOptions,
        speed: f64,
        seed: u64,
        is_allowed: &dyn Fn(&Url) -> bool,
    ) -> Result<Self, TargetError> {
        let mut lists = Lists::open(inputs, &in_probe(options, seed)?)?;
        lists.spool()?;
        let mut log = Log::new(lists, speed);
        let facts = ReplayFacts::read(&mut log, is_allowed)?;
        log.rewind()?;
        Ok(Replay { log, facts })
    }

    /// The number of requests.
    pub fn count(&self) -> u64 {
        self.facts.count
    }

    /// When the last request starts, counted from the start of the first.
    pub fn span(&self) -> Duration {
        self.facts.span
    }

    /// The number of requests in the busiest second, wherever it begins, counted up to 1,000.
    pub fn busiest_second(&self) -> usize {
        self.facts.busiest
    }

    /// Whether requests have values that depend on the seed.
    pub fn has_random_values(&self) -> bool {
        self.facts.has_random_values
    }

    /// The URL of a request to each host that is not allowed, for the first 32 of them.
    pub fn refused(&self) -> &[Url] {
        &self.facts.refused
    }

    /// Reads on its own thread, at most `capacity` batches ahead of the receiver. The thread ends when the receiver is
    /// dropped.
    pub fn spawn(mut self, capacity: usize) -> mpsc::Receiver<io::Result<Vec<Timed>>> {
        let (sender, receiver) = mpsc::channel(capacity.max(1));
        let batches = sender.clone();
        let read = move || {
            let ended = catch_unwind(AssertUnwindSafe(|| self.send_all(&batches)));
            if let Err(error) = ended.unwrap_or_else(|_| Err(io::Error::other("the list reader panicked"))) {
                let _ = batches.blocking_send(Err(error));
            }
        };
        if let Err(error) = thread::Builder::new().name("haul-source".to_owned()).spawn(read) {
            let _ = sender.try_send(Err(error));
        }
        receiver
    }

    fn send_all(&mut self, batches: &mpsc::Sender<io::Result<Vec<Timed>>>) -> io::Result<()> {
        while let Some(lines) = self.log.read()? {
            let batch = lines.into_iter().collect::<Result<Vec<_>, _>>().map_err(changed)?;
            if !batch.is_empty() && batches.blocking_send(Ok(batch)).is_err() {
                return Ok(());
            }
        }
        Ok(())
    }
}

/// The error of a list that was right when it was read first.
fn changed(reason: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("a list has changed since it was checked: {reason}"))
}

impl ReplayFacts {
    /// Reads all lines.
    fn read(log: &mut Log, is_allowed: &dyn Fn(&Url) -> bool) -> Result<Self, TargetError> {
        let (mut facts, mut invalid) = (ReplayFacts::default(), InvalidLines::default());
        while let Some(lines) = log.read()? {
            for line in lines {
                match line {
                    Ok(timed) => facts.add(&timed, is_allowed),
                    Err(message) => invalid.add(message),
                }
            }
        }
        match invalid.report() {
            Some(report) => Err(TargetError::Invalid(report)),
            None if facts.count == 0 => Err(TargetError::Empty),
            None => Ok(facts),
        }
    }

    fn add(&mut self, Timed { due, target }: &Timed, is_allowed: &dyn Fn(&Url) -> bool) {
        self.count += 1;
        self.span = *due;
        self.has_random_values |= target.has_random_values();
        while self.window.front().is_some_and(|first| *due - *first >= WINDOW) {
            self.window.pop_front();
        }
        if self.window.len() < MAX_COUNTED {
            self.window.push_back(*due);
        }
        self.busiest = self.busiest.max(self.window.len());
        let url = target.url();
        let is_known = |host: Option<&str>| self.refused.iter().any(|other| other.host_str() == host);
        if self.refused.len() < MAX_REFUSED && !is_known(url.host_str()) && !is_allowed(url) {
            self.refused.push(url.clone());
        }
    }
}
