//! What follows from an attempt: another one, a record, or the end of a login.

use std::sync::Arc;
use std::time::Duration;

use super::RunLoop;
use crate::engine::endings::refused;
use crate::engine::fetcher::Completion;
use crate::engine::{RunErrorKind, Stop};
use crate::fetch::memory::MemoryPermit;
use crate::model::{Attempt, ErrorKind, Failure, Job, Purpose, Record};
use crate::policy::{Facts, Next, NextRequest, Policy, Throttle, signal};
use crate::schedule::Ticket;

/// Why a request that went on after the end of a probe ends.
const OVER: &str = "the time for the last answers was over";

impl RunLoop<'_> {
    pub(super) fn judge_completed(&mut self) {
        let now = self.now();
        let mut completed = std::mem::take(&mut self.completed);
        completed.drain(..).flatten().for_each(|completion| self.judge(completion, now));
        self.completed = completed; // its memory serves the next ones
    }

    /// Has the policy decide what follows from an attempt, and does it.
    fn judge(&mut self, mut completion: Completion, now: Duration) {
        self.learn(&mut completion, now);
        if self.shutdown.is_cut_off {
            time_out(&mut completion.attempt);
        }
        let Completion { ticket, job, attempt, .. } = &completion;
        let facts = Facts {
            chance: fastrand::f64(),
            is_stopping: self.is_stopping(),
            host_is_unreachable: self.schedule.is_unreachable(ticket),
            retry_is_allowed: self.schedule.may_retry(ticket, now),
        };
        let verdict = self.policy_for(job).decide(job, attempt, &facts);
        match verdict.throttle {
            Some(Throttle::Pause(pause)) => self.schedule.cool(ticket, now.saturating_add(pause), now),
            Some(Throttle::OneAtATime) => self.schedule.cool(ticket, now, now),
            None => {}
        }
        let is_counted = !job.load.as_ref().is_some_and(|load| load.warm_up);
        verdict.pause.filter(|_| is_counted).into_iter().for_each(|outcome| self.counters.pauses.count(outcome));
        self.carry_out(verdict.next, completion, now);
    }

    /// Takes in what the attempt tells of its host, of the session and of the memory that answers need.
    fn learn(&mut self, completion: &mut Completion, now: Duration) {
        let Completion { ticket, job, memory, attempt } = completion;
        if !job.is_robots_txt() {
            self.memory.observe(memory);
            if let Some(session) = &mut self.session {
                session.learn(job, attempt);
            }
        }
        self.outbox.set_in_flight(job, false);
        if let Some(generator) = &mut self.generator {
            return generator.attempted(job, attempt);
        }
        let latency = attempt.timings.wait.unwrap_or(attempt.timings.total);
        self.schedule.learn(ticket, signal(attempt), latency, now);
    }

    fn policy_for(&self, job: &Job) -> &Policy {
        match &self.robots {
            Some(robots) if job.is_robots_txt() => &robots.policy,
            _ => &self.policy,
        }
    }

    fn carry_out(&mut self, next: Next, completion: Completion, now: Duration) {
        let Completion { ticket, mut job, memory, mut attempt } = completion;
        match next {
            Next::Retry(pause) => return self.retry(ticket, job, &attempt, pause, now),
            Next::RetryUnmet(failure, pause) => {
                attempt.error = Some(failure);
                return self.retry(ticket, job, &attempt, pause, now);
            }
            Next::AwaitHost => {
                job.note_unreachable(&attempt);
                return self.schedule.requeue(ticket, job, now, now);
            }
            Next::Reconnect => {
                job.note_reconnect(&attempt);
                return self.schedule.requeue(ticket, job, Duration::ZERO, now);
            }
            Next::AwaitConnection(pause) => {
                job.history_after(&attempt);
                return self.schedule.requeue(ticket, job, now.saturating_add(pause), now);
            }
            Next::Authenticate(challenge) => {
                job.note_challenge(&attempt);
                if let Some(session) = &mut self.session {
                    session.remember_challenge(&job.url, challenge);
                }
                return self.schedule.requeue(ticket, job, now, now);
            }
            Next::Follow(redirect) => {
                let at = now.saturating_add(redirect.wait);
                job.follow(&attempt, redirect);
                return self.go_on(ticket, job, at, now);
            }
            Next::Page(next) => {
                let job = self.record_page(job, attempt, memory, next, now);
                return self.go_on(ticket, job, now, now);
            }
            Next::FailPage(next, why, cause) => {
                let job = self.record_page(job, attempt, memory, next, now);
                self.schedule.settle(ticket, now);
                let mut unsent = refused(why);
                unsent.note_pages_end(cause);
                return self.end_unsent(job, unsent);
            }
            Next::WithholdRetry(failure) => {
                attempt.error = failure.or(attempt.error.take());
                self.counters.retries_withheld += 1;
                attempt.remark("not retried: too many requests to this host are retries");
            }
            Next::Defer(why, setting) => attempt.defer(&why, setting),
            Next::EndPages(url, why) => attempt.end_pages(url, &why),
            Next::LosePages(why) => attempt.lose_pages(&why),
            Next::Fail(failure) => attempt.error = Some(failure),
            Next::Settle => {
                if let Some(why) = self.policy_for(&job).unauthenticated(&job, &attempt) {
                    attempt.remark(&why);
                }
            }
        }
        self.schedule.settle(ticket, now);
        self.settle(job, attempt, memory);
    }

    fn retry(&mut self, ticket: Ticket, mut job: Box<Job>, attempt: &Attempt, pause: Duration, now: Duration) {
        if job.note_retry(attempt, pause) {
            self.schedule.count_retry(&ticket, now);
        }
        self.schedule.requeue(ticket, job, now.saturating_add(pause), now);
    }

    /// Records a page that is not the last of its input, and returns the job for the next one. If that job ends without
    /// being sent, both records go to the writer together, so that no checkpoint comes between them.
    fn record_page(
        &mut self,
        mut job: Box<Job>,
        mut attempt: Box<Attempt>,
        memory: MemoryPermit,
        next: NextRequest,
        now: Duration,
    ) -> Box<Job> {
        self.note_job_time(&job, &attempt);
        let mut next = job.next_page(&mut attempt, next);
        next.admitted = now;
        self.counters.earlier_pages += 1;
        self.outbox.put(Record::Settled { job, attempt }, memory, false);
        next
    }

    fn settle(&mut self, job: Box<Job>, mut attempt: Box<Attempt>, memory: MemoryPermit) {
        match job.purpose {
            Purpose::Input => {
                self.note_job_time(&job, &attempt);
                if job.pages.is_some() {
                    attempt.note_failed_page();
                }
                self.record(Record::Settled { job, attempt }, memory);
            }
            Purpose::Login => {
                attempt.name_settings(self.plan.setting_names);
                self.end_login(&job, &attempt);
            }
            Purpose::RobotsTxt => self.open_host(&job, &attempt, self.now()),
        }
    }

    /// Notes how long a job took that ends in a response.
    fn note_job_time(&mut self, job: &Job, attempt: &Attempt) {
        if attempt.head.is_some() {
            self.counters.job_times.add(job.age_after(attempt));
        }
    }

    /// Takes the last record of an input.
    pub(super) fn record(&mut self, record: Record, memory: MemoryPermit) {
        self.counters.settled += 1;
        let now = self.now();
        if let Some(generator) = &mut self.generator {
            generator.finished(&record, now);
        }
        self.outbox.put(record, memory, true);
    }

    /// Settles a job that is not sent, or not sent again.
    pub(super) fn end_unsent(&mut self, job: Box<Job>, mut attempt: Attempt) {
        attempt.made = false;
        let memory = self.memory.book_unsent();
        self.settle(job, Box::new(attempt), memory);
    }

    /// Sends the login, if the plan has one.
    pub(super) fn log_in(&mut self) {
        if let (Some(login), Some(session)) = (&self.plan.login, &mut self.session) {
            session.begin_login();
            let job = Job::login(login.url.clone(), Arc::clone(&login.request));
            self.schedule.admit(Box::new(job), self.now());
        }
    }

    /// Until the login has ended no input is read.
    pub(super) fn is_logging_in(&self) -> bool {
        self.session.as_ref().is_some_and(|session| session.is_logging_in)
    }

    /// Lets inputs be read, or ends the run.
    fn end_login(&mut self, job: &Job, attempt: &Attempt) {
        let (Some(login), Some(session)) = (&self.plan.login, &mut self.session) else { return };
        match session.end_login(login, job, attempt) {
            Err(error) if !self.is_stopping() => self.end_early(Some(RunErrorKind::Login(error)), Stop::Drain),
            _ => {}
        }
    }
}

/// What is cut off at the end of a probe was not stopped by anybody: its time was over.
fn time_out(attempt: &mut Attempt) {
    if let Some(error) = attempt.error.as_mut().filter(|error| error.kind == ErrorKind::Cancelled && attempt.made) {
        *error = Failure { kind: ErrorKind::Timeout, message: OVER.to_owned(), ..error.clone() };
    }
}
