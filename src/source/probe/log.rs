//! Lines that say when their requests were sent.

use std::io;
use std::time::{Duration, SystemTime};

use jiff::SignedDuration;

use super::target::ProbeTarget;
use crate::guard::text::grouped;
use crate::model::{LinePosition, Setting};
use crate::source::feed::Feed;
use crate::source::lists::Lists;
use crate::source::resume::Numbering;
use crate::source::{Entry, MAX_BATCH};

/// How much earlier than a line above it a line may be: servers write the lines of their logs a little out of order.
const TOLERANCE: SignedDuration = SignedDuration::from_secs(5);

/// The longest replay.
const MAX_SPAN: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// A target, and when it is due.
#[derive(Debug)]
pub struct Timed {
    /// How long after the start of the replay its request is to start.
    pub due: Duration,
    pub(super) target: Box<ProbeTarget>,
}

impl Timed {
    /// The request as the input numbered `seq`, which is to start at `now`.
    pub fn entry(&self, seq: u64, now: SystemTime) -> Entry {
        Entry::Job(Box::new(self.target.job(seq, now)))
    }
}

/// Reads lines with times.
pub(super) struct Log {
    lists: Box<Lists>,
    numbering: Numbering,
    timeline: Timeline,
}

impl Log {
    pub(super) fn new(lists: Lists, speed: f64) -> Self {
        Log { lists: Box::new(lists), numbering: Numbering::default(), timeline: Timeline::new(speed) }
    }

    /// The next lines, or what is wrong with them; `None` after the last one.
    pub(super) fn read(&mut self) -> io::Result<Option<Vec<Result<Timed, String>>>> {
        let entries = self.lists.read(&mut self.numbering, MAX_BATCH)?;
        Ok(entries.map(|entries| entries.into_iter().map(|entry| self.timed(entry)).collect()))
    }

    /// Starts again with the first line.
    pub(super) fn rewind(&mut self) -> io::Result<()> {
        self.numbering = Numbering::default();
        self.timeline = Timeline::new(self.timeline.speed);
        self.lists.rewind()
    }

    fn timed(&mut self, entry: Entry) -> Result<Timed, String> {
        let target = entry.into_target()?;
        let place = target.prototype().place;
        let at = target.at().ok_or_else(|| self.no_time(place))?;
        let due = self.timeline.due(at).map_err(|why| self.wrong_time(place, &why))?;
        Ok(Timed { due, target })
    }

    fn no_time(&self, place: LinePosition) -> String {
        let options = self.lists.options();
        if options.at_column.is_some() || !self.lists.is_table(place) {
            return self.wrong_time(place, "is missing, but a replay needs the time of each request");
        }
        let line = self.lists.name_of(place);
        let mut why = format!("{line}: a replay needs the time of each request: name its column");
        options.setting_names.append(&mut why, Setting::AtColumn);
        why
    }

    fn wrong_time(&self, place: LinePosition, why: &str) -> String {
        let key = self.lists.options().at_column.as_deref().unwrap_or("at");
        format!("{}: {key:?}: {why}", self.lists.name_of(place))
    }
}

/// Counts times from that of the first line.
#[derive(Debug)]
struct Timeline {
    first: Option<SignedDuration>,
    latest: SignedDuration,
    speed: f64,
}

impl Timeline {
    fn new(speed: f64) -> Self {
        Timeline { first: None, latest: SignedDuration::ZERO, speed }
    }

    /// When a request is due whose line says `at`. One a little earlier than a line above it is due with that.
    fn due(&mut self, at: SignedDuration) -> Result<Duration, String> {
        let since = at.saturating_sub(*self.first.get_or_insert(at));
        let earlier = self.latest.saturating_sub(since);
        if earlier > TOLERANCE {
            let seconds = grouped(earlier.as_secs().unsigned_abs());
            return Err(format!("is {seconds} s earlier than a line above it: sort the list by time"));
        }
        self.latest = self.latest.max(since);
        let due = Duration::try_from_secs_f64(self.latest.as_secs_f64() / self.speed).unwrap_or(Duration::MAX);
        if due > MAX_SPAN {
            let days = grouped(due.as_secs() / (24 * 60 * 60));
            return Err(format!("is due {days} days after the first: do all times have the same unit?"));
        }
        Ok(due)
    }
}
