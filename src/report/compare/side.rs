//! A run that is compared with another.

use crate::report::threshold::Known;
use crate::report::{Batches, Report, Timeline};

/// One of two runs.
#[derive(Debug, Clone)]
pub struct Side<'a> {
    /// What it is called.
    pub name: String,
    /// The sum of its records.
    pub report: &'a Report,
    /// The same over time, to be drawn.
    pub timeline: &'a Timeline,
    /// The same in batches; without them, there is too little data to tell anything.
    pub batches: &'a Batches,
    /// What is known besides.
    pub known: Known,
    /// What is in doubt about it, in words.
    pub doubts: Vec<String>,
}

impl Side<'_> {
    /// The requests of a group, or all.
    pub(in crate::report) fn requests(&self, group: Option<&str>) -> u64 {
        self.report.measured(group).map_or(0, |measured| measured.records)
    }
}
