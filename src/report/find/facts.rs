//! What a search for the highest rate came to.

use serde::{Deserialize, Serialize};

use super::opinion;
use crate::guard::text::grouped;
use crate::model::{FindEnd, StepOutcome};
use crate::report::units;

/// What a search for the highest rate came to. All rates are in requests per second.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FindFacts {
    /// The thresholds that decided.
    pub thresholds: Vec<String>,
    /// The lowest rate that might be tried.
    pub lowest: f64,
    /// The highest.
    pub highest: f64,
    /// How close the rate that holds and the one that fails were to come: 0.05 is within 5 %.
    pub resolution: f64,
    /// How long a step took at most, in seconds.
    pub step_s: f64,
    /// How the search ended.
    pub end: FindEnd,
    /// The highest rate that held, below any that did not.
    pub held: Option<f64>,
    /// The lowest rate that failed.
    pub failed: Option<f64>,
    /// The lowest rate that haul itself could not send.
    pub unsent: Option<f64>,
    /// The rate of the step that was not over yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub running: Option<f64>,
    /// The steps, in the order in which they were taken.
    pub steps: Vec<FindStep>,
}

/// One step of a search. What it left out at its start is in none of its figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FindStep {
    /// The rate that was asked for.
    pub rate: f64,
    /// What came of it.
    pub outcome: StepOutcome,
    /// Why it did not hold.
    pub why: Option<String>,
    /// When it began, in seconds since the first step did.
    pub at_s: f64,
    /// How long it sent requests, in seconds.
    pub seconds: f64,
    /// How many requests it sent.
    pub requests: u64,
    /// Those that failed.
    pub failed: u64,
    /// Answers per second.
    pub answer_rate: Option<f64>,
    /// The latency of half of them, in milliseconds.
    pub p50_ms: Option<f64>,
    /// The latency that 99 % of them did not exceed, in milliseconds.
    pub p99_ms: Option<f64>,
}

impl FindFacts {
    /// What the search came to, in one line: `held 412/s, failed 431/s`.
    pub fn knee(&self) -> String {
        let rate = |rate: f64| units::rate(rate);
        let held = self.held.map(|held| format!("held {}", rate(held)));
        let failed = self.failed.map(|failed| format!("failed {}", rate(failed)));
        let both = || held.iter().chain(&failed).cloned().collect::<Vec<_>>().join(", ");
        match self.end {
            FindEnd::Found => match self.too_close() {
                Some(between) => format!("{}, too close to call at {between}", both()),
                None => both(),
            },
            FindEnd::Ceiling => format!("held {}, the highest rate asked for", rate(self.highest)),
            FindEnd::LowestFails => format!("failed {}, the lowest rate", rate(self.lowest)),
            FindEnd::InDoubt => {
                let unsent = rate(self.unsent.unwrap_or(self.lowest));
                match self.held {
                    Some(held) => {
                        format!("held {}, and haul could not send {unsent}: the server may take more", rate(held))
                    }
                    None => format!("haul could not send even {unsent} as asked"),
                }
            }
            FindEnd::Inconclusive | FindEnd::Stopped => {
                let why = match self.end {
                    FindEnd::Stopped => "stopped early",
                    _ => "inconclusive",
                };
                let both = both();
                if both.is_empty() { why.to_owned() } else { format!("{both}, {why}") }
            }
        }
    }

    /// A threshold of which no request of any step told anything.
    pub fn untold(&self) -> Option<&str> {
        let is_untold = |threshold: &&String| {
            let why = opinion::untold(threshold);
            !self.steps.is_empty() && self.steps.iter().all(|step| step.why.as_ref() == Some(&why))
        };
        self.thresholds.iter().find(is_untold).map(String::as_str)
    }

    /// Whether the rate that held and the one that failed are as close as was asked for.
    pub(in crate::report) fn is_close(&self) -> bool {
        let ends = self.held.zip(self.failed).filter(|_| self.end == FindEnd::Found);
        ends.is_some_and(|(held, failed)| failed <= held * (1.0 + self.resolution))
    }

    /// The rates between the one that held and the one that failed, at which nobody can tell.
    fn too_close(&self) -> Option<String> {
        let (held, failed) = self.held.zip(self.failed)?;
        let between = self.steps.iter().map(|step| step.rate).filter(|rate| held < *rate && *rate < failed);
        let least = between.clone().reduce(f64::min).map(units::rate)?;
        let most = between.reduce(f64::max).map(units::rate)?;
        Some(if least == most { least } else { format!("{least} to {most}") })
    }

    /// What contradicts the assumption that a lower rate is easier, if anything.
    pub fn contradiction(&self) -> Option<String> {
        let of = |outcome| self.steps.iter().filter(move |step| step.outcome == outcome).map(|step| step.rate);
        let failed = of(StepOutcome::Failed).reduce(f64::min)?;
        let higher = of(StepOutcome::Held).filter(|held| *held > failed).reduce(f64::max);
        if let Some(higher) = higher {
            return Some(format!(
                "not monotone: {} held, although {} failed",
                units::rate(higher),
                units::rate(failed)
            ));
        }
        let both = of(StepOutcome::Held).find(|held| of(StepOutcome::Failed).any(|failed| failed == *held))?;
        let steps = self.steps.iter().filter(|step| step.rate == both);
        let held = steps.clone().filter(|step| step.outcome == StepOutcome::Held).count();
        let all = grouped(steps.count() as u64);
        Some(format!("steps at {} differ: {held} of {all} held", units::rate(both)))
    }

    /// Checks what was read back: the key that is wrong, and why.
    pub(in crate::report) fn check(&self) -> Result<(), (&'static str, &'static str)> {
        let rates = [Some(self.lowest), Some(self.highest), self.held, self.failed, self.unsent];
        let rates = rates.into_iter().flatten().chain(self.steps.iter().map(|step| step.rate));
        match rates.clone().all(|rate| rate.is_finite() && rate > 0.0) {
            true => Ok(()),
            false => Err(("find", "a rate is not above zero")),
        }
    }
}

#[cfg(test)]
pub(in crate::report) mod tests {
    use super::*;

    /// A step in which 0.25 % of the requests failed.
    pub(in crate::report) fn step(rate: f64, outcome: StepOutcome, p99_ms: f64, why: &str) -> FindStep {
        FindStep {
            rate,
            outcome,
            why: (!why.is_empty()).then(|| why.to_owned()),
            at_s: 6.3,
            seconds: 5.4,
            requests: 1_200,
            failed: 3,
            answer_rate: Some(rate - 0.5),
            p50_ms: Some(p99_ms / 2.0),
            p99_ms: Some(p99_ms),
        }
    }

    fn found(held: f64, failed: f64, tried: &[f64]) -> FindFacts {
        FindFacts {
            thresholds: Vec::new(),
            lowest: 1.0,
            highest: 500.0,
            resolution: 0.05,
            step_s: 30.0,
            end: FindEnd::Found,
            held: Some(held),
            failed: Some(failed),
            unsent: None,
            running: None,
            steps: tried.iter().map(|rate| step(*rate, StepOutcome::Inconclusive, 9.0, "")).collect(),
        }
    }

    #[test]
    fn what_nobody_can_tell_between_the_ends_is_named() {
        let close = found(412.0, 431.0, &[206.0, 412.0, 824.0, 431.0]);
        assert_eq!((close.knee().as_str(), close.is_close()), ("held 412/s, failed 431/s", true));
        let one = found(401.0, 431.0, &[401.0, 416.0, 431.0, 416.0]);
        assert_eq!(one.knee(), "held 401/s, failed 431/s, too close to call at 416/s");
        assert!(!one.is_close());
        let more = found(401.0, 431.0, &[416.0, 409.0, 421.0]);
        assert_eq!(more.knee(), "held 401/s, failed 431/s, too close to call at 409/s to 421/s");
    }

    #[test]
    fn a_threshold_that_no_request_tells_anything_of_is_named() {
        let mut find = found(401.0, 431.0, &[401.0, 431.0]);
        find.thresholds = ["failed>1%", "p99{nosuch}>1s"].map(str::to_owned).to_vec();
        assert_eq!(find.untold(), None);
        find.steps.iter_mut().for_each(|step| step.why = Some(opinion::untold("p99{nosuch}>1s")));
        assert_eq!(find.untold(), Some("p99{nosuch}>1s"));
    }
}
