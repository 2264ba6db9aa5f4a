//! Slots and a rate, for one host or for all hosts of a domain.

use std::collections::{HashMap, VecDeque};
use std::ops::{Index, IndexMut};
use std::time::Duration;

use slab::Slab;

use super::ids::{LaneId, PoolId};
use super::rate::{Bucket, RateId};

#[derive(Debug)]
pub(super) struct Pool {
    pub(super) name: Box<str>,
    pub(super) concurrency: usize,
    pub(super) rate: RateId,
    pub(super) in_flight: usize,
    pub(super) bucket: Bucket,
    /// Until when the rate admits no request.
    pub(super) wait: Duration,
    /// Lanes with a due job but without a slot or a token, in the order in which they came.
    pub(super) parked: VecDeque<LaneId>,
    /// The one of them that is among the ready lanes, to try again.
    pub(super) offered: Option<LaneId>,
    /// Lanes that use it.
    pub(super) lanes: u32,
    /// The earliest timer set for it.
    pub(super) timer: Option<Duration>,
}

impl Pool {
    pub(super) fn new(name: &str, concurrency: usize, rate: RateId) -> Self {
        Pool {
            name: name.into(),
            concurrency,
            rate,
            in_flight: 0,
            bucket: Bucket::default(),
            wait: Duration::ZERO,
            parked: VecDeque::new(),
            offered: None,
            lanes: 0,
            timer: None,
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.in_flight >= self.concurrency
    }

    /// Whether lanes wait for it.
    pub(super) fn has_queue(&self) -> bool {
        self.offered.is_some() || !self.parked.is_empty()
    }

    /// Whether a request may start, as far as slots and rate are known.
    pub(super) fn is_open(&self, now: Duration) -> bool {
        !self.is_full() && self.wait <= now
    }
}

/// The pools of all lanes, and those whose rate has not recovered.
#[derive(Debug, Default)]
pub(super) struct Pools {
    slab: Slab<Pool>,
    by_name: HashMap<Box<str>, PoolId, foldhash::fast::RandomState>,
}

impl Pools {
    pub(super) fn of(&self, name: &str) -> Option<PoolId> {
        self.by_name.get(name).copied()
    }

    pub(super) fn insert(&mut self, pool: Pool) -> PoolId {
        let name = pool.name.clone();
        let id = self.slab.insert(pool) as PoolId;
        self.by_name.insert(name, id);
        id
    }

    pub(super) fn remove(&mut self, id: PoolId) {
        let pool = self.slab.remove(id as usize);
        self.by_name.remove(&pool.name);
    }

    pub(super) fn get_mut(&mut self, id: PoolId) -> Option<&mut Pool> {
        self.slab.get_mut(id as usize)
    }

    pub(super) fn len(&self) -> usize {
        self.slab.len()
    }
}

impl Index<PoolId> for Pools {
    type Output = Pool;

    fn index(&self, id: PoolId) -> &Pool {
        &self.slab[id as usize]
    }
}

impl IndexMut<PoolId> for Pools {
    fn index_mut(&mut self, id: PoolId) -> &mut Pool {
        &mut self.slab[id as usize]
    }
}
