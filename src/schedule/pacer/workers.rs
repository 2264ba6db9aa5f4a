//! Loops, each of which waits for its answer before its next start.

use std::collections::VecDeque;
use std::time::Duration;

/// The workers that wait for their next start.
#[derive(Debug)]
pub(super) struct Workers {
    /// Those that have not started yet: they are all due at once.
    fresh: usize,
    /// When the others are due, in order.
    due: VecDeque<Duration>,
    think_time: Duration,
}

impl Workers {
    pub(super) fn new(workers: usize, think_time: Duration) -> Self {
        Workers { fresh: workers, due: VecDeque::new(), think_time }
    }

    /// When the next worker is due, unless all of them wait for answers.
    pub(super) fn due(&self) -> Option<Duration> {
        if self.fresh > 0 { Some(Duration::ZERO) } else { self.due.front().copied() }
    }

    /// The worker that is due starts.
    pub(super) fn start(&mut self) {
        match self.fresh {
            0 => drop(self.due.pop_front()),
            _ => self.fresh -= 1,
        }
    }

    /// A worker has got its answer.
    pub(super) fn answered(&mut self, at: Duration) {
        let due = at.saturating_add(self.think_time);
        // Answers come nearly in order, so the place is at the end, or close to it.
        let later = self.due.iter().rev().take_while(|other| **other > due).count();
        self.due.insert(self.due.len() - later, due);
    }
}
