//! What is known of a host from its answers: when it may be asked again, and by how many requests at once.

use std::time::Duration;

use super::adaptive::Adaptive;
use super::circuit::Circuit;
use crate::model::{Blocked, Signal};

/// How long what was found out of a host's capacity outlives its last answer, and that it wants to be asked by few at
/// once the pause that it asked for.
const REMEMBERED: Duration = Duration::from_secs(60);

#[derive(Debug, Default)]
pub(super) struct Health {
    /// Nothing starts before: the host asked for it.
    pause_until: Duration,
    /// The least time between two starts.
    spacing: Duration,
    /// From when on the spacing allows the next.
    spaced_until: Duration,
    restart: Restart,
    circuit: Option<Box<Circuit>>,
    adaptive: Option<Box<Adaptive>>,
    /// When it last told anything.
    learned: Duration,
}

/// After a pause one request leaves, and one more for each that is answered, so two, four, eight: what was held back
/// does not fall upon the host at once.
#[derive(Debug, Default)]
struct Restart {
    /// Counts the pauses.
    epoch: u32,
    /// How many may be out; none is as many as the limits allow.
    most: Option<u32>,
    /// How many are out that left since the pause.
    out: u32,
}

/// What a ticket remembers of its departure.
#[derive(Debug, Clone, Copy)]
pub(super) struct Departure {
    epoch: u32,
    /// It is to see whether the host is back.
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

    /// Whether a host with `in_flight` requests may have another.
    pub(super) fn admits_more(&self, in_flight: usize) -> bool {
        self.restart.most.is_none_or(|most| self.restart.out < most)
            && self.adaptive.as_ref().is_none_or(|adaptive| in_flight < adaptive.limit())
    }

    /// What holds a host with `in_flight` requests back, if it is not its limits.
    pub(super) fn blocked(&self, in_flight: usize, now: Duration) -> Option<Blocked> {
        let restarting = self.restart.most.is_some_and(|most| self.restart.out >= most);
        match () {
            () if self.circuit.as_ref().is_some_and(|circuit| circuit.is_open()) => Some(Blocked::Circuit),
            () if self.pause_until > now || restarting => Some(Blocked::Pause),
            () if self.spaced_until > now => Some(Blocked::HostRate),
            () if !self.admits_more(in_flight) => Some(Blocked::Adaptive),
            () => None,
        }
    }

    /// Notes that a request leaves, the `in_flight`th.
    pub(super) fn leave(&mut self, in_flight: usize, now: Duration) -> Departure {
        self.spaced_until = now + self.spacing;
        self.restart.out += 1;
        let probe = self.circuit.as_ref().is_some_and(|circuit| circuit.is_open());
        Departure { epoch: self.restart.epoch, probe, in_flight: in_flight as u32, at: now }
    }

    /// Notes that it is back.
    pub(super) fn come_back(&mut self, departure: Departure) {
        if departure.epoch == self.restart.epoch {
            self.restart.out = self.restart.out.saturating_sub(1);
        }
    }

    /// Learns from how it went. `most` is what the limits allow at once.
    pub(super) fn learn(&mut self, left: Departure, signal: Signal, latency: Duration, most: usize, now: Duration) {
        match signal {
            Signal::Nothing => return,
            Signal::Unreachable => {
                let probe = left.probe && left.epoch == self.restart.epoch; // not one of an outage before
                if self.circuit.get_or_insert_default().failed(probe, now) {
                    self.restart.begin();
                }
            }
            _ => {
                self.circuit = None;
                if signal != Signal::Overloaded && left.epoch == self.restart.epoch {
                    self.restart.grow(most);
                }
            }
        }
        self.learned = now;
        if let Some(adaptive) = &mut self.adaptive {
            adaptive.observe(signal, latency, left.at, now, left.in_flight as usize, most);
        }
    }

    /// Starts nothing before `until`, as a request was told that left so, and then not all at once.
    pub(super) fn pause(&mut self, left: Departure, until: Duration, now: Duration) {
        self.pause_until = self.pause_until.max(until);
        // Where there is no time to wait, those that had left before are told what is being done already: each would
        // let another one go.
        if until > now || left.epoch == self.restart.epoch {
            self.restart.begin();
        }
    }

    /// Sets the least time between two starts.
    pub(super) fn space(&mut self, spacing: Duration) {
        self.spacing = spacing;
    }

    /// Whether the host is held to be unreachable.
    pub(super) fn is_unreachable(&self) -> bool {
        self.circuit.as_ref().is_some_and(|circuit| circuit.is_open())
    }

    /// From when on, and until when, its jobs are refused for that.
    pub(super) fn hopeless(&self, patience: Duration) -> Option<(Duration, Duration)> {
        let circuit = self.circuit.as_ref()?;
        Some((circuit.hopeless_from(patience)?, circuit.until()))
    }

    /// When there is nothing left to remember.
    pub(super) fn forgotten_at(&self) -> Duration {
        let circuit = self.circuit.as_ref().map_or(Duration::ZERO, |circuit| circuit.forgotten_at());
        let learned = self.adaptive.as_ref().map_or(Duration::ZERO, |_| self.learned + REMEMBERED);
        let restart = self.restart.most.map_or(Duration::ZERO, |_| self.pause_until.saturating_add(REMEMBERED));
        self.not_before().max(circuit).max(learned).max(restart)
    }
}

impl Restart {
    fn begin(&mut self) {
        *self = Restart { epoch: self.epoch.wrapping_add(1), most: Some(1), out: 0 };
    }

    fn grow(&mut self, limit: usize) {
        self.most = self.most.map(|most| most + 1).filter(|&most| (most as usize) < limit);
    }
}
