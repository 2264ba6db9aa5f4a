//! The verdict on a report: what is in doubt, over all and by second.

use super::doubt::{Doubt, DoubtfulSecond, SecondP99, doubtful_seconds, doubts};
use super::facts::LoadFacts;
use crate::report::Report;

/// Whether the figures of a probe can be trusted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    /// The doubts over all, which decide.
    pub over_all: Vec<Doubt>,
    /// The seconds that are in doubt by themselves.
    pub seconds: Vec<DoubtfulSecond>,
    /// In how many intervals of the series starts were due.
    pub judged: usize,
}

impl Verdict {
    /// Whether the figures over all are in doubt.
    pub fn is_in_doubt(&self) -> bool {
        !self.over_all.is_empty()
    }
}

impl Report {
    /// Whether records say when their request was to start, as those of a probe do.
    pub fn is_of_probe(&self) -> bool {
        !self.series.is_empty()
    }

    /// What is in doubt about a probe that gave this report.
    pub fn verdict(&self, load: &LoadFacts) -> Verdict {
        let width_s = self.series.width_s();
        let p99s = self.series.iter();
        let p99s = p99s.filter_map(|(second, of)| Some(SecondP99 { second, width_s, p99_us: of.latency.at(0.99)? }));
        let p99s: Vec<_> = p99s.collect();
        let seconds = doubtful_seconds(load, &p99s);
        let judged = load.series.iter().filter(|(_, second)| second.asked > 0).count();
        Verdict { over_all: self.doubts(load), seconds, judged }
    }

    /// What is in doubt over all about a probe that gave this report.
    pub fn doubts(&self, load: &LoadFacts) -> Vec<Doubt> {
        doubts(load, self.times.latency.at(0.99))
    }
}
