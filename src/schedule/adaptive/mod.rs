//! How many requests at once a host handles well, found by trying.
//!
//! The limit rises by one per round while the host keeps its pace, and doubles until it first falls. It falls at once
//! when the host says that it is overloaded, and when answers take longer than they used to.
//!
//! A *round* is as many answers as the limit allows requests, all of them to requests that started since the limit last
//! changed: others reflect another limit. The latency is compared with the *usual* one, which follows faster answers
//! quickly and slower ones slowly, the more slowly the higher the limit: with one request at a time we cause none of
//! the latency, with a hundred we may cause all of it. So a host that has become slower for good is accepted in the
//! end.

#[cfg(test)]
mod tests;

use std::time::Duration;

use crate::model::Signal;

/// The first limit of a host. A higher one would make a small host queue before its latency without a queue is known.
const START: f32 = 1.0;

/// The least number of answers in a round: fewer do not show the usual latency.
const MIN_SAMPLES: u16 = 4;

/// Answers that take longer than usual by this factor are waiting in a queue.
const TOLERANCE: f32 = 1.4;

/// How many seconds longer than usual answers must take to matter: below that, our own machine may be the cause.
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

/// The most requests at once: as many as a round can count.
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
    /// The limit of a host that has not answered yet.
    pub(super) fn new() -> Self {
        Adaptive { limit: START, usual: 0.0, round: Round::default(), lowered: None }
    }

    /// How many requests may be in flight now, at least one. The configured limit applies as well.
    pub(super) fn limit(&self) -> usize {
        self.limit as usize
    }

    /// Learns from an attempt that started at `started`, as one of `in_flight`, and ended at `now`. `latency` is the
    /// time to answer, without the connection and the transfer of the body, which depend on other things. The limit
    /// stays between 1 and `max`.
    pub(super) fn observe(
        &mut self,
        signal: Signal,
        latency: Duration,
        started: Duration,
        now: Duration,
        in_flight: usize,
        max: usize,
    ) {
        match signal {
            Signal::Nothing => {}
            Signal::Overloaded if self.is_news(started) => self.lower(BACK_OFF, now),
            Signal::Overloaded => {}
            _ if started < self.round.since => {}
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

    /// Whether a request that started then reflects the limit since it was lowered: for one more round trip, the host
    /// is still busy with requests from before.
    fn is_news(&self, started: Duration) -> bool {
        self.lowered.is_none_or(|at| started >= at + Duration::from_secs_f32(self.usual))
    }

    /// The end of a round: was it slower than usual?
    fn judge(&mut self, now: Duration) {
        let Round { mean, .. } = self.round;
        let standard_error = self.round.standard_error();
        if self.usual == 0.0 {
            self.usual = mean;
        }
        if mean - 2.0 * standard_error > (self.usual * TOLERANCE).max(self.usual + NOTICEABLE) {
            let fits = self.usual / mean;
            self.drift(standard_error);
            return self.lower((fits * DRAIN).max(MAX_CUT), now);
        }
        self.drift(standard_error);
        if self.round.used && u32::from(self.round.failed) * ANSWERS_A_FAILURE <= u32::from(self.round.answers) {
            self.limit += if self.lowered.is_none() { self.limit } else { 1.0 };
        }
        self.round = Round { since: now, ..Round::default() };
    }

    /// What is usual follows the round, unless the difference may be chance.
    fn drift(&mut self, standard_error: f32) {
        let by = self.round.mean - self.usual;
        if by > 0.0 {
            self.usual += by * RISE / self.limit;
        } else if by < -standard_error {
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
    /// Whether the limit was reached: otherwise a higher one would be assumed, not tried.
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
    fn standard_error(&self) -> f32 {
        let answers = f32::from(self.answers);
        (self.spread / (answers * (answers - 1.0).max(1.0))).sqrt()
    }
}
