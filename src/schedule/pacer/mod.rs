//! Decides when the next request of a probe starts.
//!
//! In the open model, starts are due at times that do not depend on answers: the k-th one where the cumulative rate
//! reaches k, or where it reaches the k-th point of a Poisson process with one point per unit. In the closed model, a
//! worker is due when it has had its answer and its think time has passed. In a replay, the list says when.
//!
//! Like the schedule, it is told the time, and does not sleep, lock or do I/O. A start is O(1) and allocates nothing.

mod arrivals;
mod open;
mod ramps;
#[cfg(test)]
mod tests;
mod timetable;
mod workers;

use std::time::Duration;

use open::Open;
use workers::Workers;

use crate::plan::{Load, LoadModel, Pace};

/// How long after the end the starts that were due before it may still happen. Later ones are missed: a rate that
/// cannot be kept must not make a run of ten seconds last for minutes.
pub const START_GRACE: Duration = Duration::from_secs(1);

/// Decides when the next request of a probe starts. All times are since the run began.
#[derive(Debug)]
pub struct Pacer {
    model: Model,
    warm_up: Duration,
    /// Only what is due before this time starts.
    end: Option<Duration>,
    /// The most starts after the warm-up.
    requests: Option<u64>,
    /// The starts after the warm-up so far.
    asked: u64,
}

#[derive(Debug)]
enum Model {
    Open(Box<Open>),
    Replay { next: Next },
    Closed(Workers),
}

/// The next request of a replayed list.
#[derive(Debug, Clone, Copy)]
enum Next {
    Unknown,
    Due(Duration),
    End,
}

/// What may happen now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PacerStep {
    /// A request that was due at this time starts now. It belongs to the warm-up if that is before [`Load::warm_up`].
    Start(Duration),
    /// A request of a replayed list was due at this time, and does not start: the run is more than [`START_GRACE`]
    /// late.
    Miss(Duration),
    /// Nothing happens before this time.
    Wait(Duration),
    /// Nothing happens before [`Pacer::answered`], except that starting may end at [`Pacer::end`].
    WaitForAnswer,
    /// The time of the list's next request is needed: call [`Pacer::listed`] or [`Pacer::list_ended`].
    Read,
    /// Nothing starts any more.
    Stop,
}

impl Pacer {
    /// A pacer for `load`.
    pub fn new(load: &Load) -> Self {
        let (model, length) = match &load.model {
            LoadModel::Open { pace, arrivals } => {
                let length = match pace {
                    Pace::Constant(_) | Pace::Find(_) => None,
                    Pace::Stages(stages) => Some(stages.duration()),
                };
                (Model::Open(Box::new(Open::new(pace, *arrivals, load.warm_up, load.seed))), length)
            }
            LoadModel::Replay => (Model::Replay { next: Next::Unknown }, None),
            LoadModel::Closed { workers, think_time } => {
                (Model::Closed(Workers::new(workers.get(), *think_time)), None)
            }
        };
        let length = length.into_iter().chain(load.duration).min();
        Pacer {
            model,
            warm_up: load.warm_up,
            end: length.map(|length| load.warm_up.saturating_add(length)),
            requests: load.requests.map(u64::from),
            asked: 0,
        }
    }

    /// What may happen at `elapsed`. Each start is returned once, and counts even if something keeps the request from
    /// being sent.
    pub fn next(&mut self, elapsed: Duration) -> PacerStep {
        let is_late = self.latest_start().is_some_and(|latest| elapsed >= latest);
        let is_replay = matches!(self.model, Model::Replay { .. }); // only its list says what else was due
        if self.requests == Some(self.asked) || is_late && !is_replay {
            return PacerStep::Stop;
        }
        let due = match &self.model {
            Model::Open(open) => open.due(),
            Model::Closed(workers) => match workers.due() {
                Some(due) => due,
                None => return PacerStep::WaitForAnswer,
            },
            Model::Replay { next: Next::Due(due) } => *due,
            Model::Replay { next: Next::Unknown } => return PacerStep::Read,
            Model::Replay { next: Next::End } => return PacerStep::Stop,
        };
        match self.end {
            Some(end) if due >= end && elapsed >= end => PacerStep::Stop,
            Some(end) if due >= end => PacerStep::Wait(end),
            _ if due > elapsed => PacerStep::Wait(due),
            _ => {
                self.start(due);
                if is_late { PacerStep::Miss(due) } else { PacerStep::Start(due) }
            }
        }
    }

    fn start(&mut self, due: Duration) {
        self.asked += u64::from(due >= self.warm_up);
        match &mut self.model {
            Model::Open(open) => open.advance(),
            Model::Closed(workers) => workers.start(),
            Model::Replay { next } => *next = Next::Unknown,
        }
    }

    /// The time from which nothing starts any more. Workers need no grace: they are never late.
    fn latest_start(&self) -> Option<Duration> {
        let grace = if matches!(self.model, Model::Closed(_)) { Duration::ZERO } else { START_GRACE };
        self.end.map(|end| end.saturating_add(grace))
    }

    /// In the closed model, a request has ended at `at`, so that its worker is free.
    pub fn answered(&mut self, at: Duration) {
        if let Model::Closed(workers) = &mut self.model {
            workers.answered(at);
        }
    }

    /// In a replay, the next request of the list is due at `at`, no earlier than the one before it.
    pub fn listed(&mut self, at: Duration) {
        if let Model::Replay { next } = &mut self.model {
            *next = Next::Due(at);
        }
    }

    /// In a replay, the list has no more requests.
    pub fn list_ended(&mut self) {
        if let Model::Replay { next } = &mut self.model {
            *next = Next::End;
        }
    }

    /// When starting ends, if that is known: with a duration or stages.
    pub fn end(&self) -> Option<Duration> {
        self.end
    }

    /// How many starts the whole run asks for, without those of the warm-up, if that does not depend on answers or on a
    /// list. With random arrivals and an end in time, this is their number on average.
    pub fn expected_starts(&self) -> Option<u64> {
        match &self.model {
            Model::Open(open) => {
                let before_end = self.end.map(|end| open.starts_before(end));
                before_end.into_iter().chain(self.requests).min()
            }
            Model::Closed(_) => self.requests.filter(|_| self.end.is_none()),
            Model::Replay { .. } => None,
        }
    }

    /// How many starts that were due before `time` have not been returned when the pacer has stopped: none, unless the
    /// run was more than [`START_GRACE`] late. With random arrivals this is their number on average.
    pub fn not_started(&self, time: Duration) -> u64 {
        let (Some(end), Model::Open(open)) = (self.end, &self.model) else { return 0 };
        let due = open.remaining(time.min(end));
        self.requests.map_or(due, |requests| due.min(requests - self.asked))
    }

    /// How many requests per second are to start at `time`. Only the open model knows that in advance.
    pub fn rate_at(&self, time: Duration) -> Option<f64> {
        let Model::Open(open) = &self.model else { return None };
        Some(if self.end.is_some_and(|end| time >= end) { 0.0 } else { open.rate_at(time) })
    }
}
