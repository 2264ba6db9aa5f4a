//! One host's lane, and all of them.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::ops::{Index, IndexMut};
use std::time::Duration;

use slab::Slab;

use super::health::Health;
use super::placement::Affinity;
use super::pool::PoolId;
use super::retries::RetryBudget;
use crate::model::Job;

/// A lane's place. It is given to another host once the lane is gone.
pub(super) type LaneId = u32;

/// Jobs by the time from which they may go.
type Due = BTreeMap<(Duration, u64), Box<Job>>;

#[derive(Debug)]
pub(super) struct Lane {
    pub(super) host: Box<str>,
    /// Whose slots and rate it uses.
    pub(super) pool: PoolId,
    /// Jobs without an attempt yet, in the order of the input.
    pub(super) fresh: VecDeque<Box<Job>>,
    /// Retries, redirect hops and next pages.
    pub(super) again: Due,
    /// Jobs that go before all others, also while it is shut.
    pub(super) heralds: Due,
    /// Only heralds may leave.
    pub(super) shut: bool,
    pub(super) in_flight: usize,
    pub(super) health: Health,
    pub(super) retries: RetryBudget,
    pub(super) affinity: Affinity,
    pub(super) stand: LaneState,
    /// The earliest timer set for this lane.
    pub(super) timer: Option<Duration>,
}

/// Where a lane stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LaneState {
    /// Nowhere: behind a timer, full, shut or empty.
    Away,
    /// In the ring of ready lanes.
    Ready,
    /// In its pool's queue.
    Parked,
    /// Among those whose jobs are refused.
    Doomed,
}

impl Lane {
    pub(super) fn new(host: &str, pool: PoolId, health: Health) -> Self {
        Lane {
            host: host.into(),
            pool,
            fresh: VecDeque::new(),
            again: BTreeMap::new(),
            heralds: BTreeMap::new(),
            shut: false,
            in_flight: 0,
            health,
            retries: RetryBudget::default(),
            affinity: Affinity::new(host.starts_with("https:")),
            stand: LaneState::Away,
            timer: None,
        }
    }

    /// From when a job of this lane may go, its pool aside.
    pub(super) fn due_at(&self) -> Option<Duration> {
        let first = |due: &Due| due.first_key_value().map(|(&(at, _), _)| at);
        let job = match (first(&self.heralds), self.shut) {
            (herald, true) => herald?,
            (None, false) if self.fresh.is_empty() => first(&self.again)?,
            (Some(herald), false) if self.fresh.is_empty() => first(&self.again).map_or(herald, |at| at.min(herald)),
            _ => Duration::ZERO,
        };
        Some(job.max(self.health.not_before()))
    }

    /// Whether the host may have another request in flight, its pool aside.
    pub(super) fn admits_more(&self) -> bool {
        self.health.admits_more(self.in_flight)
    }

    /// The next job: a herald, then one that comes back, then a fresh one.
    pub(super) fn take_due(&mut self, now: Duration) -> Option<Box<Job>> {
        let due = |due: &mut Due| due.first_entry().filter(|first| first.key().0 <= now).map(|first| first.remove());
        match due(&mut self.heralds) {
            None if self.shut => None,
            None => due(&mut self.again).or_else(|| self.fresh.pop_front()),
            herald => herald,
        }
    }

    /// Any job, due or not.
    pub(super) fn take_any(&mut self) -> Option<Box<Job>> {
        let first = self.heralds.pop_first().or_else(|| self.again.pop_first());
        first.map(|(_, job)| job).or_else(|| self.fresh.pop_front())
    }

    /// When there is nothing left to remember of its host.
    pub(super) fn forgotten_at(&self) -> Duration {
        self.health.forgotten_at().max(self.retries.forgotten_at())
    }

    pub(super) fn waiting(&self) -> usize {
        self.fresh.len() + self.again.len() + self.heralds.len()
    }
}

/// The lanes of all hosts that have a job, a request in flight, or something to be remembered for.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    slab: Slab<Lane>,
    by_host: HashMap<Box<str>, LaneId, foldhash::fast::RandomState>,
}

impl Lanes {
    pub(super) fn of(&self, host: &str) -> Option<LaneId> {
        self.by_host.get(host).copied()
    }

    pub(super) fn insert(&mut self, lane: Lane) -> LaneId {
        let host = lane.host.clone();
        let id = self.slab.insert(lane) as LaneId;
        self.by_host.insert(host, id);
        id
    }

    pub(super) fn remove(&mut self, id: LaneId) -> Lane {
        let lane = self.slab.remove(id as usize);
        self.by_host.remove(&lane.host);
        lane
    }

    pub(super) fn get_mut(&mut self, id: LaneId) -> Option<&mut Lane> {
        self.slab.get_mut(id as usize)
    }

    pub(super) fn len(&self) -> usize {
        self.slab.len()
    }

    pub(super) fn ids(&self) -> Vec<LaneId> {
        self.slab.iter().map(|(id, _)| id as LaneId).collect()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (LaneId, &Lane)> {
        self.slab.iter().map(|(id, lane)| (id as LaneId, lane))
    }
}

impl Index<LaneId> for Lanes {
    type Output = Lane;

    fn index(&self, id: LaneId) -> &Lane {
        &self.slab[id as usize]
    }
}

impl IndexMut<LaneId> for Lanes {
    fn index_mut(&mut self, id: LaneId) -> &mut Lane {
        &mut self.slab[id as usize]
    }
}
