//! Thresholds: conditions on the figures of a report, such as `p99>300ms`, which a run must not meet.

mod bounds;
mod change;
mod check;
mod criterion;
mod figure;
mod known;
mod parse;
#[cfg(test)]
mod tests;
mod two_runs;
mod value;
mod words;

pub use self::check::{Judged, Unknown, judge};
pub(super) use self::criterion::{Allowed, Answer, Criterion};
pub use self::figure::Threshold;
pub(super) use self::figure::{Figure, Requests, Stat, Timing, Unit};
pub use self::known::Known;
pub(super) use self::two_runs::{Change, Doubted};
