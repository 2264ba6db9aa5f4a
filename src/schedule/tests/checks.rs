//! What tests compare the schedule with.

use std::time::Duration;

use super::super::job_index::JobPlace;
use super::super::lane::Lane;
use super::{Job, Schedule};

impl Schedule {
    /// Whether a job could start at `now` but for the slots and the rate of the run: tests compare [`Schedule::step`]
    /// with it.
    pub(super) fn has_due_job(&self, now: Duration) -> bool {
        let due = |lane: &Lane| lane.admits_more() && lane.due_at().is_some_and(|at| at <= now);
        self.lanes.iter().any(|(_, lane)| due(lane) && self.pools[lane.pool].is_open(now))
    }

    /// Whether the index, if there is one, has exactly the jobs that wait, each in its place.
    pub(super) fn index_is_exact(&self) -> bool {
        let Some(index) = &self.index else { return true };
        let is_at = |job: &Job, lane, returns| {
            job.input_seq().and_then(|seq| index.place(seq)) == Some(JobPlace { lane, returns })
        };
        let exact = self.lanes.iter().all(|(id, lane)| {
            lane.fresh.iter().all(|job| is_at(job, id, None))
                && lane.returning.iter().all(|(&key, job)| is_at(job, id, Some(key)))
                && lane.robots_txt.is_empty() != index.robots_txt().any(|other| other == id)
        });
        let robots_txt: usize = self.lanes.iter().map(|(_, lane)| lane.robots_txt.len()).sum();
        exact && index.len() + robots_txt == self.waiting
    }
}
