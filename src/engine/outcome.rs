//! The result of a run.

use std::error::Error;
use std::fmt;
use std::io;
use std::num::NonZeroUsize;

use super::LoginError;
use crate::durable;
use crate::plan::Plan;
use crate::report::{Report, RunFacts};
use crate::site::cookies::Jar;
use crate::site::dedup::DedupSetFull;
use crate::source::{self, ListNote};

/// The result of a run.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Finish {
    /// Totals, statuses, errors and latencies over all records.
    pub report: Report,
    /// How the run went: its rate, its limits, what it skipped.
    pub run: RunFacts,
    /// The cookies at the end of the run, if it kept any.
    pub cookies: Option<Jar>,
    /// What the run changed of its own accord.
    pub adjustments: Vec<Adjustment>,
    /// Lists that had no request.
    pub lists: Vec<ListNote>,
}

/// Something that a run changed of its own accord.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Adjustment {
    /// The reorder buffer was lowered to half of the memory limit, of which it is a part.
    OrderWindow {
        /// The size that was asked for, in bytes.
        requested: usize,
        /// The size that was used.
        used: usize,
    },
    /// The concurrency was lowered to the connections that the limit on open files allows.
    Concurrency {
        /// The most requests in flight that were asked for.
        requested: NonZeroUsize,
        /// The most that were used.
        used: NonZeroUsize,
    },
    /// A resumed output was repaired: a sentence that says how.
    Output(String),
}

impl Adjustment {
    /// That of the reorder buffer of `plan`, if it is lowered.
    pub(super) fn of_order(plan: &Plan) -> Option<Self> {
        let (requested, used) = (plan.ordered?, plan.order_window()?);
        (used < requested).then_some(Adjustment::OrderWindow { requested, used })
    }
}

impl fmt::Display for Adjustment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Adjustment::OrderWindow { requested, used } => {
                write!(f, "the reorder buffer was lowered from {requested} to {used} bytes, half of the memory limit")
            }
            Adjustment::Concurrency { requested, used } => {
                write!(
                    f,
                    "the concurrency was lowered from {requested} to {used}, which the limit on open files allows"
                )
            }
            Adjustment::Output(note) => f.write_str(note),
        }
    }
}

/// Why a run ended early, with its partial [`Finish`]. A request that fails does not end a run.
///
/// [`source`](Error::source) is the cause; the message does not repeat it.
#[derive(Debug)]
pub struct RunError {
    kind: RunErrorKind,
    finish: Box<Finish>,
}

/// Why a run ended early.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunErrorKind {
    /// An input cannot be opened.
    #[error(transparent)]
    Open(source::InputError),
    /// The output of an earlier run cannot be resumed.
    #[error(transparent)]
    Resume(durable::ResumeError),
    /// An input cannot be read to its end.
    #[error(transparent)]
    Input(io::Error),
    /// The output failed.
    #[error("cannot write the output")]
    Output(#[source] io::Error),
    /// The login failed, so nothing else was sent.
    #[error("login failed")]
    Login(#[source] LoginError),
    /// There are more different requests than deduplication may remember.
    #[error(transparent)]
    Dedup(DedupSetFull),
    /// The system refused a thread, a socket or a file.
    #[error("cannot start")]
    System(#[source] io::Error),
}

/// `end` with one more adjustment.
pub(super) fn adjusted(mut end: Result<Finish, RunError>, adjustment: Adjustment) -> Result<Finish, RunError> {
    let finish = end.as_mut().unwrap_or_else(|error| &mut *error.finish);
    finish.adjustments.push(adjustment);
    end
}

impl RunError {
    pub(crate) fn new(kind: RunErrorKind, finish: Finish) -> Self {
        RunError { kind, finish: Box::new(finish) }
    }

    /// A run that ended before its first request.
    pub(crate) fn before_start(kind: RunErrorKind) -> Self {
        RunError::new(kind, Finish::default())
    }

    /// The cause, to match on.
    pub fn kind(&self) -> &RunErrorKind {
        &self.kind
    }

    /// What the run did until then. It is empty if the run never started.
    pub fn finish(&self) -> &Finish {
        &self.finish
    }

    /// The cause and what the run did until then.
    pub fn into_parts(self) -> (RunErrorKind, Finish) {
        (self.kind, *self.finish)
    }
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

impl Error for RunError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.kind.source()
    }
}
