//! Enforces the limits of a running filter.

use std::cell::Cell;
use std::panic::resume_unwind;
use std::time::Instant;

use jaq_core::data::HasLut;
use jaq_core::{DataT, Lut};
use jaq_json::Val;

use super::document::MAX_DEPTH;
use crate::jq::limits::{FilterError, FilterLimits};

/// How far the stack may grow during an evaluation, in bytes: half the stack of the smallest thread.
const MAX_STACK: usize = 1 << 20;

/// The number of steps between two readings of the clock.
const CLOCK_INTERVAL: u64 = 64;

/// The data type of watched filters over JSON.
pub(super) struct WatchedData;

impl DataT for WatchedData {
    type V<'a> = Val;
    type Data<'a> = WatchedLut<'a>;
}

/// The lookup table of a program's terms. Every evaluation of a term starts with a lookup, so this is where steps are
/// counted.
#[derive(Clone, Copy)]
pub(super) struct WatchedLut<'a> {
    pub(super) lut: &'a Lut<WatchedData>,
    pub(super) watch: &'a Watch,
}

impl<'a> HasLut<'a, WatchedData> for WatchedLut<'a> {
    fn lut(&self) -> &'a Lut<WatchedData> {
        self.watch.step();
        self.lut
    }
}

/// The remaining allowance of an evaluation.
pub(super) struct Watch {
    steps_left: Cell<u64>,
    deadline: Option<Instant>,
    /// The stack address at the start.
    stack_base: usize,
}

impl Watch {
    pub(super) fn new(limits: FilterLimits) -> Self {
        let deadline = Instant::now().checked_add(limits.time);
        Watch { steps_left: Cell::new(limits.steps), deadline, stack_base: stack_address() }
    }

    /// Counts one step. Unwinds if a limit is exceeded.
    pub(super) fn step(&self) {
        let Some(left) = self.steps_left.get().checked_sub(1) else { stop(LimitExceeded::Steps) };
        self.steps_left.set(left);
        if stack_address().abs_diff(self.stack_base) > MAX_STACK {
            stop(LimitExceeded::Stack);
        }
        if left % CLOCK_INTERVAL == 0 && self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            stop(LimitExceeded::Time);
        }
    }
}

/// An address in the current stack frame.
fn stack_address() -> usize {
    let local = 0_u8;
    std::hint::black_box(std::ptr::from_ref(&local)).addr()
}

/// Unwinds, without printing the message of a panic.
fn stop(exceeded: LimitExceeded) -> ! {
    resume_unwind(Box::new(exceeded))
}

/// The limit that was exceeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LimitExceeded {
    Steps,
    Time,
    Stack,
    Bytes,
    Depth,
}

impl LimitExceeded {
    pub(super) fn explain(self, limits: FilterLimits) -> FilterError {
        FilterError::Unbounded(match self {
            LimitExceeded::Steps => format!("the filter did not finish within {} steps", limits.steps),
            LimitExceeded::Time => format!("the filter did not finish within {:?}", limits.time),
            LimitExceeded::Stack => "the filter recurses too deeply".to_owned(),
            LimitExceeded::Bytes => format!("the outputs are larger than {} bytes", limits.bytes),
            LimitExceeded::Depth => format!("an output nests more than {MAX_DEPTH} levels"),
        })
    }
}
