//! The lane of a host, and those of all hosts.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::ops::{Index, IndexMut};
use std::time::Duration;

use slab::Slab;

use super::health::Health;
use super::ids::{LaneId, PoolId};
use super::placement::Affinity;
use super::retries::RetryBudget;
use crate::model::Job;

/// From when on a job that returns may start, and its place among those of the same time.
pub(super) type ReturnKey = (Duration, u64);

type Returning = BTreeMap<ReturnKey, Box<Job>>;

#[derive(Debug)]
pub(super) struct Lane {
    pub(super) host: Box<str>,
    /// Whose slots and rate it uses.
    pub(super) pool: PoolId,
    /// Jobs without an attempt yet, in the order of the input.
    pub(super) fresh: VecDeque<Box<Job>>,
    /// Retries, redirects and next pages.
    pub(super) returning: Returning,
    /// Requests for robots.txt: they go before all others, also while the lane is closed.
    pub(super) robots_txt: Returning,
    /// Only requests for robots.txt may start.
    pub(super) closed: bool,
    pub(super) in_flight: usize,
    pub(super) health: Health,
    pub(super) retries: RetryBudget,
    pub(super) affinity: Affinity,
    pub(super) state: LaneState,
    /// The earliest timer set for this lane.
    pub(super) timer: Option<Duration>,
}

/// Where a lane is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LaneState {
    /// Nowhere: it waits for a timer, is full, closed or empty.
    Idle,
    /// Among the ready lanes.
    Ready,
    /// In the queue of its pool.
    Parked,
    /// Among the lanes whose hosts stay unreachable: its jobs are refused.
    GivenUp,
}

impl Lane {
    pub(super) fn new(host: &str, pool: PoolId, health: Health) -> Self {
        Lane {
            host: host.into(),
            pool,
            fresh: VecDeque::new(),
            returning: BTreeMap::new(),
            robots_txt: BTreeMap::new(),
            closed: false,
            in_flight: 0,
            health,
            retries: RetryBudget::default(),
            affinity: Affinity::new(host.starts_with("https:")),
            state: LaneState::Idle,
            timer: None,
        }
    }

    /// From when on a job of this lane may start, its pool aside.
    pub(super) fn due_at(&self) -> Option<Duration> {
        let first = |jobs: &Returning| jobs.first_key_value().map(|(&(at, _), _)| at);
        let job = match (first(&self.robots_txt), self.closed) {
            (robots_txt, true) => robots_txt?,
            (None, false) if self.fresh.is_empty() => first(&self.returning)?,
            (Some(robots_txt), false) if self.fresh.is_empty() => {
                first(&self.returning).map_or(robots_txt, |at| at.min(robots_txt))
            }
            _ => Duration::ZERO,
        };
        Some(job.max(self.health.not_before()))
    }

    /// Whether the host may have another request in flight, its pool aside.
    pub(super) fn admits_more(&self) -> bool {
        self.health.admits_more(self.in_flight)
    }

    /// The next job: a request for robots.txt, then one that returns, then a fresh one.
    pub(super) fn take_due(&mut self, now: Duration) -> Option<Box<Job>> {
        let due =
            |jobs: &mut Returning| jobs.first_entry().filter(|first| first.key().0 <= now).map(|first| first.remove());
        match due(&mut self.robots_txt) {
            None if self.closed => None,
            None => due(&mut self.returning).or_else(|| self.fresh.pop_front()),
            robots_txt => robots_txt,
        }
    }

    /// Any job, due or not.
    pub(super) fn take_any(&mut self) -> Option<Box<Job>> {
        let first = self.robots_txt.pop_first().or_else(|| self.returning.pop_first());
        first.map(|(_, job)| job).or_else(|| self.fresh.pop_front())
    }

    /// When everything known of its host is out of date.
    pub(super) fn outdated_at(&self) -> Duration {
        self.health.outdated_at().max(self.retries.outdated_at())
    }

    pub(super) fn waiting(&self) -> usize {
        self.fresh.len() + self.returning.len() + self.robots_txt.len()
    }
}

/// The lanes of all hosts with a job, with a request in flight, or with something to remember.
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
