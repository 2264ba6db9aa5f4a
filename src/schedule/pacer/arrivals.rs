//! How starts are spread: the times of a process with one start per unit of time, which a timetable stretches.

use fastrand::Rng;

use crate::plan::Arrivals;

/// A number of starts that are due, with a fraction of one. Its two parts keep it exact beyond what one `f64` holds.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Position {
    pub(super) whole: u64,
    /// From 0 up to 1.
    pub(super) fraction: f64,
}

impl Position {
    fn advance(&mut self, by: f64) {
        let sum = self.fraction + by;
        self.whole += sum as u64;
        self.fraction = sum.fract();
    }

    /// How far it is beyond `other`.
    pub(super) fn beyond(self, other: Position) -> f64 {
        (self.whole as i128 - other.whole as i128) as f64 + (self.fraction - other.fraction)
    }
}

/// The positions at which starts are due.
#[derive(Debug)]
pub(super) struct Process {
    at: Position,
    rng: Option<Rng>,
}

impl Process {
    /// Starts that are spread like `arrivals`; those of a Poisson process follow from `seed`.
    pub(super) fn new(arrivals: Arrivals, seed: u64) -> Self {
        let mut process = Process { at: Position::default(), rng: None };
        if arrivals == Arrivals::Poisson {
            process.rng = Some(Rng::with_seed(seed));
            process.advance();
        }
        process
    }

    /// Where the next start is due.
    pub(super) fn position(&self) -> Position {
        self.at
    }

    pub(super) fn advance(&mut self) {
        match &mut self.rng {
            None => self.at.whole += 1,
            // The times between the starts of a Poisson process are exponential.
            Some(rng) => self.at.advance(-(1.0 - rng.f64()).ln()),
        }
    }
}
