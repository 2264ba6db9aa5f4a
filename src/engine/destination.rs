//! Where the records of a run go: into any sink, or into a ledger, which can be resumed.

use std::io;
use std::time::Instant;

use crate::durable::Ledger;
use crate::model::{Record, Selection};
use crate::report::Report;
use crate::sink::{FlushPolicy, Put, Sink};

/// Where the records of a run go. Made from any [`Sink`], or from a [`Ledger`].
pub struct Destination {
    inner: Inner,
    flush_policy: FlushPolicy,
    /// Whether records wait for the next flush.
    buffered: bool,
    observer: Option<Observer>,
}

type Observer = Box<dyn FnMut(&Record) -> io::Result<()> + Send>;

enum Inner {
    Sink(Box<dyn Sink>),
    Ledger(Box<Ledger>),
}

impl<S: Sink> From<S> for Destination {
    fn from(sink: S) -> Self {
        Destination::sink(Box::new(sink), FlushPolicy::default())
    }
}

impl From<Ledger> for Destination {
    fn from(ledger: Ledger) -> Self {
        let flush_policy = ledger.flush_policy();
        Destination { inner: Inner::Ledger(Box::new(ledger)), flush_policy, buffered: false, observer: None }
    }
}

impl Destination {
    /// A sink that is flushed by this policy.
    pub fn sink(sink: Box<dyn Sink>, flush_policy: FlushPolicy) -> Self {
        Destination { inner: Inner::Sink(sink), flush_policy, buffered: false, observer: None }
    }

    /// Calls `observer` with each record that was taken. While it blocks, the run is held up.
    pub fn observed_by(mut self, observer: impl FnMut(&Record) -> io::Result<()> + Send + 'static) -> Self {
        self.observer = Some(Box::new(observer));
        self
    }

    pub(super) fn ledger(&self) -> Option<&Ledger> {
        match &self.inner {
            Inner::Sink(_) => None,
            Inner::Ledger(ledger) => Some(ledger),
        }
    }

    pub(super) fn flush_policy(&self) -> FlushPolicy {
        self.flush_policy
    }

    pub(super) fn is_buffered(&self) -> bool {
        self.buffered
    }

    /// Takes the report of what earlier runs recorded.
    pub(super) fn take_report(&mut self) -> Report {
        match &mut self.inner {
            Inner::Sink(_) => Report::default(),
            Inner::Ledger(ledger) => ledger.take_report(),
        }
    }

    /// What the filter of records has left out, in earlier runs too.
    pub(super) fn selection(&self) -> Selection {
        match &self.inner {
            Inner::Sink(sink) => sink.selection(),
            Inner::Ledger(ledger) => ledger.selection(),
        }
    }

    /// Whether a record belongs here. If not, its input counts as skipped.
    pub(super) fn accepts(&self, record: &Record) -> bool {
        self.ledger().is_none_or(|ledger| ledger.accepts(record))
    }

    /// How much memory it takes for a moment to put a large record.
    pub(super) fn memory_for(&self, record: &Record) -> usize {
        match &self.inner {
            Inner::Sink(sink) => sink.memory_for(record),
            Inner::Ledger(ledger) => ledger.memory_for(record),
        }
    }

    pub(super) fn put(&mut self, record: &Record) -> io::Result<()> {
        let put = match &mut self.inner {
            Inner::Sink(sink) => sink.put(record)?,
            Inner::Ledger(ledger) => ledger.put(record)?,
        };
        self.buffered = put == Put::Buffered;
        self.observer.as_mut().map_or(Ok(()), |observer| observer(record))
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        match &mut self.inner {
            Inner::Sink(sink) => sink.flush()?,
            Inner::Ledger(ledger) => ledger.flush()?,
        }
        self.buffered = false;
        Ok(())
    }

    pub(super) fn checkpoint_due(&self) -> Option<Instant> {
        self.ledger()?.checkpoint_due()
    }

    pub(super) fn checkpoint(&mut self, report: &Report) -> io::Result<()> {
        let Inner::Ledger(ledger) = &mut self.inner else { return Ok(()) };
        ledger.checkpoint(report)?;
        self.buffered = ledger.is_buffered();
        Ok(())
    }

    pub(super) fn finish(&mut self, report: &Report) -> io::Result<()> {
        match &mut self.inner {
            Inner::Sink(sink) => sink.finish(),
            Inner::Ledger(ledger) => ledger.finish(report),
        }
    }
}
