//! The entries that a source yields.

use super::probe::ProbeTarget;
use crate::model::{Invalid, Job};

/// One entry of a list: a request, or a line that is not one.
#[derive(Debug)]
pub enum Entry {
    /// A request to send.
    Job(Box<Job>),
    /// A request that a probe sends again and again. Lists yield these, and no others, under
    /// [`ListOptions::value_seed`](super::ListOptions::value_seed).
    Target(Box<ProbeTarget>),
    /// A line that is not a request.
    Invalid(Box<Invalid>),
    /// A request that an earlier run sent without recording an answer, and that is not safe to repeat.
    Interrupted(Box<Job>),
    /// A request that has a record from an earlier run. Sources yield these only under [`Resume::replay`].
    ///
    /// [`Resume::replay`]: super::Resume::replay
    Completed(Box<Job>),
}

impl Entry {
    /// The entry's ordinal across all inputs, from 0.
    pub fn seq(&self) -> u64 {
        match self {
            Entry::Job(job) | Entry::Interrupted(job) | Entry::Completed(job) => job.seq,
            Entry::Target(target) => target.seq(),
            Entry::Invalid(invalid) => invalid.seq,
        }
    }

    /// The target of a probe, or what is wrong with its line.
    pub(super) fn into_target(self) -> Result<Box<ProbeTarget>, String> {
        match self {
            Entry::Target(target) => Ok(target),
            Entry::Invalid(invalid) => Err(invalid.message),
            Entry::Job(_) | Entry::Interrupted(_) | Entry::Completed(_) => {
                unreachable!("the lines of a probe have a seed")
            }
        }
    }

    /// Whether an earlier run has completed the request.
    pub fn is_completed(&self) -> bool {
        matches!(self, Entry::Completed(_))
    }
}
