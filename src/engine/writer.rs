//! The one thread that writes: records in, lines out, and the report folded on the way.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{Builder, JoinHandle};
use std::time::Instant;

use tokio::sync::oneshot;

use super::interim::SharedReport;
use super::publisher::Publisher;
use super::{Control, Destination};
use crate::fetch::memory::MemoryPermit;
use crate::guard::redact::Redact;
use crate::model::{Record, RecordSummary, Selection};
use crate::report::Report;

/// Bytes of records that may wait for the output before no further request starts.
const MAX_BACKLOG: usize = 8 << 20;

/// A record and the memory it occupies until it is written.
#[derive(Debug)]
pub(super) struct FinishedRecord {
    pub(super) record: Record,
    /// Released once the record has left the sink's buffer.
    pub(super) memory: MemoryPermit,
}

/// A handle to the writer's thread. Handing a record over never waits.
#[derive(Debug)]
pub(super) struct Writer {
    /// None once no more come.
    records: Option<Sender<Vec<FinishedRecord>>>,
    backlog: Arc<AtomicUsize>,
    thread: JoinHandle<WriterOutcome>,
    /// Closed when the thread has written everything, or has failed.
    done: oneshot::Receiver<Infallible>,
}

/// How a writer ended.
#[derive(Debug)]
pub(super) struct WriterOutcome {
    /// The report of all records that the destination holds.
    pub(super) report: Report,
    /// What the filter of records has left out.
    pub(super) selection: Selection,
    /// How many records the destination did not accept.
    pub(super) refused: u64,
    /// Whether the output failed.
    pub(super) result: io::Result<()>,
}

impl Writer {
    /// Starts the thread. The receiver is told when the output has failed.
    ///
    /// # Errors
    /// The thread could not be started.
    pub(super) fn spawn(
        destination: impl Into<Destination>,
        redact: Redact,
        control: &Control,
    ) -> io::Result<(Writer, oneshot::Receiver<()>)> {
        let (records, inbox) = channel();
        let (failed, failure) = oneshot::channel();
        let (done, written) = oneshot::channel();
        let backlog = Arc::new(AtomicUsize::new(0));
        let mut writing = WriteLoop {
            destination: destination.into(),
            report: control.interims.report.clone(),
            publisher: Publisher::new(control.snapshots.clone(), Instant::now()),
            redact,
            refused: 0,
            permits: Vec::new(),
            backlog: Arc::clone(&backlog),
        };
        let thread = Builder::new().name("haul-writer".into()).spawn(move || {
            writing.report.set(writing.destination.take_report());
            let result = writing.run(&inbox);
            if result.is_err() {
                let _ = failed.send(());
            }
            let report = writing.report.get();
            writing.publisher.finish(&report, Instant::now());
            let selection = writing.destination.selection();
            drop(done);
            WriterOutcome { report: Report::clone(&report), selection, refused: writing.refused, result }
        })?;
        Ok((Writer { records: Some(records), backlog, thread, done: written }, failure))
    }

    /// Whether the output keeps up: while it does not, no further request should start.
    pub(super) fn has_room(&self) -> bool {
        self.backlog.load(Ordering::SeqCst) < MAX_BACKLOG
    }

    /// Hands records over.
    pub(super) fn put(&self, records: Vec<FinishedRecord>) {
        let bytes = records.iter().map(|finished| finished.memory.booked()).sum();
        self.backlog.fetch_add(bytes, Ordering::SeqCst);
        // The thread ends early only after a failure, which `spawn` reports.
        let _ = self.records.as_ref().map(|inbox| inbox.send(records));
    }

    /// Waits until everything is written. No more records may come.
    pub(super) async fn drain(&mut self) {
        self.records = None;
        let _ = (&mut self.done).await;
    }

    /// Waits until everything is written, and blocks the thread.
    pub(super) fn finish(self) -> WriterOutcome {
        drop(self.records);
        self.thread.join().unwrap_or_else(|_| {
            let result = Err(io::Error::other("the writer panicked"));
            WriterOutcome { report: Report::default(), selection: Selection::default(), refused: 0, result }
        })
    }
}

struct WriteLoop {
    destination: Destination,
    report: SharedReport,
    publisher: Publisher,
    /// What the report masks.
    redact: Redact,
    refused: u64,
    /// The memory of records that are in the sink's buffer.
    permits: Vec<MemoryPermit>,
    backlog: Arc<AtomicUsize>,
}

impl WriteLoop {
    fn run(&mut self, inbox: &Receiver<Vec<FinishedRecord>>) -> io::Result<()> {
        let flush_policy = self.destination.flush_policy();
        let mut buffered_since = None;
        loop {
            let flush_due = buffered_since.map(|_| Instant::now() + flush_policy.idle);
            let wakes = [flush_due, self.destination.checkpoint_due(), self.publisher.due()];
            match receive(inbox, wakes.into_iter().flatten().min()) {
                Ok(records) => self.put_all(records)?,
                Err(RecvTimeoutError::Timeout) if flush_due.is_some_and(|at| at <= Instant::now()) => {
                    self.destination.flush()?;
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return self.destination.finish(&self.report.get()),
            }
            let now = Instant::now();
            if buffered_since.is_some_and(|since| now - since >= flush_policy.longest) {
                self.destination.flush()?;
            }
            self.checkpoint_if_due()?;
            self.publisher.publish_if_due(&self.report.get(), now);
            if self.destination.is_buffered() {
                buffered_since.get_or_insert(now);
            } else {
                buffered_since = None;
                self.release_permits();
            }
        }
    }

    fn put_all(&mut self, records: Vec<FinishedRecord>) -> io::Result<()> {
        let now = Instant::now();
        let mut records = records.into_iter().peekable();
        while let Some(finished) = records.next() {
            let continued = finished.record.continuation().map(|_| finished.record.seq());
            self.put(finished, now)?;
            // If the next page is not requested, its record comes right behind: no checkpoint may separate the two.
            if continued.is_none() || continued != records.peek().map(|next| next.record.seq()) {
                self.checkpoint_if_due()?;
            }
        }
        Ok(())
    }

    fn checkpoint_if_due(&mut self) -> io::Result<()> {
        match self.destination.checkpoint_due() {
            Some(at) if at <= Instant::now() => self.destination.checkpoint(&self.report.get()),
            _ => Ok(()),
        }
    }

    fn put(&mut self, FinishedRecord { record, memory }: FinishedRecord, now: Instant) -> io::Result<()> {
        if !self.destination.accepts(&record) {
            self.refused += 1;
            self.backlog.fetch_sub(memory.booked(), Ordering::SeqCst);
            return Ok(());
        }
        let summary = RecordSummary { redact: self.redact, ..RecordSummary::from(&record) };
        self.report.add(&summary);
        self.publisher.add(&summary, record.continuation().is_none(), now);
        self.write(&record, &memory)?;
        drop(record);
        self.permits.push(memory);
        if !self.destination.is_buffered() {
            self.release_permits();
        }
        Ok(())
    }

    /// Charges a large line to the memory of its record until it is written. It never waits: its memory and that of its
    /// record are free afterwards.
    fn write(&mut self, record: &Record, memory: &MemoryPermit) -> io::Result<()> {
        let (booked, line) = (memory.booked(), self.destination.memory_for(record));
        memory.grow(booked + line);
        self.destination.put(record)?;
        memory.shrink(booked);
        Ok(())
    }

    fn release_permits(&mut self) {
        let bytes = self.permits.iter().map(MemoryPermit::booked).sum();
        self.backlog.fetch_sub(bytes, Ordering::SeqCst);
        self.permits.clear();
    }
}

fn receive<T>(inbox: &Receiver<T>, until: Option<Instant>) -> Result<T, RecvTimeoutError> {
    match until {
        Some(until) => inbox.recv_timeout(until.saturating_duration_since(Instant::now())),
        None => inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::fetch::memory::MemoryBudget;
    use crate::model::{Invalid, LinePosition};
    use crate::sink::{FlushPolicy, Put, Sink};

    /// Sends how many records were in its buffer at each flush.
    struct Flushes {
        buffered: usize,
        flushed: Sender<usize>,
    }

    impl Sink for Flushes {
        fn put(&mut self, _: &Record) -> io::Result<Put> {
            self.buffered += 1;
            Ok(Put::Buffered)
        }

        fn flush(&mut self) -> io::Result<()> {
            self.flushed.send(std::mem::take(&mut self.buffered)).map_err(io::Error::other)
        }
    }

    /// Hands ten records over, one by one. Returns how many were flushed at a time.
    fn flushes(policy: FlushPolicy) -> Vec<usize> {
        let (flushed, flushes) = channel();
        let destination = Destination::sink(Box::new(Flushes { buffered: 0, flushed }), policy);
        let (writer, _failure) = Writer::spawn(destination, Redact::default(), &Control::default()).unwrap();
        let budget = MemoryBudget::new(1 << 20);
        for seq in 0..10 {
            let (method, text) = (Default::default(), String::new());
            let invalid =
                Invalid { seq, place: LinePosition::default(), tags: None, method, url: text.clone(), message: text };
            writer.put(vec![FinishedRecord { record: Record::Invalid(Box::new(invalid)), memory: budget.book(1) }]);
        }
        writer.finish().result.unwrap();
        assert_eq!(budget.used(), 0);
        flushes.into_iter().collect()
    }

    #[test]
    fn the_policy_says_when_the_buffer_is_flushed() {
        let hour = Duration::from_secs(3600);
        assert_eq!(flushes(FlushPolicy { idle: hour, longest: hour }), [10]);
        let at_once = flushes(FlushPolicy { idle: hour, longest: Duration::ZERO });
        assert_eq!(at_once.iter().sum::<usize>(), 10);
        assert!(at_once.iter().all(|&records| records <= 2), "{at_once:?}"); // the second shows that the first waits
    }
}
