//! How many requests at once a host takes well, found by trying.
//!
//! The limit rises by one a round while the host keeps its pace, and doubles until it is first told off. It falls at
//! once when the host says that it is overloaded, and when answers take longer than they used to.
//!
//! A *round* is as many answers as the limit allows requests, all of requests that left since the limit last changed:
//! others tell of another limit. What answers take is compared with what they *usually* take. That follows faster
//! answers quickly and slower ones slowly, the more slowly the higher the limit: with one request at a time none of
//! the wait is of our making, with a hundred it may all be. So a host that has become slower for good is believed in
//! the end.

#[cfg(test)]
mod tests;

use std::time::Duration;

use crate::model::Signal;

/// What a host is first asked for. More would make it queue, if it is a small one, before it is known what it takes
/// without a queue.
const START: f32 = 1.0;

/// A round has as many answers at least: fewer do not tell what they usually take.
const MIN_SAMPLES: u16 = 4;

/// Answers that take longer than usual by this factor are waiting in a queue.
const TOLERANCE: f32 = 1.4;

/// Seconds that answers must take longer than usual to be worth a look: below that, what varies may as well be our own
/// machine, and nobody is overloaded.
const NOTICEABLE: f32 = 0.005;

/// What is kept of the limit when the host says that it is overloaded.
const BACK_OFF: f32 = 0.7;

/// What is kept of the limit that would just do without a queue, for the queue to drain.
const DRAIN: f32 = 0.9;

/// The least that is kept of the limit in one step, however slow the answers.
const MAX_CUT: f32 = 0.5;

/// How much of the way to faster answers the usual time goes in a round.
const FALL: f32 = 0.25;

/// How much of the way to slower answers it goes in a round, divided by the limit.
const RISE: f32 = 0.125;

/// A round in which more than one failed for as many that answered does not raise the limit.
const ANSWERS_A_FAILURE: u32 = 10;

/// What a round can count. No host is asked more at once.
const MAX_LIMIT: usize = u16::MAX as usize;

/// A host's concurrency, by additive increase and multiplicative decrease.
#[derive(Debug, Clone)]
pub(super) struct Adaptive {
    limit: f32,
    /// Seconds that an answer usually takes; 0 before the first round has ended.
    usual: f32,
    round: Round,
    /// When the limit was last lowered.
    lowered: Option<Duration>,
}

impl Adaptive {
    /// A host that nothing is known of.
    pub(super) fn new() -> Self {
        Adaptive { limit: START, usual: 0.0, round: Round::default(), lowered: None }
    }

    /// Requests that may be in flight now: one at least. The host's own limit holds beside it.
    pub(super) fn limit(&self) -> usize {
        self.limit as usize
    }

    /// Takes in an attempt that left at `left`, when `in_flight` were with it, and ended at `now`. `latency` is what
    /// the host took to answer, without connecting and without the body's transfer, which depend on other things.
    /// The limit stays between 1 and `max`.
    pub(super) fn observe(
        &mut self,
        signal: Signal,
        latency: Duration,
        left: Duration,
        now: Duration,
        in_flight: usize,
        max: usize,
    ) {
        match signal {
            Signal::Nothing => {}
            Signal::Overloaded if self.is_news(left) => self.lower(BACK_OFF, now),
            Signal::Overloaded => {}
            _ if left < self.round.since => {}
            Signal::Failed | Signal::Unreachable => self.round.failed = self.round.failed.saturating_add(1),
            Signal::Answered => {
                self.round.add(latency.as_secs_f32(), in_flight >= self.limit());
                if self.round.answers >= MIN_SAMPLES && usize::from(self.round.answers) >= self.limit() {
                    self.judge(now);
                }
            }
        }
        self.limit = self.limit.clamp(1.0, max.clamp(1, MAX_LIMIT) as f32);
    }

    /// Whether a request that left then can tell of the limit as it has been since it was lowered: for one round
    /// trip longer, the host is still busy with what it had been sent before.
    fn is_news(&self, left: Duration) -> bool {
        self.lowered.is_none_or(|at| left >= at + Duration::from_secs_f32(self.usual))
    }

    /// The end of a round: was it slower than usual?
    fn judge(&mut self, now: Duration) {
        let Round { mean, .. } = self.round;
        let doubt = self.round.doubt();
        if self.usual == 0.0 {
            self.usual = mean;
        }
        if mean - 2.0 * doubt > (self.usual * TOLERANCE).max(self.usual + NOTICEABLE) {
            let fits = self.usual / mean;
            self.drift(doubt);
            return self.lower((fits * DRAIN).max(MAX_CUT), now);
        }
        self.drift(doubt);
        if self.round.used && u32::from(self.round.failed) * ANSWERS_A_FAILURE <= u32::from(self.round.answers) {
            self.limit += if self.lowered.is_none() { self.limit } else { 1.0 };
        }
        self.round = Round { since: now, ..Round::default() };
    }

    /// What is usual follows the round, unless the difference may be chance.
    fn drift(&mut self, doubt: f32) {
        let by = self.round.mean - self.usual;
        if by > 0.0 {
            self.usual += by * RISE / self.limit;
        } else if by < -doubt {
            self.usual += by * FALL;
        }
    }

    fn lower(&mut self, keep: f32, now: Duration) {
        self.limit = (self.limit * keep).max(1.0);
        self.lowered = Some(now);
        self.round = Round { since: now, ..Round::default() };
    }
}

/// The answers since the limit last changed.
#[derive(Debug, Clone, Default)]
struct Round {
    since: Duration,
    mean: f32,
    /// The sum of squared distances from the mean, after Welford.
    spread: f32,
    answers: u16,
    failed: u16,
    /// Whether the limit was reached: else a higher one would not be tried, but believed.
    used: bool,
}

impl Round {
    fn add(&mut self, latency: f32, used: bool) {
        self.answers = self.answers.saturating_add(1);
        let off = latency - self.mean;
        self.mean += off / f32::from(self.answers);
        self.spread += off * (latency - self.mean);
        self.used |= used;
    }

    /// The standard error of the mean.
    fn doubt(&self) -> f32 {
        let answers = f32::from(self.answers);
        (self.spread / (answers * (answers - 1.0).max(1.0))).sqrt()
    }
}
