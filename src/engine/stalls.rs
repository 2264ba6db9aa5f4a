//! How long, and by what, a run was held back.

use std::time::Duration;

/// What keeps a slot empty that a job could have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stall {
    /// The window is full of jobs whose hosts may not be asked now.
    Window,
    /// Memory for another body is not there.
    Memory,
    /// The output does not keep up.
    Sink,
    /// As many records as may wait for an earlier one do.
    Order,
}

/// Time lost to each [`Stall`].
#[derive(Debug, Default)]
pub(super) struct Stalls {
    now: Option<(Stall, Duration)>,
    window: Duration,
    memory: Duration,
    sink: Duration,
    order: Duration,
}

impl Stalls {
    /// Tells what holds the run back from now on. True where a stall begins.
    pub(super) fn note(&mut self, stall: Option<Stall>, now: Duration) -> bool {
        if self.now.map(|(stall, _)| stall) == stall {
            return false;
        }
        if let Some((ended, since)) = self.now.take() {
            *self.sum(ended) += now - since;
        }
        self.now = stall.map(|stall| (stall, now));
        stall.is_some()
    }

    /// Seconds lost to `stall` so far.
    pub(super) fn seconds(&mut self, stall: Stall) -> f64 {
        self.sum(stall).as_secs_f64()
    }

    fn sum(&mut self, stall: Stall) -> &mut Duration {
        match stall {
            Stall::Window => &mut self.window,
            Stall::Memory => &mut self.memory,
            Stall::Sink => &mut self.sink,
            Stall::Order => &mut self.order,
        }
    }
}
