//! Targets at the times of a log.

use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::{Duration, SystemTime};

use jiff::SignedDuration;
use tokio::sync::mpsc;
use url::Url;

use super::cycle::{CycleError, in_probe};
use super::refused::Refused;
use super::target::ProbeTarget;
use crate::guard::text::grouped;
use crate::model::Setting;
use crate::source::feed::Feed;
use crate::source::lists::Lists;
use crate::source::resume::Numbering;
use crate::source::{Entry, Input, ListOptions, MAX_BATCH};

/// How much earlier than a line above it a line may be: servers write the lines of their logs a little out of order.
const TOLERANCE: Duration = Duration::from_secs(5);

/// The longest replay.
const MAX_SPAN: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// A second, less what times are rounded by.
const SECOND: Duration = Duration::from_micros(999_999);

/// The most requests of a second that are counted.
const MAX_COUNTED: usize = 1000;

/// The most hosts that are not allowed and are kept.
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
/// # Ok::<(), haul::source::CycleError>(())
/// ```
pub struct Replay {
    lists: Box<Lists>,
    speed: f64,
    facts: ReplayFacts,
}

/// What the first reading shows.
#[derive(Debug, Default)]
struct ReplayFacts {
    count: u64,
    /// When the last request starts, counted from the first.
    span: Duration,
    /// When the latest requests are due, all within a second.
    second: VecDeque<Duration>,
    busiest: usize,
    /// A URL of each host that is not allowed.
    refused: Vec<Url>,
    has_random_values: bool,
}

/// A target, and when it is due.
#[derive(Debug)]
pub struct Timed {
    /// How long after the start of the replay its request is to start.
    pub due: Duration,
    target: Box<ProbeTarget>,
}

impl Timed {
    /// The request as the input numbered `seq`, which is to start at `now`.
    pub fn entry(&self, seq: u64, now: SystemTime) -> Entry {
        Entry::Job(Box::new(self.target.job(seq, now)))
    }
}

/// Counts times from that of the first line.
#[derive(Debug)]
struct Timeline {
    first: Option<SignedDuration>,
    latest: Duration,
    speed: f64,
}

impl Timeline {
    fn new(speed: f64) -> Self {
        Timeline { first: None, latest: Duration::ZERO, speed }
    }

    /// When a request is due whose line says `at`. One a little earlier than the line above is due with that.
    fn due(&mut self, at: SignedDuration) -> Result<Duration, String> {
        let since = at.saturating_sub(*self.first.get_or_insert(at));
        let latest = SignedDuration::try_from(self.latest).unwrap_or(SignedDuration::MAX);
        if since + SignedDuration::try_from(TOLERANCE).unwrap_or_default() < latest {
            let earlier = Duration::try_from(latest - since).unwrap_or_default();
            return Err(format!(
                "is {} s earlier than a line above it: sort the list by time",
                grouped(earlier.as_secs())
            ));
        }
        self.latest = self.latest.max(Duration::try_from(since).unwrap_or_default());
        let due = Duration::try_from_secs_f64(self.latest.as_secs_f64() / self.speed).unwrap_or(Duration::MAX);
        if due > MAX_SPAN {
            let days = grouped(due.as_secs() / (24 * 60 * 60));
            return Err(format!("is due {days} days after the first: do all times have the same unit?"));
        }
        Ok(due)
    }
}

impl Replay {
    /// Opens `inputs`, and reads them to their end, to check them. One that can be read only once is copied to a
    /// temporary file. Requests start `speed` times as fast as the list says, and what is generated for them follows from `seed`.
    /// It does not fail if a URL is not allowed: see [`Replay::refused`].
    ///
    /// # Errors
    /// A list cannot be read, or has an invalid line; or a line gives no time, or they are not in the order of time.
    pub fn open(
        inputs: impl IntoIterator<Item = Input>,
        options: &ListOptions,
        speed: f64,
        seed: u64,
        is_allowed: &dyn Fn(&Url) -> bool,
    ) -> Result<Self, CycleError> {
        let mut lists = Lists::open(inputs, &in_probe(options, seed)?)?;
        lists.spool()?;
        let facts = ReplayFacts::read(&mut lists, speed, options, is_allowed)?;
        lists.rewind()?;
        Ok(Replay { lists: Box::new(lists), speed, facts })
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

    /// Reads on a thread of its own, at most `capacity` batches ahead of the receiver. The thread ends when the receiver
    /// is dropped.
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
        let (mut timeline, mut numbering) = (Timeline::new(self.speed), Numbering::default());
        while let Some(entries) = self.lists.read(&mut numbering, MAX_BATCH)? {
            let timed = entries.into_iter().map(|entry| timed(entry, &mut timeline));
            let batch = timed.collect::<Result<Vec<_>, _>>().map_err(changed)?;
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

fn timed(entry: Entry, timeline: &mut Timeline) -> Result<Timed, String> {
    let target = ProbeTarget::of_line(entry)?;
    let due = timeline.due(target.at().ok_or("no time")?)?;
    Ok(Timed { due, target })
}

impl ReplayFacts {
    /// Reads all lists to their end.
    fn read(
        lists: &mut Lists,
        speed: f64,
        options: &ListOptions,
        is_allowed: &dyn Fn(&Url) -> bool,
    ) -> Result<Self, CycleError> {
        let at_key = options.at_column.as_deref().unwrap_or("at");
        let (mut facts, mut refused) = (ReplayFacts::default(), Refused::default());
        let (mut timeline, mut numbering) = (Timeline::new(speed), Numbering::default());
        while let Some(entries) = lists.read(&mut numbering, MAX_BATCH)? {
            for entry in entries {
                let target = match ProbeTarget::of_line(entry) {
                    Ok(target) => target,
                    Err(message) => {
                        refused.add(message);
                        continue;
                    }
                };
                let place = target.prototype().place;
                if target.at().is_none() && options.at_column.is_none() && lists.is_table(place) {
                    let mut why = "a replay needs the time of each request: name its column".to_owned();
                    options.setting_names.append(&mut why, Setting::AtColumn);
                    refused.add(format!("{}: {why}", lists.name_of(place)));
                    continue;
                }
                let at =
                    target.at().ok_or_else(|| "is missing, but a replay needs the time of each request".to_owned());
                facts.has_random_values |= target.has_random_values();
                match at.and_then(|at| timeline.due(at)) {
                    Ok(due) => facts.add(due, target.url(), is_allowed),
                    Err(reason) => {
                        let place = lists.name_of(place);
                        refused.add(format!("{place}: {at_key:?}: {reason}"));
                    }
                }
            }
        }
        if let Some(report) = refused.report() {
            return Err(CycleError::Invalid(report));
        }
        if facts.count == 0 { Err(CycleError::Empty) } else { Ok(facts) }
    }

    fn add(&mut self, due: Duration, url: &Url, is_allowed: &dyn Fn(&Url) -> bool) {
        self.count += 1;
        self.span = due;
        while self.second.front().is_some_and(|first| due - *first >= SECOND) {
            self.second.pop_front();
        }
        if self.second.len() < MAX_COUNTED {
            self.second.push_back(due);
        }
        self.busiest = self.busiest.max(self.second.len());
        let is_known = |host: Option<&str>| self.refused.iter().any(|other| other.host_str() == host);
        if self.refused.len() < MAX_REFUSED && !is_known(url.host_str()) && !is_allowed(url) {
            self.refused.push(url.clone());
        }
    }
}
