//! Jobs that robots.txt has a say in: all inputs, wherever they go.

use std::time::{Duration, SystemTime};

use super::Drive;
use crate::engine::Stop;
use crate::engine::robots::{Leave, refusal};
use crate::model::{Attempt, Failure, Job};
use crate::schedule::Ticket;

impl Drive<'_> {
    /// Takes a fresh job into the schedule, unless its host refuses it.
    pub(super) fn take_on(&mut self, job: Box<Job>, now: Duration) {
        match self.ask_leave(&job, now) {
            Ok(()) => self.schedule.admit(job, now),
            Err(why) => self.end_unsent(job, Attempt::failed(SystemTime::now(), why)),
        }
    }

    /// Gives the slot back and has the job go on to another URL, not before `at`, unless its host refuses that.
    pub(super) fn go_on(&mut self, ticket: Ticket, job: Box<Job>, at: Duration, now: Duration) {
        match self.ask_leave(&job, now) {
            Ok(()) => self.schedule.requeue(ticket, job, at, now),
            Err(why) => {
                self.schedule.settle(ticket, now);
                self.end_unsent(job, Attempt::failed(SystemTime::now(), why));
            }
        }
    }

    /// Whether the job may go where it is about to go, as far as that is known: it may yet be refused while it waits.
    fn ask_leave(&mut self, job: &Job, now: Duration) -> Result<(), Failure> {
        let Some(robots) = self.robots.as_mut().filter(|_| job.is_input()) else { return Ok(()) };
        match robots.leave(&job.url, now) {
            Leave::Given(spacing) => {
                // The lane may have been away since its host was asked.
                spacing.into_iter().for_each(|spacing| self.schedule.space(&job.url, spacing));
            }
            Leave::Refused(why) => return Err(why),
            // The lane may have gone with the last that waited in it, while its herald is at another host.
            Leave::Pending => self.schedule.shut(&job.url),
            Leave::Unasked(herald) => {
                self.schedule.shut(&job.url);
                self.schedule.admit_herald(herald, now);
            }
        }
        Ok(())
    }

    /// A herald is back: the others may go, or end here.
    pub(super) fn hear(&mut self, herald: &Job, attempt: &Attempt, now: Duration) {
        let Some(robots) = self.robots.as_mut().filter(|_| self.stop == Stop::No) else { return };
        let (url, finding) = robots.hear(herald, attempt, now);
        let spacing = finding.crawl_delay().unwrap_or_default();
        let refused = self.schedule.open(&url, spacing, |job| refusal(finding, &job.url).is_none(), now);
        let why = |job: Box<Job>| refusal(finding, &job.url).map(|why| (job, why));
        let refused: Vec<_> = refused.into_iter().filter_map(why).collect();
        for (job, why) in refused {
            self.end_unsent(job, Attempt::failed(SystemTime::now(), why));
        }
    }
}
