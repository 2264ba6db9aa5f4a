//! Records how a probe keeps its pace, second by second.

use std::time::{Duration, SystemTime};

use super::LoadFacts;
use crate::model::{Blocked, MissedBy};

/// Records how a probe keeps its pace. All times are since the run began.
#[derive(Debug)]
pub struct LoadRecorder {
    facts: LoadFacts,
    warm_up: Duration,
}

impl LoadRecorder {
    /// Begins to record a run that began at `started_at` on `cores` cores, and whose first `warm_up` is left out.
    pub fn new(_started_at: SystemTime, warm_up: Duration, _cores: usize) -> Self {
        LoadRecorder { facts: LoadFacts::default(), warm_up }
    }

    /// A start was due at `intended`, and happens now.
    pub fn start(&mut self, intended: Duration) {
        if intended >= self.warm_up {
            self.facts.asked += 1;
            self.facts.started += 1;
        }
    }

    /// `count` starts were due at about `intended`, and none of them happened.
    pub fn miss_many(&mut self, intended: Duration, _by: MissedBy, count: u64) {
        if intended >= self.warm_up {
            self.facts.asked += count;
        }
    }

    /// A start was due at `intended`, but something of ours kept it from happening.
    pub fn miss(&mut self, intended: Duration, _by: MissedBy) {
        if intended >= self.warm_up {
            self.facts.asked += 1;
        }
    }

    /// The request that was due at `intended` left `lag` later.
    pub fn sent(&mut self, _intended: Duration, _lag: Duration) {}

    /// `in_flight` requests are in flight from now on.
    pub fn in_flight(&mut self, _now: Duration, _in_flight: usize) {}

    /// What has kept the next request from starting since the last call: only `Output` and `Memory` count.
    pub fn blocked(&mut self, _now: Duration, _reason: Blocked) {}

    /// The process has used `cpu` of processor time so far.
    pub fn cpu(&mut self, _now: Duration, _cpu: Duration) {}

    /// How the run has gone until `now`.
    pub fn facts(&self, _now: Duration) -> LoadFacts {
        self.facts.clone()
    }
}
