//! What is said of a search for the highest rate while it goes on.

use haul::report::FindFacts;
use haul::report::text::rate;
use serde::Serialize;

/// A search at one moment. All rates are in requests per second.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct SearchNow {
    /// Which step goes on, counted from 1; the last one once the search has ended.
    step: u64,
    /// Nothing starts until the requests of the step have ended.
    draining: bool,
    /// The highest rate that held so far, below any that did not.
    held: Option<f64>,
    /// The lowest rate that failed so far.
    failed: Option<f64>,
    /// The rate of the step.
    #[serde(skip)]
    rate: Option<f64>,
}

impl SearchNow {
    /// What `find` has come to, while its requests are drained or not.
    pub(crate) fn of(find: &FindFacts, draining: bool) -> Self {
        let done = find.steps.len() as u64;
        SearchNow {
            step: done + u64::from(find.running.is_some()),
            draining: draining && find.running.is_some(),
            held: find.held,
            failed: find.failed,
            rate: find.running,
        }
    }

    /// The rate that is asked for, if something starts.
    pub(crate) fn asked_rate(&self) -> Option<f64> {
        self.rate.filter(|_| !self.draining)
    }

    /// `step 5`, or `step 5 draining`.
    pub(crate) fn step(&self) -> String {
        format!("step {}{}", self.step, if self.draining { " draining" } else { "" })
    }

    /// `held 400/s, failed 450/s`; empty if nothing is known yet.
    pub(crate) fn bracket(&self) -> String {
        let held = self.held.map(|held| format!("held {}", rate(held)));
        let failed = self.failed.map(|failed| format!("failed {}", rate(failed)));
        held.into_iter().chain(failed).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use haul::model::{FindEnd, StepOutcome};
    use haul::report::FindStep;

    use super::*;

    /// A search whose second step asks for 400/s, after the first one held.
    pub(crate) fn search() -> FindFacts {
        let held = FindStep {
            rate: 200.0,
            outcome: StepOutcome::Held,
            why: None,
            at_s: 0.0,
            seconds: 5.4,
            requests: 1_080,
            failed: 0,
            answer_rate: Some(200.0),
            p50_ms: Some(1.0),
            p99_ms: Some(9.0),
        };
        FindFacts {
            thresholds: vec!["p99>100ms".to_owned()],
            lowest: 200.0,
            highest: 800.0,
            resolution: 0.05,
            step_s: 6.0,
            end: FindEnd::Stopped,
            held: Some(200.0),
            failed: None,
            unsent: None,
            running: Some(400.0),
            steps: vec![held],
        }
    }

    #[test]
    fn a_step_is_told_with_what_is_known_before_it() {
        let find = search();
        let told = |find: &FindFacts, draining| {
            let now = SearchNow::of(find, draining);
            (now.step(), now.bracket(), now.asked_rate())
        };
        assert_eq!(told(&find, false), ("step 2".to_owned(), "held 200/s".to_owned(), Some(400.0)));
        assert_eq!(told(&find, true), ("step 2 draining".to_owned(), "held 200/s".to_owned(), None));
        let first = FindFacts { held: None, steps: Vec::new(), ..find.clone() };
        assert_eq!(told(&first, false), ("step 1".to_owned(), String::new(), Some(400.0)));
        let ended = FindFacts { running: None, failed: Some(210.0), ..find };
        assert_eq!(told(&ended, true), ("step 1".to_owned(), "held 200/s, failed 210/s".to_owned(), None));
    }
}
