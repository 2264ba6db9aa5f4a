//! Charts over the time of a run.

use std::io;

use super::axis::Axis;
use super::chart::{Chart, Drawn, Hue, Points, Shape};
use super::markup::Html;
use crate::model::ErrorKind;
use crate::report::groups::ErrorCounts;
use crate::report::interval::IntervalTotals;
use crate::report::latency::Latency;
use crate::report::load::{Coverage, Model, Second};
use crate::report::series::Series;
use crate::report::{Provenance, Report, Timeline, units};

/// How many intervals a chart shows at most.
const MAX_COLUMNS: u64 = 300;

/// How many kinds of failures a chart tells apart.
const MAX_KINDS: usize = 6;

/// The intervals that charts show.
pub(super) struct Columns {
    records: Series<IntervalTotals>,
    errors: Series<ErrorCounts>,
    /// How a probe kept its pace, if that is known.
    pace: Option<Series<Second>>,
    /// Whether a rate was asked for.
    is_paced: bool,
    /// What else the reader of rates must know.
    cut: &'static str,
    /// What a time on the axis is of.
    when: &'static str,
}

impl Columns {
    pub(super) fn new(report: &Report, timeline: &Timeline, from: Provenance<'_>) -> Self {
        let is_foreign = matches!(from, Provenance::Saved { coverage: Coverage::Foreign, .. });
        let load = from.load().filter(|_| !is_foreign);
        let (mut records, mut errors) = (timeline.intervals.clone(), timeline.errors.clone());
        let mut pace = load.map(|load| load.series.clone());
        if let Some(pace) = &mut pace {
            records.cover(pace);
            pace.cover(&records);
        }
        errors.cover(&records);
        Columns {
            records: records.in_at_most(MAX_COLUMNS),
            errors: errors.in_at_most(MAX_COLUMNS),
            pace: pace.map(|pace| pace.in_at_most(MAX_COLUMNS)),
            is_paced: load.is_some_and(|load| !matches!(load.model, Model::Closed | Model::Mixed)),
            cut: match load.is_some_and(|load| load.find.is_some()) {
                true => "without what each step leaves out at its start",
                false => "the first and the last interval may be cut short",
            },
            when: if report.is_of_probe() { "by when a request was due" } else { "by when a request started" },
        }
    }

    /// The first second, since 1970, and how many seconds follow it; none without records that say when they started.
    pub(super) fn span(&self) -> Option<(u64, u64)> {
        let (first, last) = self.records.ends()?;
        Some((first, last - first + self.records.width_s()))
    }

    /// Each interval of the span by its first second; also those in which nothing happened.
    fn starts(&self) -> impl Iterator<Item = u64> + use<> {
        let (first, span) = self.span().unwrap_or_default();
        (first..first + span).step_by(self.records.width_s() as usize)
    }

    /// Seconds since the beginning, to the middle of an interval.
    fn middle(&self, start: u64) -> f64 {
        self.since(start) + self.records.width_s() as f64 / 2.0
    }

    fn since(&self, start: u64) -> f64 {
        (start - self.span().map_or(start, |(first, _)| first)) as f64
    }

    fn elapsed(&self) -> Axis {
        Axis::elapsed(self.span().map_or(0, |(_, seconds)| seconds))
    }

    fn per_second(&self, count: u64) -> f64 {
        count as f64 / self.records.width_s() as f64
    }

    /// Percentiles of the latency.
    pub(super) fn latency(&self) -> io::Result<Html> {
        const LINES: [(&str, Hue, f64); 4] =
            [("max", Hue::Grey, 1.0), ("p99", Hue::Orange, 0.99), ("p90", Hue::Green, 0.9), ("p50", Hue::Blue, 0.5)];
        let us = |of: &Latency, quantile| if quantile == 1.0 { of.stats.max() } else { of.at(quantile) };
        let all = LINES.map(|(.., quantile)| self.lines(|of| us(&of.latency, quantile).map(|us| us as f64)));
        let values = || all.iter().flatten().flatten().map(|&(_, us)| us as u64);
        if values().next().is_none() {
            return Ok(Html::default());
        }
        let y = Axis::times(values());
        let scale = if y.is_log() { ", log scale" } else { "" };
        let intervals = match self.records.width_s() {
            1 => "second by second".to_owned(),
            width => format!("in intervals of {}", units::compact(width as f64)),
        };
        let note = format!("{}, {intervals}{scale}", self.when);
        let drawn = LINES.into_iter().zip(all);
        let drawn =
            drawn.map(|((name, hue, _), lines)| Drawn { name: name.to_owned(), hue, shape: Shape::Lines(lines) });
        Chart { title: "Latency over time", note: &note, x: self.elapsed(), y, drawn: drawn.collect() }.html()
    }

    /// A figure of the records over time, in stretches without a gap.
    fn lines(&self, figure: impl Fn(&IntervalTotals) -> Option<f64>) -> Vec<Points> {
        let mut lines = vec![Points::new()];
        for start in self.starts() {
            match (self.records.of(start).and_then(&figure), lines.last_mut()) {
                (Some(value), Some(line)) => line.push((self.middle(start), value)),
                (None, Some(line)) if !line.is_empty() => lines.push(Points::new()),
                _ => {}
            }
        }
        lines.retain(|line| !line.is_empty());
        lines
    }

    /// Requests per second: asked for, started and answered.
    pub(super) fn throughput(&self) -> io::Result<Html> {
        let answered = self.rates(|start| self.records.of(start).map(|of| of.answered));
        let started = self.rates(|start| match &self.pace {
            Some(pace) => pace.of(start).map(|of| of.started),
            None => {
                self.records.of(start).map(|of| of.requests.saturating_sub(self.count(start, ErrorKind::CircuitOpen)))
            }
        });
        let asked = self.pace.as_ref().filter(|_| self.is_paced);
        let asked = asked.map(|pace| self.rates(|start| pace.of(start).map(|of| of.asked)));
        let asked = asked.map(|asked| ("asked for", Hue::Grey, asked));
        let rates = asked.into_iter().chain([("started", Hue::Blue, started), ("answered", Hue::Green, answered)]);
        let rates: Vec<_> = rates.collect();
        let most = rates.iter().flat_map(|(.., rates)| rates).map(|&(_, rate)| rate).fold(0.0, f64::max);
        if most == 0.0 {
            return Ok(Html::default());
        }
        let drawn = rates.into_iter().map(|(name, hue, rates)| Drawn {
            name: name.to_owned(),
            hue,
            shape: Shape::Lines(vec![rates]),
        });
        Chart {
            title: "Requests per second",
            note: self.cut,
            x: self.elapsed(),
            y: Axis::linear(most, rate),
            drawn: drawn.collect(),
        }
        .html()
    }

    fn rates(&self, count: impl Fn(u64) -> Option<u64>) -> Points {
        self.starts().map(|start| (self.middle(start), self.per_second(count(start).unwrap_or(0)))).collect()
    }

    /// Failures per second by kind, one kind on top of the other.
    pub(super) fn failures(&self) -> io::Result<Html> {
        let kinds = self.kinds();
        let mut below = vec![0.0; self.starts().count()];
        let mut drawn = Vec::new();
        for (place, (name, counts)) in kinds.into_iter().enumerate() {
            let rates = counts.into_iter().map(|count| self.per_second(count));
            let above: Vec<f64> = below.iter().zip(rates).map(|(below, rate)| below + rate).collect();
            let (mut corners, mut back) = (self.stairs(&above), self.stairs(&below));
            back.reverse();
            corners.append(&mut back);
            let hue = [Hue::Red, Hue::Gold, Hue::Purple, Hue::Blue, Hue::Green, Hue::Sky][place % MAX_KINDS];
            let hue = if place < MAX_KINDS { hue } else { Hue::Grey };
            drawn.push(Drawn { name, hue, shape: Shape::Area(corners) });
            below = above;
        }
        let most = below.into_iter().fold(0.0, f64::max);
        if most == 0.0 {
            return Ok(Html::default());
        }
        Chart { title: "Failures per second", note: self.when, x: self.elapsed(), y: Axis::linear(most, rate), drawn }
            .html()
    }

    /// Errors of one kind; a circuit that is open keeps requests from being sent.
    fn count(&self, start: u64, kind: ErrorKind) -> u64 {
        self.errors.of(start).map_or(0, |errors| errors.0[kind as usize])
    }

    /// The most frequent kinds of failures and the others as one, each with its number by interval.
    fn kinds(&self) -> Vec<(String, Vec<u64>)> {
        let by_interval = |count: &dyn Fn(u64) -> u64| -> Vec<u64> { self.starts().map(count).collect() };
        let of_status = |start| {
            let errors =
                self.errors.of(start).map_or(0, |errors| errors.0.iter().fold(0, |sum: u64, n| sum.saturating_add(*n)));
            self.records.of(start).map_or(0, |of| of.failed.saturating_sub(errors))
        };
        let kinds = ErrorKind::ALL.map(|kind| (kind.to_string(), by_interval(&|start| self.count(start, kind))));
        let mut kinds: Vec<_> =
            kinds.into_iter().chain([("status 4xx or 5xx".to_owned(), by_interval(&of_status))]).collect();
        let total = |counts: &[u64]| counts.iter().fold(0, |sum: u64, n| sum.saturating_add(*n));
        kinds.retain(|(_, counts)| total(counts) > 0);
        kinds.sort_by_key(|(_, counts)| std::cmp::Reverse(total(counts)));
        if kinds.len() > MAX_KINDS {
            let others = kinds.split_off(MAX_KINDS);
            let sum = (0..self.starts().count()).map(|at| others.iter().map(|(_, counts)| counts[at]).sum());
            kinds.push((format!("{} other kinds", others.len()), sum.collect()));
        }
        kinds
    }

    /// Values over time, each up to the end of its interval; corners only where they change.
    fn stairs(&self, values: &[f64]) -> Points {
        let mut corners = Points::new();
        let mut last = None;
        let mut end = 0.0;
        for (start, &value) in self.starts().zip(values) {
            if last.replace(value) != Some(value) {
                let at = self.since(start);
                corners.extend(corners.last().map(|&(_, before)| (at, before)));
                corners.push((at, value));
            }
            end = self.since(start) + self.records.width_s() as f64;
        }
        corners.extend(last.map(|value| (end, value)));
        corners
    }
}

fn rate(per_second: f64) -> String {
    if per_second == 0.0 { "0".to_owned() } else { units::rate(per_second) }
}
