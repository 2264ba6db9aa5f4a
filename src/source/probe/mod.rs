//! The targets of a probe: sent over and over again, or at the times of a log.

mod at;
mod cycle;
mod fill;
mod order;
mod refused;
mod replay;
mod target;
#[cfg(test)]
mod tests;

pub(super) use at::parse_at;
pub use cycle::{Cycle, CycleError, MAX_TARGETS, Order};
pub(super) use fill::{Columns, Fill, LineUrl, RequestFill, UrlFill};
pub use replay::{Replay, Timed};
pub use target::ProbeTarget;
pub(super) use target::{parse_group, parse_weight};
