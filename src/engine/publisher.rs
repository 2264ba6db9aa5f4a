//! Publishes snapshots of a run in progress, while somebody reads them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::model::RecordSummary;
use crate::report::{InputCounts, LiveFold, Report, Snapshot};

/// The least time between two snapshots. The last one may follow sooner.
const INTERVAL: Duration = Duration::from_millis(200);

/// What [`Control::snapshots`](super::Control::snapshots) reads from.
pub(super) type SnapshotSender = watch::Sender<Arc<Snapshot>>;

/// The writer's end. It is told what time it is.
#[derive(Debug)]
pub(super) struct Publisher {
    snapshots: SnapshotSender,
    began: Instant,
    /// When the next snapshot may be published.
    next: Instant,
    inputs: InputCounts,
    /// What came lately, of the time in which there are readers.
    live: LiveFold,
    /// Whether there are records that no snapshot has.
    changed: bool,
}

impl Publisher {
    pub(super) fn new(snapshots: SnapshotSender, now: Instant) -> Self {
        Publisher {
            snapshots,
            began: now,
            next: now,
            inputs: InputCounts::default(),
            live: LiveFold::default(),
            changed: false,
        }
    }

    /// Counts a record that came at `now`, which is the last of its input or not.
    pub(super) fn add(&mut self, record: &RecordSummary<'_>, is_last: bool, now: Instant) {
        if self.has_readers() {
            self.live.add(record, now - self.began);
        }
        if is_last {
            self.inputs.add(record);
        }
        self.changed = true;
    }

    /// When to call [`Publisher::publish_if_due`] next.
    pub(super) fn due(&self) -> Option<Instant> {
        (self.changed && self.has_readers()).then_some(self.next)
    }

    /// Publishes a snapshot, unless nobody reads it, nothing is new, or the last one is too recent.
    pub(super) fn publish_if_due(&mut self, report: &Report, now: Instant) {
        if self.due().is_some_and(|due| due <= now) {
            self.snapshots.send_replace(Arc::new(self.snapshot(report, now)));
            (self.next, self.changed) = (now + INTERVAL, false);
        }
    }

    /// Publishes the last snapshot, unless nobody reads it.
    pub(super) fn finish(self, report: &Report, now: Instant) {
        if self.has_readers() {
            self.snapshots.send_replace(Arc::new(Snapshot { ended: true, ..self.snapshot(report, now) }));
        }
    }

    fn has_readers(&self) -> bool {
        self.snapshots.receiver_count() > 0
    }

    fn snapshot(&self, report: &Report, now: Instant) -> Snapshot {
        let elapsed = now - self.began;
        Snapshot { lately: self.live.lately(elapsed), ..Snapshot::new(report, self.inputs, elapsed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ok() -> RecordSummary<'static> {
        RecordSummary { ok: true, ..RecordSummary::default() }
    }

    #[test]
    fn at_most_five_snapshots_a_second_are_published() {
        let sender = SnapshotSender::default();
        let mut reader = sender.subscribe();
        let began = Instant::now();
        let (mut publisher, mut report) = (Publisher::new(sender, began), Report::default());
        assert_eq!(publisher.due(), None, "an empty snapshot tells nothing");
        let mut published = 0;
        for millis in 0..1000 {
            let now = began + Duration::from_millis(millis);
            report.add(&ok());
            publisher.add(&ok(), true, now);
            publisher.publish_if_due(&report, now);
            if reader.has_changed().unwrap() {
                published += 1;
                let snapshot = reader.borrow_and_update();
                assert_eq!((snapshot.totals, snapshot.elapsed), (*report.totals(), now - began));
                assert_eq!((snapshot.inputs.ok, snapshot.ended), (millis + 1, false));
            }
        }
        assert_eq!(published, 5);
        publisher.finish(&report, began + Duration::from_secs(1));
        let last = reader.borrow_and_update();
        assert_eq!((last.totals, last.inputs.total(), last.ended), (*report.totals(), 1000, true));
        let lately: Vec<_> = last.lately.seconds.iter().map(|second| (second.second, second.records)).collect();
        assert_eq!(lately, [(0, 1000)]);
    }

    #[test]
    fn without_a_reader_none_is_made() {
        let sender = SnapshotSender::default();
        let began = Instant::now();
        let (mut publisher, mut report) = (Publisher::new(sender.clone(), began), Report::default());
        report.add(&ok());
        publisher.add(&ok(), true, began);
        assert_eq!(publisher.due(), None, "the writer does not wake up for it");
        publisher.publish_if_due(&report, began);
        assert_eq!(**sender.borrow(), Snapshot::default());

        let reader = sender.subscribe();
        assert_eq!(publisher.due(), Some(began));
        publisher.publish_if_due(&report, began);
        assert_eq!((reader.borrow().inputs.ok, publisher.due()), (1, None));
        drop(reader);
        publisher.add(&ok(), false, began);
        let before = sender.borrow().clone();
        publisher.finish(&report, began);
        assert!(Arc::ptr_eq(&before, &sender.borrow()));
    }
}
