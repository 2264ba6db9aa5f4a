//! What the schedule decides, and what it gives out.

use std::time::Duration;

use super::health::Start;
use super::ids::LaneId;
use crate::model::{Blocked, Job};

/// What to do next.
#[derive(Debug)]
pub enum Step {
    /// Send this one.
    Go(Lease),
    /// Settle this one: its host has been unreachable for too long.
    Refuse(Box<Job>),
    /// Admit another job: a slot is free and no known host can use it.
    Read,
    /// Nothing may start before a request ends or [`Schedule::next_timer`](super::Schedule::next_timer) passes.
    Wait(Blocked),
}

/// A job that may start: it has a slot and the tokens of both rates.
#[derive(Debug)]
pub struct Lease {
    /// To be given back when the attempt ends.
    pub ticket: Ticket,
    /// The job.
    pub job: Box<Job>,
}

/// A job that cannot start now.
#[derive(Debug)]
pub struct NotStarted {
    /// The job.
    pub job: Box<Job>,
    /// When it may start, if that does not depend on the end of another.
    pub at: Option<Duration>,
}

/// A slot of the run, of a host and of a fetcher. Giving it back is [`settle`](super::Schedule::settle) or
/// [`requeue`](super::Schedule::requeue).
#[derive(Debug)]
#[must_use = "a slot that is not given back is lost"]
pub struct Ticket {
    pub(super) lane: LaneId,
    pub(super) fetcher: u8,
    pub(super) start: Start,
}

impl Ticket {
    /// The fetcher that the job is to run on.
    pub fn fetcher(&self) -> usize {
        usize::from(self.fetcher)
    }
}

/// What was waiting when the schedule was stopped.
#[derive(Debug, Default)]
pub struct Stopped {
    /// Jobs that waited for another attempt.
    pub begun: Vec<Box<Job>>,
    /// How many waited for their first attempt.
    pub skipped: u64,
}
