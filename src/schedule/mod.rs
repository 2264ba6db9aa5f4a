//! Who may go now.
//!
//! The schedule owns everything that waits. Each host has a lane: a queue, its requests in flight, and what is known of
//! its health. A lane draws on a pool of slots and a rate, which is its own or, by `--limit-by domain`, that of its
//! domain. A lane is *ready* when it has a due job and its pool has a slot; ready lanes take turns. Both rates are paid
//! at the instant a job leaves, never ahead, so that over any span `T` at most `rate * T + burst` leave.
//!
//! It is a plain state machine: the caller says what time it is, and nothing in here sleeps, locks or does I/O.

mod adaptive;
mod bottleneck;
mod circuit;
mod health;
mod lane;
mod lane_state;
mod lease;
mod oldest;
mod placement;
mod pool;
mod rate;
mod retries;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::num::NonZeroUsize;
use std::time::Duration;

use url::Url;

use crate::model::host_glob::HostGlob;
use crate::model::{Blocked, Job, Signal};
use crate::plan::Limits;

pub use bottleneck::Bottleneck;

use health::Departure;
use lane::{LaneId, LaneState, Lanes};
use placement::Placement;
use pool::{PoolId, Pools};
use rate::{Account, Rates};

/// Lanes kept at once, idle ones that are remembered for something included. Past it no new host is admitted.
const MAX_LANES: usize = 1_000_000;

/// Decides which job may start, when, and on which fetcher.
#[derive(Debug)]
pub struct Schedule {
    limits: Limits,
    /// How long jobs wait for a host that cannot be reached.
    patience: Duration,
    rates: Rates,
    global: Account,
    /// Until when the global rate admits nothing.
    global_wait: Duration,
    /// The latest time that it has been told.
    told: Duration,
    lanes: Lanes,
    pools: Pools,
    ready: VecDeque<LaneId>,
    /// Lanes whose hosts have been unreachable for too long.
    doomed: VecDeque<LaneId>,
    timers: BinaryHeap<Reverse<(Duration, Timer)>>,
    placement: Placement,
    waiting: usize,
    in_flight: usize,
    /// Orders jobs that come back for the same instant.
    returns: u64,
    /// The places of rules that no host has matched.
    unused_rules: Vec<usize>,
}

/// Whose turn it is when a timer fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Timer {
    Lane(LaneId),
    Pool(PoolId),
}

/// What to do next.
#[derive(Debug)]
pub enum Step {
    /// Send this one.
    Go(Lease),
    /// Settle this one: its host has been unreachable for too long.
    Refuse(Box<Job>),
    /// Admit another job: a slot is free and no known host can use it.
    Read,
    /// Nothing may leave before a job ends or [`Schedule::next_timer`] passes.
    Wait(Blocked),
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
    departure: Departure,
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
    ///
    /// Jobs wait for a host that cannot be reached until it has been so for `patience`.
    pub fn new(limits: &Limits, patience: Duration, fetchers: NonZeroUsize) -> Self {
        Schedule {
            limits: limits.clone(),
            patience,
            rates: Rates::new(limits),
            global: Account::default(),
            global_wait: Duration::ZERO,
            told: Duration::ZERO,
            lanes: Lanes::default(),
            pools: Pools::default(),
            ready: VecDeque::new(),
            doomed: VecDeque::new(),
            timers: BinaryHeap::new(),
            placement: Placement::new(fetchers),
            waiting: 0,
            in_flight: 0,
            returns: 0,
            unused_rules: (0..limits.host_rules.len()).collect(),
        }
    }

    /// Puts a fresh job at the end of its host's lane.
    pub fn admit(&mut self, mut job: Box<Job>, now: Duration) {
        job.admitted = now;
        let id = self.lane_of(&job.url);
        self.lanes[id].fresh.push_back(job);
        self.waiting += 1;
        self.refresh(id, now);
    }

    /// What may happen at `now`. To be asked again until it says [`Step::Wait`].
    pub fn step(&mut self, now: Duration) -> Step {
        self.fire_timers(now);
        if let Some(job) = self.refuse(now) {
            return Step::Refuse(job);
        }
        if self.in_flight >= self.limits.concurrency.get() {
            return Step::Wait(Blocked::Concurrency);
        }
        if now < self.global_wait {
            return if self.ready.is_empty() { self.read() } else { Step::Wait(Blocked::Rate) };
        }
        while let Some(id) = self.ready.pop_front() {
            match self.lease_from(id, now) {
                Ok(Some(lease)) => return Step::Go(lease),
                Ok(None) => {}
                Err(_) => {
                    self.ready.push_front(id);
                    return Step::Wait(Blocked::Rate);
                }
            }
        }
        self.refuse(now).map_or_else(|| self.read(), Step::Refuse)
    }

    /// Takes in what an attempt has told of the ticket's host, which took `latency` to answer.
    pub fn learn(&mut self, ticket: &Ticket, signal: Signal, latency: Duration, now: Duration) {
        let lane = &mut self.lanes[ticket.lane];
        let most = self.pools[lane.pool].concurrency;
        lane.health.learn(ticket.departure, signal, latency, most, now);
    }

    /// Whether the ticket's host is held to be unreachable, so that its jobs wait until it is back.
    pub fn is_unreachable(&self, ticket: &Ticket) -> bool {
        self.lanes[ticket.lane].health.is_unreachable()
    }

    /// Whether the ticket's host may be sent another retry.
    pub fn may_retry(&self, ticket: &Ticket, now: Duration) -> bool {
        self.lanes[ticket.lane].retries.has_left(now)
    }

    /// Counts a retry to the ticket's host.
    pub fn count_retry(&mut self, ticket: &Ticket, now: Duration) {
        self.lanes[ticket.lane].retries.withdraw(now);
    }

    /// Gives the slot back: the job is done.
    pub fn settle(&mut self, ticket: Ticket, now: Duration) {
        let lane = &mut self.lanes[ticket.lane];
        let pool = lane.pool;
        lane.in_flight -= 1;
        lane.health.come_back(ticket.departure);
        self.pools[pool].in_flight -= 1;
        self.in_flight -= 1;
        self.placement.release(&mut lane.affinity, ticket.fetcher);
        self.refresh(ticket.lane, now);
        self.offer(pool, now);
    }

    /// Gives the slot back and takes the job again, for an attempt not before `at`, ahead of its host's fresh jobs.
    /// The job's URL says which host that is.
    pub fn requeue(&mut self, ticket: Ticket, job: Box<Job>, at: Duration, now: Duration) {
        let id = self.lane_of(&job.url);
        self.returns += 1;
        let key = (at, self.returns);
        let lane = &mut self.lanes[id];
        let due = if job.is_robots_txt() { &mut lane.heralds } else { &mut lane.again };
        due.insert(key, job);
        self.waiting += 1;
        if id != ticket.lane {
            self.refresh(id, now);
        }
        self.settle(ticket, now);
    }

    /// Starts nothing on the ticket's host before `until`, and then one request before others.
    pub fn cool(&mut self, ticket: &Ticket, until: Duration, now: Duration) {
        self.lanes[ticket.lane].health.pause(ticket.departure, until, now);
    }

    /// Lets nothing but heralds go to the host of `url`.
    pub fn close(&mut self, url: &Url) {
        let id = self.lane_of(url);
        self.lanes[id].shut = true;
    }

    /// Puts a job ahead of all others of its host, which goes even while that is shut.
    pub fn admit_robots_txt(&mut self, mut job: Box<Job>, now: Duration) {
        job.admitted = now;
        let id = self.lane_of(&job.url);
        self.returns += 1;
        self.lanes[id].heralds.insert((now, self.returns), job);
        self.waiting += 1;
        self.refresh(id, now);
    }

    /// Lets jobs go to the host of `url`, with at least `spacing` between two; hands back those that `keep` refuses.
    pub fn open(
        &mut self,
        url: &Url,
        spacing: Duration,
        mut keep: impl FnMut(&Job) -> bool,
        now: Duration,
    ) -> Vec<Box<Job>> {
        let id = self.lane_of(url);
        let lane = &mut self.lanes[id];
        lane.shut = false;
        lane.health.space(spacing);
        let mut refused: Vec<Box<Job>> = lane.again.extract_if(.., |_, job| !keep(job)).map(|(_, job)| job).collect();
        let (kept, others) = std::mem::take(&mut lane.fresh).into_iter().partition(|job| keep(job));
        lane.fresh = kept;
        refused.extend::<VecDeque<_>>(others);
        self.waiting -= refused.len();
        self.refresh(id, now);
        refused
    }

    /// Lets at least `spacing` pass between two starts on the host of `url`.
    pub fn space(&mut self, url: &Url, spacing: Duration) {
        let id = self.lane_of(url);
        self.lanes[id].health.space(spacing);
    }

    /// Takes out all that waits. What is in flight still has to be given back.
    pub fn stop(&mut self, now: Duration) -> Stopped {
        let mut stopped = Stopped::default();
        self.waiting = 0;
        self.ready.clear();
        self.doomed.clear();
        for id in self.lanes.ids() {
            let lane = &mut self.lanes[id];
            stopped.skipped += std::mem::take(&mut lane.fresh).len() as u64;
            stopped.begun.extend(std::mem::take(&mut lane.again).into_values());
            lane.heralds.clear();
            let pool = &mut self.pools[lane.pool];
            pool.parked.clear();
            pool.offered = None;
            lane.stand = LaneState::Away;
            self.refresh(id, now);
        }
        stopped
    }

    /// When something may change without a job ending, if ever.
    pub fn next_timer(&self) -> Option<Duration> {
        let timer = self.timers.peek().map(|Reverse((at, _))| *at);
        let rate_holds = !self.ready.is_empty() && self.in_flight < self.limits.concurrency.get();
        let rate = rate_holds.then_some(self.global_wait).filter(|at| *at > self.told);
        match (timer, rate) {
            (Some(timer), Some(rate)) => Some(timer.min(rate)),
            (timer, rate) => timer.or(rate),
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

    /// The rules for hosts that no host has matched.
    pub fn unused_rules(&self) -> impl Iterator<Item = &HostGlob> {
        self.unused_rules.iter().map(|&place| &self.limits.host_rules[place].hosts)
    }

    /// Hosts that have a lane.
    pub fn hosts(&self) -> usize {
        self.lanes.len()
    }

    /// Whether a job could leave at `now` but for the run's slots and rate: what tests hold [`Schedule::step`] against.
    #[cfg(test)]
    fn has_due_job(&self, now: Duration) -> bool {
        let due = |lane: &lane::Lane| lane.admits_more() && lane.due_at().is_some_and(|at| at <= now);
        self.lanes.iter().any(|(_, lane)| due(lane) && self.pools[lane.pool].is_open(now))
    }

    fn read(&self) -> Step {
        let full = self.waiting >= self.limits.window.get() || self.lanes.len().max(self.pools.len()) >= MAX_LANES;
        if full { Step::Wait(Blocked::Window) } else { Step::Read }
    }
}
