//! Counts of a run: for its report, and for whoever watches it.

use std::sync::atomic::Ordering;

use super::Gauges;
use crate::model::PauseOutcomes;
use crate::report::JobTimes;

/// What a run has done so far.
#[derive(Debug)]
pub(super) struct Counters<'a> {
    gauges: &'a Gauges,
    /// Inputs that were read.
    pub(super) admitted: u64,
    /// Inputs that have their last record.
    pub(super) settled: u64,
    /// Records of pages that were not the last of their inputs.
    pub(super) earlier_pages: u64,
    /// Inputs that were read but not fetched.
    pub(super) skipped: u64,
    /// Requests that were sent, whatever for.
    pub(super) requests: u64,
    pub(super) job_times: JobTimes,
    pub(super) peak_in_flight: usize,
    pub(super) pauses: PauseOutcomes,
    pub(super) retries_withheld: u64,
}

impl<'a> Counters<'a> {
    pub(super) fn new(gauges: &'a Gauges) -> Self {
        Counters {
            gauges,
            admitted: 0,
            settled: 0,
            earlier_pages: 0,
            skipped: 0,
            requests: 0,
            job_times: JobTimes::default(),
            peak_in_flight: 0,
            pauses: PauseOutcomes::default(),
            retries_withheld: 0,
        }
    }

    /// Shows how many jobs are in flight, and how many wait.
    pub(super) fn show(&self, in_flight: usize, waiting: usize) {
        self.gauges.in_flight.store(in_flight as u64, Ordering::Relaxed);
        self.gauges.waiting.store(waiting as u64, Ordering::Relaxed);
    }

    /// Shows whether a step of a search waits for its answers.
    pub(super) fn show_draining(&self, draining: bool) {
        self.gauges.draining.store(draining, Ordering::Relaxed);
    }
}
