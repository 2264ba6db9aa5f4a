//! Judges thresholds by a report.

use super::figure::{Comparison, Figure, Stat, Threshold, Timing, Unit};
use super::known::Known;
use super::two_runs::Change;
use crate::report::Report;
use crate::report::groups::MAX_GROUPS;
use crate::report::latency::Latency;
use crate::report::load::Coverage;

/// A threshold, and whether it is crossed. Shown, it says what was measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    pub(super) threshold: Threshold,
    pub(super) measured: Result<f64, Unknown>,
    /// The true value may be greater.
    pub(super) is_least: bool,
    pub(super) is_crossed: bool,
    pub(super) is_in_doubt: bool,
    /// What the figure was before and is now, if that is what the threshold is about.
    pub(super) change: Option<Change>,
}

/// Why a figure is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unknown {
    /// No record is of the group.
    #[error("no request belongs to this group")]
    NoGroup,
    /// The report does not name the group, but it counts some together that it does not name.
    #[error("this group may be among those beyond the first {MAX_GROUPS}, which are counted together")]
    UnnamedGroup,
    /// A percentage needs at least one request.
    #[error("there are no requests")]
    NoRequests,
    /// No request was answered.
    #[error("no request was answered")]
    NoAnswers,
    /// No request made a connection.
    #[error("no request made a connection")]
    NoConnections,
    /// Records do not tell what was asked for.
    #[error("the records do not tell how many requests were asked for")]
    NotAsked,
    /// Records do not tell what was missed.
    #[error("the records do not tell how many starts were missed")]
    NotCounted,
    /// The records are of another run.
    #[error("the records are those of another run")]
    OtherRecords,
    /// Not all records of the run are there.
    #[error("some records of the run are absent, perhaps left out by a filter")]
    PartialRecords,
    /// Records do not tell how long the run took, and a single start takes no time.
    #[error("a rate needs a duration, which neither records alone nor a single start has")]
    NoDuration,
    /// There is only one run.
    #[error("it needs another run to compare with")]
    NoOtherRun,
    /// A percentage of nothing.
    #[error("it was 0 before, which has no percentage")]
    NothingBefore,
}

/// Judges thresholds by a report, and by what is known besides it.
pub fn judge(thresholds: &[Threshold], report: &Report, known: &Known) -> Vec<Judged> {
    thresholds.iter().map(|threshold| threshold.judge(report, known)).collect()
}

impl Threshold {
    /// Judges it by a report, and by what is known besides it.
    pub fn judge(&self, report: &Report, known: &Known) -> Judged {
        let measured = match self.is_relative {
            true => Err(Unknown::NoOtherRun),
            false => self.figure.value(self.limit.unit, self.group(), (report, known)),
        };
        let is_exact = matches!(self.figure, Figure::Missed | Figure::Rate);
        let is_latency = matches!(self.figure, Figure::Time { of: Timing::Latency, stat } if stat.exact() != Stat::Min);
        let is_least = known.is_censored && is_latency;
        let could_be = |is: Comparison, (least, most)| is.holds_for_all(least, most, self.limit.value);
        let now = |value| if is_least { (value, f64::INFINITY) } else { (value, value) };
        let is_crossed = measured.is_ok_and(|value| could_be(self.is, now(value)));
        let stays_good = |value| could_be(self.is.negated(), self.under_full_load(value));
        let may_change = !is_exact && (known.in_doubt || known.is_censored);
        Judged {
            threshold: self.clone(),
            measured,
            is_least,
            is_crossed,
            is_in_doubt: may_change && !is_crossed && measured.is_ok_and(|value| !stays_good(value)),
            change: None,
        }
    }

    /// The least and the greatest value that the figure might have had with all the load that was asked for.
    fn under_full_load(&self, value: f64) -> (f64, f64) {
        match (&self.figure, self.limit.unit) {
            (_, Unit::Count) => (value, f64::INFINITY),
            _ => (0.0, f64::INFINITY), // times may have our own lag in them
        }
    }
}

impl Figure {
    /// Its value in a report, of all requests or of a group.
    pub(in crate::report) fn value(
        &self,
        unit: Unit,
        group: Option<&str>,
        (report, known): (&Report, &Known),
    ) -> Result<f64, Unknown> {
        let is_named = || if report.groups.other.requests > 0 { Unknown::UnnamedGroup } else { Unknown::NoGroup };
        match (self, known.coverage) {
            (Figure::Rate | Figure::Missed, Coverage::Foreign) => return Err(Unknown::OtherRecords),
            (Figure::Rate, Coverage::Partial) => return Err(Unknown::PartialRecords),
            _ => {}
        }
        let measured = report.measured(group).ok_or_else(is_named)?;
        match (self, unit) {
            (Figure::Time { of, stat }, _) => {
                let unknown = if *of == Timing::Connect { Unknown::NoConnections } else { Unknown::NoAnswers };
                time(of.of(&measured), *stat).map(|us| us as f64).ok_or(unknown)
            }
            (Figure::Requests(requests), Unit::Share) => {
                share(requests.count(&measured), measured.records).ok_or(Unknown::NoRequests)
            }
            (Figure::Requests(requests), _) => Ok(requests.count(&measured) as f64),
            (Figure::Rate, Unit::Share) => {
                let asked = known.asked.ok_or(Unknown::NotAsked)?;
                share(measured.answers(), asked).ok_or(Unknown::NoRequests)
            }
            (Figure::Rate, _) => {
                known.duration.and_then(|duration| measured.answer_rate(duration)).ok_or(Unknown::NoDuration)
            }
            (Figure::Missed, unit) => {
                let missed = known.missed.ok_or(Unknown::NotCounted)?;
                match (unit, known.asked) {
                    (Unit::Share, None) => Err(Unknown::NotAsked),
                    (Unit::Share, Some(asked)) => share(missed, asked).ok_or(Unknown::NoRequests),
                    _ => Ok(missed as f64),
                }
            }
        }
    }
}

fn time(times: &Latency, stat: Stat) -> Option<u64> {
    match stat.exact() {
        Stat::Mean => times.stats.mean(),
        Stat::Min => times.stats.min(),
        Stat::Max => times.stats.max(),
        Stat::Percentile(p) => times.at(quantile(p)),
    }
}

pub(super) fn quantile(p: u32) -> f64 {
    f64::from(p) / f64::from(Stat::WHOLE)
}

fn share(count: u64, of: u64) -> Option<f64> {
    (of > 0).then(|| count as f64 / of as f64)
}

impl Judged {
    /// The threshold.
    pub fn threshold(&self) -> &Threshold {
        &self.threshold
    }

    /// Whether the run has crossed it; none if that is not known.
    pub fn is_crossed(&self) -> Option<bool> {
        self.measured.is_ok().then_some(self.is_crossed)
    }

    /// Whether it might be crossed if the load had been what was asked for.
    pub fn is_in_doubt(&self) -> bool {
        self.is_in_doubt
    }

    /// Why it is not known whether it is crossed.
    pub fn unknown(&self) -> Option<Unknown> {
        self.measured.err()
    }
}
