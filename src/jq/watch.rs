//! What a running filter may use up.

use std::cell::Cell;
use std::panic::resume_unwind;
use std::time::Instant;

use jaq_core::data::HasLut;
use jaq_core::{DataT, Lut};
use jaq_json::Val;

use super::guard::MAX_DEPTH;
use super::{FilterError, FilterLimits};

/// How far the stack may grow below where a run begins: half of what the smallest of our threads has.
const MAX_STACK: usize = 1 << 20;

/// Steps between two looks at the clock.
const CLOCK: u64 = 64;

/// Filters over JSON that are watched.
pub(super) struct Kind;

impl DataT for Kind {
    type V<'a> = Val;
    type Data<'a> = Watched<'a>;
}

/// A program's terms. Every evaluation of one begins with looking it up, so this is where steps are counted.
#[derive(Clone, Copy)]
pub(super) struct Watched<'a> {
    pub(super) lut: &'a Lut<Kind>,
    pub(super) watch: &'a Watch,
}

impl<'a> HasLut<'a, Kind> for Watched<'a> {
    fn lut(&self) -> &'a Lut<Kind> {
        self.watch.step();
        self.lut
    }
}

/// What is left of a run's bounds.
pub(super) struct Watch {
    left: Cell<u64>,
    deadline: Option<Instant>,
    stack: usize,
}

impl Watch {
    pub(super) fn new(bounds: FilterLimits) -> Self {
        Watch { left: Cell::new(bounds.steps), deadline: Instant::now().checked_add(bounds.time), stack: here() }
    }

    /// Pays for one step, or leaves the filter.
    pub(super) fn step(&self) {
        let Some(left) = self.left.get().checked_sub(1) else { leave(Stop::Steps) };
        self.left.set(left);
        if here().abs_diff(self.stack) > MAX_STACK {
            leave(Stop::Stack);
        }
        if left % CLOCK == 0 && self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            leave(Stop::Time);
        }
    }
}

/// An address on the stack.
fn here() -> usize {
    let local = 0_u8;
    std::hint::black_box(std::ptr::from_ref(&local)).addr()
}

/// Unwinds, without the message of a panic.
fn leave(stop: Stop) -> ! {
    resume_unwind(Box::new(stop))
}

/// Which bound was exceeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    Steps,
    Time,
    Stack,
    Bytes,
    Depth,
}

impl Stop {
    pub(super) fn explain(self, bounds: FilterLimits) -> FilterError {
        FilterError::Unbounded(match self {
            Stop::Steps => format!("the filter did not finish within {} steps", bounds.steps),
            Stop::Time => format!("the filter did not finish within {:?}", bounds.time),
            Stop::Stack => "the filter recurses too deeply".to_owned(),
            Stop::Bytes => format!("the outputs are larger than {} bytes", bounds.bytes),
            Stop::Depth => format!("an output nests more than {MAX_DEPTH} levels"),
        })
    }
}
