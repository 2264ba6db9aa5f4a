//! Thresholds: conditions on the figures of a report, such as `p99>300ms`, which a run must not meet.

mod bounds;
mod check;
mod figure;
mod group;
mod known;
mod parse;
#[cfg(test)]
mod tests;
mod value;
mod words;

pub use self::check::{Judged, Unknown, judge};
pub use self::figure::Threshold;
pub use self::known::Known;
