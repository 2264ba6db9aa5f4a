//! What is said of two runs besides their figures.

use super::{Comparison, Side};
use crate::report::units;
use crate::statistics::batches::LEAST_BATCHES;

impl Comparison<'_> {
    /// What limits the comparison, and what is in doubt.
    pub(in crate::report) fn notes(&self) -> Vec<String> {
        let labelled = ["before", "after"].into_iter().zip(self.sides);
        labelled.flat_map(|(label, side)| side.notes(label)).collect()
    }
}

impl Side<'_> {
    fn notes(&self, label: &str) -> Vec<String> {
        let limits = self.limits().map(|why| format!("{label}: {why}"));
        let doubts = self.doubts.iter().map(|doubt| format!("{label}: in doubt, {doubt}"));
        let censored = self.known.is_censored.then(|| {
            format!("{label}: requests that were not sent would most likely have taken long, so latencies are at least these")
        });
        limits.into_iter().chain(doubts).chain(censored).collect()
    }

    /// Why no, or not every, difference can be told from noise.
    fn limits(&self) -> Option<String> {
        if self.requests(None) == 0 {
            return Some("no requests".to_owned());
        }
        match self.batches.of(None).map_or(0, |batches| batches.iter().len()) {
            0 => Some("it has no figures over time, so nothing can be told from noise: compare its records".to_owned()),
            few if few < LEAST_BATCHES => Some(format!(
                "it lasted {}, and nothing can be told from noise in less than {LEAST_BATCHES} s",
                units::things(few as u64, "second")
            )),
            _ if self.batches.is_reduced() => Some(
                "a report has only latency, failures and rate over time: compare records to judge the rest".to_owned(),
            ),
            _ => None,
        }
    }
}
