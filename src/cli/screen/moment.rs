//! What is known of a run at one moment, from several places.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use haul::engine::{Control, Interim};
use haul::report::load::MissedStarts;
use haul::report::text::{doubtful_steps, precision};
use haul::report::{self, FindFacts, Report, RunFacts, Snapshot, Total};

use crate::cli::vocabulary::Options;

/// Over how many looks at a run its pace is measured: one is made each second.
const LOOKS: usize = 10;

/// A run at one moment.
pub(super) struct Moment<'a> {
    /// Since the run began.
    pub(super) elapsed: Duration,
    pub(super) snapshot: &'a Snapshot,
    pub(super) facts: &'a Facts,
    pub(super) in_flight: u64,
    pub(super) waiting: u64,
    /// A step of a search waits for its answers.
    pub(super) is_draining: bool,
    /// The last lines that were said.
    pub(super) log: &'a [String],
}

/// What only the loop of the run knows, as it was when it was last asked.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Facts {
    /// Of a probe.
    pub(super) load: Option<Pace>,
    /// Of a list, with its pace over the last seconds.
    pub(super) progress: Option<report::Progress>,
    /// The most requests that were in flight.
    pub(super) peak_in_flight: u64,
    /// Nothing is started any more.
    pub(super) is_stopping: bool,
}

/// How a probe keeps its pace.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Pace {
    pub(super) due: u64,
    pub(super) started: u64,
    pub(super) missed: MissedStarts,
    /// How precisely the percentiles are known that it is to find out.
    pub(super) until: Vec<String>,
    /// What a search for the highest rate has come to.
    pub(super) find: Option<FindFacts>,
    /// Why the figures are in doubt.
    pub(super) doubts: Vec<String>,
}

/// Looks at a run from time to time.
#[derive(Default)]
pub(super) struct Looks {
    /// The last ones.
    runs: VecDeque<Arc<RunFacts>>,
}

impl Looks {
    /// What a look at the run under `control` has found.
    pub(super) fn facts(&mut self, control: &Control, Interim { report, run, .. }: &Interim) -> Facts {
        let is_first = self.runs.is_empty();
        let facts = facts(control, report, run, self.runs.front().map(|run| &**run));
        if run.load.is_none() && (is_first || self.runs.back().is_some_and(|last| run.wall_s > last.wall_s)) {
            self.runs.push_back(Arc::clone(run));
            if self.runs.len() > LOOKS {
                self.runs.pop_front();
            }
        }
        facts
    }
}

fn facts(control: &Control, report: &Report, run: &RunFacts, before: Option<&RunFacts>) -> Facts {
    let load = run.load.as_ref().map(|load| Pace {
        due: load.asked,
        started: load.started,
        missed: load.missed,
        until: load.until.iter().map(precision).collect(),
        find: load.find.clone(),
        doubts: match &load.find {
            Some(find) => doubtful_steps(find).into_iter().collect(),
            None => report.doubts(load).iter().map(|doubt| doubt.told(&Options)).collect(),
        },
    });
    let estimate = |inputs| Total { inputs, is_estimate: !control.input.is_finished() };
    let moment = || report::Moment {
        report,
        run,
        total: control.input.estimated_total().map(estimate),
        in_flight: control.gauges.in_flight.load(Ordering::Relaxed),
        waiting: control.gauges.waiting.load(Ordering::Relaxed),
    };
    Facts {
        progress: load.is_none().then(|| report::Progress::since(before, moment())),
        load,
        peak_in_flight: run.peak_in_flight as u64,
        is_stopping: run.interrupted,
    }
}
