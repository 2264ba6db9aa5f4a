//! Who may go now.
//!
//! The schedule owns everything that waits. Each host has a lane: a queue, its requests in flight, its share of the
//! rate, its cool-down. A lane is *ready* when it has a due job and a free slot; ready lanes take turns. Both rates
//! are paid at the instant a job leaves, never ahead, so that over any span `T` at most `rate * T + burst` leave.
//!
//! It is a plain state machine: the caller says what time it is, and nothing in here sleeps, locks or does I/O.

mod lane;
mod oldest;
mod placement;
mod rate;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::num::NonZeroUsize;
use std::time::Duration;

use crate::job::{Job, host_key};
use crate::plan::Limits;

use lane::{LaneId, Lanes};
use placement::Placement;
use rate::{Account, Rates};

/// Lanes kept at once, idle ones that still owe time to their rate included. Past it no new host is admitted.
const MAX_LANES: usize = 1_000_000;

/// Decides which job may start, when, and on which fetcher.
#[derive(Debug)]
pub struct Schedule {
    concurrency: usize,
    host_concurrency: usize,
    window: usize,
    rates: Rates,
    global: Account,
    /// Until when the global rate admits nothing.
    global_wait: Duration,
    lanes: Lanes,
    ready: VecDeque<LaneId>,
    timers: BinaryHeap<Reverse<(Duration, LaneId)>>,
    placement: Placement,
    waiting: usize,
    in_flight: usize,
    /// Orders jobs that come back for the same instant.
    returns: u64,
}

/// What to do next.
#[derive(Debug)]
pub enum Step {
    /// Send this one.
    Go(Lease),
    /// Admit another job: a slot is free and no known host can use it.
    Read,
    /// Nothing may leave before a job ends or [`Schedule::next_timer`] passes.
    Hold(Held),
}

/// What holds the next job back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// Every slot is on the wire.
    Slots,
    /// The rate of the whole run.
    Rate,
    /// The window is full of jobs whose hosts may not be asked now.
    Window,
}

/// A job that may start: host and global limits paid.
#[derive(Debug)]
pub struct Lease {
    /// To be given back when the attempt ends.
    pub ticket: Ticket,
    /// The job.
    pub job: Box<Job>,
}

/// A slot of the run, of a host and of a fetcher. Giving it back is [`Schedule::settle`] or [`Schedule::requeue`].
#[derive(Debug)]
#[must_use = "a slot that is not given back is lost"]
pub struct Ticket {
    lane: LaneId,
    fetcher: u8,
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
    /// Jobs that had made an attempt and waited for their next.
    pub begun: Vec<Box<Job>>,
    /// How many had made none.
    pub skipped: u64,
}

impl Schedule {
    /// A schedule for `limits` over `fetchers` (at most 64 are used).
    pub fn new(limits: &Limits, fetchers: NonZeroUsize) -> Self {
        Schedule {
            concurrency: limits.concurrency.get(),
            host_concurrency: limits.host_concurrency.get(),
            window: limits.window.get(),
            rates: Rates::new(limits),
            global: Account::default(),
            global_wait: Duration::ZERO,
            lanes: Lanes::default(),
            ready: VecDeque::new(),
            timers: BinaryHeap::new(),
            placement: Placement::new(fetchers),
            waiting: 0,
            in_flight: 0,
            returns: 0,
        }
    }

    /// Puts a fresh job at the end of its host's lane.
    pub fn admit(&mut self, mut job: Box<Job>, now: Duration) {
        job.admitted = now;
        let id = self.lanes.of(&host_key(&job.url));
        self.lanes[id].fresh.push_back(job);
        self.waiting += 1;
        self.refresh(id, now);
    }

    /// What may happen at `now`. To be asked again until it says [`Step::Hold`].
    pub fn step(&mut self, now: Duration) -> Step {
        self.fire_timers(now);
        if self.in_flight >= self.concurrency {
            return Step::Hold(Held::Slots);
        }
        if now < self.global_wait {
            return if self.ready.is_empty() { self.read() } else { Step::Hold(Held::Rate) };
        }
        while let Some(id) = self.ready.pop_front() {
            self.lanes[id].ready = false;
            if self.lanes[id].due_at().is_none_or(|at| at > now) {
                self.refresh(id, now); // cooled while it stood in the ring
                continue;
            }
            let account = self.lanes[id].account;
            if let Err(at) = self.rates.pay_host(&mut self.lanes[id].account, now) {
                self.wake_at(id, at);
                continue;
            }
            let Some(fetcher) = self.placement.place(&mut self.lanes[id].affinity) else {
                self.lanes[id].account = account;
                continue; // its first connection is being made: settling that brings the lane back
            };
            if let Err(at) = self.rates.pay_global(&mut self.global, now) {
                self.placement.unplace(&mut self.lanes[id].affinity, fetcher);
                self.lanes[id].account = account;
                self.lanes[id].ready = true;
                self.ready.push_front(id);
                self.global_wait = at;
                return Step::Hold(Held::Rate);
            }
            return Step::Go(self.lease(id, fetcher, now));
        }
        self.read()
    }

    /// Gives the slot back: the job is done.
    pub fn settle(&mut self, ticket: Ticket, now: Duration) {
        let lane = &mut self.lanes[ticket.lane];
        lane.in_flight -= 1;
        self.in_flight -= 1;
        self.placement.release(&mut lane.affinity, ticket.fetcher);
        self.refresh(ticket.lane, now);
    }

    /// Gives the slot back and takes the job again, for an attempt not before `at`, ahead of its host's fresh jobs.
    /// The job's URL says which host that is.
    pub fn requeue(&mut self, ticket: Ticket, job: Box<Job>, at: Duration, now: Duration) {
        let id = self.lanes.of(&host_key(&job.url));
        self.returns += 1;
        self.lanes[id].again.insert((at, self.returns), job);
        self.waiting += 1;
        if id != ticket.lane {
            self.refresh(id, now);
        }
        self.settle(ticket, now);
    }

    /// Starts nothing on the ticket's host before `until`.
    pub fn cool(&mut self, ticket: &Ticket, until: Duration) {
        let lane = &mut self.lanes[ticket.lane];
        lane.cool_until = lane.cool_until.max(until);
    }

    /// Takes out all that waits. What is in flight still has to be given back.
    pub fn stop(&mut self, now: Duration) -> Stopped {
        let mut stopped = Stopped::default();
        self.waiting = 0;
        self.ready.clear();
        for id in self.lanes.ids() {
            let lane = &mut self.lanes[id];
            stopped.skipped += std::mem::take(&mut lane.fresh).len() as u64;
            stopped.begun.extend(std::mem::take(&mut lane.again).into_values());
            lane.ready = false;
            self.refresh(id, now);
        }
        stopped
    }

    /// When something may change without a job ending, if ever.
    pub fn next_timer(&self) -> Option<Duration> {
        let lane = self.timers.peek().map(|Reverse((at, _))| *at);
        let rate_holds =
            !self.ready.is_empty() && self.in_flight < self.concurrency && self.global_wait > Duration::ZERO;
        let rate = rate_holds.then_some(self.global_wait);
        match (lane, rate) {
            (Some(lane), Some(rate)) => Some(lane.min(rate)),
            (lane, rate) => lane.or(rate),
        }
    }

    /// Jobs admitted and not in flight.
    pub fn waiting(&self) -> usize {
        self.waiting
    }

    /// Jobs in flight.
    pub fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// Hosts that have a lane.
    pub fn hosts(&self) -> usize {
        self.lanes.len()
    }

    /// The host with the most jobs waiting. Looks at every lane.
    pub fn fullest_host(&self) -> Option<&str> {
        self.lanes.iter().max_by_key(|lane| lane.fresh.len() + lane.again.len()).map(|lane| &*lane.host)
    }

    /// Whether a job could leave at `now` but for the slots and rates: what tests hold [`Schedule::step`] against.
    #[cfg(test)]
    fn has_due_job(&self, now: Duration) -> bool {
        let due =
            |lane: &lane::Lane| lane.in_flight < self.host_concurrency && lane.due_at().is_some_and(|at| at <= now);
        self.lanes.iter().any(due)
    }

    fn read(&self) -> Step {
        if self.waiting >= self.window || self.lanes.len() >= MAX_LANES { Step::Hold(Held::Window) } else { Step::Read }
    }

    fn lease(&mut self, id: LaneId, fetcher: u8, now: Duration) -> Lease {
        let lane = &mut self.lanes[id];
        let job = lane.take_due(now).expect("a ready lane has a due job");
        lane.in_flight += 1;
        self.in_flight += 1;
        self.waiting -= 1;
        self.refresh(id, now);
        Lease { ticket: Ticket { lane: id, fetcher }, job }
    }

    /// Puts a lane where it now belongs: among the ready, behind a timer, or away.
    fn refresh(&mut self, id: LaneId, now: Duration) {
        let lane = &mut self.lanes[id];
        if lane.ready || lane.in_flight >= self.host_concurrency {
            return;
        }
        match lane.due_at() {
            Some(at) if at <= now => {
                lane.ready = true;
                self.ready.push_back(id);
            }
            Some(at) => self.wake_at(id, at),
            None if lane.in_flight > 0 => {}
            None => match lane.cool_until.max(lane.account.refilled_at()) {
                at if at <= now => self.lanes.remove(id),
                at => self.wake_at(id, at),
            },
        }
    }

    fn wake_at(&mut self, id: LaneId, at: Duration) {
        let lane = &mut self.lanes[id];
        if lane.timer.is_none_or(|timer| at < timer) {
            lane.timer = Some(at);
            self.timers.push(Reverse((at, id)));
        }
    }

    fn fire_timers(&mut self, now: Duration) {
        while let Some(&Reverse((at, id))) = self.timers.peek() {
            if at > now {
                return;
            }
            self.timers.pop();
            // An earlier timer, or another lane in the same place, makes an entry stale.
            if let Some(lane) = self.lanes.get_mut(id)
                && lane.timer == Some(at)
            {
                lane.timer = None;
                self.refresh(id, now);
            }
        }
    }
}
