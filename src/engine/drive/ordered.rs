//! Records in the order of the inputs: what waits, and what goes although others wait.

use std::time::Duration;

use super::{Drive, unreachable};
use crate::engine::order::Order;
use crate::engine::writer::Finished;
use crate::model::{Job, Record, host_key};
use crate::schedule::Step;

impl Drive<'_> {
    /// Has a record written: at once, or once those of the inputs before it are. It is the `last` of its input, or that
    /// of a page before.
    pub(super) fn put(&mut self, mut finished: Finished, last: bool) {
        let Some(order) = &mut self.order else { return self.finished.push(finished) };
        let (seq, bytes) = (finished.record.seq(), finished.room.booked());
        if order.oldest() != Some(seq) {
            finished.room.retire(); // or it would keep the one that it waits for from going on
        }
        if let Record::Settled { job, .. } = &finished.record
            && last
        {
            self.late.came(seq, self.start.elapsed(), || host_key(&job.url).into_owned());
        }
        order.put(seq, finished, bytes, last, &mut self.finished);
    }

    /// Notes that an attempt for an input leaves, or comes back.
    pub(super) fn note_out(&mut self, job: &Job, out: bool) {
        if let (Some(order), Some(seq)) = (&mut self.order, job.input_seq()) {
            order.is_out(seq, out);
        }
    }

    /// Sends out the job whose record all others wait for, if it may leave. It goes even where there is no room, or
    /// what fills memory might wait for it for ever.
    pub(super) fn send_oldest(&mut self, now: Duration) -> bool {
        let Some(seq) = self.order.as_ref().and_then(Order::oldest_to_leave) else { return false };
        match self.schedule.step_for(seq, now) {
            Step::Go(lease) => {
                let room = self.budget.book(self.expected);
                self.send(lease, room);
                true
            }
            Step::Refuse(job) => {
                let end = unreachable(&job, now);
                self.end_unsent(job, end);
                true
            }
            Step::Read | Step::Wait(_) => {
                self.oldest_waits = true;
                false
            }
        }
    }
}
