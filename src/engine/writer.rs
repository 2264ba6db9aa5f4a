//! The one thread that writes: records in, whole lines out, the report folded on the way.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{Builder, JoinHandle};
use std::time::Instant;

use tokio::sync::oneshot;

use crate::fetch::memory::MemoryPermit;
use crate::guard::redact::Redact;
use crate::model::{Record, RecordSummary};
use crate::report::Report;
use crate::sink::Sink;

/// Bytes of finished records that may wait for the output before no further request starts.
const MAX_BACKLOG: usize = 8 << 20;

/// A record and the memory it fills until it is written.
#[derive(Debug)]
pub(super) struct Finished {
    /// What to write.
    pub(super) record: Record,
    /// Given back once it is written.
    pub(super) room: MemoryPermit,
}

/// The way to the writer's thread. Handing a record over never waits.
#[derive(Debug)]
pub(super) struct Writer {
    records: Sender<Vec<Finished>>,
    backlog: Arc<AtomicUsize>,
    thread: JoinHandle<WriterEnd>,
}

/// What a writer came to.
#[derive(Debug)]
pub(super) struct WriterEnd {
    /// The fold over all records that the sink holds.
    pub(super) report: Report,
    /// Records that the sink did not want.
    pub(super) refused: u64,
    /// How the output ended.
    pub(super) end: io::Result<()>,
}

impl Writer {
    /// Starts the thread. The receiver hears when the output has failed.
    ///
    /// # Errors
    /// The thread could not be started.
    pub(super) fn spawn(mut sink: impl Sink, redact: Redact) -> io::Result<(Writer, oneshot::Receiver<()>)> {
        let (records, inbox) = channel();
        let (failed, failure) = oneshot::channel();
        let backlog = Arc::new(AtomicUsize::new(0));
        let backlogged = Arc::clone(&backlog);
        let thread = Builder::new().name("haul-writer".into()).spawn(move || {
            let report = sink.earlier();
            let mut desk = WriterLoop { sink, report, redact, refused: 0, written: Vec::new(), backlog: backlogged };
            let end = desk.serve(&inbox);
            if end.is_err() {
                let _ = failed.send(());
            }
            WriterEnd { report: desk.report, refused: desk.refused, end }
        })?;
        Ok((Writer { records, backlog, thread }, failure))
    }

    /// Whether the output keeps up: while it does not, no further request should start.
    pub(super) fn has_room(&self) -> bool {
        self.backlog.load(Ordering::Relaxed) < MAX_BACKLOG
    }

    /// Hands records over.
    pub(super) fn put(&self, records: Vec<Finished>) {
        let bytes = records.iter().map(|finished| finished.room.booked()).sum();
        self.backlog.fetch_add(bytes, Ordering::Relaxed);
        let _ = self.records.send(records); // gone only after a failure, which is told otherwise
    }

    /// Waits until all is written.
    pub(super) fn finish(self) -> WriterEnd {
        drop(self.records);
        self.thread.join().unwrap_or_else(|_| {
            let end = Err(io::Error::other("the writer panicked"));
            WriterEnd { report: Report::default(), refused: 0, end }
        })
    }
}

struct WriterLoop<S> {
    sink: S,
    report: Report,
    /// What the report masks.
    redact: Redact,
    refused: u64,
    /// The memory of records that are in the sink's buffer.
    written: Vec<MemoryPermit>,
    backlog: Arc<AtomicUsize>,
}

impl<S: Sink> WriterLoop<S> {
    fn serve(&mut self, inbox: &Receiver<Vec<Finished>>) -> io::Result<()> {
        let linger = self.sink.linger();
        let mut buffered_since = None;
        loop {
            let flush_due = buffered_since.map(|_| Instant::now() + linger.idle);
            match receive(inbox, [flush_due, self.sink.checkpoint_due()].into_iter().flatten().min()) {
                Ok(records) => self.put_all(records)?,
                Err(RecvTimeoutError::Timeout) if flush_due.is_some_and(|at| at <= Instant::now()) => {
                    self.sink.flush()?;
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return self.sink.finish(&self.report),
            }
            let now = Instant::now();
            if buffered_since.is_some_and(|since| now - since >= linger.longest) {
                self.sink.flush()?;
            }
            self.checkpoint_if_due()?;
            if self.sink.buffered() == 0 {
                buffered_since = None;
                self.release();
            } else {
                buffered_since.get_or_insert(now);
            }
        }
    }

    fn put_all(&mut self, records: Vec<Finished>) -> io::Result<()> {
        let mut records = records.into_iter().peekable();
        while let Some(finished) = records.next() {
            let onward = finished.record.onward().map(|_| finished.record.seq());
            self.put(finished)?;
            // The record of a page that is not asked for follows its forerunner: no checkpoint comes between them.
            if onward.is_none() || onward != records.peek().map(|next| next.record.seq()) {
                self.checkpoint_if_due()?;
            }
        }
        Ok(())
    }

    fn checkpoint_if_due(&mut self) -> io::Result<()> {
        match self.sink.checkpoint_due() {
            Some(at) if at <= Instant::now() => self.sink.checkpoint(&self.report),
            _ => Ok(()),
        }
    }

    fn put(&mut self, Finished { record, room }: Finished) -> io::Result<()> {
        if !self.sink.takes(&record) {
            self.refused += 1;
            self.backlog.fetch_sub(room.booked(), Ordering::Relaxed);
            return Ok(());
        }
        self.report.add(&RecordSummary { redact: self.redact, ..RecordSummary::from(&record) });
        self.sink.put(&record)?;
        self.written.push(room);
        Ok(())
    }

    fn release(&mut self) {
        let bytes = self.written.iter().map(MemoryPermit::booked).sum();
        self.backlog.fetch_sub(bytes, Ordering::Relaxed);
        self.written.clear();
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
    use crate::sink::FlushPolicy;

    /// Keeps how many records lay in it at each flush.
    struct Flushes {
        linger: FlushPolicy,
        buffered: usize,
        seen: Sender<usize>,
    }

    impl Sink for Flushes {
        fn put(&mut self, _: &Record) -> io::Result<()> {
            self.buffered += 1;
            Ok(())
        }

        fn buffered(&self) -> usize {
            self.buffered
        }

        fn flush(&mut self) -> io::Result<()> {
            self.seen.send(std::mem::take(&mut self.buffered)).map_err(io::Error::other)
        }

        fn linger(&self) -> FlushPolicy {
            self.linger
        }
    }

    /// Ten records, one by one: how many went out at a time.
    fn flushes(linger: FlushPolicy) -> Vec<usize> {
        let (seen, flushes) = channel();
        let sink: Box<dyn Sink> = Box::new(Flushes { linger, buffered: 0, seen });
        let (writer, _failure) = Writer::spawn(sink, Redact::default()).unwrap();
        let budget = MemoryBudget::new(1 << 20);
        for seq in 0..10 {
            let (method, text) = (Default::default(), String::new());
            let invalid =
                Invalid { seq, place: LinePosition::default(), tags: None, method, url: text.clone(), message: text };
            writer.put(vec![Finished { record: Record::Invalid(Box::new(invalid)), room: budget.book(1) }]);
        }
        writer.finish().end.unwrap();
        assert_eq!(budget.used(), 0);
        flushes.into_iter().collect()
    }

    #[test]
    fn the_sink_says_how_long_records_linger() {
        let hour = Duration::from_secs(3600);
        assert_eq!(flushes(FlushPolicy { idle: hour, longest: hour }), [10]);
        let at_once = flushes(FlushPolicy { idle: hour, longest: Duration::ZERO });
        assert_eq!(at_once.iter().sum::<usize>(), 10);
        assert!(at_once.iter().all(|&records| records <= 2), "{at_once:?}"); // the second finds that the first waits
    }
}
