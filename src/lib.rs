//! Fetch every URL of a list, fast and politely.
pub mod job;
pub mod outcome;
pub mod plan;
pub mod redact;
pub mod schedule;
