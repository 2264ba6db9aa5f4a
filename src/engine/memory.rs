//! Memory for answers, reserved before their requests start.

use std::sync::Arc;

use crate::fetch::memory::{MemoryBudget, MemoryPermit};
use crate::plan::Plan;

/// The least memory that is reserved for an answer.
const MIN_ANSWER: usize = 8 << 10;

/// What the record of a job that was not sent needs, roughly: a list may have millions of them.
const UNSENT_RECORD: usize = 2 << 10;

/// The memory of all answers, and how much of it the next one is likely to need.
#[derive(Debug)]
pub(super) struct AnswerMemory {
    budget: Arc<MemoryBudget>,
    /// Follows the largest of the last answers.
    expected: usize,
}

impl AnswerMemory {
    pub(super) fn new(plan: &Plan) -> Self {
        let budget = MemoryBudget::new(usable(plan));
        if plan.ordered.is_some() {
            budget.give_turn(0); // no answer may exceed it before its turn
        }
        AnswerMemory { budget, expected: MIN_ANSWER }
    }

    /// Memory for one more answer, if that is free.
    pub(super) fn reserve(&self) -> Option<MemoryPermit> {
        self.budget.lease(self.expected)
    }

    /// The same, free or not.
    pub(super) fn overdraw(&self) -> MemoryPermit {
        self.budget.book(self.expected)
    }

    /// Memory for a record of `bytes` that needs no request, free or not.
    pub(super) fn book(&self, bytes: usize) -> MemoryPermit {
        self.budget.book(bytes)
    }

    /// Memory for the record of a job that was not sent, free or not.
    pub(super) fn book_unsent(&self) -> MemoryPermit {
        self.budget.book(UNSENT_RECORD)
    }

    /// Lets no answer to an input behind `seq` exceed the memory.
    pub(super) fn give_turn(&self, seq: Option<u64>) {
        if let Some(seq) = seq {
            self.budget.give_turn(seq);
        }
    }

    /// Learns from what an answer needed.
    pub(super) fn observe(&mut self, answer: &MemoryPermit) {
        self.expected = answer.booked().max(self.expected - self.expected / 64).max(MIN_ANSWER);
    }

    /// Waits for memory for one more answer.
    pub(super) async fn available(&self) {
        self.freed_until(|| self.reserve().is_some()).await;
    }

    /// Waits until `enough` returns true. It is called again whenever memory has been released.
    pub(super) async fn freed_until(&self, enough: impl FnMut() -> bool) {
        self.budget.freed_until(enough).await;
    }
}

/// What bodies may fill: the memory of the run without what comes on top of them, which is the largest of these: the one
/// body that may always grow together with the line that is being written, at most three times as long as its body; a
/// filter; what waits in the windows of HTTP/2. At least half of the memory is left for bodies.
fn usable(plan: &Plan) -> usize {
    let filter = if plan.inspects_bodies() { plan.filter_memory() } else { 0 };
    let max_memory = plan.limits.max_memory;
    let reserve = plan.fetch.max_filesize.saturating_mul(1 + 3).max(filter).max(max_memory / 4);
    max_memory.saturating_sub(reserve).max(max_memory / 2)
}
