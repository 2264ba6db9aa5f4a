//! One host's lane, and all of them.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::ops::{Index, IndexMut};
use std::time::Duration;

use slab::Slab;

use super::placement::Affinity;
use super::rate::Account;
use crate::job::Job;

/// A lane's place. It is given to another host once the lane is gone.
pub(super) type LaneId = u32;

#[derive(Debug)]
pub(super) struct Lane {
    pub(super) host: Box<str>,
    /// Jobs without an attempt yet, in the order of the input.
    pub(super) fresh: VecDeque<Box<Job>>,
    /// Retries, redirect hops and next pages, by the time from which they may go.
    pub(super) again: BTreeMap<(Duration, u64), Box<Job>>,
    pub(super) in_flight: usize,
    pub(super) account: Account,
    pub(super) cool_until: Duration,
    pub(super) affinity: Affinity,
    /// In the ring of ready lanes.
    pub(super) ready: bool,
    /// The earliest timer set for this lane.
    pub(super) timer: Option<Duration>,
}

impl Lane {
    fn new(host: &str) -> Self {
        Lane {
            host: host.into(),
            fresh: VecDeque::new(),
            again: BTreeMap::new(),
            in_flight: 0,
            account: Account::default(),
            cool_until: Duration::ZERO,
            affinity: Affinity::new(host.starts_with("https:")),
            ready: false,
            timer: None,
        }
    }

    /// From when a job of this lane may go, its rate aside.
    pub(super) fn due_at(&self) -> Option<Duration> {
        let again = self.again.first_key_value().map(|(&(at, _), _)| at);
        let job = if self.fresh.is_empty() { again? } else { Duration::ZERO };
        Some(job.max(self.cool_until))
    }

    /// The next job: one that comes back before a fresh one.
    pub(super) fn take_due(&mut self, now: Duration) -> Option<Box<Job>> {
        match self.again.first_entry() {
            Some(first) if first.key().0 <= now => Some(first.remove()),
            _ => self.fresh.pop_front(),
        }
    }
}

/// The lanes of all hosts that have a job, a request in flight, or time still to pay.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    slab: Slab<Lane>,
    by_host: HashMap<Box<str>, LaneId, foldhash::fast::RandomState>,
}

impl Lanes {
    /// The host's lane, made if there is none.
    pub(super) fn of(&mut self, host: &str) -> LaneId {
        if let Some(&id) = self.by_host.get(host) {
            return id;
        }
        let id = self.slab.insert(Lane::new(host)) as LaneId;
        self.by_host.insert(host.into(), id);
        id
    }

    pub(super) fn remove(&mut self, id: LaneId) {
        let lane = self.slab.remove(id as usize);
        self.by_host.remove(&lane.host);
    }

    pub(super) fn get_mut(&mut self, id: LaneId) -> Option<&mut Lane> {
        self.slab.get_mut(id as usize)
    }

    /// Where the job of the input `seq` waits, and when it may go. It looks at every lane.
    pub(super) fn find(&self, seq: u64) -> Option<(LaneId, Duration)> {
        self.slab.iter().find_map(|(id, lane)| Some((id as LaneId, lane.waits(seq)?)))
    }

    pub(super) fn len(&self) -> usize {
        self.slab.len()
    }

    pub(super) fn ids(&self) -> Vec<LaneId> {
        self.slab.iter().map(|(id, _)| id as LaneId).collect()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Lane> {
        self.slab.iter().map(|(_, lane)| lane)
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
