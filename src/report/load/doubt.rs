//! Whether the figures of a probe can be trusted.
//!
//! A generator that is late, short of processor time or held up by its own output measures itself. Its figures may
//! still be right, but they do not show that.

use std::fmt;

use super::LoadFacts;
use super::missed::MissedStarts;
use super::share::{Cpu, Share, Waits};
use crate::guard::text::grouped;
use crate::model::MissedBy;
use crate::report::units;
use crate::report::vocabulary::{Neutral, Vocabulary};

/// The lag at p99 that raises no doubt, however fast the answers came, in microseconds.
const LEAST_DOUBTFUL_LAG: u64 = 1_000;

/// The share of the latency at p99 that the lag at p99 may have.
const DOUBTFUL_LAG_SHARE: Share = Share::percent(5);

/// The share of its cores that haul may use.
pub(super) const DOUBTFUL_CPU: Share = Share::percent(90);

/// The share of the time that may go to waiting for the output or for memory.
pub(super) const DOUBTFUL_WAIT: Share = Share::percent(1);

/// A reason not to trust the figures of a probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// Requests left late.
    Lag {
        /// The lag that 99 % of them did not exceed, in microseconds.
        p99_us: u64,
        /// How much it may be.
        allowed_us: u64,
    },
    /// The processors were busy.
    Cpu(Cpu),
    /// Starts waited for the output or for memory.
    Waits(Waits),
    /// haul's own limits prevented starts.
    Missed(MissedStarts),
}

impl Doubt {
    /// The name in reports: `lag`, `cpu`, `waits` or `missed`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Doubt::Lag { .. } => "lag",
            Doubt::Cpu(_) => "cpu",
            Doubt::Waits(_) => "waits",
            Doubt::Missed(_) => "missed",
        }
    }

    /// The doubt in the words of a program.
    pub fn told(&self, words: &dyn Vocabulary) -> String {
        match self {
            Doubt::Lag { p99_us, allowed_us } => {
                let (late, allowed) = (units::brief(*p99_us), units::brief(*allowed_us));
                format!("the generator was late by {late} at p99 (allowed: {allowed})")
            }
            Doubt::Cpu(Cpu { share, cores: 1 }) => format!("haul used {share} of its core (allowed: {DOUBTFUL_CPU})"),
            Doubt::Cpu(Cpu { share, cores }) => {
                format!("haul used {share} of its {cores} cores (allowed: {DOUBTFUL_CPU})")
            }
            Doubt::Waits(Waits { output, memory }) => {
                let waits = [(output, "the output"), (memory, "memory")];
                let waits = waits.into_iter().filter(|(share, _)| **share > Share::default());
                let waits = waits.map(|(share, what)| format!("{share} of the time went to waiting for {what}"));
                format!("{} (allowed: {DOUBTFUL_WAIT})", waits.collect::<Vec<_>>().join(" and "))
            }
            Doubt::Missed(missed) => {
                format!("{} missed{}", units::were(missed.total(), "start"), causes(missed, words))
            }
        }
    }
}

/// How many starts were missed, by cause.
fn causes(missed: &MissedStarts, words: &dyn Vocabulary) -> String {
    let causes = MissedBy::ALL.into_iter().filter(|cause| missed.by(*cause) > 0);
    let causes: Vec<_> = causes.map(|cause| (missed.by(cause), words.limit(cause.as_str()))).collect();
    match causes[..] {
        [(_, name)] => format!(" because of {name}"),
        _ => {
            let causes = causes.iter().map(|(count, name)| format!("{} because of {name}", grouped(*count)));
            format!(": {}", causes.collect::<Vec<_>>().join(", "))
        }
    }
}

/// In neutral words: [`told`](Doubt::told) uses those of a program.
impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.told(&Neutral))
    }
}

/// The latency at p99 of the requests that were due in one interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SecondP99 {
    /// Its first second, since 1970.
    pub(super) second: u64,
    /// How many seconds it has.
    pub(super) width_s: u64,
    /// The latency in microseconds.
    pub(super) p99_us: u64,
}

/// A second, or an interval of several, whose figures are in doubt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DoubtfulSecond {
    /// The first second, since 1970.
    pub second: u64,
    /// How many seconds it has.
    pub width_s: u64,
    /// Why.
    pub doubts: Vec<Doubt>,
}

/// The doubts over all, when the latency at p99 was `p99_us`.
pub(super) fn doubts(load: &LoadFacts, p99_us: Option<u64>) -> Vec<Doubt> {
    judged(load.lag_us(0.99), p99_us, load.cpu, load.waits, load.missed)
}

/// The seconds in which starts were due and whose figures are in doubt. `p99s` are the latencies by second, in order;
/// for a second that has none, the strictest limit on the lag counts.
pub(super) fn doubtful_seconds(load: &LoadFacts, p99s: &[SecondP99]) -> Vec<DoubtfulSecond> {
    let width_s = load.series.width_s();
    let cores = load.cpu.map_or(load.cores, |cpu| cpu.cores);
    let judged = load.series.iter().filter(|(_, of)| of.asked > 0).map(|(second, of)| {
        let p99_us = least_p99(p99s, second, second.saturating_add(width_s));
        let cpu = Some(Cpu { share: of.cpu, cores });
        DoubtfulSecond { second, width_s, doubts: judged(of.lag.at(0.99), p99_us, cpu, of.waits, of.missed) }
    });
    judged.filter(|second| !second.doubts.is_empty()).collect()
}

/// The least of the latencies in the seconds from `from` until `until`.
fn least_p99(p99s: &[SecondP99], from: u64, until: u64) -> Option<u64> {
    let first = p99s.partition_point(|at| at.second.saturating_add(at.width_s) <= from);
    p99s[first..].iter().take_while(|at| at.second < until).map(|at| at.p99_us).min()
}

fn judged(
    lag_p99_us: Option<u64>,
    p99_us: Option<u64>,
    cpu: Option<Cpu>,
    waits: Waits,
    missed: MissedStarts,
) -> Vec<Doubt> {
    let allowed_us = p99_us.map_or(0, |p99| DOUBTFUL_LAG_SHARE.part(p99)).max(LEAST_DOUBTFUL_LAG);
    let lag = lag_p99_us.filter(|lag| *lag > allowed_us);
    let cpu = cpu.filter(|cpu| cpu.share > DOUBTFUL_CPU);
    let doubts = [
        lag.map(|p99_us| Doubt::Lag { p99_us, allowed_us }),
        cpu.map(Doubt::Cpu),
        (waits.total() > DOUBTFUL_WAIT).then_some(Doubt::Waits(waits)),
        (missed.total() > 0).then_some(Doubt::Missed(missed)),
    ];
    doubts.into_iter().flatten().collect()
}
