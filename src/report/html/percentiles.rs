//! Distributions: as a curve with each nine as wide as the one before, and as a table.

use std::io;

use super::axis::Axis;
use super::chart::{Chart, Drawn, Hue, Points, Shape};
use super::markup::Html;
use super::table::{Cell, Column, Table};
use crate::guard::text::shorten;
use crate::report::groups::Groups;
use crate::report::latency::Latency;
use crate::report::times::Times;
use crate::report::{Provenance, Report, units};

/// How many groups have a curve.
const MAX_GROUPS: usize = 5;

/// How much of the name of a group a legend has, in columns.
const MAX_NAME: usize = 40;

/// Points of a curve for each nine.
const POINTS: usize = 40;

/// The most nines that a curve shows.
const MAX_NINES: f64 = 7.0;

/// The curve of all requests, beside those of the largest groups and what a probe's requests took on the wire.
pub(super) fn of_report(report: &Report, from: Provenance<'_>) -> io::Result<Html> {
    let service =
        (!report.times.service_time.is_empty()).then(|| ("service time".to_owned(), &report.times.service_time));
    let all = if service.is_some() { "latency" } else { "all" };
    let curves = of_groups(&report.groups).into_iter().chain(service).chain([(all.to_owned(), &report.times.latency)]);
    let detours = report.totals.retries.max(report.totals.redirects) > 0;
    let note = match () {
        () if from.is_censored() => "at least: some starts were missed",
        () if from.load().is_some_and(|load| load.find.is_some()) => "all steps together",
        () if detours && !report.is_of_probe() => "last attempts only",
        () => "",
    };
    chart(&curves.collect::<Vec<_>>(), note)
}

fn of_groups(groups: &Groups) -> Vec<(String, &Latency)> {
    let ranked = groups.ranked();
    if ranked.len() < 2 {
        return Vec::new(); // the only one is all of them
    }
    let largest = ranked.into_iter().take(MAX_GROUPS);
    largest.map(|(name, named)| (shorten(name, MAX_NAME), &named.sum.times.latency)).collect()
}

/// A chart of distributions by name. The last one is the most important: it lies on top.
pub(in crate::report) fn chart(curves: &[(String, &Latency)], note: &str) -> io::Result<Html> {
    let filled: Vec<_> = curves.iter().filter(|(_, latency)| !latency.is_empty()).collect();
    let most = filled.iter().map(|(_, latency)| latency.stats.count).max().unwrap_or(0);
    let points: Vec<_> = filled.iter().map(|(_, latency)| curve(latency)).collect();
    let values = || points.iter().flatten().map(|&(_, us)| us as u64);
    if most == 0 {
        return Ok(Html::default());
    }
    let y = Axis::times(values());
    let note = match (y.is_log(), note) {
        (true, "") => "log scale".to_owned(),
        (true, note) => format!("{note}, log scale"),
        (false, note) => note.to_owned(),
    };
    let named = filled.iter().zip(points).rev().enumerate();
    let mut drawn: Vec<_> = named
        .map(|(place, ((name, _), points))| Drawn {
            name: name.clone(),
            hue: Hue::nth(place),
            shape: Shape::Lines(vec![points]),
        })
        .collect();
    drawn.reverse();
    Chart { title: "Latency by percentile", note: &note, x: Axis::nines(most), y, drawn }.html()
}

/// From the least value to the greatest.
fn curve(latency: &Latency) -> Points {
    let end = (latency.stats.count.max(1) as f64).log10().min(MAX_NINES);
    let least = latency.stats.min().map(|us| (0.0, us as f64));
    let steps = (1..).map(|step| step as f64 / POINTS as f64).take_while(|nines| *nines < end);
    let between = steps.filter_map(|nines| Some((nines, latency.at(1.0 - 10f64.powf(-nines))? as f64)));
    let greatest = latency.stats.max().map(|us| (end, us as f64));
    least.into_iter().chain(between).chain(greatest).collect()
}

const COLUMNS: [Column; 10] = [
    Column::Text("Time"),
    Column::Number("requests"),
    Column::Number("min"),
    Column::Number("mean"),
    Column::Number("p50"),
    Column::Number("p90"),
    Column::Number("p95"),
    Column::Number("p99"),
    Column::Number("p99.9"),
    Column::Number("max"),
];

/// The figures of each time that was measured.
pub(super) fn table(times: &Times, censored: bool) -> Html {
    let rows = times.named().into_iter().filter(|(_, latency)| !latency.is_empty()).map(|(name, latency)| {
        let censored = censored && name == "latency";
        let figures = [latency.stats.mean(), latency.at(0.5), latency.at(0.9), latency.at(0.95), latency.at(0.99)];
        let figures = figures.into_iter().chain([latency.at(0.999), latency.stats.max()]);
        let first = [
            Cell::text(&name.replace('_', " ")),
            Cell::count(latency.stats.count),
            Cell::known(latency.stats.min(), units::duration),
        ];
        first.into_iter().chain(figures.map(|us| time(us, censored))).collect()
    });
    Table { label: "Percentiles", columns: &COLUMNS, rows: rows.collect(), last: None, more: 0 }.html()
}

/// A time, or what it is at least.
pub(super) fn time(us: Option<u64>, censored: bool) -> Cell {
    Cell::known(us, |us| if censored { format!("≥ {}", units::duration(us)) } else { units::duration(us) })
}
