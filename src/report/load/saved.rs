//! The facts of a probe, read back from the document of a report.

use serde::Deserialize;

use super::facts::{LoadFacts, Model};
use super::missed::MissedStarts;
use super::precision::{KnownPercentile, PrecisionFacts};
use super::second::Second;
use super::share::{Cpu, Share, Waits};
use super::spans::Spans;
use crate::model::Precision;
use crate::report::FindFacts;
use crate::report::latency::Latency;
use crate::report::latency_us::{LatencyUs, filled, present};
use crate::report::series::Series;

/// What is read back of a [`LoadDocument`](super::document::LoadDocument).
#[derive(Deserialize)]
pub(in crate::report) struct SavedLoad {
    model: String,
    arrivals: Option<String>,
    runs: u64,
    cores: u64,
    asked: u64,
    started: u64,
    missed_by: MissedStarts,
    cancelled: u64,
    peak_in_flight: u64,
    #[serde(default)]
    until: Vec<SavedPrecision>,
    cpu_share: Option<f64>,
    cpu_s: Option<f64>,
    cpu_cores: Option<u64>,
    wait_shares: SavedShares,
    output_wait_s: f64,
    memory_wait_s: f64,
    #[serde(deserialize_with = "present")]
    lag_us: Option<LatencyUs>,
    lag_histogram: Option<String>,
    find: Option<FindFacts>,
    due_us: Spans,
    active_us: Spans,
    width_s: u64,
    seconds: Vec<SavedSecond>,
}

#[derive(Deserialize)]
struct SavedPrecision {
    target: Precision,
    reached: bool,
    ended: u64,
    expected: u64,
    estimate_ms: Option<f64>,
    within_ms: Option<f64>,
    batches: Option<u64>,
    batch_size: Option<u64>,
    samples: Option<u64>,
}

impl From<SavedPrecision> for PrecisionFacts {
    fn from(saved: SavedPrecision) -> Self {
        let us = |ms: Option<f64>| ms.map(|ms| micros(ms / 1e3));
        let known = || {
            Some(KnownPercentile {
                estimate_us: us(saved.estimate_ms)?,
                within_us: us(saved.within_ms)?,
                batches: saved.batches?,
                batch_size: saved.batch_size?,
                samples: saved.samples?,
            })
        };
        let known = known();
        let SavedPrecision { target, reached, ended, expected, .. } = saved;
        PrecisionFacts { target, reached, ended, expected, known }
    }
}

#[derive(Deserialize)]
struct SavedShares {
    output: f64,
    memory: f64,
}

#[derive(Deserialize)]
struct SavedSecond {
    at: u64,
    asked: u64,
    started: u64,
    missed_by: Option<MissedStarts>,
    in_flight: u64,
    cpu_share: Option<f64>,
    wait_shares: Option<SavedShares>,
    #[serde(deserialize_with = "present")]
    lag_us: Option<LatencyUs>,
    lag_histogram: Option<String>,
}

impl TryFrom<SavedLoad> for LoadFacts {
    type Error = &'static str;

    fn try_from(saved: SavedLoad) -> Result<Self, Self::Error> {
        let share = saved.cpu_share.map(Share::of_fraction).transpose()?;
        let cpu = share.map(|share| Cpu { share, cores: saved.cpu_cores.unwrap_or(saved.cores) });
        let load = LoadFacts {
            model: model(&saved.model, saved.arrivals.as_deref())?,
            runs: saved.runs,
            cores: saved.cores,
            asked: saved.asked,
            started: saved.started,
            missed: saved.missed_by,
            cancelled: saved.cancelled,
            peak_in_flight: saved.peak_in_flight,
            until: saved.until.into_iter().map(PrecisionFacts::from).collect(),
            cpu,
            cpu_us: saved.cpu_s.map_or(0, micros),
            waits: saved.wait_shares.try_into()?,
            output_wait_us: micros(saved.output_wait_s),
            memory_wait_us: micros(saved.memory_wait_s),
            find: saved.find,
            due: saved.due_us,
            active: saved.active_us,
            lag: filled(Latency::default(), saved.lag_us, saved.lag_histogram)?,
            series: series(saved.width_s, saved.seconds)?,
        };
        load.check().map_err(|(_, reason)| reason)?;
        Ok(load)
    }
}

fn model(name: &str, arrivals: Option<&str>) -> Result<Model, &'static str> {
    let all = [Model::Constant, Model::Poisson, Model::Replay, Model::Closed, Model::Mixed];
    let mut named = all.into_iter().filter(|model| model.as_str() == name && model.arrivals() == arrivals);
    named.next().ok_or("an unknown model of arrivals")
}

/// Those that the document has for the sake of the records alone are not of the load.
fn series(width_s: u64, seconds: Vec<SavedSecond>) -> Result<Series<Second>, &'static str> {
    let seconds = seconds.into_iter().map(|second| Ok((second.at, second.try_into()?)));
    let seconds: Vec<(u64, Second)> = seconds.collect::<Result<_, &'static str>>()?;
    Series::restore(width_s, seconds.into_iter().filter(|(_, second)| *second != Second::default()))
}

impl TryFrom<SavedSecond> for Second {
    type Error = &'static str;

    fn try_from(saved: SavedSecond) -> Result<Self, Self::Error> {
        Ok(Second {
            asked: saved.asked,
            started: saved.started,
            missed: saved.missed_by.unwrap_or_default(),
            lag: filled(Latency::coarse(), saved.lag_us, saved.lag_histogram)?,
            in_flight: saved.in_flight,
            cpu: saved.cpu_share.map_or(Ok(Share::default()), Share::of_fraction)?,
            waits: saved.wait_shares.map_or(Ok(Waits::default()), SavedShares::try_into)?,
        })
    }
}

impl TryFrom<SavedShares> for Waits {
    type Error = &'static str;

    fn try_from(saved: SavedShares) -> Result<Self, Self::Error> {
        Ok(Waits { output: Share::of_fraction(saved.output)?, memory: Share::of_fraction(saved.memory)? })
    }
}

/// Seconds as microseconds.
fn micros(seconds: f64) -> u64 {
    (seconds * 1e6).round() as u64
}
