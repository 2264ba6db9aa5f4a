//! Fetch every URL of a list, fast and politely.
pub mod budget;
pub mod fetch;
pub mod job;
#[cfg(feature = "origin")]
pub mod origin;
pub mod outcome;
pub mod pipeline;
pub mod plan;
pub mod policy;
pub mod redact;
pub mod report;
pub mod schedule;
pub mod sink;
pub mod source;
