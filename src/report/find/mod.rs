//! What a search for the highest rate came to: the steps, and whether each of them held.

mod backlog;
mod evidence;
mod facts;
mod judge;
mod opinion;
mod pending;

#[cfg(test)]
pub(in crate::report) use self::facts::tests::step;
pub use self::facts::{FindFacts, FindStep};
pub use self::judge::{Criteria, Decided, StepJudge, Undecided};
