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

use reqwest::Url;

use crate::job::{Job, host_key};
use crate::outcome::Signal;
use crate::plan::Limits;

pub use bottleneck::{Bottleneck, HostBound};

use health::{Departure, Health};
use lane::{Lane, LaneId, Lanes, Stand};
use placement::Placement;
use pool::{Pool, PoolId, Pools};
use rate::{Account, RateId, Rates};

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

    /// What may happen at `now`. To be asked again until it says [`Step::Hold`].
    pub fn step(&mut self, now: Duration) -> Step {
        self.fire_timers(now);
        if let Some(job) = self.refuse(now) {
            return Step::Refuse(job);
        }
        if self.in_flight >= self.limits.concurrency.get() {
            return Step::Hold(Held::Slots);
        }
        if now < self.global_wait {
            return if self.ready.is_empty() { self.read() } else { Step::Hold(Held::Rate) };
        }
        while let Some(id) = self.ready.pop_front() {
            match self.lease_from(id, now) {
                Ok(Some(lease)) => return Step::Go(lease),
                Ok(None) => {}
                Err(_) => {
                    self.ready.push_front(id);
                    return Step::Hold(Held::Rate);
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

    /// Takes a retry out of what the ticket's host may be sent, if one is left.
    pub fn may_retry(&mut self, ticket: &Ticket, now: Duration) -> bool {
        self.lanes[ticket.lane].retries.withdraw(now)
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
        let due = if job.is_herald() { &mut lane.heralds } else { &mut lane.again };
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
    pub fn shut(&mut self, url: &Url) {
        let id = self.lane_of(url);
        self.lanes[id].shut = true;
    }

    /// Puts a job ahead of all others of its host, which goes even while that is shut.
    pub fn admit_herald(&mut self, mut job: Box<Job>, now: Duration) {
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
            lane.stand = Stand::Away;
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

    /// Hosts that have a lane.
    pub fn hosts(&self) -> usize {
        self.lanes.len()
    }

    /// Whether a job could leave at `now` but for the run's slots and rate: what tests hold [`Schedule::step`] against.
    #[cfg(test)]
    fn has_due_job(&self, now: Duration) -> bool {
        let due = |lane: &Lane| lane.admits_more() && lane.due_at().is_some_and(|at| at <= now);
        self.lanes.iter().any(|(_, lane)| due(lane) && self.pools[lane.pool].is_open(now))
    }

    fn read(&self) -> Step {
        let full = self.waiting >= self.limits.window.get() || self.lanes.len().max(self.pools.len()) >= MAX_LANES;
        if full { Step::Hold(Held::Window) } else { Step::Read }
    }
}

/// Why a lane's next job cannot be paid for.
enum Unpaid {
    /// Its pool has no token before then.
    Rate(Duration),
    /// Its host's first connection is being made: settling that brings the lane back.
    Connection,
    /// The run has none.
    Global,
}

impl Schedule {
    /// Leases the next job of a lane that has left the ring, if it may go. An error puts it back there.
    fn lease_from(&mut self, id: LaneId, now: Duration) -> Result<Option<Lease>, Unpaid> {
        let lane = &mut self.lanes[id];
        lane.stand = Stand::Away;
        let pool = lane.pool;
        let offered = self.pools[pool].offered.take_if(|lane| *lane == id);
        if !lane.admits_more() || lane.due_at().is_none_or(|at| at > now) {
            self.refresh(id, now); // something came between while it stood in the ring
            self.offer(pool, now);
            return Ok(None);
        }
        let others_first = offered.is_none() && self.pools[pool].has_queue();
        if others_first || !self.pools[pool].is_open(now) {
            self.park(id, offered.is_some());
            self.offer(pool, now);
            return Ok(None);
        }
        match self.pay(id, now) {
            Ok(fetcher) => {
                let job = self.lanes[id].take_due(now).expect("a ready lane has a due job");
                Ok(Some(self.lease(id, job, fetcher, now)))
            }
            Err(Unpaid::Rate(at)) => {
                self.pools[pool].wait = at;
                self.park(id, offered.is_some());
                self.wake_pool_at(pool, at);
                Ok(None)
            }
            Err(Unpaid::Connection) => {
                self.offer(pool, now);
                Ok(None)
            }
            Err(Unpaid::Global) => {
                self.lanes[id].stand = Stand::Ready;
                self.pools[pool].offered = offered.or(self.pools[pool].offered);
                Err(Unpaid::Global)
            }
        }
    }

    /// Pays for one job of a lane and finds its fetcher; or pays nothing.
    fn pay(&mut self, id: LaneId, now: Duration) -> Result<u8, Unpaid> {
        let lane = &mut self.lanes[id];
        let pool = &mut self.pools[lane.pool];
        let account = pool.account;
        self.rates.pay_host(pool.rate, &mut pool.account, now).map_err(Unpaid::Rate)?;
        let Some(fetcher) = self.placement.place(&mut lane.affinity) else {
            pool.account = account;
            return Err(Unpaid::Connection);
        };
        if let Err(at) = self.rates.pay_global(&mut self.global, now) {
            self.placement.unplace(&mut lane.affinity, fetcher);
            pool.account = account;
            self.global_wait = at;
            return Err(Unpaid::Global);
        }
        Ok(fetcher)
    }

    fn lease(&mut self, id: LaneId, job: Box<Job>, fetcher: u8, now: Duration) -> Lease {
        let lane = &mut self.lanes[id];
        let pool = lane.pool;
        lane.in_flight += 1;
        let departure = lane.health.leave(lane.in_flight, now);
        if job.retries().is_empty() {
            lane.retries.deposit(now);
        }
        self.pools[pool].in_flight += 1;
        self.in_flight += 1;
        self.waiting -= 1;
        self.refresh(id, now);
        self.offer(pool, now);
        Lease { ticket: Ticket { lane: id, fetcher, departure }, job }
    }

    /// A job of a host that has been unreachable for too long.
    fn refuse(&mut self, now: Duration) -> Option<Box<Job>> {
        while let Some(&id) = self.doomed.front() {
            if self.is_hopeless(id, now)
                && let Some(job) = self.lanes[id].take_any()
            {
                self.waiting -= 1;
                return Some(job);
            }
            self.doomed.pop_front();
            self.lanes[id].stand = Stand::Away;
            self.refresh(id, now);
        }
        None
    }

    /// Whether a host has been unreachable for too long, and is not to be asked now whether it is back.
    fn is_hopeless(&self, id: LaneId, now: Duration) -> bool {
        let hopeless = self.lanes[id].health.hopeless(self.patience);
        hopeless.is_some_and(|(from, until)| from <= now && now < until)
    }

    /// The host's lane, made if there is none.
    fn lane_of(&mut self, url: &Url) -> LaneId {
        let host = host_key(url);
        if let Some(id) = self.lanes.of(&host) {
            return id;
        }
        let pool = self.pool_of(url);
        self.pools[pool].lanes += 1;
        self.lanes.insert(Lane::new(&host, pool, Health::new(self.limits.adaptive)))
    }

    fn pool_of(&mut self, url: &Url) -> PoolId {
        let name = self.limits.limit_by.name(url);
        if let Some(id) = self.pools.of(&name) {
            return id;
        }
        let (concurrency, rule) = self.limits.of(url);
        self.pools.insert(Pool::new(&name, concurrency.get(), RateId::of_rule(rule)))
    }

    /// Puts a lane that stands nowhere where it now belongs.
    fn refresh(&mut self, id: LaneId, now: Duration) {
        let lane = &mut self.lanes[id];
        if lane.stand != Stand::Away {
            return;
        }
        let has_jobs = lane.waiting() > 0;
        if let Some((from, until)) = lane.health.hopeless(self.patience).filter(|_| has_jobs) {
            if from <= now && now < until {
                lane.stand = Stand::Doomed;
                return self.doomed.push_back(id);
            }
            if from > now {
                self.wake_lane_at(id, from);
            }
        }
        let lane = &self.lanes[id];
        if !lane.admits_more() {
            return; // its own requests bring it back
        }
        match lane.due_at() {
            Some(at) if at <= now => self.stand_in(id, now),
            Some(at) => self.wake_lane_at(id, at),
            None if has_jobs || lane.in_flight > 0 => {}
            None => match lane.forgotten_at() {
                at if at <= now => self.forget(id, now),
                at => self.wake_lane_at(id, at),
            },
        }
    }

    /// Puts a lane with a due job into the ring, or behind others that wait for the same pool. One of several goes into
    /// the ring even if the pool is full: it is parked there after those that came before it.
    fn stand_in(&mut self, id: LaneId, now: Duration) {
        let pool = self.lanes[id].pool;
        let Pool { lanes, .. } = self.pools[pool];
        if !self.pools[pool].has_queue() && (lanes > 1 || self.pools[pool].is_open(now)) {
            self.lanes[id].stand = Stand::Ready;
            self.ready.push_back(id);
        } else {
            self.park(id, false);
            self.offer(pool, now);
        }
    }

    /// Has a lane wait for its pool: behind others, or `first`, if it was its turn already.
    fn park(&mut self, id: LaneId, first: bool) {
        let lane = &mut self.lanes[id];
        lane.stand = Stand::Parked;
        let parked = &mut self.pools[lane.pool].parked;
        if first { parked.push_front(id) } else { parked.push_back(id) }
    }

    /// Lets the first of those that wait for a pool try its luck, if there is any for it and no other is about to: of
    /// several that find nothing, which was first would be forgotten.
    fn offer(&mut self, id: PoolId, now: Duration) {
        while let Some(pool) = self.pools.get_mut(id).filter(|pool| pool.is_open(now) && pool.offered.is_none())
            && let Some(first) = pool.parked.pop_front()
        {
            let lane = &mut self.lanes[first];
            lane.stand = Stand::Away;
            if lane.admits_more() && lane.due_at().is_some_and(|at| at <= now) {
                lane.stand = Stand::Ready;
                pool.offered = Some(first);
                return self.ready.push_back(first);
            }
            self.refresh(first, now);
        }
    }

    fn forget(&mut self, id: LaneId, now: Duration) {
        let pool = self.lanes.remove(id).pool;
        self.pools[pool].lanes -= 1;
        self.forget_pool(pool, now);
    }

    fn forget_pool(&mut self, id: PoolId, now: Duration) {
        let pool = &self.pools[id];
        match pool.account.refilled_at() {
            _ if pool.lanes > 0 => {}
            at if at <= now => self.pools.remove(id),
            at => self.wake_pool_at(id, at),
        }
    }

    fn wake_lane_at(&mut self, id: LaneId, at: Duration) {
        let lane = &mut self.lanes[id];
        if lane.timer.is_none_or(|timer| at < timer) {
            lane.timer = Some(at);
            self.timers.push(Reverse((at, Timer::Lane(id))));
        }
    }

    fn wake_pool_at(&mut self, id: PoolId, at: Duration) {
        let pool = &mut self.pools[id];
        if pool.timer.is_none_or(|timer| at < timer) {
            pool.timer = Some(at);
            self.timers.push(Reverse((at, Timer::Pool(id))));
        }
    }

    fn fire_timers(&mut self, now: Duration) {
        self.told = now;
        while let Some(&Reverse((at, timer))) = self.timers.peek() {
            if at > now {
                return;
            }
            self.timers.pop();
            // An earlier timer, or another in the same place, makes an entry stale.
            match timer {
                Timer::Lane(id) => {
                    if let Some(lane) = self.lanes.get_mut(id).filter(|lane| lane.timer == Some(at)) {
                        lane.timer = None;
                        self.refresh(id, now);
                    }
                }
                Timer::Pool(id) => {
                    if let Some(pool) = self.pools.get_mut(id).filter(|pool| pool.timer == Some(at)) {
                        pool.timer = None;
                        self.offer(id, now);
                        self.forget_pool(id, now);
                    }
                }
            }
        }
    }
}
