//! What follows from an attempt: another, a record, or the end of a login.

use std::time::{Duration, SystemTime};

use super::{Drive, LEAST_ROOM};
use crate::engine::fetcher::{Completion, cancelled};
use crate::engine::writer::Finished;
use crate::engine::{RunErrorKind, Stop, login};
use crate::fetch::memory::MemoryPermit;
use crate::model::{Attempt, ErrorKind, Failure, Job, PauseOutcome, Purpose, Record, Signal, host_key};
use crate::policy::{Next, NextRequest, Policy, signal};
use crate::schedule::Ticket;

/// How often one job may find its host unreachable before that is the end of it.
const MAX_HELD: usize = 100;

/// What the record of a job that was not sent holds, roughly: a list may have millions of them.
const UNSENT: usize = 2 << 10;

impl Drive<'_> {
    /// Decides what follows from an attempt.
    pub(super) fn judge(&mut self, done: Completion, now: Duration) {
        let Completion { ticket, mut job, room, mut attempt } = done;
        if !job.is_robots_txt() {
            self.expected = room.booked().max(self.expected - self.expected / 64).max(LEAST_ROOM);
            if let Some(session) = &mut self.session {
                session.take(&mut job, &attempt);
            }
        }
        self.note_out(&job, false);
        let verdict = self.policy_for(&job).decide(&job, &attempt, fastrand::f64());
        let latency = attempt.timings.wait.unwrap_or(attempt.timings.total);
        self.schedule.learn(&ticket, signal(&attempt), latency, now);
        if let Some(pause) = verdict.cool {
            self.schedule.cool(&ticket, now.saturating_add(pause), now);
        } else if verdict.said == Some(PauseOutcome::TooLong) {
            self.schedule.cool(&ticket, now, now); // it is not left alone for that long, but asked by one at a time
        }
        if self.stop == Stop::No && self.is_held(&ticket, &job, &attempt) {
            job.held(&attempt);
            return self.schedule.requeue(ticket, job, now, now);
        }
        if let Some(said) = verdict.said {
            self.pauses.count(said);
        }
        match verdict.next {
            Next::Retry(pause) if self.stop == Stop::No => {
                let unsent = attempt.error.as_ref().is_some_and(|error| error.unsent);
                if unsent || self.schedule.may_retry(&ticket, now) {
                    job.retried(&attempt, pause);
                    return self.schedule.requeue(ticket, job, now.saturating_add(pause), now);
                }
                self.withheld += 1;
                attempt.remark("not retried: too many requests to this host are retries");
            }
            Next::Authenticate(challenge) if self.stop == Stop::No => {
                job.challenged(&attempt);
                if let Some(session) = &mut self.session {
                    session.challenged(&job.url, challenge);
                }
                return self.schedule.requeue(ticket, job, now, now);
            }
            Next::Follow(hop) if self.stop == Stop::No => {
                let at = now.saturating_add(hop.wait);
                job.redirected(&attempt, hop);
                return self.go_on(ticket, job, at, now);
            }
            Next::Follow(_) => {
                let why = "the run was stopped before the redirect was followed";
                attempt.error = Some(Failure::new(ErrorKind::Cancelled, why));
            }
            Next::Page(turn) => {
                let next = self.turn(job, attempt, room, turn, now);
                if self.stop == Stop::No {
                    return self.go_on(ticket, next, now, now);
                }
                self.schedule.settle(ticket, now);
                return self.end_unsent(next, cancelled(SystemTime::now()));
            }
            Next::Break(turn, why) => {
                let next = self.turn(job, attempt, room, turn, now);
                self.schedule.settle(ticket, now);
                return self.end_unsent(next, Attempt::failed(SystemTime::now(), why));
            }
            Next::Defer(why) => attempt.defer(&why),
            Next::End(url, why) => attempt.ended(url, &why),
            Next::Fail(failure) => attempt.error = Some(failure),
            Next::Retry(_) | Next::Authenticate(_) | Next::Settle => {}
        }
        self.schedule.settle(ticket, now);
        self.settle(job, attempt, room);
    }

    fn policy_for(&self, job: &Job) -> &Policy {
        match &self.robots {
            Some(robots) if job.is_robots_txt() => &robots.policy,
            _ => &self.policy,
        }
    }

    /// Whether a job waits for its host to be back: while that cannot be reached, its attempts are no retries.
    fn is_held(&self, ticket: &Ticket, job: &Job, attempt: &Attempt) -> bool {
        self.plan.retry.retries > 0
            && signal(attempt) == Signal::Unreachable
            && self.schedule.is_unreachable(ticket)
            && job.retries().iter().filter(|tried| tried.held).count() < MAX_HELD
    }

    fn settle(&mut self, job: Box<Job>, attempt: Box<Attempt>, room: MemoryPermit) {
        match job.purpose {
            Purpose::Input => self.record(Record::Settled { job, attempt }, room),
            Purpose::Login => self.logged_in(&job, &attempt),
            Purpose::RobotsTxt => self.hear(&job, &attempt, self.now()),
        }
    }

    /// Lets the others go, or ends the run.
    fn logged_in(&mut self, job: &Job, attempt: &Attempt) {
        let Some(login) = &self.plan.login else { return };
        self.logging_in = false;
        match login::token(login, job, attempt) {
            _ if self.stop > Stop::No => {} // whoever stopped it knows
            Ok(token) => {
                let session = self.session.as_mut().expect("a login needs one");
                session.token = token.map(|value| (host_key(&login.url).into(), value));
            }
            Err(why) => {
                self.error = Some(RunErrorKind::Login(why));
                self.stop_now(Stop::Drain);
            }
        }
    }

    /// Records a page that is not the last of its input; the job for the next. Should that end without being sent, both
    /// records go to the writer at once, so that no checkpoint comes between them.
    fn turn(
        &mut self,
        mut job: Box<Job>,
        mut attempt: Box<Attempt>,
        room: MemoryPermit,
        turn: NextRequest,
        now: Duration,
    ) -> Box<Job> {
        let mut next = job.turned(&mut attempt, turn);
        next.admitted = now;
        self.turned += 1;
        self.put(Finished { record: Record::Settled { job, attempt }, room }, false);
        next
    }

    /// Takes in the last record of an input.
    pub(super) fn record(&mut self, record: Record, room: MemoryPermit) {
        self.settled += 1;
        self.put(Finished { record, room }, true);
    }

    /// Settles a job that does not leave, or not again.
    pub(super) fn end_unsent(&mut self, job: Box<Job>, mut attempt: Attempt) {
        attempt.made = false;
        let room = self.budget.book(UNSENT);
        self.settle(job, Box::new(attempt), room);
    }
}
