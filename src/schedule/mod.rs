//! Decides which request may start now.
//!
//! The schedule owns everything that waits. Each host has a lane: a queue, its requests in flight, and what is known of
//! its health. A lane uses a pool of slots and a rate, which is its own or that of its domain. A lane is *ready* if it
//! has a due job and its pool has a slot; ready lanes take turns. Tokens of both rates are taken at the instant a
//! request starts, never ahead, so that over any span `T` at most `rate * T + burst` start.
//!
//! It is a plain state machine: the caller says what time it is, and nothing here sleeps, locks or does I/O.

mod adaptive;
mod bottleneck;
mod circuit;
mod health;
mod ids;
mod job_index;
mod lane;
mod lease;
mod oldest;
mod pacer;
mod placement;
mod pool;
mod rate;
mod retries;
mod search;
mod step;
#[cfg(test)]
mod tests;
mod transitions;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::num::NonZeroUsize;
use std::time::Duration;

use url::Url;

use crate::model::host_glob::HostGlob;
use crate::model::{Blocked, Job, Signal};
use crate::plan::Limits;

pub use bottleneck::Bottleneck;
pub use pacer::{Pacer, PacerStep, START_GRACE};
pub use search::{Knee, Search, StepRate};
pub use step::{Lease, NotStarted, Step, Stopped, Ticket};

use ids::{LaneId, PoolId};
use job_index::JobIndex;
use lane::{LaneState, Lanes};
use placement::Placement;
use pool::Pools;
use rate::{Bucket, Rates};

/// How many lanes may exist, idle ones included. Beyond that no new host is admitted.
const MAX_LANES: usize = 1_000_000;

/// Decides which job may start, when, and on which fetcher.
#[derive(Debug)]
pub struct Schedule {
    limits: Limits,
    /// How long jobs wait for an unreachable host.
    max_outage: Duration,
    rates: Rates,
    global: Bucket,
    /// Until when the global rate admits no request.
    global_wait: Duration,
    /// The latest time that the caller gave.
    latest: Duration,
    lanes: Lanes,
    pools: Pools,
    ready: VecDeque<LaneId>,
    /// Lanes whose hosts have been unreachable for too long.
    given_up: VecDeque<LaneId>,
    timers: BinaryHeap<Reverse<(Duration, Timer)>>,
    placement: Placement,
    waiting: usize,
    in_flight: usize,
    /// Where each job waits, if the oldest one is ever looked for.
    index: Option<JobIndex>,
    /// Orders jobs that return at the same instant.
    returns: u64,
    /// The places of rules that no host has matched.
    unused_rules: Vec<usize>,
    /// The first request to an https host does not go alone.
    connects_at_once: bool,
}

/// What a timer is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Timer {
    Lane(LaneId),
    Pool(PoolId),
}

impl Schedule {
    /// A schedule for `limits` over `fetchers` (at most 64 are used).
    ///
    /// Jobs wait for an unreachable host for `max_outage` at most.
    pub fn new(limits: &Limits, max_outage: Duration, fetchers: NonZeroUsize) -> Self {
        Schedule {
            limits: limits.clone(),
            max_outage,
            rates: Rates::new(limits),
            global: Bucket::default(),
            global_wait: Duration::ZERO,
            latest: Duration::ZERO,
            lanes: Lanes::default(),
            pools: Pools::default(),
            ready: VecDeque::new(),
            given_up: VecDeque::new(),
            timers: BinaryHeap::new(),
            placement: Placement::new(fetchers),
            waiting: 0,
            in_flight: 0,
            index: None,
            returns: 0,
            unused_rules: (0..limits.host_rules.len()).collect(),
            connects_at_once: false,
        }
    }

    /// Keeps track of where jobs wait, for [`Schedule::step_for`]. Call it before the first job is admitted.
    pub fn track_inputs(&mut self) {
        self.index = Some(JobIndex::default());
    }

    /// Lets further requests to an https host start before its first connection has shown whether it speaks HTTP/2.
    pub fn connect_at_once(&mut self) {
        self.connects_at_once = true;
    }

    /// Puts a fresh job at the end of its host's lane.
    pub fn admit(&mut self, mut job: Box<Job>, now: Duration) {
        job.admitted = now;
        let (id, seq) = (self.lane_of(&job.url), job.input_seq());
        self.lanes[id].fresh.push_back(job);
        self.note_waiting(id, seq, None);
        self.refresh(id, now);
    }

    /// What may happen at `now`. Call it until it returns [`Step::Wait`].
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

    /// Learns from an attempt at the ticket's host, which took `latency` to answer.
    pub fn learn(&mut self, ticket: &Ticket, signal: Signal, latency: Duration, now: Duration) {
        let lane = &mut self.lanes[ticket.lane];
        let most = self.pools[lane.pool].concurrency;
        lane.health.learn(ticket.start, signal, latency, most, now);
    }

    /// Whether the ticket's host counts as unreachable, so that its jobs wait until it is back.
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
        lane.health.end(ticket.start);
        self.pools[pool].in_flight -= 1;
        self.in_flight -= 1;
        self.placement.release(&mut lane.affinity, ticket.fetcher);
        self.refresh(ticket.lane, now);
        self.offer(pool, now);
    }

    /// Gives the slot back and takes the job again, for an attempt not before `at`, ahead of the fresh jobs of the host
    /// that its URL names now.
    pub fn requeue(&mut self, ticket: Ticket, job: Box<Job>, at: Duration, now: Duration) {
        let id = self.lane_of(&job.url);
        self.returns += 1;
        let (key, seq) = ((at, self.returns), job.input_seq());
        let lane = &mut self.lanes[id];
        let jobs = if job.is_robots_txt() { &mut lane.robots_txt } else { &mut lane.returning };
        jobs.insert(key, job);
        self.note_waiting(id, seq, Some(key));
        if id != ticket.lane {
            self.refresh(id, now);
        }
        self.settle(ticket, now);
    }

    /// Sends nothing to the ticket's host before `until`, and then one request before others.
    pub fn cool(&mut self, ticket: &Ticket, until: Duration, now: Duration) {
        self.lanes[ticket.lane].health.pause(ticket.start, until, now);
    }

    /// Sends nothing but requests for robots.txt to the host of `url`.
    pub fn close(&mut self, url: &Url) {
        let id = self.lane_of(url);
        self.lanes[id].closed = true;
    }

    /// Puts a request for robots.txt ahead of all other jobs of its host. It starts even while that is closed.
    pub fn admit_robots_txt(&mut self, mut job: Box<Job>, now: Duration) {
        job.admitted = now;
        let id = self.lane_of(&job.url);
        self.returns += 1;
        let key = (now, self.returns);
        self.lanes[id].robots_txt.insert(key, job);
        self.note_waiting(id, None, Some(key));
        self.refresh(id, now);
    }

    /// Sends jobs to the host of `url` again, with at least `spacing` between two; returns those that `keep` refuses.
    pub fn open(
        &mut self,
        url: &Url,
        spacing: Duration,
        mut keep: impl FnMut(&Job) -> bool,
        now: Duration,
    ) -> Vec<Box<Job>> {
        let id = self.lane_of(url);
        let lane = &mut self.lanes[id];
        lane.closed = false;
        lane.health.space(spacing);
        let mut refused: Vec<Box<Job>> =
            lane.returning.extract_if(.., |_, job| !keep(job)).map(|(_, job)| job).collect();
        let (kept, others) = std::mem::take(&mut lane.fresh).into_iter().partition(|job| keep(job));
        lane.fresh = kept;
        refused.extend::<VecDeque<_>>(others);
        refused.iter().for_each(|job| self.note_taken(id, job));
        self.refresh(id, now);
        refused
    }

    /// Lets at least `spacing` pass between two requests to the host of `url`.
    pub fn space(&mut self, url: &Url, spacing: Duration) {
        let id = self.lane_of(url);
        self.lanes[id].health.space(spacing);
    }

    /// Removes everything that waits. Tickets in flight still have to be given back.
    pub fn stop(&mut self, now: Duration) -> Stopped {
        let mut stopped = Stopped::default();
        self.waiting = 0;
        self.index.iter_mut().for_each(JobIndex::clear);
        self.ready.clear();
        self.given_up.clear();
        for id in self.lanes.ids() {
            let lane = &mut self.lanes[id];
            stopped.skipped += std::mem::take(&mut lane.fresh).len() as u64;
            stopped.begun.extend(std::mem::take(&mut lane.returning).into_values());
            lane.robots_txt.clear();
            let pool = &mut self.pools[lane.pool];
            pool.parked.clear();
            pool.offered = None;
            lane.state = LaneState::Idle;
            self.refresh(id, now);
        }
        stopped
    }

    /// When something may change without a request ending, if ever.
    pub fn next_timer(&self) -> Option<Duration> {
        let timer = self.timers.peek().map(|Reverse((at, _))| *at);
        let rate_holds = !self.ready.is_empty() && self.in_flight < self.limits.concurrency.get();
        let rate = rate_holds.then_some(self.global_wait).filter(|at| *at > self.latest);
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

    fn read(&self) -> Step {
        let full = self.waiting >= self.limits.window.get() || self.lanes.len().max(self.pools.len()) >= MAX_LANES;
        if full { Step::Wait(Blocked::Window) } else { Step::Read }
    }
}
