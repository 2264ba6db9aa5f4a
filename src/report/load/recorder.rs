//! Records how a probe keeps its pace, second by second.

use std::time::{Duration, SystemTime};

use super::second::Second;
use super::share::{Cpu, Share, Waits};
use super::{LoadFacts, Model};
use crate::model::{Blocked, MissedBy};

/// A second in nanoseconds.
const SECOND: u64 = 1_000_000_000;

/// Records how a probe keeps its pace. All times are since the run began.
///
/// A call takes about the same time however long the run has taken: only when the intervals of the series widen, all of
/// them are merged. What is due in the warm-up, or happens in it, is left out.
#[derive(Debug)]
pub struct LoadRecorder {
    facts: LoadFacts,
    /// Nanoseconds since 1970 at the start of the run.
    origin: u64,
    /// Nanoseconds since 1970 at the end of the warm-up.
    begin: u64,
    /// Until when requests that were due have left.
    sent_until: u64,
    /// How long requests were sent before that was left out, step by step.
    sent_before: u64,
    in_flight: InFlight,
    cpu: CpuTime,
    waits: WaitTime,
}

/// How many requests are in flight, and since when.
#[derive(Debug, Default)]
struct InFlight {
    now: u64,
    since: u64,
}

/// Processor time while requests start.
#[derive(Debug, Default)]
struct CpuTime {
    /// When it was last read, and the total then.
    last: Option<(u64, u64)>,
    /// Whether a start was due since then.
    is_starting: bool,
    used: u64,
    time: u64,
    second: InSecond,
}

/// Time in which starts waited.
#[derive(Debug, Default)]
struct WaitTime {
    last: u64,
    output: u64,
    memory: u64,
    in_second: [InSecond; 2],
}

/// Nanoseconds in one second: the last one that was added to.
#[derive(Debug, Default, Clone, Copy)]
struct InSecond {
    second: u64,
    ns: u64,
}

impl InSecond {
    /// Adds to a second, and forgets the one before.
    fn add(&mut self, second: u64, ns: u64) -> u64 {
        let before = if self.second == second { self.ns } else { 0 };
        *self = InSecond { second, ns: before + ns };
        self.ns
    }

    fn of(self, second: u64) -> u64 {
        if self.second == second { self.ns } else { 0 }
    }
}

impl LoadRecorder {
    /// Begins to record a run that began at `started_at` on `cores` cores, and whose first `warm_up` is left out.
    pub fn new(started_at: SystemTime, warm_up: Duration, cores: usize) -> Self {
        let origin = nanos(started_at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default());
        let begin = origin.saturating_add(nanos(warm_up));
        LoadRecorder {
            facts: LoadFacts { runs: 1, cores: cores.max(1) as u64, ..LoadFacts::default() },
            origin,
            begin,
            sent_until: begin,
            sent_before: 0,
            in_flight: InFlight { since: origin, ..InFlight::default() },
            cpu: CpuTime::default(),
            waits: WaitTime { last: origin, ..WaitTime::default() },
        }
    }

    /// Says when requests start: [`Model::Constant`] if it is not called.
    #[must_use]
    pub fn with_model(mut self, model: Model) -> Self {
        self.facts.model = model;
        self
    }

    /// Leaves out what is due before `time`, or happens before it. All that was due earlier has ended.
    pub fn leave_out_until(&mut self, time: Duration) {
        self.sent_before += self.sent_until.saturating_sub(self.begin);
        self.begin = self.begin.max(self.at(time));
    }

    /// A start was due at `intended`, and happens now.
    pub fn start(&mut self, intended: Duration) {
        if let Some(second) = self.due(intended, 1) {
            second.started += 1;
            self.facts.started += 1;
        }
    }

    /// A start was due at `intended`, but haul itself kept it from happening.
    pub fn miss(&mut self, intended: Duration, by: MissedBy) {
        self.miss_many(intended, by, 1);
    }

    /// The rest of the starts that were due before `end` do not happen: `due_before` counts those before a time.
    pub fn miss_rest(&mut self, end: Duration, by: MissedBy, due_before: impl Fn(Duration) -> u64) {
        if due_before(end) == 0 {
            return;
        }
        let (origin, mut missed) = (self.origin, 0);
        for (second, _) in seconds(origin, self.at(end)) {
            let until = end.min(Duration::from_nanos((second + 1) * SECOND - origin));
            let due = due_before(until);
            self.miss_many(until.saturating_sub(Duration::from_nanos(1)), by, due - missed);
            missed = due;
        }
    }

    /// `count` starts were due at `intended`, and none of them happened.
    pub fn miss_many(&mut self, intended: Duration, by: MissedBy, count: u64) {
        if let Some(second) = self.due(intended, count) {
            second.missed.add(by, count);
            self.facts.missed.add(by, count);
        }
    }

    /// Counts starts that were due, unless they belong to the warm-up.
    fn due(&mut self, intended: Duration, count: u64) -> Option<&mut Second> {
        let at = self.counted(intended).filter(|_| count > 0)?;
        self.cpu.is_starting = true;
        self.sent_until = self.sent_until.max(at);
        self.facts.asked += count;
        self.facts.due.extend(at / 1000);
        self.facts.active.extend(at / 1000);
        let second = self.facts.series.at(at / SECOND);
        second.asked += count;
        Some(second)
    }

    /// The request that was due at `intended` left `lag` later.
    pub fn sent(&mut self, intended: Duration, lag: Duration) {
        let Some(at) = self.counted(intended) else { return };
        let us = u64::try_from(lag.as_micros()).unwrap_or(u64::MAX);
        self.sent_until = self.sent_until.max(at.saturating_add(nanos(lag)));
        self.facts.lag.add(us);
        self.facts.series.at(at / SECOND).lag.add(us);
    }

    /// The request that was due at `intended` has got its answer.
    pub fn answered(&mut self, intended: Duration, now: Duration) {
        if self.counted(intended).is_some() {
            self.facts.active.extend(self.at(now) / 1000);
        }
    }

    /// The request that was due at `intended` was cancelled before it got an answer.
    pub fn cancelled(&mut self, intended: Duration) {
        self.facts.cancelled += u64::from(self.counted(intended).is_some());
    }

    /// `in_flight` requests are in flight from now on.
    pub fn in_flight(&mut self, now: Duration, in_flight: usize) {
        if in_flight as u64 == self.in_flight.now {
            return; // the next change, or the end, counts the time since
        }
        let now = self.at(now);
        carry_in_flight(&mut self.facts, &self.in_flight, self.begin, now);
        self.in_flight = InFlight { now: in_flight as u64, since: now };
        if now >= self.begin {
            self.facts.peak_in_flight = self.facts.peak_in_flight.max(in_flight as u64);
            let second = self.facts.series.at(now / SECOND);
            second.in_flight = second.in_flight.max(in_flight as u64);
        }
    }

    /// What has kept the next request from starting since the last call: only `Output` and `Memory` count.
    pub fn blocked(&mut self, now: Duration, reason: Blocked) {
        let now = self.at(now);
        let from = std::mem::replace(&mut self.waits.last, now).max(self.begin);
        let which = match reason {
            Blocked::Output => 0,
            Blocked::Memory => 1,
            _ => return,
        };
        let total = if which == 0 { &mut self.waits.output } else { &mut self.waits.memory };
        *total += now.saturating_sub(from);
        for (second, ns) in seconds(from, now) {
            self.waits.in_second[which].add(second, ns);
            let [output, memory] = self.waits.in_second.map(|waited| Share::of(waited.of(second), SECOND));
            let interval = self.facts.series.at(second);
            interval.waits = interval.waits.max(Waits { output, memory });
        }
    }

    /// The process has used `cpu` of processor time so far. Only the time between two calls in which a start was due
    /// counts, so that a wait for the last answers does not hide how busy the processors were: call it once a second or
    /// more often, and when the last request has started.
    pub fn cpu(&mut self, now: Duration, cpu: Duration) {
        let (now, cpu) = (self.at(now), nanos(cpu));
        let is_starting = std::mem::take(&mut self.cpu.is_starting);
        let Some((last, before)) = self.cpu.last.replace((now, cpu)) else { return };
        let (from, used) = (last.max(self.begin), cpu.saturating_sub(before));
        if !is_starting || from >= now {
            return;
        }
        let part = |ns: u64| (u128::from(used) * u128::from(ns) / u128::from(now - last)) as u64;
        self.cpu.used += part(now - from);
        self.cpu.time += now - from;
        for (second, ns) in seconds(from, now) {
            let used = self.cpu.second.add(second, part(ns));
            let share = Share::of(used, SECOND * self.facts.cores);
            let interval = self.facts.series.at(second);
            interval.cpu = interval.cpu.max(share);
        }
    }

    /// How the run has gone until `now`.
    pub fn facts(&self, now: Duration) -> LoadFacts {
        let mut facts = self.facts.clone();
        carry_in_flight(&mut facts, &self.in_flight, self.begin, self.at(now));
        facts.cpu = (self.cpu.time > 0).then(|| Cpu {
            share: Share::of(self.cpu.used, self.cpu.time.saturating_mul(facts.cores)),
            cores: facts.cores,
        });
        facts.cpu_us = self.cpu.used / 1000;
        let sending = self.sent_before + self.sent_until.min(self.at(now)).saturating_sub(self.begin);
        let [output, memory] = [self.waits.output, self.waits.memory];
        facts.waits = Waits { output: Share::of(output, sending), memory: Share::of(memory, sending) };
        (facts.output_wait_us, facts.memory_wait_us) = (output / 1000, memory / 1000);
        facts
    }

    fn at(&self, since_start: Duration) -> u64 {
        self.origin.saturating_add(nanos(since_start))
    }

    /// When a start was due, unless it belongs to the warm-up.
    fn counted(&self, intended: Duration) -> Option<u64> {
        Some(self.at(intended)).filter(|at| *at >= self.begin)
    }
}

/// Notes what has been in flight since it changed last, in the seconds after the warm-up.
fn carry_in_flight(facts: &mut LoadFacts, in_flight: &InFlight, begin: u64, now: u64) {
    if in_flight.now == 0 || now < begin {
        return;
    }
    facts.peak_in_flight = facts.peak_in_flight.max(in_flight.now);
    for (second, _) in seconds(in_flight.since.max(begin), now) {
        let interval = facts.series.at(second);
        interval.in_flight = interval.in_flight.max(in_flight.now);
    }
}

/// The seconds since 1970 from one time to another, with the part of each in nanoseconds.
fn seconds(from: u64, until: u64) -> impl Iterator<Item = (u64, u64)> {
    let mut at = from;
    std::iter::from_fn(move || {
        let (second, from) = (at / SECOND, at);
        at = until.min((second + 1) * SECOND);
        (from < until).then(|| (second, at - from))
    })
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX / 4)
}
