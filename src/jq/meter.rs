//! Bounds what an evaluation takes: memory, steps, time and stack.
//!
//! The values of a filter, its open iterators and its native functions report here what they allocate and do. Whoever
//! would exceed a limit is stopped by unwinding, before anything is allocated: the language could catch an error.
//! An evaluation runs on one thread, and so its meter is that thread's.

use std::cell::Cell;
use std::panic::resume_unwind;
use std::time::Instant;

use super::limits::{FilterError, FilterLimits};
use crate::guard::regex::GaveUp;

/// How far the stack may grow during an evaluation, in bytes: half the stack of the smallest thread.
const MAX_STACK: usize = 1 << 20;

/// The number of steps between two readings of the clock.
const CLOCK_INTERVAL: u64 = 64;

/// The units of work that count as a step: a step takes about 100 ns, a unit is an element compared or copied.
const WORK_PER_STEP: usize = 16;

/// The units of work between two readings of the clock.
const WORK_INTERVAL: usize = 4096;

/// The largest size of a block: more would panic, and not be given back.
const MOST: usize = isize::MAX as usize;

/// The maximum nesting depth of a value. Whatever recurses into values needs less than the other half of the stack.
pub(super) const MAX_NESTING: u16 = 512;

/// The maximum nesting depth of an output, where an object counts as two: jq reads 256 levels up to version 1.7, and
/// counts them so. Each of our lines adds three; two are to spare.
pub(super) const MAX_OUTPUT_DEPTH: usize = 248;

struct Meter {
    live: Cell<usize>,
    peak: Cell<usize>,
    limit: Cell<usize>,
    steps_left: Cell<u64>,
    work: Cell<usize>,
    deadline: Cell<Option<Instant>>,
    /// The stack address at the start, if an evaluation runs.
    stack_base: Cell<Option<usize>>,
    tracing_paths: Cell<bool>,
    /// The number of places left that could stop the evaluation and do not.
    #[cfg(test)]
    passes: Cell<Option<u64>>,
}

thread_local! {
    static METER: Meter = const {
        Meter {
            live: Cell::new(0),
            peak: Cell::new(0),
            limit: Cell::new(usize::MAX),
            steps_left: Cell::new(u64::MAX),
            work: Cell::new(0),
            deadline: Cell::new(None),
            stack_base: Cell::new(None),
            tracing_paths: Cell::new(false),
            #[cfg(test)]
            passes: Cell::new(None),
        }
    };
}

/// An evaluation under way, and the memory counted before it. Without one, nothing is limited.
pub(super) struct Running {
    before: usize,
}

/// Begins an evaluation on this thread.
pub(super) fn start(limits: FilterLimits) -> Running {
    METER.with(|meter| {
        let before = meter.live.get();
        meter.peak.set(before);
        meter.limit.set(before.saturating_add(limits.memory).min(MOST));
        meter.steps_left.set(limits.steps);
        meter.work.set(0);
        meter.deadline.set(Instant::now().checked_add(limits.time.saturating_sub(limits.spent)));
        meter.stack_base.set(Some(stack_address()));
        meter.tracing_paths.set(false);
        Running { before }
    })
}

impl Drop for Running {
    fn drop(&mut self) {
        METER.with(|meter| {
            debug_assert_eq!(meter.live.get(), self.before, "all memory is given back");
            meter.limit.set(usize::MAX);
            meter.steps_left.set(u64::MAX);
            meter.deadline.set(None);
            meter.stack_base.set(None);
            meter.tracing_paths.set(false);
        });
    }
}

/// What a block of that size takes from the allocator: it rounds up to steps of 16 bytes, and by an eighth on average
/// in large blocks.
pub(super) const fn block(bytes: usize) -> usize {
    if bytes <= 128 { bytes.next_multiple_of(16) } else { bytes.saturating_add(bytes / 8) }
}

/// Counts memory that is about to be allocated. What could stop the evaluation comes before this, or after there is a
/// value that gives the memory back.
pub(super) fn charge(bytes: usize) {
    METER.with(|meter| {
        meter.pass();
        let live = meter.live.get().saturating_add(bytes);
        if live > meter.limit.get() {
            stop(LimitExceeded::Memory);
        }
        meter.live.set(live);
        if live > meter.peak.get() {
            meter.peak.set(live);
        }
    });
}

/// Gives back memory.
pub(super) fn release(bytes: usize) {
    METER.with(|meter| meter.live.set(meter.live.get().saturating_sub(bytes)));
}

/// Memory counted until this is dropped.
pub(super) struct Charge(usize);

impl Charge {
    pub(super) fn new(bytes: usize) -> Self {
        charge(bytes);
        Charge(bytes)
    }
}

impl Clone for Charge {
    fn clone(&self) -> Self {
        Charge::new(self.0)
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        release(self.0);
    }
}

/// Counts one step.
pub(super) fn step() {
    METER.with(|meter| {
        meter.pass();
        meter.take_steps(1);
        meter.check_stack();
        if meter.steps_left.get() % CLOCK_INTERVAL == 0 {
            meter.check_clock();
        }
    });
}

/// When the evaluation has to end, if it is limited.
pub(super) fn deadline() -> Option<Instant> {
    METER.with(|meter| meter.deadline.get())
}

/// Counts work within a step, such as comparing or copying that many elements.
pub(super) fn work(units: usize) {
    METER.with(|meter| {
        meter.pass();
        let total = meter.work.get().saturating_add(units);
        if total < WORK_INTERVAL {
            meter.work.set(total);
        } else {
            meter.work.set(0);
            meter.take_steps((total / WORK_PER_STEP) as u64);
            meter.check_clock();
        }
    });
}

/// Checks that there is stack left to recurse further.
pub(super) fn descend() {
    METER.with(|meter| {
        meter.pass();
        meter.check_stack();
    });
}

/// Sets whether paths are being traced, and returns the previous setting for the caller to restore.
pub(super) fn trace_paths(tracing: bool) -> bool {
    METER.with(|meter| meter.tracing_paths.replace(tracing))
}

/// Whether paths are being traced.
pub(super) fn tracing_paths() -> bool {
    METER.with(|meter| meter.tracing_paths.get())
}

impl Meter {
    /// A place that could stop the evaluation.
    #[cfg(not(test))]
    #[inline]
    fn pass(&self) {}

    #[cfg(test)]
    fn pass(&self) {
        let Some(left) = self.passes.get() else { return };
        self.passes.set(left.checked_sub(1));
        if left == 0 {
            stop(LimitExceeded::Steps);
        }
    }

    fn take_steps(&self, steps: u64) {
        let Some(left) = self.steps_left.get().checked_sub(steps) else { stop(LimitExceeded::Steps) };
        self.steps_left.set(left);
    }

    fn check_stack(&self) {
        if self.stack_base.get().is_some_and(|base| stack_address().abs_diff(base) > MAX_STACK) {
            stop(LimitExceeded::Stack);
        }
    }

    fn check_clock(&self) {
        if self.deadline.get().is_some_and(|deadline| Instant::now() >= deadline) {
            stop(LimitExceeded::Time);
        }
    }
}

/// The memory counted now on this thread, and the most it was since the last evaluation began.
#[cfg(test)]
pub(super) fn live_and_peak() -> (usize, usize) {
    METER.with(|meter| (meter.live.get(), meter.peak.get()))
}

/// Stops an evaluation after that many places that could, or not at all.
#[cfg(test)]
pub(super) fn stop_after(passes: Option<u64>) {
    METER.with(|meter| meter.passes.set(passes));
}

/// An address in the current stack frame.
fn stack_address() -> usize {
    let local = 0_u8;
    std::hint::black_box(std::ptr::from_ref(&local)).addr()
}

/// Unwinds, without printing the message of a panic.
pub(super) fn stop(exceeded: LimitExceeded) -> ! {
    resume_unwind(Box::new(exceeded))
}

/// The limit that was exceeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LimitExceeded {
    Memory,
    Steps,
    Time,
    Stack,
    Bytes,
    /// Of an output.
    Depth,
    /// Of any value.
    Nesting,
    /// The length of a path.
    Path,
    /// Of a regular expression and its text.
    Regex(GaveUp),
}

impl LimitExceeded {
    pub(super) fn explain(self, limits: FilterLimits) -> FilterError {
        FilterError::Unbounded(match self {
            LimitExceeded::Memory => return FilterError::OutOfMemory(limits.memory),
            LimitExceeded::Steps => format!("the filter did not finish within {} steps", limits.steps),
            LimitExceeded::Time => format!("the filter did not finish within {:?}", limits.time),
            LimitExceeded::Stack => "the filter recurses too deeply".to_owned(),
            LimitExceeded::Bytes => format!("the outputs are larger than {} bytes", limits.bytes),
            LimitExceeded::Depth => {
                format!("an output nests more than {MAX_OUTPUT_DEPTH} levels (an object counts as two)")
            }
            LimitExceeded::Nesting => format!("a value nests more than {MAX_NESTING} levels"),
            LimitExceeded::Path => "a path is too long".to_owned(),
            LimitExceeded::Regex(why) => why.to_string(),
        })
    }
}
