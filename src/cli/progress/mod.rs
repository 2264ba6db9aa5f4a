//! The progress of a run: a bar on a terminal, lines in a log, and the summary so far when somebody asks.

mod asking;
mod bar;
mod lines;
mod probe;
mod search;

pub(crate) use asking::Asking;
pub(crate) use bar::{Progress, Showing};
pub(crate) use lines::{Asked, watch, watch_probe};
pub(crate) use probe::{Now, ProbeProgress};
pub(crate) use search::SearchNow;
#[cfg(test)]
pub(crate) use search::tests::search;
