//! The targets of a probe, sent over and over again or at the times of a log.

mod at;
mod cycle;
mod error;
mod fill;
mod invalid_lines;
mod log;
mod order;
mod replay;
mod target;
#[cfg(test)]
mod tests;

pub(super) use at::parse_at;
pub use cycle::{Cycle, MAX_TARGETS};
pub use error::TargetError;
pub(super) use fill::{Columns, Fill, LineUrl, RequestFill, UrlFill};
pub use log::Timed;
pub use order::Order;
pub use replay::Replay;
pub use target::ProbeTarget;
pub(super) use target::{parse_group, parse_weight};
