//! What the answers of a host tell: when it may get another request, and how many at once.

use std::time::Duration;

use super::adaptive::Adaptive;
use super::circuit::Circuit;
use crate::model::{Blocked, Signal};

/// How long the adaptive limit of a host is remembered after its last answer, and its slow start after the pause that
/// it asked for.
const REMEMBERED: Duration = Duration::from_secs(60);

#[derive(Debug, Default)]
pub(super) struct Health {
    /// Nothing starts before: the host asked for a pause.
    pause_until: Duration,
    /// The least time between two starts.
    spacing: Duration,
    /// From when on the spacing allows the next start.
    spaced_until: Duration,
    slow_start: SlowStart,
    circuit: Option<Box<Circuit>>,
    adaptive: Option<Box<Adaptive>>,
    /// When its last answer came.
    learned: Duration,
}

/// After a pause one request starts, and one more for each answer, so two, four, eight: the jobs that waited do not hit
/// the host all at once.
#[derive(Debug, Default)]
struct SlowStart {
    /// Counts the pauses.
    epoch: u32,
    /// How many requests may be in flight; `None` for as many as the limits allow.
    limit: Option<u32>,
    /// How many requests are in flight that started since the pause.
    in_flight: u32,
}

/// What a ticket remembers of the start of its request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Start {
    epoch: u32,
    /// It probes whether the host is back.
    probe: bool,
    in_flight: u32,
    at: Duration,
}

impl Health {
    pub(super) fn new(adaptive: bool) -> Self {
        Health { adaptive: adaptive.then(|| Box::new(Adaptive::new())), ..Health::default() }
    }

    /// Before when nothing starts.
    pub(super) fn not_before(&self) -> Duration {
        let circuit = self.circuit.as_ref().map_or(Duration::ZERO, |circuit| circuit.until());
        self.pause_until.max(self.spaced_until).max(circuit)
    }

    /// Whether a host with `in_flight` requests may get another one.
    pub(super) fn admits_more(&self, in_flight: usize) -> bool {
        self.slow_start.limit.is_none_or(|limit| self.slow_start.in_flight < limit)
            && self.adaptive.as_ref().is_none_or(|adaptive| in_flight < adaptive.limit())
    }

    /// What blocks a host with `in_flight` requests, its limits aside.
    pub(super) fn blocked(&self, in_flight: usize, now: Duration) -> Option<Blocked> {
        let starting_slowly = self.slow_start.limit.is_some_and(|limit| self.slow_start.in_flight >= limit);
        match () {
            () if self.circuit.as_ref().is_some_and(|circuit| circuit.is_open()) => Some(Blocked::Circuit),
            () if self.pause_until > now || starting_slowly => Some(Blocked::Pause),
            () if self.spaced_until > now => Some(Blocked::HostRate),
            () if !self.admits_more(in_flight) => Some(Blocked::Adaptive),
            () => None,
        }
    }

    /// Notes that a request starts, the `in_flight`th.
    pub(super) fn start(&mut self, in_flight: usize, now: Duration) -> Start {
        self.spaced_until = now + self.spacing;
        self.slow_start.in_flight += 1;
        let probe = self.circuit.as_ref().is_some_and(|circuit| circuit.is_open());
        Start { epoch: self.slow_start.epoch, probe, in_flight: in_flight as u32, at: now }
    }

    /// Notes that a request has ended.
    pub(super) fn end(&mut self, start: Start) {
        if start.epoch == self.slow_start.epoch {
            self.slow_start.in_flight = self.slow_start.in_flight.saturating_sub(1);
        }
    }

    /// Learns from the outcome of a request. `max` is how many the limits allow at once.
    pub(super) fn learn(&mut self, start: Start, signal: Signal, latency: Duration, max: usize, now: Duration) {
        match signal {
            Signal::Nothing => return,
            Signal::Unreachable => {
                let probe = start.probe && start.epoch == self.slow_start.epoch; // not of an earlier outage
                if self.circuit.get_or_insert_default().failed(probe, now) {
                    self.slow_start.begin();
                }
            }
            _ => {
                self.circuit = None;
                if signal != Signal::Overloaded && start.epoch == self.slow_start.epoch {
                    self.slow_start.grow(max);
                }
            }
        }
        self.learned = now;
        if let Some(adaptive) = &mut self.adaptive {
            adaptive.observe(signal, latency, start.at, now, start.in_flight as usize, max);
        }
    }

    /// Starts nothing before `until`, as the answer to a request asked, and then not all at once.
    pub(super) fn pause(&mut self, start: Start, until: Duration, now: Duration) {
        self.pause_until = self.pause_until.max(until);
        // Without time to wait, requests from before the slow start ask for what has begun already: each of them would
        // begin it anew and let another request start.
        if until > now || start.epoch == self.slow_start.epoch {
            self.slow_start.begin();
        }
    }

    /// Sets the least time between two starts.
    pub(super) fn space(&mut self, spacing: Duration) {
        self.spacing = spacing;
    }

    /// Whether the host counts as unreachable.
    pub(super) fn is_unreachable(&self) -> bool {
        self.circuit.as_ref().is_some_and(|circuit| circuit.is_open())
    }

    /// From when on, and until when, its jobs are refused for that.
    pub(super) fn given_up(&self, max_outage: Duration) -> Option<(Duration, Duration)> {
        let circuit = self.circuit.as_ref()?;
        Some((circuit.given_up_from(max_outage)?, circuit.until()))
    }

    /// When all of this is out of date.
    pub(super) fn outdated_at(&self) -> Duration {
        let circuit = self.circuit.as_ref().map_or(Duration::ZERO, |circuit| circuit.outdated_at());
        let learned = self.adaptive.as_ref().map_or(Duration::ZERO, |_| self.learned + REMEMBERED);
        let slow_start = self.slow_start.limit.map_or(Duration::ZERO, |_| self.pause_until.saturating_add(REMEMBERED));
        self.not_before().max(circuit).max(learned).max(slow_start)
    }
}

impl SlowStart {
    fn begin(&mut self) {
        *self = SlowStart { epoch: self.epoch.wrapping_add(1), limit: Some(1), in_flight: 0 };
    }

    fn grow(&mut self, max: usize) {
        self.limit = self.limit.map(|limit| limit + 1).filter(|&limit| (limit as usize) < max);
    }
}
