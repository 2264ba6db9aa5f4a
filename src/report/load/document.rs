//! What the report's document says of a load, and of the doubts about it.

use std::io;

use serde::Serialize;

use super::doubt::{DOUBTFUL_CPU, DOUBTFUL_WAIT, Doubt, DoubtfulSecond};
use super::facts::LoadFacts;
use super::missed::MissedStarts;
use super::precision::PrecisionFacts;
use super::second::Second;
use super::share::{Share, Waits};
use super::spans::Spans;
use super::verdict::Verdict;
use crate::model::Precision;
use crate::report::FindFacts;
use crate::report::latency_ms::{LatencyMs, millis};
use crate::report::latency_us::LatencyUs;
use crate::report::run::micros;
use crate::report::series::Series;

/// How a probe kept its pace, for readers: times in seconds and milliseconds, shares from 0 to 1.
#[derive(Serialize)]
pub(in crate::report) struct LoadDocument<'a> {
    model: &'static str,
    arrivals: Option<&'static str>,
    runs: u64,
    cores: u64,
    asked: u64,
    started: u64,
    missed: u64,
    missed_by: &'a MissedStarts,
    cancelled: u64,
    censored: bool,
    duration_s: Option<f64>,
    asked_rate: Option<f64>,
    answer_rate: Option<f64>,
    peak_in_flight: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    until: Vec<PrecisionDocument<'a>>,
    cpu_share: Option<f64>,
    cpu_s: Option<f64>,
    cpu_cores: Option<u64>,
    wait_shares: WaitShares,
    output_wait_s: f64,
    memory_wait_s: f64,
    lag_ms: LatencyMs,
    lag_us: Option<LatencyUs>,
    lag_histogram: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    find: Option<&'a FindFacts>,
    due_us: &'a Spans,
    active_us: &'a Spans,
    width_s: u64,
    seconds: Vec<SecondDocument>,
}

#[derive(Serialize)]
struct WaitShares {
    output: f64,
    memory: f64,
}

impl From<Waits> for WaitShares {
    fn from(waits: Waits) -> Self {
        WaitShares { output: waits.output.fraction(), memory: waits.memory.fraction() }
    }
}

#[derive(Serialize)]
struct SecondDocument {
    at: u64,
    asked: u64,
    started: u64,
    missed: u64,
    missed_by: Option<MissedStarts>,
    in_flight: u64,
    cpu_share: Option<f64>,
    wait_share: f64,
    wait_shares: Option<WaitShares>,
    lag_ms: Option<SecondLagMs>,
    lag_us: Option<LatencyUs>,
    lag_histogram: Option<String>,
}

#[derive(Serialize)]
struct SecondLagMs {
    p50: f64,
    p99: f64,
    max: f64,
}

impl SecondDocument {
    fn of(at: u64, second: &Second, has_cpu: bool) -> io::Result<Self> {
        let ms = |quantile| second.lag.at(quantile).map(millis);
        let lag_ms = || Some(SecondLagMs { p50: ms(0.5)?, p99: ms(0.99)?, max: second.lag.stats.max().map(millis)? });
        Ok(SecondDocument {
            at,
            asked: second.asked,
            started: second.started,
            missed: second.missed.total(),
            missed_by: (second.missed.total() > 0).then_some(second.missed),
            in_flight: second.in_flight,
            cpu_share: has_cpu.then(|| second.cpu.fraction()),
            wait_share: second.waits.total().fraction(),
            wait_shares: (second.waits != Waits::default()).then(|| second.waits.into()),
            lag_ms: lag_ms(),
            lag_us: LatencyUs::of(second.lag.stats),
            lag_histogram: second.lag.to_hdr()?,
        })
    }
}

impl<'a> LoadDocument<'a> {
    pub(in crate::report) fn new(
        load: &'a LoadFacts,
        seconds: &Series<Second>,
        answer_rate: Option<f64>,
    ) -> io::Result<Self> {
        Ok(LoadDocument {
            model: load.model.as_str(),
            arrivals: load.model.arrivals(),
            runs: load.runs,
            cores: load.cores,
            asked: load.asked,
            started: load.started,
            missed: load.missed.total(),
            missed_by: &load.missed,
            cancelled: load.cancelled,
            censored: load.is_censored(),
            duration_s: load.duration().map(|duration| micros(duration.as_secs_f64())),
            asked_rate: load.asked_rate().map(micros),
            answer_rate: answer_rate.map(micros),
            peak_in_flight: load.peak_in_flight,
            until: load.until.iter().map(PrecisionDocument::from).collect(),
            cpu_share: load.cpu.map(|cpu| cpu.share.fraction()),
            cpu_s: load.cpu.map(|_| load.cpu_us as f64 / 1e6),
            cpu_cores: load.cpu.map(|cpu| cpu.cores),
            wait_shares: load.waits.into(),
            output_wait_s: load.output_wait_us as f64 / 1e6,
            memory_wait_s: load.memory_wait_us as f64 / 1e6,
            lag_ms: LatencyMs::from(&load.lag),
            lag_us: LatencyUs::of(load.lag.stats),
            lag_histogram: load.lag.to_hdr()?,
            find: load.find.as_ref(),
            due_us: &load.due,
            active_us: &load.active,
            width_s: seconds.width_s(),
            seconds: seconds
                .iter()
                .map(|(at, second)| SecondDocument::of(at, second, load.cpu.is_some()))
                .collect::<io::Result<_>>()?,
        })
    }
}

/// How precisely a percentile is known.
#[derive(Serialize)]
struct PrecisionDocument<'a> {
    target: &'a Precision,
    reached: bool,
    ended: u64,
    expected: u64,
    estimate_ms: Option<f64>,
    within_ms: Option<f64>,
    batches: Option<u64>,
    batch_size: Option<u64>,
    samples: Option<u64>,
}

impl<'a> From<&'a PrecisionFacts> for PrecisionDocument<'a> {
    fn from(facts: &'a PrecisionFacts) -> Self {
        let known = facts.known;
        PrecisionDocument {
            target: &facts.target,
            reached: facts.reached,
            ended: facts.ended,
            expected: facts.expected,
            estimate_ms: known.map(|known| millis(known.estimate_us)),
            within_ms: known.map(|known| millis(known.within_us)),
            batches: known.map(|known| known.batches),
            batch_size: known.map(|known| known.batch_size),
            samples: known.map(|known| known.samples),
        }
    }
}

/// The doubts about a probe.
#[derive(Serialize)]
pub(in crate::report) struct DoubtDocument {
    in_doubt: bool,
    causes: Vec<CauseDocument>,
    seconds_judged: usize,
    seconds_in_doubt: usize,
    seconds: Vec<DoubtfulSecondDocument>,
}

#[derive(Serialize)]
struct CauseDocument {
    cause: &'static str,
    measured: f64,
    allowed: f64,
    message: String,
}

#[derive(Serialize)]
struct DoubtfulSecondDocument {
    at: u64,
    width_s: u64,
    causes: Vec<&'static str>,
}

impl From<&Doubt> for CauseDocument {
    fn from(doubt: &Doubt) -> Self {
        let shares = |measured: Share, allowed: Share| (measured.fraction(), allowed.fraction());
        let (measured, allowed) = match doubt {
            Doubt::Lag { p99_us, allowed_us } => (millis(*p99_us), millis(*allowed_us)),
            Doubt::Cpu(cpu) => shares(cpu.share, DOUBTFUL_CPU),
            Doubt::Waits(waits) => shares(waits.total(), DOUBTFUL_WAIT),
            Doubt::Missed(missed) => (missed.total() as f64, 0.0),
        };
        CauseDocument { cause: doubt.as_str(), measured, allowed, message: doubt.to_string() }
    }
}

impl From<&Verdict> for DoubtDocument {
    fn from(verdict: &Verdict) -> Self {
        let second = |of: &DoubtfulSecond| DoubtfulSecondDocument {
            at: of.second,
            width_s: of.width_s,
            causes: of.doubts.iter().map(Doubt::as_str).collect(),
        };
        DoubtDocument {
            in_doubt: verdict.is_in_doubt(),
            causes: verdict.over_all.iter().map(CauseDocument::from).collect(),
            seconds_judged: verdict.judged,
            seconds_in_doubt: verdict.seconds.len(),
            seconds: verdict.seconds.iter().map(second).collect(),
        }
    }
}
