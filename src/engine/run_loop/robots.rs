//! What robots.txt has a say in: every input, wherever it goes.

use std::time::Duration;

use super::RunLoop;
use crate::engine::endings::refused;
use crate::engine::robots::{RobotsAccess, refusal};
use crate::model::{Attempt, Failure, Job};
use crate::schedule::Ticket;

impl RunLoop<'_> {
    /// Releases the slot and has the job go on at another URL, not before `at`, unless its host refuses that.
    pub(super) fn go_on(&mut self, ticket: Ticket, job: Box<Job>, at: Duration, now: Duration) {
        match self.check_robots(&job, now) {
            Ok(()) => self.schedule.requeue(ticket, job, at, now),
            Err(why) => {
                self.schedule.settle(ticket, now);
                self.end_unsent(job, refused(why));
            }
        }
    }

    /// Whether the job may go to its URL, as far as that is known: if its host's robots.txt has yet to come, the job
    /// may still be refused while it waits.
    pub(super) fn check_robots(&mut self, job: &Job, now: Duration) -> Result<(), Failure> {
        let Some(robots) = self.robots.as_mut().filter(|_| job.is_input()) else { return Ok(()) };
        match robots.check(&job.url, now) {
            RobotsAccess::Allowed(delay) => {
                // The host's lane may have been removed since its robots.txt was read.
                delay.into_iter().for_each(|delay| self.schedule.space(&job.url, delay));
            }
            RobotsAccess::Denied(why) => return Err(why),
            // The lane may have been removed while the request for robots.txt was redirected to another host.
            RobotsAccess::Requested => self.schedule.close(&job.url),
            RobotsAccess::Unknown(request) => {
                self.schedule.close(&job.url);
                self.schedule.admit_robots_txt(request, now);
            }
        }
        Ok(())
    }

    /// Takes the answer to a request for robots.txt: the jobs that waited for it may go, or end here.
    pub(super) fn open_host(&mut self, request: &Job, attempt: &Attempt, now: Duration) {
        if self.is_stopping() {
            return;
        }
        let Some(robots) = &mut self.robots else { return };
        let (url, outcome) = robots.learn(request, attempt, now);
        let delay = outcome.crawl_delay().unwrap_or_default();
        let denied = self.schedule.open(&url, delay, |job| refusal(outcome, &job.url).is_none(), now);
        let why = |job: Box<Job>| refusal(outcome, &job.url).map(|why| (job, why));
        let denied: Vec<_> = denied.into_iter().filter_map(why).collect();
        for (job, why) in denied {
            self.end_unsent(job, refused(why));
        }
    }
}
