//! Where jobs wait: what finds the oldest of them while nothing else may start.

use std::collections::{BTreeSet, HashMap};

use foldhash::fast::RandomState;

use super::ids::LaneId;
use super::lane::ReturnKey;

/// Where the job of an input waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct JobPlace {
    pub(super) lane: LaneId,
    /// Its key among the jobs that return; `None` if it is fresh.
    pub(super) returns: Option<ReturnKey>,
}

/// Where each job waits. It is kept only if the oldest one is ever looked for.
#[derive(Debug, Default)]
pub(super) struct JobIndex {
    inputs: HashMap<u64, JobPlace, RandomState>,
    /// The lanes with a request for robots.txt.
    robots_txt: BTreeSet<LaneId>,
}

impl JobIndex {
    pub(super) fn insert(&mut self, seq: u64, place: JobPlace) {
        self.inputs.insert(seq, place);
    }

    pub(super) fn remove(&mut self, seq: u64) {
        self.inputs.remove(&seq);
    }

    /// Where the job of an input waits, if it does.
    pub(super) fn place(&self, seq: u64) -> Option<JobPlace> {
        self.inputs.get(&seq).copied()
    }

    /// Notes whether a request for robots.txt waits in a lane.
    pub(super) fn set_robots_txt(&mut self, lane: LaneId, waits: bool) {
        if waits {
            self.robots_txt.insert(lane);
        } else {
            self.robots_txt.remove(&lane);
        }
    }

    pub(super) fn robots_txt(&self) -> impl Iterator<Item = LaneId> {
        self.robots_txt.iter().copied()
    }

    pub(super) fn clear(&mut self) {
        self.inputs.clear();
        self.robots_txt.clear();
    }

    /// How many inputs have a job that waits.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.inputs.len()
    }
}
