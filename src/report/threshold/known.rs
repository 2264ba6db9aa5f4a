//! What is known of a run besides its records.

use std::time::Duration;

use crate::report::load::Coverage;
use crate::report::{LoadFacts, Report, RunFacts};

/// What is known of a run besides its records. By default that is nothing, as for saved records.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Known {
    /// How many starts a probe was asked for, without those of the warm-up.
    pub asked: Option<u64>,
    /// How many of them did not happen.
    pub missed: Option<u64>,
    /// How long the run took; of a probe, the time from the first start after the warm-up until the last answer.
    pub duration: Option<Duration>,
    /// Whether requests are absent that would most likely have taken long: they were missed or cancelled.
    pub is_censored: bool,
    /// How many records of the run that all this is known of are there.
    pub coverage: Coverage,
    /// Whether the load was other than what was asked for, so that the figures may be too good.
    pub in_doubt: bool,
}

impl Known {
    /// What the facts of a probe tell besides its `report`.
    pub fn of_load(load: &LoadFacts, report: &Report) -> Self {
        Known {
            asked: Some(load.asked),
            missed: Some(load.missed.total()),
            is_censored: load.is_censored(),
            coverage: Coverage::Complete,
            duration: load.duration(), // not the wall time: requests may time out after the last answer
            in_doubt: !report.doubts(load).is_empty(),
        }
    }

    /// What a run tells besides its `report`. The records of a run that resumes another are of both, so that the time
    /// of this one tells no rate.
    pub fn of_run(run: &RunFacts, report: &Report) -> Self {
        match (&run.load, run.resumed) {
            (Some(load), _) => Known::of_load(load, report),
            (None, None | Some(0)) => {
                Known { duration: Duration::try_from_secs_f64(run.wall_s).ok(), ..Known::default() }
            }
            (None, Some(_)) => Known::default(),
        }
    }
}
