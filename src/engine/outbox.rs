//! Records on their way to the writer: in batches, and in the order of the inputs if the plan asks for that.

use std::time::Duration;

use tokio::time::Instant;

use super::reorder::{Lateness, ReorderBuffer};
use super::writer::{FinishedRecord, Writer, WriterOutcome};
use crate::fetch::memory::MemoryPermit;
use crate::model::{Blocked, Job, Record, SettingNames, host_key};
use crate::plan::Plan;

/// How many records go to the writer at once: waking it costs more than one record is worth.
const BATCH: usize = 64;

/// How long a record waits for others to fill a batch: nobody waits for the records of a probe.
const MAX_DELAY: Duration = Duration::from_millis(1);
const MAX_DELAY_OF_LOAD: Duration = Duration::from_millis(20);

/// Every record passes through here.
#[derive(Debug)]
pub(super) struct Outbox {
    start: Instant,
    writer: Writer,
    batch: Vec<FinishedRecord>,
    /// When the batch goes to the writer at the latest.
    due: Option<Duration>,
    max_delay: Duration,
    /// Records that wait for those of earlier inputs, if records are ordered.
    order: Option<ReorderBuffer<FinishedRecord>>,
    lateness: Lateness,
    names: SettingNames,
}

impl Outbox {
    pub(super) fn new(plan: &Plan, start: Instant, writer: Writer) -> Self {
        let order = plan.order_window().map(ReorderBuffer::new);
        let (batch, lateness) = (Vec::with_capacity(BATCH), Lateness::default());
        Outbox { start, writer, batch, due: None, max_delay: MAX_DELAY, order, lateness, names: plan.setting_names }
    }

    /// Lets records wait longer for others, so that the writer wakes up less often.
    pub(super) fn hand_over_seldom(&mut self) {
        self.max_delay = MAX_DELAY_OF_LOAD;
    }

    /// Whether the output keeps up: while it does not, no further request should start.
    pub(super) fn keeps_up(&self) -> bool {
        self.writer.has_room()
    }

    /// Whether so many records wait for an earlier one that only the oldest input may go on.
    pub(super) fn is_full(&self) -> bool {
        self.order.as_ref().is_some_and(ReorderBuffer::is_full)
    }

    /// The input that all records wait for, if it is not in flight.
    pub(super) fn oldest_to_start(&self) -> Option<u64> {
        self.order.as_ref()?.oldest_to_start()
    }

    /// The input that all records wait for, if records are ordered.
    pub(super) fn oldest(&self) -> Option<u64> {
        self.order.as_ref()?.oldest()
    }

    /// The first input in flight, if records are ordered.
    pub(super) fn oldest_in_flight(&self) -> Option<u64> {
        self.order.as_ref()?.oldest_in_flight()
    }

    /// Takes note of an input, from which a record will come.
    pub(super) fn admit(&mut self, seq: u64) {
        if let Some(order) = &mut self.order {
            order.admit(seq);
        }
    }

    /// Notes that an attempt starts, or has ended.
    pub(super) fn set_in_flight(&mut self, job: &Job, in_flight: bool) {
        if let (Some(order), Some(seq)) = (&mut self.order, job.input_seq()) {
            order.set_in_flight(seq, in_flight);
        }
    }

    /// Notes what blocks the run from now on.
    pub(super) fn note_blocked(&mut self, reason: Blocked, now: Duration) {
        if let Some(order) = &self.order {
            self.lateness.note(order.oldest().filter(|_| reason == Blocked::Order), now);
        }
    }

    /// Takes a record: the `last` of its input, or that of an earlier page.
    pub(super) fn put(&mut self, mut record: Record, memory: MemoryPermit, last: bool) {
        if let Record::Settled { job, attempt } = &mut record {
            attempt.name_settings(self.names);
            if let Some(note) = job.tags.as_ref().and_then(|tags| tags.note.as_deref()) {
                attempt.remark(note);
            }
        }
        let Some(order) = &mut self.order else { return self.batch.push(FinishedRecord { record, memory }) };
        let seq = record.seq();
        if let Record::Settled { job, .. } = &record
            && last
        {
            self.lateness.end(seq, self.start.elapsed(), || host_key(&job.url).into_owned());
        }
        if order.oldest() != Some(seq) {
            memory.retire(); // or it would keep the record that it waits for from growing
        }
        let bytes = memory.booked();
        order.put(seq, FinishedRecord { record, memory }, bytes, last, &mut self.batch);
    }

    /// Stops waiting for inputs that are not in flight: no record comes of them.
    pub(super) fn give_up(&mut self) {
        if let Some(order) = &mut self.order {
            order.give_up(&mut self.batch);
        }
    }

    /// Whether enough records wait to be handed over.
    pub(super) fn is_batch_full(&self) -> bool {
        self.batch.len() >= BATCH
    }

    /// When records must be handed over.
    pub(super) fn due(&self) -> Option<Duration> {
        self.due
    }

    /// Hands records over if enough of them wait, if one has waited for long enough, or if the run is `idle`.
    pub(super) fn hand_over(&mut self, idle: bool) {
        if self.batch.is_empty() {
            return;
        }
        let now = self.start.elapsed();
        let is_due = *self.due.get_or_insert(now + self.max_delay) <= now;
        if is_due || idle || self.is_batch_full() {
            self.writer.put(std::mem::replace(&mut self.batch, Vec::with_capacity(BATCH)));
            self.due = None;
        }
    }

    /// The input that made others wait for longest, and its host.
    pub(super) fn latest(&self) -> Option<(u64, &str)> {
        self.lateness.longest()
    }

    /// Waits until everything is written. No more records may come.
    pub(super) async fn drain(&mut self) {
        self.writer.drain().await;
    }

    /// How the writer has ended.
    pub(super) fn finish(self) -> WriterOutcome {
        debug_assert!(self.order.as_ref().is_none_or(ReorderBuffer::is_empty), "a record was kept back");
        self.writer.finish()
    }
}
