//! Two runs on one page.

use std::io::{self, Write};

use super::axis::Axis;
use super::chart::{Chart, Drawn, Hue, Points, Shape};
use super::markup::Html;
use super::page::Page;
use super::table::{Cell, Column, Table};
use super::{Style, charts_and, head, percentiles};
use crate::guard::text::{grouped, shorten};
use crate::report::compare::{Compared, Comparison, Shown, Side};
use crate::report::units;

/// How many intervals a chart shows at most.
const MAX_COLUMNS: u64 = 300;

/// How many groups have a table.
const MAX_GROUPS: usize = 50;

/// How much of a name is shown, in columns.
const MAX_NAME: usize = 80;

/// Writes a page on two runs.
///
/// # Errors
/// Writing fails.
pub fn write_comparison(mut out: impl Write, comparison: &Comparison<'_>, style: Style<'_>) -> io::Result<()> {
    let sides = comparison.sides();
    let mut page = Page::new(&format!("{} · haul report", style.title), &summary(comparison, style));
    page.section("Latency", &charts_and([curves(sides)?, over_time(sides)?], &Html::default()));
    page.section("Figures", &table("Figures", comparison.whole().iter()));
    let groups = comparison.groups();
    for (name, compared) in groups.iter().take(MAX_GROUPS) {
        let [before, after] = sides.map(|side| grouped(side.requests(Some(name))));
        let mut html = Html::paragraph(&format!("{before} requests before, {after} after"));
        html.part(&table("Figures of a group", compared.iter().filter(|compared| compared.is_of_group())));
        page.section(&shorten(name, MAX_NAME), &html);
    }
    if let more @ 1.. = groups.len().saturating_sub(MAX_GROUPS) {
        page.section("More groups", &Html::paragraph(&units::things(more as u64, "more group")));
    }
    out.write_all(page.finish().as_bytes())
}

fn summary(comparison: &Comparison<'_>, style: Style<'_>) -> Html {
    let mut html = Html::default();
    html.raw("<h1>").text(&shorten(style.title, MAX_NAME)).raw("</h1>\n");
    for (label, side) in ["Before", "After"].into_iter().zip(comparison.sides()) {
        let (name, requests) = (shorten(&side.name, MAX_NAME), units::things(side.requests(None), "request"));
        html.part(&Html::paragraph(&format!("{label}: {name} · {requests}")));
    }
    html.raw("<ul class=\"verdict\">\n");
    let mut item = |class, label, text: &str| {
        html.raw("<li class=\"").raw(class).raw("\"><b>").raw(label).raw("</b><bdi>").text(text).raw("</bdi></li>\n");
    };
    comparison.differing().iter().for_each(|(label, figures)| item("plain", label, figures));
    for judged in style.judged {
        let (class, label) = head::answer(judged);
        item(class, label, &format!("{}: {judged}", judged.threshold()));
    }
    comparison.notes().iter().chain(style.notes).for_each(|note| item("plain", "Note", note));
    html.raw("</ul>\n");
    html
}

fn curves(sides: [&Side<'_>; 2]) -> io::Result<Html> {
    let [before, after] = sides.map(|side| &side.report.times.latency);
    percentiles::chart(&[("before".to_owned(), before), ("after".to_owned(), after)], "")
}

/// Latencies by the time since the beginning of each run.
fn over_time(sides: [&Side<'_>; 2]) -> io::Result<Html> {
    // Each run has the hue that it has among the percentiles, and another one close to it.
    const LINES: [(&str, f64, [Hue; 2]); 2] =
        [("p99", 0.99, [Hue::Orange, Hue::Blue]), ("p50", 0.5, [Hue::Gold, Hue::Sky])];
    let mut drawn = Vec::new();
    let mut until_s = 0;
    for (place, (run, side)) in ["before", "after"].into_iter().zip(sides).enumerate() {
        let intervals = side.timeline.intervals.in_at_most(MAX_COLUMNS);
        let Some((first, last)) = intervals.ends() else { continue };
        until_s = until_s.max(last - first + intervals.width_s());
        for (name, quantile, hues) in LINES {
            let middle = |start: u64| (start - first) as f64 + intervals.width_s() as f64 / 2.0;
            let points = intervals.iter().filter_map(|(at, of)| Some((middle(at), of.latency.at(quantile)? as f64)));
            let shape = Shape::Lines(vec![points.collect::<Points>()]);
            drawn.push(Drawn { name: format!("{name} {run}"), hue: hues[place], shape });
        }
    }
    let us = || {
        drawn.iter().flat_map(|drawn| match &drawn.shape {
            Shape::Lines(lines) => lines.iter().flatten().map(|(_, us)| *us as u64).collect::<Vec<_>>(),
            Shape::Area(_) | Shape::Marks(..) => Vec::new(),
        })
    };
    if us().next().is_none() {
        return Ok(Html::default());
    }
    let y = Axis::times(us().collect::<Vec<_>>().into_iter());
    let note = if y.is_log() { "since the start of each run, log scale" } else { "since the start of each run" };
    Chart { title: "Latency over time", note, x: Axis::elapsed(until_s), y, drawn }.html()
}

const COLUMNS: [Column; 6] = [
    Column::Text("Figure"),
    Column::Number("before"),
    Column::Number("after"),
    Column::Spare("change"),
    Column::Number("%"),
    Column::Text("Beyond noise"),
];

fn table<'a>(label: &str, compared: impl Iterator<Item = &'a Compared>) -> Html {
    let rows = compared.map(|compared| {
        let Shown { before, after, change, percent } = compared.shown();
        // Rows are sorted by millionths, and changes by their size.
        let number = |value: Option<f64>, shown: String| match value {
            Some(value) => Cell::Number((value.abs() * 1e6) as u64, shown),
            None => Cell::Unknown,
        };
        vec![
            Cell::Figure(compared.figure.to_string()),
            number(compared.before.ok(), before),
            number(compared.after.ok(), after),
            number(compared.change(), change),
            number(compared.factor(), percent),
            Cell::Verdict(verdict_class(compared), compared.verdict()),
        ]
    });
    Table { label, columns: &COLUMNS, rows: rows.collect(), last: None, more: 0 }.html()
}

/// Whether a figure became better or worse, for its looks.
fn verdict_class(compared: &Compared) -> &'static str {
    match compared.is_better() {
        _ if !compared.differs() => "dim",
        None => "plain",
        Some(true) => "good",
        Some(false) => "bad",
    }
}
